/** The list of tokens: pages, links, rows, and an oddity. */
import { describe, expect, it } from 'vitest';
import { fillAccount } from './heavy-list.ts';
import { type Ask, idsOf, setUp, TOKENS } from './test-client.ts';

/** Follows the links and returns every page. */
async function pagesOf(ask: Ask, onPage: (ids: unknown[]) => void = () => {}) {
  const pages: { ids: unknown[]; link: string | undefined }[] = [];
  for (let next: string | undefined = TOKENS; next !== undefined; ) {
    const asked = await ask('GET', next);
    const ids = idsOf(asked);
    const link = asked.headers['link']?.toString();
    pages.push({ ids: Array.isArray(ids) ? ids : [], link });
    onPage(Array.isArray(ids) ? ids : []);
    next = /<([^>]+)>; rel="next"/.exec(link ?? '')?.[1];
  }
  return pages;
}

describe('links', () => {
  it('lead through all pages with the client’s token, even if a token is deleted meanwhile', async () => {
    const { mapbox, authorizer, ask } = await setUp({ pageSize: 2 });
    await using _ = mapbox;
    // Older than the authorizing token, which is therefore on the last page.
    for (let n = 1; n <= 4; n++) mapbox.account.issue({ scopes: ['styles:read'], created: new Date(n) });
    const all = mapbox.account.tokens().map(({ id }) => id);
    let first = true;
    const pages = await pagesOf(ask, ids => {
      if (first) mapbox.account.delete(String(ids.at(-1)));
      first = false;
    });

    expect(pages.flatMap(({ ids }) => ids).toSorted()).toEqual(all.toSorted());
    expect(pages.map(({ ids }) => ids.length)).toEqual([2, 2, 2]);
    const token = `access_token=${authorizer.token}`;
    expect(pages.map(({ link }) => link?.includes(token))).toEqual([true, true, true]);
    expect(pages.map(({ link }) => link?.match(/rel="\w+"/g))).toEqual([
      ['rel="next"'],
      ['rel="next"', 'rel="prev"'],
      ['rel="prev"'],
    ]);
  });

  it('lead back by prev', async () => {
    const { mapbox, ask } = await setUp({ pageSize: 2 });
    await using _ = mapbox;
    for (let n = 0; n < 4; n++) mapbox.account.issue({ scopes: ['styles:read'] });
    const pages = await pagesOf(ask);
    const prev = (link: string | undefined) => /<([^>]+)>; rel="prev"/.exec(link ?? '')?.[1] ?? '';

    expect(idsOf(await ask('GET', prev(pages[2]?.link)))).toEqual(pages[1]?.ids);
    expect(idsOf(await ask('GET', prev(pages[1]?.link)))).toEqual(pages[0]?.ids);
  });

  it('carry no token if so configured', async () => {
    const { mapbox, ask } = await setUp({ pageSize: 1, linkToken: false });
    await using _ = mapbox;
    const pages = await pagesOf(ask);
    expect(pages).toHaveLength(2);
    for (const { link } of pages) expect(link).not.toContain('access_token');
  });

  it('repeat the limit, and an unknown start gets a 500', async () => {
    const { mapbox, ask } = await setUp();
    await using _ = mapbox;
    expect((await ask('GET', `${TOKENS}?limit=1`)).headers['link']).toMatch(/[?&]limit=1&.*start=/);
    expect(await ask('GET', `${TOKENS}?start=nowhere`)).toMatchObject({
      status: 500,
      body: { message: 'Internal Server Error' },
    });
  });
});

describe('a page', () => {
  it('has at most a hundred tokens, even if more are requested', async () => {
    const { mapbox, ask } = await setUp();
    await using _ = mapbox;
    fillAccount(mapbox.account, { tokens: 120, urls: 0 });
    expect(idsOf(await ask('GET', TOKENS))).toHaveLength(100);
    expect(idsOf(await ask('GET', `${TOKENS}?limit=1000`))).toHaveLength(100);
    expect(idsOf(await ask('GET', `${TOKENS}?limit=30`))).toHaveLength(30);
  });

  it.each([
    [40, 70, 256 * 1024],
    [100, 500, 4 * 1024 * 1024],
  ])(
    'is sent whole with 100 tokens of %i URLs of %i characters, over %i bytes',
    async (urls, urlLength, size) => {
      const { mapbox, ask } = await setUp();
      await using _ = mapbox;
      fillAccount(mapbox.account, { tokens: 100, urls, urlLength });
      const asked = await ask('GET', TOKENS);
      expect(asked.bytes.length).toBeGreaterThan(size);
      expect(idsOf(asked)).toHaveLength(100);
    },
  );

  it('has rows of eleven fields, without the text of secret tokens', async () => {
    const { mapbox, authorizer, ask } = await setUp();
    await using _ = mapbox;
    mapbox.account.issue({ scopes: ['styles:read'], allowedUrls: ['example.com'] });
    const { body } = await ask('GET', TOKENS);
    const rows: object[] = Array.isArray(body) ? body : [];
    const counts = rows.map(row => Object.keys(row).length);
    expect(counts.toSorted((a, b) => a - b)).toEqual([9, 10, 11]);
    expect(rows.find(row => 'id' in row && row.id === authorizer.id)).not.toHaveProperty('token');
  });

  it('has rows of required fields only if so configured', async () => {
    const { mapbox, ask } = await setUp({ sparseRows: true });
    await using _ = mapbox;
    const { body } = await ask('GET', TOKENS);
    const rows: object[] = Array.isArray(body) ? body : [];
    for (const row of rows) expect(Object.keys(row)).toEqual(['id', 'usage', 'client', 'scopes']);
    expect(rows).toHaveLength(2);
  });
});

describe('filters', () => {
  it('narrow the list by usage and by default', async () => {
    const { mapbox, authorizer, ask } = await setUp();
    await using _ = mapbox;
    expect(idsOf(await ask('GET', `${TOKENS}?usage=sk`))).toEqual([authorizer.id]);
    expect(idsOf(await ask('GET', `${TOKENS}?default=false`))).toEqual([authorizer.id]);
    expect(idsOf(await ask('GET', `${TOKENS}?usage=sk&default=true`))).toEqual([]);
  });

  it('give an empty list if usage and limit are combined', async () => {
    const { mapbox, ask } = await setUp();
    await using _ = mapbox;
    const asked = await ask('GET', `${TOKENS}?usage=sk&limit=10`);
    expect([asked.status, asked.body, asked.headers['link']]).toEqual([200, [], undefined]);
  });

  it('never match temporary tokens, and unknown parameters are ignored', async () => {
    const { mapbox, ask } = await setUp();
    await using _ = mapbox;
    expect(await ask('GET', `${TOKENS}?usage=tk`)).toMatchObject({
      status: 422,
      body: { message: 'usage must be pk or sk' },
    });
    expect(idsOf(await ask('GET', `${TOKENS}?fresh=true`))).toHaveLength(2);
  });
});
