/** Proxy variables as people write them: used, ignored, or an error before any request. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createAuthority } from '../support/authority.ts';
import { setUp, tracesOf } from '../support/bundle.ts';
import { startProxy } from '../support/proxy.ts';

let authority: Authority;

beforeAll(async () => {
  authority = await createAuthority();
});
afterAll(() => authority[Symbol.dispose]());

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('credentials', () => {
  it.each([
    ['CORP\\bob:pass-word', 'CORP\\bob:pass-word', 'pass-word'],
    ['user:pässwörd', 'user:pässwörd', 'pässwörd'],
  ])('%s reach the proxy as intended, and are shown nowhere', async (written, meant, password) => {
    await using setting = await setUp({ tls: authority.tls });
    await using proxy = await startProxy();
    const env = { NODE_EXTRA_CA_CERTS: authority.ca, HTTPS_PROXY: `http://${written}@${proxy.host}` };
    const { main, post } = await setting.run({}, { debug: true, env });

    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    for (const { headers } of proxy.seen)
      expect(headers['proxy-authorization']).toBe(`Basic ${base64(meant)}`);
    expect(proxy.seen).toHaveLength(2);
    expect(main.masks).toEqual(expect.arrayContaining([password, base64(meant)]));
    for (const phase of [main, post]) {
      for (const [where, trace] of Object.entries(tracesOf(phase))) {
        const text = where === 'stdout' ? trace.replace(/^::add-mask::.*$/gm, '') : trace;
        expect(text).not.toContain(password);
        expect(text).not.toContain(base64(meant));
      }
    }
  });
});

describe('a variable that cannot be used', () => {
  it.each([
    ['http://octo:hidden-one@127.0.0.1:3128/pac', /HTTPS_PROXY has a path/],
    ['http://a b:hidden-one@:x', /HTTPS_PROXY has no valid host and port/],
  ])('is an input error before any request: %s', async (value, says) => {
    await using setting = await setUp({ tls: authority.tls });
    const { main, post } = await setting.run({}, { debug: true, env: { HTTPS_PROXY: value } });

    expect(main.exitCode).toBe(1);
    expect(main.annotations).toMatchObject([
      { level: 'error', title: 'Invalid input', message: expect.stringMatching(says) },
    ]);
    expect(main.stderr).toBe('');
    expect(main.stdout + post.stdout).not.toContain('hidden-one');
    expect(post.annotations).toEqual([]);
    expect(setting.mapbox.requests).toEqual([]);
  });
});

describe('a variable that is not needed is not checked:', () => {
  const BAD = 'socks5://127.0.0.1:1';

  it('HTTP_PROXY if HTTPS_PROXY is set too', async () => {
    await using setting = await setUp({ tls: authority.tls });
    await using proxy = await startProxy();
    const { main, post } = await setting.run(
      {},
      { env: { NODE_EXTRA_CA_CERTS: authority.ca, HTTPS_PROXY: proxy.host, HTTP_PROXY: BAD } },
    );
    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    expect(proxy.seen).toHaveLength(2);
  });

  it('any, for an address without TLS, and a valid one is not used either', async () => {
    await using proxy = await startProxy();
    for (const value of [BAD, `http://${proxy.host}`]) {
      await using setting = await setUp({});
      const variables = ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy', 'ALL_PROXY', 'all_proxy'];
      const env = Object.fromEntries(variables.map(name => [name, value]));
      const { main, post } = await setting.run({}, { env });

      expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
      expect(setting.mapbox.requests).toHaveLength(2);
    }
    expect(proxy.seen).toEqual([]);
  });
});
