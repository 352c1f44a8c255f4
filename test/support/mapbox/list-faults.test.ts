/** Stale lists, and deceptive links. */
import { describe, expect, it } from 'vitest';
import { always, inTurn, isListRequest } from './fault-plans.ts';
import type { Fault } from './faults.ts';
import { cutLinks, dangerousLinks, deceptiveLinks, oddLinks, singleQuotedLink } from './link-faults.ts';
import { cachedList } from './stale-faults.ts';
import { askerOf, idsOf, NOW, setUp, TOKENS } from './test-client.ts';

describe('a cached list', () => {
  it('shows the state of its first request for a minute', async () => {
    let now = NOW;
    const { mapbox, ask } = await setUp({ now: () => now, fault: cachedList() });
    await using _ = mapbox;
    const count = async (query = '', headers = {}) => {
      const ids = idsOf(await ask('GET', TOKENS + query, undefined, headers));
      return Array.isArray(ids) ? ids.length : ids;
    };

    expect(await count()).toBe(2);
    mapbox.account.issue({ scopes: ['styles:read'] });
    now += 59_999;
    expect(await count()).toBe(2);
    expect(await count('', { 'cache-control': 'no-cache' })).toBe(2);
    expect(await count('?fresh=1')).toBe(3);
    expect(await count('?fresh=1')).toBe(3);
    mapbox.account.issue({ scopes: ['styles:read'] });
    expect(await count('?fresh=1')).toBe(3);
    now += 1;
    expect(await count()).toBe(4);
  });

  it('has an age, the original date and its own request ID', async () => {
    let now = NOW;
    const { mapbox, ask } = await setUp({ now: () => now, fault: cachedList({ seconds: 10 }) });
    await using _ = mapbox;
    const { headers: first } = await ask('GET', TOKENS);
    now += 5000;
    const { headers } = await ask('GET', TOKENS);
    expect([first['x-cache'], headers['x-cache']]).toEqual(['Miss from cloudfront', 'Hit from cloudfront']);
    expect([headers['age'], headers['date']]).toEqual(['5', first['date']]);
    expect(headers['x-amz-cf-id']).not.toBe(first['x-amz-cf-id']);
  });

  it('is bypassed by no-cache if so configured', async () => {
    const { mapbox, ask } = await setUp({ fault: cachedList({ honoursNoCache: true }) });
    await using _ = mapbox;
    await ask('GET', TOKENS);
    mapbox.account.issue({ scopes: ['styles:read'] });
    const asked = await ask('GET', TOKENS, undefined, { 'cache-control': 'no-cache' });
    expect(asked.body).toHaveLength(3);
  });

  it('never contains errors', async () => {
    const { mapbox, ask } = await setUp({ fault: cachedList() });
    await using _ = mapbox;
    const { token } = mapbox.account.issue({ scopes: ['styles:read'] });
    expect((await askerOf(mapbox, token)('GET', TOKENS)).status).toBe(404);
    expect((await ask('GET', TOKENS)).status).toBe(200);
  });

  it('is the only cached response: validation and deletion are not cached', async () => {
    const { mapbox, ask } = await setUp({ fault: cachedList() });
    await using _ = mapbox;
    const { id, token } = mapbox.account.issue({ scopes: ['styles:read'] });
    const validate = async () => (await askerOf(mapbox, token)('GET', '/tokens/v2')).body;
    expect(await validate()).toMatchObject({ code: 'TokenValid' });
    expect((await ask('DELETE', `${TOKENS}/${id}`)).status).toBe(204);
    expect((await ask('DELETE', `${TOKENS}/${id}`)).status).toBe(404);
    expect(await validate()).toMatchObject({ code: 'TokenRevoked' });
  });
});

