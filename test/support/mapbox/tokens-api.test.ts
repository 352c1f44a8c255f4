/** The stand-in's Tokens API, by plain requests: errors, permissions, and validation. */
import { describe, expect, it } from 'vitest';
import { HELD } from '../tokens.ts';
import { askerOf, inSeconds, setUp, TOKENS } from './test-client.ts';

describe('rejects', () => {
  it.each([
    [422, 'expires is in the past', { scopes: ['styles:read'], expires: inSeconds(-1) }],
    [
      422,
      'expires is more than one hour in the future',
      { scopes: ['styles:read'], expires: inSeconds(3601) },
    ],
    [422, 'expires is invalid', { scopes: ['styles:read'], expires: 'tomorrow' }],
    [422, 'note is not allowed', { scopes: ['styles:read'], expires: inSeconds(60), note: 'Map' }],
    [422, 'allowedUrls is not allowed', { scopes: ['styles:read'], expires: inSeconds(60), allowedUrls: [] }],
    [422, 'scopes are invalid', { scopes: ['uploads:write'] }],
    [422, 'scopes are invalid', { scopes: ['styles:reed'] }],
    [422, 'scopes are invalid', { note: 'Map' }],
    [422, 'resources are invalid', { scopes: ['styles:read'], resources: ['x'] }],
    [422, 'usage is not allowed', { scopes: ['styles:read'], usage: 'pk' }],
    [422, 'allowedUrls are invalid', { scopes: ['styles:read'], allowedUrls: ['two words'] }],
    [422, 'allowedUrls are invalid', { scopes: ['styles:read'], allowedUrls: Array(101).fill('a.example') }],
    [422, 'note is invalid', { scopes: ['styles:read'], note: 'x'.repeat(129) }],
    [422, 'note is invalid', { scopes: ['styles:read'], note: 7 }],
    [400, 'Bad Request', '{"scopes":'],
  ])('with %i %s', async (status, message, body) => {
    const { mapbox, ask } = await setUp();
    await using _ = mapbox;
    const before = mapbox.account.everIssued().length;

    expect(await ask('POST', TOKENS, body)).toMatchObject({ status, body: { message } });
    expect(mapbox.account.everIssued()).toHaveLength(before);
  });

  it('a temporary token that would outlive its authorizing token', async () => {
    const { mapbox } = await setUp();
    await using _ = mapbox;
    const ask = askerOf(mapbox, mapbox.account.issueTemporary({ scopes: HELD, seconds: 60 }));
    const message = 'expires may not be greater than the expiration of the authorizing token';

    const body = { scopes: ['styles:read'], expires: inSeconds(120) };
    expect(await ask('POST', TOKENS, body)).toMatchObject({ status: 422, body: { message } });
    expect(await ask('POST', TOKENS, { ...body, expires: inSeconds(30) })).toMatchObject({ status: 200 });
  });

  it('a scope that the account may not use, even if the authorizing token has it', async () => {
    const { mapbox, ask } = await setUp({}, ['tokens:write', 'gizmos:polish']);
    await using _ = mapbox;
    expect((await ask('POST', TOKENS, { scopes: ['gizmos:polish'] })).status).toBe(422);
    mapbox.account.offer({ id: 'gizmos:polish', description: 'New.' });
    expect((await ask('POST', TOKENS, { scopes: ['gizmos:polish'] })).status).toBe(201);
  });

  it('an unknown user, a bad token and no token', async () => {
    const { mapbox, authorizer, ask } = await setUp();
    await using _ = mapbox;

    expect(await ask('GET', '/tokens/v2/hexa')).toMatchObject({
      status: 404,
      body: { message: 'No such user' },
    });
    const forged = askerOf(mapbox, authorizer.token.replace(/[^.]*$/, 'S'.repeat(22)));
    expect(await forged('GET', TOKENS)).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
    expect(await askerOf(mapbox, undefined)('GET', TOKENS)).toMatchObject({
      status: 422,
      body: { message: 'access token is required' },
    });
  });

  it('a token’s text as an ID, and an unknown ID', async () => {
    const { mapbox, authorizer, ask } = await setUp();
    await using _ = mapbox;

    for (const method of ['DELETE', 'PATCH']) {
      expect(await ask(method, `${TOKENS}/${authorizer.token}`, {})).toMatchObject({
        status: 400,
        body: { message: 'Bad Request' },
      });
      expect(await ask(method, `${TOKENS}/cm${'0'.repeat(23)}`, {})).toMatchObject({
        status: 404,
        body: { message: 'Not Found' },
      });
    }
  });
});

