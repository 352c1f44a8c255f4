import { describe, expect, it } from 'vitest';
import { listTokenPage } from '../../../src/mapbox/list.ts';
import { Secret } from '../../../src/secret.ts';
import { START } from '../../support/fake-clock.ts';
import { accountOn, GET, json, LIST, scripted, truncated } from '../../support/http-script.ts';
import { authorizingToken, idOf } from '../../support/tokens.ts';

const entry = { id: idOf(1), usage: 'sk', note: 'ci', scopes: ['styles:read'], default: false };

async function pageWith(link: string | undefined, entries: unknown = [entry]) {
  const client = scripted(json(200, entries, link === undefined ? {} : { link }));
  const page = await listTokenPage(accountOn(client), undefined, 1000);
  return { page, client };
}

describe('the link to the next page', () => {
  it.each([
    ['an address of the API', '<https://api.mapbox.com/tokens/v2/octo?start=x&limit=2>; rel="next"'],
    ['a path', '</tokens/v2/octo?start=x&limit=2>; rel="next"'],
    ['one with another parameter', '<https://api.mapbox.com/t?start=x&limit=2> ; title="more";rel="next"'],
    ['one without quotes', '<https://api.mapbox.com/tokens/v2/octo?start=x&limit=2>; rel=next'],
    [
      'one of several',
      '<https://api.mapbox.com/a?start=w>; rel="prev", <https://api.mapbox.com/b?start=x&limit=2>; rel="next"',
    ],
    [
      'one with a token in it',
      '<https://api.mapbox.com/tokens/v2/octo?access_token=x&start=x&limit=2>; rel="next"',
    ],
  ])('only gives the query: %s', async (_, link) => {
    const { page } = await pageWith(link);
    expect(page.kind === 'success' && page.value.next).toEqual({ start: 'x', limit: '2' });
  });

  it.each([
    ['to another host', '<https://api.mapbox.com.example/tokens/v2/octo?start=x>; rel="next"'],
    ['without TLS', '<http://api.mapbox.com/tokens/v2/octo?start=x>; rel="next"'],
    ['to another port', '<https://api.mapbox.com:8443/tokens/v2/octo?start=x>; rel="next"'],
    ['that is none', '<https://>; rel="next"'],
  ])('makes the page unreadable if it leads %s', async (_, link) => {
    expect((await pageWith(link)).page).toMatchObject({
      kind: 'indeterminate',
      cause: { kind: 'unreadable' },
    });
  });

  it('is missing on the last page', async () => {
    expect((await pageWith(undefined)).page).toMatchObject({ kind: 'success', value: { next: undefined } });
  });
});

it('requests every page from the API’s own address, with the authorizing token', async () => {
  const client = scripted(json(200, []), json(200, []));
  await listTokenPage(accountOn(client), undefined, 1000);
  await listTokenPage(accountOn(client), { start: 'x' }, 1000);
  expect(client.requestLines).toEqual([GET, `${LIST}?start=x`]);
  expect(client.requests.map(({ kind }) => kind)).toEqual([undefined, 'further-page']);
  for (const { token } of client.requests) expect(token).toBe(authorizingToken.secret);
});

it('gives the time of the response, by Mapbox’s clock', async () => {
  const date = 'Fri, 02 Jan 2026 03:04:05 GMT';
  const dated = await listTokenPage(accountOn(scripted(json(200, [], { date }))), undefined, 1000);
  const undated = await listTokenPage(accountOn(scripted(json(200, []))), undefined, 1000);
  expect(dated).toMatchObject({ value: { serverDate: new Date(date) } });
  expect(undated).toMatchObject({ value: { serverDate: undefined } });
});

