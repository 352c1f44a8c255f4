import { createServer, type LookupFunction, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConnector } from '../../../src/http/connector.ts';
import { type Authority, createAuthority } from '../../support/authority.ts';
import { listenOnLoopback } from '../../support/loopback-server.ts';

let authority: Authority;

beforeAll(async () => {
  authority = await createAuthority();
});
afterAll(() => authority[Symbol.dispose]());

interface Attempt {
  readonly url: URL;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly lookup?: LookupFunction;
}

/** What a connection first receives, or the code of the error. */
async function connectTo({ url, timeoutMs = 10_000, signal, lookup }: Attempt): Promise<string> {
  const connector = createConnector(timeoutMs, signal ?? new AbortController().signal, lookup);
  const { hostname, host, protocol, port } = url;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  connector({ hostname, host, protocol, port }, (...[error, socket]) => {
    if (error === null) resolve(socket);
    else reject(error);
  });
  try {
    const socket = await promise;
    const [chunk] = await Promise.race([
      new Promise<[unknown]>(received => {
        socket.on('readable', () => {
          const part: unknown = socket.read();
          if (part !== null) received([part]);
        });
      }),
      new Promise<never>((_, failed) => socket.on('error', failed)),
    ]);
    socket.destroy();
    return String(chunk);
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

it('connects, and skips interim responses', async () => {
  await using server = await listenOnLoopback(
    createServer(socket => socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n')),
  );
  expect(await connectTo(server)).toBe('HTTP/1.1 200 OK\r\n\r\n');
});

it('reports why there is no connection', async () => {
  const server = await listenOnLoopback(createServer());
  await server.close();
  expect(await connectTo(server)).toBe('ECONNREFUSED');
});

it('stops on its signal', async () => {
  const controller = new AbortController();
  const connected = connectTo({
    url: new URL('http://api.example.com:1'),
    signal: controller.signal,
    lookup: () => {},
  });
  controller.abort(new Error('over'));
  expect(await connected).toBe('Error: over');
});

describe('with TLS', () => {
  it('rejects a certificate of an authority that it does not know', async () => {
    await using server = await listenOnLoopback(createTlsServer(authority.tls), 'https');
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await connectTo(server)).toMatch(/UNABLE_TO_VERIFY|SELF_SIGNED/);
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  it('offers HTTP/1.1 alone', async () => {
    const offered: string[][] = [];
    const tls = createTlsServer({
      ...authority.tls,
      ALPNCallback: ({ protocols }) => {
        offered.push(protocols);
        return undefined;
      },
    });
    await using server = await listenOnLoopback(tls, 'https');
    await connectTo(server);
    expect(offered).toEqual([['http/1.1']]);
  });

  it('gives finding the address, connecting and the handshake one time together', async () => {
    await using server = await listenOnLoopback(createServer(), 'https');
    const start = performance.now();
    const slow: LookupFunction = (_host, _options, callback) => {
      setTimeout(() => callback(null, [{ address: '127.0.0.1', family: 4 }]), 1_500);
    };
    const url = new URL(server.url.href.replace('127.0.0.1', 'api.example.com'));
    expect(await connectTo({ url, timeoutMs: 2_000, lookup: slow })).toBe('UND_ERR_CONNECT_TIMEOUT');
    expect(performance.now() - start).toBeLessThan(3_400);
  });
});