describe('a scope that the authorizing token lacks', () => {
  const rows = [
    ['GET', TOKENS, 'tokens:read'],
    ['POST', TOKENS, 'tokens:write'],
    ['DELETE', `${TOKENS}/cm${'0'.repeat(23)}`, 'tokens:write'],
    ['PATCH', `${TOKENS}/cm${'0'.repeat(23)}`, 'tokens:write'],
  ] as const;
  const without = (scope: string) => HELD.filter(held => held !== scope);

  it.each(rows)('makes %s %s a 404 that does not name %s', async (method, path, scope) => {
    const { mapbox, ask } = await setUp({}, without(scope));
    await using _ = mapbox;
    expect(await ask(method, path, {})).toMatchObject({ status: 404, body: { message: 'Not Found' } });
  });

  it.each(rows)('can make %s %s a 403 that names %s', async (method, path, scope) => {
    const { mapbox, ask } = await setUp({ missingScope: 403 }, without(scope));
    await using _ = mapbox;
    expect(await ask(method, path, {})).toMatchObject({
      status: 403,
      body: { message: `This API requires a token with ${scope} scope.` },
    });
  });

  it('is a 403 for the list of scopes', async () => {
    const { mapbox, ask } = await setUp();
    await using _ = mapbox;
    expect(await ask('GET', '/scopes/v1/octo')).toMatchObject({
      status: 403,
      body: { message: 'This API requires a token with scopes:list scope.' },
    });
  });

  it('makes the list a 404 for a public token', async () => {
    const { mapbox } = await setUp();
    await using _ = mapbox;
    const { token } = mapbox.account.issue({ scopes: ['styles:read'] });
    expect((await askerOf(mapbox, token)('GET', TOKENS)).status).toBe(404);
  });
});

describe('a token restricted to URLs', () => {
  it.each([
    ['https://example.com', 'https://example.com/maps', 201],
    ['https://example.com', undefined, 403],
    ['https://example.com', 'http://example.com/', 403],
    ['example.com', 'http://example.com/maps', 201],
    ['example.com/maps', 'https://example.com/other', 403],
    ['http://localhost:*', 'http://localhost:8080/', 201],
    ['http://localhost:*', 'http://example.com:8080/', 403],
  ])('%s, used from %s, gets %i', async (allowed, referer, status) => {
    const { mapbox } = await setUp();
    await using _ = mapbox;
    const { token } = mapbox.account.issue({ scopes: HELD, allowedUrls: [allowed] });
    const headers = referer === undefined ? {} : { referer };
    const asked = await askerOf(mapbox, token)('POST', TOKENS, { scopes: ['styles:read'] }, headers);
    expect(asked.status).toBe(status);
  });
});

describe('accepts', () => {
  it('a note of 128 characters, whatever their bytes', async () => {
    const { mapbox, ask } = await setUp();
    await using _ = mapbox;
    const note = '😀'.repeat(128);
    expect(await ask('POST', TOKENS, { scopes: ['styles:read'], note })).toMatchObject({
      status: 201,
      body: { note },
    });
  });

  it('allowed URLs as users write them, and stores them unchanged', async () => {
    const { mapbox, ask } = await setUp();
    await using _ = mapbox;
    const allowedUrls = [
      'example.com',
      'http://localhost:*',
      'capacitor://localhost',
      'https://[::1]:8080/a',
    ];
    expect(await ask('POST', TOKENS, { scopes: ['styles:read'], allowedUrls })).toMatchObject({
      status: 201,
      body: { allowedUrls },
    });
  });

  it('a note on a temporary token if so configured', async () => {
    const { mapbox, ask } = await setUp({ temporaryNote: 'ignored' });
    await using _ = mapbox;
    const body = { scopes: ['styles:read'], expires: inSeconds(60), note: 'Map' };
    expect((await ask('POST', TOKENS, body)).status).toBe(200);
  });
});

