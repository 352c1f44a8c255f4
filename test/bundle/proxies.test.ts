/** Through a real CONNECT proxy, to a real TLS server whose authority nobody knows but NODE_EXTRA_CA_CERTS. */
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

describe('a certificate of an authority of one’s own', () => {
  it('is trusted when NODE_EXTRA_CA_CERTS names the authority', async () => {
    await using setting = await setUp({ tls });
    const { main, post } = await setting.run({}, { env: { NODE_EXTRA_CA_CERTS: ca } });

    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    expect(setting.mapbox.requests).toHaveLength(2);
    expect(setting.created()).toEqual([]);
  });

  it.each([{}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }])(
    'is not trusted otherwise (%o), at the first try',
    async env => {
      await using setting = await setUp({ tls });
      const { main } = await setting.run({}, { env });

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
  it.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'])(
    'named by %s is used for main and post, and sees no token',
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

  it('may stand there without a scheme', async () => {
    await using setting = await setUp({ tls });
    await using proxy = await startProxy();
    const { main } = await setting.run({}, { env: { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: proxy.host } });

    expect(main.exitCode).toBe(0);
    expect(proxy.seen).toHaveLength(2);
  });

  it.each([
    ['NO_PROXY', '127.0.0.1'],
    ['no_proxy', '*'],
  ])('is passed by where %s is %s', async (name, value) => {
    await using setting = await setUp({ tls });
    await using proxy = await startProxy();
    const env = { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: `http://${proxy.host}`, [name]: value };
    const { main } = await setting.run({}, { env });

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

  it('gets a user without a password, which is masked as the key that it is', async () => {
    await using setting = await setUp({ tls });
    await using proxy = await startProxy();
    const key = `key-${'k'.repeat(9)}`;
    const { main } = await setting.run(
      {},
      { debug: true, env: { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: `http://${key}@${proxy.host}` } },
    );

    expect(main.exitCode).toBe(0);
    expect(proxy.seen).toHaveLength(2);
    expect(main.masks).toContain(key);
    expect(main.stdout.replace(/^::add-mask::.*$/gm, '')).not.toContain(key);
  });

  it('that speaks TLS, and would rather speak HTTP/2, is used', async () => {
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

  it.each([
    [
      407,
      /the proxy requires a user and a password \(407\)\. Gave up after one attempt\. Put them into HTTPS_PROXY/,
    ],
    [403, /the proxy responded with 403/],
  ])('that responds with %i ends the step at once, and says so', async (status, says) => {
    await using setting = await setUp({ tls });
    await using proxy = await startProxy(() => status);
    const { main } = await setting.run(
      {},
      { env: { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: `http://${proxy.host}` } },
    );

    expect(main.annotations).toMatchObject([
      { title: 'Could not reach Mapbox', message: expect.stringMatching(says) },
    ]);
    expect(proxy.seen).toHaveLength(1);
    expect(setting.mapbox.requests).toEqual([]);
  });

  it('that responds with 407 to a user and a password says that they were rejected', async () => {
    await using setting = await setUp({ tls });
    await using proxy = await startProxy(() => 407);
    const env = { NODE_EXTRA_CA_CERTS: ca, https_proxy: `http://octo:wrong-one@${proxy.host}` };
    const { main } = await setting.run({}, { env });

    expect(main.annotations).toMatchObject([
      { message: expect.stringContaining('the proxy rejected the user or password in https_proxy (407)') },
    ]);
    expect(proxy.seen).toHaveLength(1);
  });

  it.each([408, 425, 429, 500, 502, 503, 504])('that responds with %i once is tried again', async status => {
    await using setting = await setUp({ tls });
    await using proxy = await startProxy(index => (index === 0 ? status : undefined));
    const { main, post } = await setting.run(
      {},
      { env: { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: `http://${proxy.host}` } },
    );

    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    expect(setting.mapbox.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
  });

  it('that is not there is tried again until the time is up, and named as what failed', async () => {
    await using setting = await setUp({ tls });
    const { main } = await setting.run(
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
