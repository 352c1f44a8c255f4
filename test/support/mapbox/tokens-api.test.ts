/** What the stand-in says is certain: every row of the error table, the rate limit and the pages, by plain requests. */
import { describe, expect, it } from 'vitest';
import { type MapboxStandIn, type StandInOptions, startMapbox } from './server.ts';

const HELD = ['tokens:write', 'tokens:read', 'styles:read', 'tilesets:write'];
const NOW = Date.parse('2026-01-02T03:04:05.678Z');
const inSeconds = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

interface Asked {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** An account whose clock stands still, and a way to ask it. */
async function setUp(options: StandInOptions = {}, held = HELD) {
  const mapbox = await startMapbox({ now: () => NOW, ...options });
  const authorizer = mapbox.account.issue({ scopes: held });
  return { mapbox, authorizer, ask: askerOf(mapbox, authorizer.token) };
}

function askerOf(mapbox: MapboxStandIn, token: string | undefined) {
  return async (method: string, path: string, body?: unknown): Promise<Asked> => {
    const url = new URL(path, mapbox.url);
    if (token !== undefined) url.searchParams.set('access_token', token);
    const answer = await fetch(url, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  };
}

describe('the error table:', () => {
  const PATH = '/tokens/v2/octo';
  it.each([
    [422, 'expires is in the past', { scopes: ['styles:read'], expires: inSeconds(-1) }],
    [
      422,
      'expires is more than one hour in the future',
      { scopes: ['styles:read'], expires: inSeconds(3601) },
    ],
    [422, 'scopes are invalid', { scopes: ['uploads:write'] }],
    [422, 'scopes are invalid', { scopes: ['styles:reed'] }],
    [422, 'resources are invalid', { scopes: ['styles:read'], resources: [] }],
  ])('%i %s', async (status, message, body) => {
    const { mapbox, ask } = await setUp();
    await using _ = mapbox;
    const before = mapbox.account.everIssued().length;

    expect(await ask('POST', PATH, body)).toMatchObject({ status, body: { message } });
    expect(mapbox.account.everIssued()).toHaveLength(before);
  });

  it('422 where a temporary token would outlive the one that authorizes it', async () => {
    const { mapbox } = await setUp();
    await using _ = mapbox;
    const ask = askerOf(mapbox, mapbox.account.issueTemporary({ scopes: HELD, seconds: 60 }));
    const message = 'expires may not be greater than the expiration of the authorizing token';

    const body = { scopes: ['styles:read'], expires: inSeconds(120) };
    expect(await ask('POST', PATH, body)).toMatchObject({ status: 422, body: { message } });
    expect(await ask('POST', PATH, { ...body, expires: inSeconds(30) })).toMatchObject({ status: 200 });
  });

  it('422 for a usage that cannot be listed, and 500 for a start that no page gave', async () => {
    const { mapbox, ask } = await setUp();
    await using _ = mapbox;

    expect(await ask('GET', `${PATH}?usage=tk`)).toMatchObject({
      status: 422,
      body: { message: 'usage must be pk or sk' },
    });
    expect(await ask('GET', `${PATH}?start=nowhere`)).toMatchObject({
      status: 500,
      body: { message: 'Internal Server Error' },
    });
  });

  it.each([
    ['GET', PATH, 'tokens:read'],
    ['POST', PATH, 'tokens:write'],
    ['DELETE', `${PATH}/c${'0'.repeat(24)}`, 'tokens:write'],
    ['PATCH', `${PATH}/c${'0'.repeat(24)}`, 'tokens:write'],
    ['GET', '/scopes/v1/octo', 'scopes:list'],
  ])('404 Not Found to %s %s of a token without %s', async (method, path, scope) => {
    const { mapbox, ask } = await setUp(
      {},
      [...HELD, 'scopes:list'].filter(held => held !== scope),
    );
    await using _ = mapbox;

    expect(await ask(method, path, method === 'GET' ? undefined : {})).toMatchObject({
      status: 404,
      body: { message: 'Not Found' },
    });
  });

  it('404 No such user, 401 Unauthorized, and 422 without a token', async () => {
    const { mapbox, authorizer, ask } = await setUp();
    await using _ = mapbox;

    expect(await ask('GET', '/tokens/v2/hexa')).toMatchObject({
      status: 404,
      body: { message: 'No such user' },
    });
    const forged = askerOf(mapbox, authorizer.token.replace(/[^.]*$/, 'S'.repeat(22)));
    expect(await forged('GET', PATH)).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
    const nobody = askerOf(mapbox, undefined);
    expect(await nobody('GET', PATH)).toMatchObject({
      status: 422,
      body: { message: 'access token is required' },
    });
  });
});

describe('validation answers 200 and tells by its code:', () => {
  it('valid, revoked, expired, invalid and malformed', async () => {
    const { mapbox, authorizer } = await setUp();
    await using _ = mapbox;
    const dead = mapbox.account.issue({ scopes: ['styles:read'] });
    mapbox.account.delete(dead.id);
    const texts = [
      authorizer.token,
      mapbox.account.issueTemporary({ scopes: ['styles:read'], seconds: 60 }),
      dead.token,
      mapbox.account.issueTemporary({ scopes: ['styles:read'], seconds: -60 }),
      authorizer.token.replace(/[^.]*$/, 'S'.repeat(22)),
      'no token',
    ];
    const answers = await Promise.all(texts.map(text => askerOf(mapbox, text)('GET', '/tokens/v2')));

    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(answers.map(({ body }) => body)).toMatchObject([
      { code: 'TokenValid', token: { usage: 'sk', authorization: authorizer.id } },
      { code: 'TokenValid', token: { usage: 'tk', scopes: ['styles:read'], client: 'api' } },
      { code: 'TokenRevoked', token: { usage: 'pk', authorization: dead.id } },
      { code: 'TokenExpired', token: { usage: 'tk', expires: inSeconds(-60).replace('678', '000') } },
      { code: 'TokenInvalid' },
      { code: 'TokenMalformed' },
    ]);
  });
});

describe('the rate limit', () => {
  it('refuses what is too much until the second that its headers name, over all tokens of the account', async () => {
    let now = NOW;
    await using mapbox = await startMapbox({
      now: () => now,
      rateLimit: { requests: 3, intervalSeconds: 60 },
    });
    const ask = askerOf(mapbox, mapbox.account.issue({ scopes: HELD }).token);
    const other = askerOf(mapbox, mapbox.account.issue({ scopes: HELD }).token);
    const statuses: number[] = [];
    for (let n = 0; n < 3; n++) statuses.push((await ask('GET', '/tokens/v2/octo')).status);
    const { status, headers } = await other('GET', '/tokens/v2/octo');

    expect([...statuses, status]).toEqual([200, 200, 200, 429]);
    expect([headers.get('x-rate-limit-interval'), headers.get('x-rate-limit-limit')]).toEqual(['60', '3']);
    const reset = Number(headers.get('x-rate-limit-reset')) * 1000;
    now = reset - 1;
    expect((await other('GET', '/tokens/v2/octo')).status).toBe(429);
    now = reset;
    expect((await other('GET', '/tokens/v2/octo')).status).toBe(200);
  });
});

describe('the list', () => {
  it('goes on by its links, whose URLs carry no token, also when a token on the way is deleted', async () => {
    const { mapbox, ask } = await setUp({ pageSize: 2 });
    await using _ = mapbox;
    for (let n = 0; n < 4; n++) mapbox.account.issue({ scopes: ['styles:read'] });
    const all = mapbox.account.tokens().length;

    const seen = new Set<string>();
    let pages = 0;
    for (let next: string | undefined = '/tokens/v2/octo'; next !== undefined; pages++) {
      const { headers, body } = await ask('GET', next);
      for (const { id } of Array.isArray(body) ? body : []) {
        seen.add(id);
        if (pages === 0 && mapbox.account.find(id)?.usage === 'pk') mapbox.account.delete(id);
      }
      const link: string | undefined = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
      expect(link ?? '').not.toContain('access_token');
      next = link;
    }
    expect([seen.size, pages]).toEqual([all, 3]);
  });

  it('is narrowed by usage and by default', async () => {
    const { mapbox, authorizer, ask } = await setUp();
    await using _ = mapbox;

    const idsOf = ({ body }: Asked) => (Array.isArray(body) ? body.map(({ id }) => id) : body);
    expect(idsOf(await ask('GET', '/tokens/v2/octo?usage=sk'))).toEqual([authorizer.id]);
    expect(idsOf(await ask('GET', '/tokens/v2/octo?default=false'))).toEqual([authorizer.id]);
    expect(idsOf(await ask('GET', '/tokens/v2/octo?usage=sk&default=true'))).toEqual([]);
  });
});
