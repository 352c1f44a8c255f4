import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { RequestBudget } from '../../../src/api/request-budget.ts';
import { createHttpClient, type HttpClient, type HttpRequest } from '../../../src/http/client.ts';
import { createApiClient } from '../../../src/mapbox/client.ts';
import { Secret } from '../../../src/secret.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { lostResponse } from '../../support/http-script.ts';
import { listenOnLoopback } from '../../support/loopback-server.ts';

const token = new Secret('s&k t/o?k=e#n');

function remember(): { client: HttpClient; requests: HttpRequest[]; timeouts: number[] } {
  const requests: HttpRequest[] = [];
  const timeouts: number[] = [];
  const client: HttpClient = {
    async send(request, timeoutMs) {
      requests.push(request);
      timeouts.push(timeoutMs);
      return lostResponse();
    },
    close: async () => {},
  };
  return { client, requests, timeouts };
}

it.each([
  ['https://api.mapbox.com', '/tokens/v2/octo?'],
  ['https://api.mapbox.com/', '/tokens/v2/octo?'],
  ['https://gateway.example.com/mapbox', '/mapbox/tokens/v2/octo?'],
  ['https://gateway.example.com/a/b//', '/a/b/tokens/v2/octo?'],
  ['https://gateway.example.com/a%20b', '/a%20b/tokens/v2/octo?'],
])('sends requests below %s', async (api, path) => {
  const { client, requests } = remember();
  await createApiClient(
    client,
    new URL(api),
    new RequestBudget(),
    new FakeClock(),
  )({ method: 'GET', path: '/tokens/v2/octo', token }, 1000);
  expect(requests[0]?.path.startsWith(path)).toBe(true);
  expect(requests[0]?.headers['user-agent']).toBe('create-mapbox-token');
});

it('sends the token in the query only, whatever its characters', async () => {
  const { client, requests, timeouts } = remember();
  const send = createApiClient(
    client,
    new URL('https://api.mapbox.com'),
    new RequestBudget(),
    new FakeClock(),
  );
  const query = { limit: '2', access_token: 'of something else' };
  await send({ method: 'GET', path: '/tokens/v2/octo', query, token, maxBytes: 7 }, 1234);
  const [request] = requests;
  const url = new URL(request?.path ?? '', 'https://api.mapbox.com');
  expect([...url.searchParams]).toEqual([
    ['limit', '2'],
    ['access_token', token.reveal()],
  ]);
  expect(request).toMatchObject({ method: 'GET', body: undefined, maxBytes: 7 });
  expect(JSON.stringify(request?.headers)).not.toContain('k=e');
  expect(request?.headers).not.toHaveProperty('content-type');
  expect(timeouts).toEqual([1234]);
});

it('sends a body as JSON, and asks for JSON without compression', async () => {
  let received = {};
  await using server = await listenOnLoopback(
    createServer((request, response) => {
      let body = '';
      request.on('data', chunk => (body += chunk));
      request.on('end', () => {
        const { method, headers } = request;
        received = {
          method,
          body,
          accept: headers.accept,
          encoding: headers['accept-encoding'],
          type: headers['content-type'],
        };
        response.end('{}');
      });
    }),
  );
  const client = createHttpClient(server.url, undefined);
  const send = createApiClient(client, server.url, new RequestBudget(), new FakeClock());
  await send({ method: 'POST', path: '/tokens/v2/octo', token, body: { note: 'grüße' } }, 10_000);
  await client.close();
  expect(received).toEqual({
    method: 'POST',
    body: '{"note":"grüße"}',
    accept: 'application/json',
    encoding: 'identity',
    type: 'application/json',
  });
});

describe('a request beyond the budget', () => {
  function full() {
    const clock = new FakeClock();
    const budget = new RequestBudget();
    for (let sent = 0; sent < 12; sent++) budget.count(undefined, clock.monotonic());
    const { client, requests, timeouts } = remember();
    const send = createApiClient(client, new URL('https://api.mapbox.com'), budget, clock);
    return { clock, send, requests, timeouts };
  }
  const list = { method: 'GET', path: '/tokens/v2/octo', token } as const;

  it('waits for room, and the wait counts as part of its time', async () => {
    const { clock, send, timeouts } = full();
    await send(list, 100_000);
    expect(clock.sleeps).toEqual([61_000]);
    expect(timeouts).toEqual([39_000]);
  });

  it('is not sent if the wait would exceed its time', async () => {
    const { clock, send, requests } = full();
    const result = await send(list, 61_000);
    expect(result).toMatchObject({ kind: 'no-response', sent: false, code: 'REQUEST_BUDGET' });
    expect({ sleeps: clock.sleeps, requests }).toEqual({ sleeps: [], requests: [] });
  });

  it('is sent at once if it is a token’s first or second deletion, or a further page', async () => {
    const { clock, send, requests } = full();
    const deletion = { ...list, method: 'DELETE', kind: { deletionOf: 'clxdeletedtokenid' } } as const;
    for (const request of [deletion, deletion, { ...list, kind: 'further-page' } as const])
      await send(request, 1000);
    expect(clock.sleeps).toEqual([]);
    expect(requests).toHaveLength(3);
    await send(deletion, 100_000);
    expect(clock.sleeps).toEqual([61_000]);
  });
});
