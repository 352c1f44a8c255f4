import { describe, expect, it } from 'vitest';
import { createGithubClient } from '../../../src/github/client.ts';
import type { HttpRequest } from '../../../src/http/client.ts';
import type { HttpResponse, NoResponse } from '../../../src/http/response.ts';
import { Secret } from '../../../src/secret.ts';
import { html, json, textResponse } from '../../support/http-script.ts';

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
  const result = await client.send(
    'GET /repos/{owner}/{repo}/environments/{environment_name}',
    { owner: 'octo-org', repo: 'maps', environment_name: 'need/encoding' },
    4321,
  );
  return { result, request: sent[0], sent, client };
}

const DATE = 'Fri, 02 Jan 2026 03:04:05 GMT';

const at = (seconds: number) => String(Date.parse(DATE) / 1000 + seconds);

describe('a request', () => {
  it('has its parameters percent-encoded, and asks in the name of the token', async () => {
    const { request } = await send(json(200, {}));
    expect(request).toEqual({
      method: 'GET',
      path: '/repos/octo-org/maps/environments/need%2Fencoding',
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${TOKEN}`,
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
    expect(request?.path).toBe('/api/v3/repos/octo-org/maps/environments/need%2Fencoding');
  });

  it('has a JSON body where the route takes one, and what is left over in the query where not', async () => {
    const { client, sent } = await send(json(200, {}));
    await client.send(
      'PUT /repos/{owner}/{repo}/actions/secrets/{secret_name}',
      { owner: 'o', repo: 'r', secret_name: 'S', encrypted_value: 'x+/=', key_id: '1' },
      1000,
    );
    await client.send('GET /repos/{owner}/{repo}/actions/runs', { owner: 'o', repo: 'r', page: 2 }, 1000);
    expect(sent[1]).toMatchObject({ method: 'PUT', path: '/repos/o/r/actions/secrets/S' });
    expect(JSON.parse(sent[1]?.body ?? '')).toEqual({ encrypted_value: 'x+/=', key_id: '1' });
    expect(sent[1]?.headers['content-type']).toBe('application/json');
    expect(sent[2]).toMatchObject({ path: '/repos/o/r/actions/runs?page=2', body: undefined });
    expect(sent[2]?.headers).not.toHaveProperty('content-type');
  });

  it.each(['.', '..'])(
    'is not sent where a part of its path is %s, which would be another path',
    async name => {
      const { client, sent } = await send(json(200, {}));
      const rejected = [
        client.send('GET /repos/{owner}/{repo}', { owner: 'o', repo: name }, 1000),
        client.send('GET /repos/{owner}/{repo}/actions/runs', { owner: 'o', repo: name, page: 2 }, 1000),
        client.send('GET /orgs/{org}/actions/secrets', { org: name }, 1000),
      ];
      for (const { status } of await Promise.allSettled(rejected)) expect(status).toBe('rejected');
      expect(sent).toHaveLength(1);
    },
  );

  it('may have dots in its path, and in its query', async () => {
    const { client, sent } = await send(json(200, {}));
    const parameters = { owner: 'o', repo: '.github', actor: '..' };
    await client.send('GET /repos/{owner}/{repo}/actions/runs', parameters, 1000);
    expect(sent[1]?.path).toBe('/repos/o/.github/actions/runs?actor=..');
  });

  it('is sent once, whatever the response', async () => {
    for (const response of [json(500, {}), json(429, {}), html(302)])
      expect((await send(response)).sent).toHaveLength(1);
  });
});

describe('a response', () => {
  it('is a success with its data and headers', async () => {
    const { result } = await send(json(200, { id: 1 }, { link: '<x>; rel="next"' }));
    expect(result).toMatchObject({
      kind: 'success',
      status: 200,
      data: { id: 1 },
      headers: { link: '<x>; rel="next"' },
    });
  });

  it('is a success without data where it is empty', async () => {
    expect((await send(textResponse(204, ''))).result).toMatchObject({ kind: 'success', data: undefined });
  });

  it.each([
    ['a page', html(200)],
    ['cut JSON', textResponse(200, '{"id": 1')],
    [
      'JSON that ended early',
      {
        kind: 'response',
        status: 200,
        headers: {},
        body: { kind: 'incomplete', how: 'truncated', text: new Secret('{}') },
      } as const,
    ],
  ])('is unreadable where it is %s', async (_, response) => {
    expect((await send(response)).result).toEqual({ kind: 'unreadable', status: 200 });
  });

  it.each([199, 299])('is a success up to 299: %i', async status => {
    expect((await send(json(status, {}))).result.kind).toBe('success');
  });

  it.each([300, 404, 499])('is a rejection from 300 on: %i', async status => {
    expect((await send(json(status, {}))).result).toMatchObject({ kind: 'rejected', status });
  });

  it('is a rejection with the permission that GitHub asks for', async () => {
    const { result } = await send(
      json(
        403,
        { message: 'Resource not accessible by integration' },
        {
          'x-accepted-github-permissions': 'actions=read',
        },
      ),
    );
    expect(result).toEqual({
      kind: 'rejected',
      status: 403,
      message: 'Resource not accessible by integration',
      isGithubError: true,
      acceptedPermissions: 'actions=read',
    });
  });

  it.each([
    ['a page', html(404)],
    ['JSON of another form', json(404, { error: 'no route' })],
    ['JSON that is no object', json(404, null)],
    ['a message that is no text', json(404, { message: 404 })],
    ['a text', json(404, 'message')],
    ['nothing', textResponse(404, '')],
    [
      'an error that ended early',
      {
        kind: 'response',
        status: 404,
        headers: {},
        body: { kind: 'incomplete', how: 'truncated', text: new Secret('{"message":"Not Found"}') },
      } as const,
    ],
  ])('is no error of GitHub’s where it is %s', async (_, response) => {
    expect((await send(response)).result).toMatchObject({ kind: 'rejected', isGithubError: false });
  });

  it('is a rejection where it leads elsewhere', async () => {
    const { result, sent } = await send(json(301, { message: 'Moved Permanently' }, { location: '/x' }));
    expect(result).toMatchObject({ kind: 'rejected', status: 301 });
    expect(sent).toHaveLength(1);
  });

  it.each([500, 502, 599])('is a server error from 500 on: %i', async status => {
    expect((await send(html(status))).result).toEqual({ kind: 'server-error', status });
  });

  it('is none where none came', async () => {
    const none: NoResponse = { kind: 'no-response', sent: true, code: 'ECONNRESET' };
    expect((await send(none)).result).toEqual(none);
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
    ['a wait that is no number', json(429, {}, { 'retry-after': 'soon' }), 60_000],
  ])('is recognised: %s', async (_, response, retryAfter) => {
    expect((await send(response)).result).toEqual({ kind: 'rate-limited', retryAfter });
  });

  it('is no other status, though nothing remains', async () => {
    const { result } = await send(json(404, { message: 'Not Found' }, { 'x-ratelimit-remaining': '0' }));
    expect(result.kind).toBe('rejected');
  });

  it('is no other 403', async () => {
    const { result } = await send(json(403, { message: 'Forbidden' }, { 'x-ratelimit-remaining': '10' }));
    expect(result.kind).toBe('rejected');
  });
});