describe('a page of tokens', () => {
  it('is read without any token text', async () => {
    const created = '2026-01-02T03:04:05.000Z';
    const text = ['pk', 'p'.repeat(20), 's'.repeat(22)].join('.');
    const { page } = await pageWith(undefined, [
      { ...entry, created, token: text, allowedUrls: ['https://example.com'] },
    ]);
    expect(page).toEqual({
      kind: 'success',
      value: {
        tokens: [
          {
            id: idOf(1),
            usage: 'sk',
            note: 'ci',
            scopes: ['styles:read'],
            allowedUrls: ['https://example.com'],
            created: new Date(created),
            isDefault: false,
            notUnderstood: [],
          },
        ],
        next: undefined,
        complete: true,
      },
    });
  });

  it.each([
    ['all entries are read', [entry], true],
    ['there are none', [], true],
    ['an entry has unknown fields', [{ ...entry, eleventh: {} }], true],
    ['an entry has an ID of another form', [{ ...entry, id: '../styles' }], false],
    ['an entry has no ID', [entry, { usage: 'sk', note: 'ci' }], false],
    ['an entry has no usage', [entry, { id: idOf(2) }], false],
    ['an entry is not an object', [entry, null], false],
  ])('shows whether a missing token may still exist: %s', async (_, entries, complete) => {
    expect((await pageWith(undefined, entries)).page).toMatchObject({ value: { complete } });
  });

  it('may be incomplete if the link cannot be parsed', async () => {
    expect((await pageWith('<a>; title="; rel="next"')).page).toMatchObject({
      value: { next: undefined, complete: false },
    });
  });

  it('skips entries that are not tokens, and reads unusual ones in part', async () => {
    const { page } = await pageWith(undefined, [
      null,
      'text',
      { ...entry, id: '../styles' },
      { ...entry, id: 7 },
      { ...entry, usage: undefined },
      { id: idOf(2), usage: 'pk', note: null, scopes: 'all', created: 'once', default: 'perhaps' },
      { id: idOf(3), usage: 'sk', created: 0 },
    ]);
    const unknown = { note: '', scopes: [], allowedUrls: [], created: undefined };
    expect(page).toMatchObject({
      value: {
        tokens: [
          { ...unknown, id: idOf(2), isDefault: true },
          { ...unknown, id: idOf(3), isDefault: false },
        ],
      },
    });
  });

  it.each<[object, readonly string[]]>([
    [{ scopes: 'all' }, ['scopes']],
    [{ scopes: null }, ['scopes']],
    [{ allowedUrls: 'https://example.com' }, ['allowedUrls']],
    [{ allowedUrls: [7] }, ['allowedUrls']],
    [{ allowedUrls: { https: 'example.com' } }, ['allowedUrls']],
    [
      { allowedApplications: [{ platform: 'iOS' }], allowedApis: { styles: 'read' } },
      ['allowedApplications', 'allowedApis'],
    ],
    [{ resources: ['octo.parks'] }, ['resources']],
    [{ allowedIps: 0 }, ['allowedIps']],
    [
      {
        allowedUrls: null,
        allowedApplications: {},
        allowedApis: [],
        resources: '',
        client: 'api',
        other: 'x',
      },
      [],
    ],
    [{ allowedUrls: {} }, []],
  ])('names restrictions that are not understood: %j', async (fields, notUnderstood) => {
    const { page } = await pageWith(undefined, [{ ...entry, allowedUrls: undefined, ...fields }]);
    expect(page).toMatchObject({ value: { tokens: [{ notUnderstood }] } });
  });

  it.each([{}, 'text', null])('is unreadable if it is not a list: %j', async entries => {
    expect((await pageWith(undefined, entries)).page).toMatchObject({ kind: 'indeterminate' });
  });

  it('is unreadable if it ended early', async () => {
    const client = scripted(truncated(200, [entry]));
    expect(await listTokenPage(accountOn(client), undefined, 1000)).toMatchObject({ kind: 'indeterminate' });
  });
});

describe('a page that is too large', () => {
  const tooLarge = {
    kind: 'response',
    status: 200,
    headers: {},
    body: { kind: 'incomplete', how: 'too-large', text: new Secret('[') },
  } as const;

  it('is requested again with half as many tokens, until it fits', async () => {
    const client = scripted(tooLarge, tooLarge, json(200, [entry]));
    const page = await listTokenPage(accountOn(client), undefined, 1000);
    expect(client.requestLines).toEqual([GET, `${LIST}?limit=50`, `${LIST}?limit=25`]);
    expect(page).toMatchObject({ kind: 'success', value: { tokens: [{ id: entry.id }] } });
  });

  it('keeps the position in the list', async () => {
    const client = scripted(tooLarge, json(200, []));
    await listTokenPage(accountOn(client), { start: 'x', limit: '3' }, 1000);
    expect(client.requestLines).toEqual([`${LIST}?start=x&limit=3`, `${LIST}?start=x&limit=1`]);
  });

  it('is requested with 50 tokens if its address gives no number', async () => {
    const client = scripted(tooLarge, json(200, []));
    await listTokenPage(accountOn(client), { start: 'x' }, 1000);
    expect(client.requestLines).toEqual([`${LIST}?start=x`, `${LIST}?start=x&limit=50`]);
  });

  it.each(['1', '0', 'all'])('is unreadable if it cannot be halved: %s', async limit => {
    const client = scripted(tooLarge);
    expect(await listTokenPage(accountOn(client), { start: 'x', limit }, 1000)).toMatchObject({
      kind: 'indeterminate',
    });
  });

  it('is requested with one token at the last', async () => {
    const client = scripted(tooLarge, json(200, []));
    await listTokenPage(accountOn(client), { start: 'x', limit: '2' }, 1000);
    expect(client.requestLines).toEqual([`${LIST}?start=x&limit=2`, `${LIST}?start=x&limit=1`]);
  });

  it.each(['truncated', 'timeout'] as const)(
    'is not one that was cut off for another reason: %s',
    async how => {
      const client = scripted({ ...tooLarge, body: { ...tooLarge.body, how } });
      expect(await listTokenPage(accountOn(client), undefined, 1000)).toMatchObject({
        kind: 'indeterminate',
      });
      expect(client.requestLines).toEqual([GET]);
    },
  );

  it('does not extend the time limit by further requests', async () => {
    let now = START;
    const slow = () => {
      now += 400;
      return tooLarge;
    };
    const client = scripted(slow, slow, json(200, []));
    await listTokenPage(accountOn(client, { now: () => now }), undefined, 1000);
    expect(client.timeouts).toEqual([1000, 600, 200]);
  });

  it('has more than 4 MiB', async () => {
    const client = scripted(json(200, []));
    await listTokenPage(accountOn(client), undefined, 1000);
    expect(client.requests[0]?.maxBytes).toBe(4 * 1024 * 1024);
  });
});

it('requests pages past caches: no two queries are equal', async () => {
  let now = 1_000;
  const client = scripted(json(200, []), json(200, []));
  const account = accountOn(client, { now: () => now++ });
  await listTokenPage(account, undefined, 1000);
  await listTokenPage(account, undefined, 1000);
  const timestamps = client.requests.map(({ query }) => query?.['timestamp']);
  expect(new Set(timestamps).size).toBe(2);
  expect(timestamps).not.toContain(undefined);
});
