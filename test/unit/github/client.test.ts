import { describe, expect, it } from 'vitest';
import { createGithubClient, type GithubRequest } from '../../../src/github/client.ts';
import type { HttpRequest } from '../../../src/http/client.ts';
import type { HttpResponse, NoResponse } from '../../../src/http/response.ts';
import { Secret } from '../../../src/secret.ts';
import { html, json, textResponse } from '../../support/http-script.ts';

const ENVIRONMENT: GithubRequest = {
  method: 'GET',
  path: ['repos', 'octo-org', 'maps', 'environments', 'need/encoding', 'production lane'],
};

const TOKEN = ['ghs', 'a1B2c3D4e5'.repeat(4)].join('_');

/** Sends one request, which gets this response. */
async function send(response: HttpResponse | NoResponse, api = 'https://api.github.com') {
  const sent: (HttpRequest & { readonly timeoutMs: number })[] = [];
  const client = createGithubClient(
    {
      async send(request, timeoutMs) {
        sent.push({ ...request, timeoutMs });
        return response;
      },
      async close() {},
    },
    new URL(api),
    new Secret(TOKEN),
  );
  const result = await client.send(ENVIRONMENT, found => found, 4321);
  return { result, request: sent[0], sent, client };
}

const DATE = 'Fri, 02 Jan 2026 03:04:05 GMT';

const at = (seconds: number) => String(Date.parse(DATE) / 1000 + seconds);

describe('a request', () => {
  it('has percent-encoded parameters and the token in its header', async () => {
    const { request } = await send(json(200, {}));
    expect(request).toEqual({
      method: 'GET',
      path: '/repos/octo-org/maps/environments/need%2Fencoding/production%20lane',
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `token ${TOKEN}`,
        'user-agent': 'create-mapbox-token',
      },
      body: undefined,
      timeoutMs: 4321,
    });
  });

  it.each([
    'https://ghe.example.com/api/v3',
    'https://ghe.example.com/api/v3/',
    'https://ghe.example.com/api/v3//',
  ])('keeps the path of %s', async api => {
    const { request } = await send(json(200, {}), api);
    expect(request?.path).toBe('/api/v3/repos/octo-org/maps/environments/need%2Fencoding/production%20lane');
  });

  it('has a JSON body for PUT and a query for GET', async () => {
    const { client, sent } = await send(json(200, {}));
    const ask = (request: GithubRequest) => client.send(request, ({ data }) => data, 1000);
    await ask({ method: 'PUT', path: ['o', '{x}%2f'], parameters: { encrypted_value: 'x+/=', ids: [1, 2] } });
    await ask({ method: 'GET', path: ['o', '.github'], parameters: { page: 2, actor: '..' } });
    expect(sent[1]).toMatchObject({ method: 'PUT', path: '/o/%7Bx%7D%252f' });
    expect(JSON.parse(sent[1]?.body ?? '')).toEqual({ encrypted_value: 'x+/=', ids: [1, 2] });
    expect(sent[1]?.headers['content-type']).toMatch(/^application\/json/);
    expect(sent[2]).toMatchObject({ path: '/o/.github?page=2&actor=..', body: undefined });
    expect(sent[2]?.headers).not.toHaveProperty('content-type');
  });

  it.each(['', '.', '..'])('is not sent if a segment of its path is "%s"', async name => {
    const { client, sent } = await send(json(200, {}));
    await expect(client.send({ method: 'GET', path: ['o', name, 'x'] }, () => 1, 1000)).rejects.toThrow(
      RangeError,
    );
    expect(sent).toHaveLength(1);
  });

  it('is sent once, whatever the response', async () => {
    for (const response of [json(500, {}), json(429, {}), html(302)])
      expect((await send(response)).sent).toHaveLength(1);
  });
});