it('a lagging list lacks new tokens, and still has deleted ones', async () => {
  let now = NOW;
  const { mapbox, ask } = await setUp({ now: () => now });
  await using _ = mapbox;
  const { account } = mapbox;
  account.listBehind = { created: 2000, deleted: 3000 };
  const { id, token } = account.issue({ scopes: ['styles:read'] });
  const list = async () => idsOf(await ask('GET', TOKENS));

  expect(await list()).toEqual([]);
  now += 2000;
  expect(await list()).toContain(id);
  expect((await ask('DELETE', `${TOKENS}/${id}`)).status).toBe(204);
  expect(account.isAlive(token)).toBe(false);
  now += 2999;
  expect(await list()).toContain(id);
  now += 1;
  expect(await list()).not.toContain(id);
});

describe('a link', () => {
  const FIRST = `${TOKENS}?limit=1`;
  const keyIn = (link: string | undefined) => /start=([^&>]+)>; rel="next"/.exec(link ?? '')?.[1] ?? '';

  /** A page's link as the API sends it, and with a fault. */
  async function linksWith(fault: Fault, path = FIRST) {
    const { mapbox, ask } = await setUp();
    await using _ = mapbox;
    const linkOf = async (at: string) => String((await ask('GET', at)).headers['link'] ?? '');
    const plain = await linkOf(path);
    const key = keyIn(plain);
    mapbox.fault = always(isListRequest, fault);
    const spoilt = await linkOf(path);
    const second = await linkOf(`${FIRST}&start=${key}`);
    const decoy = await ask('GET', `${FIRST}&start=decoy`);
    return { plain, key, spoilt, second, decoy: decoy.status };
  }

  it.each(Object.entries({ ...oddLinks, 'in single quotes': singleQuotedLink }))(
    'with %s leads to the next page, and at most also to a decoy',
    async (_, fault) => {
      const { plain, key, spoilt } = await linksWith(fault);
      expect(key).toMatch(/^[\w-]{20,}$/);
      expect(spoilt).toContain(`start=${key}`);
      expect(spoilt).not.toBe(plain);
      const keys = Array.from(spoilt.matchAll(/start=([^&>]+)/g), ([, found]) => found);
      expect([['decoy', key], [key]]).toContainEqual(keys);
    },
  );

  it.each(Object.entries(deceptiveLinks))(
    'with %s only leads to a decoy, which responds with 500',
    async (_, fault) => {
      const { key, spoilt, decoy } = await linksWith(fault);
      expect(spoilt).toContain('start=decoy');
      expect(spoilt).not.toContain(key);
      expect(decoy).toBe(500);
    },
  );

  it('is not added to a page without one', async () => {
    for (const fault of [...Object.values(oddLinks), ...Object.values(deceptiveLinks), singleQuotedLink]) {
      expect((await linksWith(fault, TOKENS)).spoilt).toBe('');
    }
  });

  it.each(Object.entries(cutLinks))(
    'that was cut %s has no relation, on the planned request',
    async (_, fault) => {
      const { mapbox, ask } = await setUp({ fault: inTurn(isListRequest, undefined, fault) });
      await using __ = mapbox;
      const linkOf = async () => (await ask('GET', TOKENS)).headers['link'];
      expect(await linkOf()).toBeUndefined();
      expect(await linkOf()).toMatch(/^<[^>]+(>; rel="ne)?$/);
    },
  );

  it('to the same page, or back to the first, is circular', async () => {
    const same = await linksWith(dangerousLinks['to the same page again']);
    expect(keyIn(same.second)).toBe(same.key);
    const back = await linksWith(dangerousLinks['back to the first page']);
    expect(back.second).toMatch(/\?limit=1>; rel="next"$/);
  });

  it.each(['to another origin', 'to another port'] as const)('%s leaves the stand-in', async name => {
    const { plain, spoilt } = await linksWith(dangerousLinks[name]);
    const originOf = (link: string) => URL.parse(/<([^>]+)>/.exec(link)?.[1] ?? '')?.origin;
    expect(originOf(plain)).toMatch(/^http:\/\/127\.0\.0\.1:/);
    expect(originOf(spoilt)).not.toBe(originOf(plain));
  });
});
