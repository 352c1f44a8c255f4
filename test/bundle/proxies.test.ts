/** A real CONNECT proxy, and a real TLS server whose authority is trusted only through NODE_EXTRA_CA_CERTS. */
import { createSecureServer } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createAuthority } from '../support/authority.ts';
import { setUp, tracesOf } from '../support/bundle.ts';
import { startProxy } from '../support/proxy.ts';

let authority: Authority;
let ca = '';
let tls: Authority['tls'];

beforeAll(async () => {
  authority = await createAuthority();
  ({ ca, tls } = authority);
});
afterAll(() => authority[Symbol.dispose]());

describe('a certificate of a private authority', () => {
  it('is trusted when NODE_EXTRA_CA_CERTS names the authority', async () => {
    await using setting = await setUp({ tls });
    const { main, post } = await setting.run({}, { env: { NODE_EXTRA_CA_CERTS: ca } });

    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    expect(setting.mapbox.requests).toHaveLength(2);
    expect(setting.created()).toEqual([]);
  });

  it.each([{}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }])(
    'is rejected otherwise, at the first attempt (%o)',
    async env => {
      await using setting = await setUp({ tls });
      const main = await setting.runMain({}, { env });

      expect(main.exitCode).toBe(1);
      expect(main.annotations).toMatchObject([
        {
          level: 'error',
          title: 'Could not reach Mapbox',
          message: expect.stringMatching(/certificate is not trusted.*NODE_EXTRA_CA_CERTS/),
        },
      ]);
      expect(setting.mapbox.requests).toEqual([]);
    },
  );
});

describe('a proxy', () => {
  it.each(['HTTPS_PROXY', 'http_proxy'])(
    'named by %s is used by the main and the post step, and sees no token',
    async name => {
      await using setting = await setUp({ tls });
      await using proxy = await startProxy();
      const { main, post } = await setting.run(
        {},
        { env: { NODE_EXTRA_CA_CERTS: ca, [name]: `http://${proxy.host}` } },
      );

      expect(main.annotations).toEqual([]);
      expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
      expect(proxy.seen.map(({ method, url }) => [method, url])).toEqual(
        Array(2).fill(['CONNECT', new URL(setting.mapbox.url).host]),
      );
      expect(setting.created()).toEqual([]);
    },
  );

  it('is bypassed if NO_PROXY names the host', async () => {
    await using setting = await setUp({ tls });
    await using proxy = await startProxy();
    const env = { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: '127.0.0.1' };
    const main = await setting.runMain({}, { env });

    expect(main.exitCode).toBe(0);
    expect(proxy.seen).toEqual([]);
  });

  it('gets its user and password, which are masked and shown nowhere', async () => {
    await using setting = await setUp({ tls });
    await using proxy = await startProxy();
    const password = `pass-${'w'.repeat(9)}%21`;
    const { main, post } = await setting.run(
      {},
      { debug: true, env: { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: `http://octo:${password}@${proxy.host}` } },
    );

    const basic = Buffer.from(`octo:${decodeURIComponent(password)}`).toString('base64');
    expect(proxy.seen[0]?.headers['proxy-authorization']).toBe(`Basic ${basic}`);
    expect(main.masks).toEqual(expect.arrayContaining([password, decodeURIComponent(password), basic]));
    expect(main.masks).not.toContain('octo');
    for (const phase of [main, post]) {
      for (const [where, trace] of Object.entries(tracesOf(phase))) {
        const text = where === 'stdout' ? trace.replace(/^::add-mask::.*$/gm, '') : trace;
        for (const secret of [password, decodeURIComponent(password), basic])
          expect(text).not.toContain(secret);
      }
    }
  });

  it('that speaks TLS and prefers HTTP/2 is used', async () => {
    await using setting = await setUp({ tls });
    await using proxy = await startProxy(undefined, () => createSecureServer({ ...tls, allowHTTP1: true }));
    const { main, post } = await setting.run(
      {},
      { env: { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: `https://${proxy.host}` } },
    );

    expect(main.annotations).toEqual([]);
    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    expect(proxy.seen).toHaveLength(2);
  });

  it('that responds with 407 ends the step at once, with an error that says so', async () => {
    await using setting = await setUp({ tls });
    await using proxy = await startProxy(() => 407);
    const main = await setting.runMain(
      {},
      { env: { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: `http://${proxy.host}` } },
    );

    expect(main.annotations).toMatchObject([
      {
        title: 'Could not reach Mapbox',
        message: expect.stringMatching(
          /the proxy requires a user and a password \(407\)\. Gave up after one attempt\. Put them into HTTPS_PROXY/,
        ),
      },
    ]);
    expect(proxy.seen).toHaveLength(1);
    expect(setting.mapbox.requests).toEqual([]);
  });

  it('that responds with 503 once is retried', async () => {
    await using setting = await setUp({ tls });
    await using proxy = await startProxy(index => (index === 0 ? 503 : undefined));
    const { main, post } = await setting.run(
      {},
      { env: { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: `http://${proxy.host}` } },
    );

    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    expect(setting.mapbox.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
  });

  it('that refuses connections is retried until time is up, and named in the error', async () => {
    await using setting = await setUp({ tls });
    const main = await setting.runMain(
      { timeout: '1s' },
      { env: { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: 'http://127.0.0.1:1' } },
    );

    expect(main.annotations).toMatchObject([
      {
        title: 'Could not reach Mapbox',
        message: expect.stringMatching(
          /^Could not connect to 127\.0\.0\.1:\d+ through the proxy 127\.0\.0\.1:1: connection refused \(ECONNREFUSED\)\./,
        ),
      },
    ]);
  });
});