describe('a response', () => {
  it('is a success with its data and GitHub’s date', async () => {
    const { result } = await send(json(200, { id: 1 }, { date: DATE }));
    expect(result).toEqual({
      kind: 'success',
      value: { status: 200, data: { id: 1 }, date: new Date(DATE) },
    });
  });

  it('is a success without data if it is empty', async () => {
    expect((await send(textResponse(204, ''))).result).toEqual({
      kind: 'success',
      value: { status: 204, data: undefined, date: undefined },
    });
  });

  const unreadable = (status: number) => ({ kind: 'indeterminate', cause: { kind: 'unreadable', status } });
  const truncated = (status: number, text: string) =>
    ({
      kind: 'response',
      status,
      headers: {},
      body: { kind: 'incomplete', how: 'truncated', text: new Secret(text) },
    }) as const;

  it.each([
    ['a page', html(200)],
    ['cut JSON', textResponse(200, '{"id": 1')],
    ['JSON that ended early', truncated(200, '{}')],
  ])('is unreadable if it is %s', async (_, response) => {
    expect((await send(response)).result).toMatchObject(unreadable(200));
  });

  it('is unreadable if it has the wrong shape', async () => {
    const { client } = await send(json(200, {}));
    expect(await client.send(ENVIRONMENT, () => undefined, 1000)).toMatchObject(unreadable(200));
  });

  it.each([199, 299])('is a success up to 299: %i', async status => {
    expect((await send(json(status, {}))).result.kind).toBe('success');
  });

  it.each([300, 404, 499])('is a rejection from 300 on: %i', async status => {
    expect((await send(json(status, { message: 'x' }))).result).toMatchObject({ kind: 'rejected', status });
  });

  it('is a rejection with GitHub’s reason and the required permission', async () => {
    const { result } = await send(
      json(
        403,
        { message: 'Resource not accessible by integration' },
        { 'x-accepted-github-permissions': 'actions=read`\n', 'x-github-request-id': 'A:1' },
      ),
    );
    expect(result).toEqual({
      kind: 'rejected',
      status: 403,
      isApiError: true,
      bodyDescription: 'an error',
      requestId: 'A:1',
      reason: 'Resource not accessible by integration',
      acceptedPermissions: 'actions=read',
      needsSso: false,
    });
  });

  it('reports missing single sign-on without its address', async () => {
    const url = 'https://github.com/orgs/octo/sso?authorization_request=A';
    const { result } = await send(
      json(403, { message: `Resource protected: ${url}` }, { 'x-github-sso': `required; url=${url}` }),
    );
    expect(result).toMatchObject({ needsSso: true, reason: 'Resource protected: …' });
  });

  it.each([
    ['a\n::error::b\u001b[31m', 'a ::error::b [31m'],
    [`the token ${['sk', 'eyJhIjoi', 'x'].join('.')} is wrong`, 'the token *** is wrong'],
    ['see http://octo.example/?id=A and https://octo.example', 'see … and …'],
    ['two\n \nlines', 'two lines'],
    ['x'.repeat(200), 'x'.repeat(200)],
    ['x'.repeat(201), `${'x'.repeat(200)}…`],
    [' \n', undefined],
  ])('has a reason that fits into the log: %j', async (message, reason) => {
    expect((await send(json(403, { message }))).result).toMatchObject({ kind: 'rejected', reason });
  });

  it('has at most 100 characters of the required permissions', async () => {
    const headers = { 'x-accepted-github-permissions': 'x'.repeat(101) };
    const { result } = await send(json(403, { message: 'x' }, headers));
    expect(result).toMatchObject({ acceptedPermissions: 'x'.repeat(100) });
  });

  it.each([
    ['A:1', 'A:1'],
    ['x'.repeat(100), 'x'.repeat(100)],
    ['x'.repeat(101), undefined],
    ['A:1 and more', undefined],
    ['more and A:1', undefined],
  ])('has GitHub’s request ID only if it has the form of one: %s', async (id, requestId) => {
    const { result } = await send(json(403, { message: 'x' }, { 'x-github-request-id': id }));
    expect(result).toMatchObject({ kind: 'rejected', requestId });
  });

  it('is not a rejection by GitHub from 400 on if it is a page', async () => {
    expect((await send(html(400))).result).toMatchObject(unreadable(400));
  });

  it.each([
    ['a page', html(404)],
    ['JSON of another form', json(404, { error: 'no route' })],
    ['JSON that is not an object', json(404, null)],
    ['a message that is not a string', json(404, { message: 404 })],
    ['a text', json(404, 'message')],
    ['nothing', textResponse(404, '')],
    ['an error that ended early', truncated(404, '{"message":"Not Found"}')],
  ])('is not a rejection by GitHub if it is %s', async (_, response) => {
    expect((await send(response)).result).toMatchObject(unreadable(404));
  });

  it('is a rejection if it redirects', async () => {
    const { result, sent } = await send(html(301));
    expect(result).toMatchObject({ kind: 'rejected', status: 301, isApiError: false, reason: undefined });
    expect(sent).toHaveLength(1);
  });

  it.each([408, 409, 425, 500, 502, 599])('is retryable with %i', async status => {
    expect((await send(json(status, { message: 'x' }))).result).toMatchObject({
      kind: 'indeterminate',
      cause: { kind: 'server-error', status },
    });
  });

  it.each([
    [true, { kind: 'indeterminate', cause: { kind: 'no-response', code: 'ECONNRESET' } }],
    [false, { kind: 'not-sent', code: 'ECONNRESET' }],
  ])('is absent if none arrived (sent: %s)', async (sent, result) => {
    expect((await send({ kind: 'no-response', sent, code: 'ECONNRESET' })).result).toMatchObject(result);
  });
});

