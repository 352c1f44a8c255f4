/** The shipped bundle and DNS: addresses that do not respond, and names without an address. */
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { preload, setUp } from '../support/bundle.ts';
import { listenOnLoopback } from '../support/loopback-server.ts';
import { unresponsiveServer } from '../support/unresponsive-server.ts';

/** Arguments for Node that replace DNS lookups by a fixed result. */
function resolvesTo(result: { readonly addresses: readonly string[] } | { readonly code: string }) {
  const reply =
    'code' in result
      ? `Object.assign(new Error('resolver'), { code: ${JSON.stringify(result.code)} })`
      : `null, ${JSON.stringify(result.addresses.map(address => ({ address, family: 4 })))}`;
  const code = `
import dns from 'node:dns';
dns.lookup = (host, options, callback) => process.nextTick(callback, ${reply});`;
  return () => preload(code);
}

describe('a name', { concurrent: true }, () => {
  it.runIf(process.platform === 'linux')(
    'is reached at the last of its addresses if the others do not respond',
    async () => {
      await using setting = await setUp();
      const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
      using dead = await unresponsiveServer(...addresses);
      const port = Number(new URL(setting.mapbox.url).port);
      const forward = createServer(socket => {
        const mapbox = connect(port, '127.0.0.1');
        mapbox.on('error', () => socket.destroy());
        socket.pipe(mapbox).pipe(socket);
      });
      await using _forward = await listenOnLoopback(forward, 'http', dead.port);
      const { main, post } = await setting.run(
        { 'api-url': `http://localhost:${dead.port}` },
        { nodeArgs: resolvesTo({ addresses: [...addresses, '127.0.0.1'] }) },
      );

      expect(main.annotations).toEqual([]);
      expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
      expect(main.stdout).not.toContain('Retrying');
      expect(setting.mapbox.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
    },
  );

  it('that DNS does not know is given up within 15 s, with an error that states the name and the number of attempts', async () => {
    await using setting = await setUp();
    const start = performance.now();
    const main = await setting.runMain(
      { 'api-url': 'https://api.mapbox.invalid', timeout: '5m' },
      { nodeArgs: resolvesTo({ code: 'ENOTFOUND' }) },
    );

    expect(performance.now() - start).toBeLessThan(20_000);
    expect(main.annotations).toMatchObject([
      {
        level: 'error',
        title: 'Could not reach Mapbox',
        message: expect.stringMatching(
          /^Could not connect to api\.mapbox\.invalid:443: DNS name not found \(ENOTFOUND\)\. Gave up after \d+ attempts in (?:[\d.]+) s\./,
        ),
      },
    ]);
  });

  it('that DNS temporarily cannot resolve is retried', async () => {
    await using setting = await setUp();
    const main = await setting.runMain(
      { 'api-url': 'https://api.mapbox.invalid', timeout: '2s' },
      { nodeArgs: resolvesTo({ code: 'EAI_AGAIN' }) },
    );
    expect(main.stdout).toMatch(
      /Could not connect to api\.mapbox\.invalid:443: DNS did not respond \(EAI_AGAIN\)\. Retrying in/,
    );
  });
});
