import { createServer, type LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { alternateFamilies, connectToFirst } from '../../../src/http/happy-eyeballs.ts';
import { listenOnLoopback } from '../../support/loopback-server.ts';
import { unresponsiveServer } from '../../support/unresponsive-server.ts';

const { signal } = new AbortController();

const resolvesTo =
  (...addresses: string[]): LookupFunction =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map(address => ({ address, family: 4 })),
    );

/** The address that was connected to, or the code of the error. */
async function connectTo(
  lookup: LookupFunction,
  port: number,
  timeoutMs = 10_000,
): Promise<string | undefined> {
  try {
    const socket = await connectToFirst({ host: 'api.example.com', port, timeoutMs }, signal, lookup);
    const { remoteAddress } = socket;
    socket.destroy();
    return remoteAddress;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

const server = () => listenOnLoopback(createServer());

it('connects to an address without a lookup', async () => {
  await using place = await server();
  const socket = await connectToFirst(
    { host: '127.0.0.1', port: place.port, timeoutMs: 10_000 },
    signal,
    () => {
      throw new Error('looked up');
    },
  );
  expect(socket.remoteAddress).toBe('127.0.0.1');
  socket.destroy();
});

it('connects to the second address where the first refuses', async () => {
  await using place = await server();
  expect(await connectTo(resolvesTo('127.0.0.2', '127.0.0.1'), place.port)).toBe('127.0.0.1');
});

it('fails with the code of the address that failed last', async () => {
  const place = await server();
  await place.close();
  expect(await connectTo(resolvesTo('127.0.0.2', '127.0.0.1'), place.port)).toBe('ECONNREFUSED');
});

describe.runIf(process.platform === 'linux')('where addresses do not respond', () => {
  const DEAD = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];

  it('connects to the last of five addresses within a few seconds', async () => {
    using dead = await unresponsiveServer(...DEAD);
    await using _place = await listenOnLoopback(createServer(), 'http', dead.port);
    expect(await connectTo(resolvesTo(...DEAD, '127.0.0.1'), dead.port, 5_000)).toBe('127.0.0.1');
  });

  it('goes on with an address that is slow, while others are tried and refuse', async () => {
    using slow = await unresponsiveServer('127.0.0.1');
    const connected = connectTo(resolvesTo('127.0.0.1', '127.0.0.2', '127.0.0.3'), slow.port);
    setTimeout(() => slow.accept(), 900);
    expect(await connected).toBe('127.0.0.1');
  });

  it('gives up when time is up', async () => {
    using dead = await unresponsiveServer(...DEAD);
    expect(await connectTo(resolvesTo(...DEAD), dead.port, 400)).toBe('UND_ERR_CONNECT_TIMEOUT');
  });

  it('stops on its signal', async () => {
    using dead = await unresponsiveServer('127.0.0.2');
    const controller = new AbortController();
    const destination = { host: '127.0.0.2', port: dead.port, timeoutMs: 60_000 };
    const connected = connectToFirst(destination, controller.signal);
    controller.abort(new Error('over'));
    await expect(connected).rejects.toThrow('over');
  });
});

describe('where the name', () => {
  it('is unknown, fails with the code of the lookup', async () => {
    const lookup: LookupFunction = (_host, _options, callback) =>
      callback(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }), []);
    expect(await connectTo(lookup, 1)).toBe('ENOTFOUND');
  });

  it('has no address, is unknown', async () => {
    expect(await connectTo(resolvesTo(), 1)).toBe('ENOTFOUND');
  });

  it('is never resolved, gives up when time is up', async () => {
    expect(await connectTo(() => {}, 1, 50)).toBe('UND_ERR_CONNECT_TIMEOUT');
  });

  it('is resolved after time is up, connects to nothing', async () => {
    let connections = 0;
    await using place = await listenOnLoopback(createServer(() => connections++));
    let resolve = () => {};
    const lookup: LookupFunction = (_host, _options, callback) => {
      resolve = () => callback(null, [{ address: '127.0.0.1', family: 4 }]);
    };
    await connectTo(lookup, place.port, 10);
    resolve();
    await connectTo(resolvesTo('127.0.0.1'), place.port);
    expect(connections).toBe(1);
  });
});

it.each([
  [[], []],
  [['1.1.1.1'], ['1.1.1.1']],
  [
    ['::1', '::2', '::3', '1.1.1.1'],
    ['::1', '1.1.1.1', '::2', '::3'],
  ],
  [
    ['1.1.1.1', '::1', '::2', '::3'],
    ['1.1.1.1', '::1', '::2', '::3'],
  ],
  [
    ['1.1.1.1', '2.2.2.2', '::1', '::2'],
    ['1.1.1.1', '::1', '2.2.2.2', '::2'],
  ],
])('of %j tries the families in turns', (addresses, alternated) => {
  expect(alternateFamilies(addresses)).toEqual(alternated);
});