describe('a rate limit', () => {
  it.each([
    ['429', json(429, {}, {}), 60_000],
    ['429 of a proxy', html(429), 60_000],
    ['429 with retry-after', json(429, {}, { 'retry-after': '17' }), 17_000],
    ['403 with retry-after', json(403, { message: 'Wait' }, { 'retry-after': '30' }), 30_000],
    [
      '403 in words',
      json(403, { message: 'You have exceeded a secondary rate limit. Please wait.' }),
      60_000,
    ],
    [
      '403 in older words',
      json(403, { message: 'You have triggered an abuse detection mechanism.' }),
      60_000,
    ],
    [
      '403 with nothing remaining, until the reset by GitHub’s clock',
      json(403, {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': at(90), date: DATE }),
      90_000,
    ],
    ['403 with nothing remaining and no reset', json(403, {}, { 'x-ratelimit-remaining': '0' }), 3_600_000],
    [
      '403 with nothing remaining and a reset that is over',
      json(403, {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': at(-1), date: DATE }),
      3_600_000,
    ],
    [
      '403 with nothing remaining and a reset of this second',
      json(403, {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': at(0), date: DATE }),
      1_000,
    ],
    [
      '403 with nothing remaining and a reset in two hours',
      json(403, {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': at(7200), date: DATE }),
      3_600_000,
    ],
    [
      '403 with nothing remaining and a reset, but no date',
      json(403, {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': at(90) }),
      3_600_000,
    ],
    ['a wait of no time', json(429, {}, { 'retry-after': '0' }), 1_000],
    ['a wait that begins with a number', json(429, {}, { 'retry-after': '5 s' }), 60_000],
    ['a wait that ends with a number', json(429, {}, { 'retry-after': '-5' }), 60_000],
    ['a wait of days', json(429, {}, { 'retry-after': '999999' }), 3_600_000],
    ['a wait that is not a number', json(429, {}, { 'retry-after': 'soon' }), 60_000],
  ])('is recognized: %s', async (_, response, retryAfter) => {
    expect((await send(response)).result).toMatchObject({
      kind: 'rate-limited',
      status: response.status,
      retryAfter,
      estimated: false,
    });
  });

  it('is no other status, even if nothing remains', async () => {
    const { result } = await send(json(404, { message: 'Not Found' }, { 'x-ratelimit-remaining': '0' }));
    expect(result.kind).toBe('rejected');
  });

  it('is no other 403', async () => {
    const { result } = await send(json(403, { message: 'Forbidden' }, { 'x-ratelimit-remaining': '10' }));
    expect(result.kind).toBe('rejected');
  });
});