describe('validation', () => {
  it('responds with 200 to everything: valid, revoked, expired, invalid and malformed', async () => {
    const { mapbox, authorizer } = await setUp();
    await using _ = mapbox;
    const dead = mapbox.account.issue({ scopes: ['styles:read'] });
    mapbox.account.delete(dead.id);
    const texts = [
      authorizer.token,
      mapbox.account.issueTemporary({ scopes: ['styles:read'], seconds: 60 }),
      mapbox.account.issueTemporary({ scopes: ['styles:read'], seconds: 28_800, client: 'c0ffee' }),
      dead.token,
      mapbox.account.issueTemporary({ scopes: ['styles:read'], seconds: -60 }),
      authorizer.token.replace(/[^.]*$/, 'S'.repeat(22)),
      'no token',
    ];
    const answers = await Promise.all(texts.map(text => askerOf(mapbox, text)('GET', '/tokens/v2')));

    expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(200));
    const user = 'octo';
    const temporary = { usage: 'tk', user, scopes: ['styles:read'], created: expect.any(String) };
    expect(answers.map(({ body }) => body)).toEqual([
      { code: 'TokenValid', token: { usage: 'sk', user, authorization: authorizer.id } },
      { code: 'TokenValid', token: { ...temporary, client: 'api', expires: expect.any(String) } },
      { code: 'TokenValid', token: { ...temporary, client: 'c0ffee', expires: expect.any(String) } },
      { code: 'TokenRevoked', token: { usage: 'pk', user, authorization: dead.id } },
      {
        code: 'TokenExpired',
        token: { ...temporary, client: 'api', expires: inSeconds(-60).replace('678', '000') },
      },
      { code: 'TokenInvalid', token: { usage: 'sk', user, authorization: authorizer.id } },
      { code: 'TokenMalformed' },
    ]);
  });
});

describe('a response', () => {
  it('has an ID of 56 characters, on success, on errors and on a 429, and one of each kind if so configured', async () => {
    const rateLimit = { requests: 2, intervalSeconds: 60 };
    const { mapbox, ask } = await setUp({ rateLimit });
    await using _ = mapbox;
    const asked = [await ask('GET', TOKENS), await ask('POST', TOKENS, {}), await ask('GET', TOKENS)];
    expect(asked.map(({ status }) => status)).toEqual([200, 422, 429]);
    for (const { headers } of asked) {
      expect(headers['x-amz-cf-id']).toMatch(/^[\w-]{54}==$/);
      expect(headers['x-request-id']).toBeUndefined();
    }
    expect(mapbox.requests.map(({ requestId }) => requestId)).toEqual(
      asked.map(({ headers }) => headers['x-amz-cf-id']),
    );

    const { mapbox: other, ask: askOther } = await setUp({ requestIds: 'both' });
    await using __ = other;
    const { headers } = await askOther('GET', TOKENS);
    expect(headers['x-amz-cf-id']).toMatch(/^[\w-]{54}==$/);
    expect(headers['x-request-id']).toBe(other.requests[0]?.requestId);
  });

  it('to a creation has an ID like those of 2026, and an undocumented field', async () => {
    const { mapbox, ask } = await setUp();
    await using _ = mapbox;
    const { body } = await ask('POST', TOKENS, { scopes: ['styles:read'] });
    expect(body).toMatchObject({ id: expect.stringMatching(/^cm[a-z0-9]{23}$/), unnamed: 0 });
  });
});
