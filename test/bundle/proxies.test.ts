/** Through a real CONNECT proxy, to a real TLS server whose authority nobody knows but NODE_EXTRA_CA_CERTS. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setUp, tracesOf } from '../support/bundle.ts';
import { listenOnLoopback } from '../support/loopback-server.ts';

let folder = '';
let ca = '';
let tls: { key: string; cert: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'authority-'));
  ca = join(folder, 'ca.pem');
  const authority = await generate([{ name: 'commonName', value: 'Octo authority' }], {
    extensions: [{ name: 'basicConstraints', cA: true }],
  });
  writeFileSync(ca, authority.cert);
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  tls = { key: server.private, cert: server.cert };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A proxy that tunnels to wherever it is asked, or answers `refuse`. */
async function startProxy(refuse?: number, serve: () => Server = createServer) {
  const seen: IncomingMessage[] = [];
  const proxy = serve();
  proxy.on('request', (request: IncomingMessage, response: ServerResponse) => {
    seen.push(request);
    response.writeHead(500).end();
  });
  proxy.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    seen.push(request);
    socket.on('error', () => {});
    if (refuse !== undefined) {
      socket.end(`HTTP/1.1 ${refuse} No\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const tunnel = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      tunnel.write(head);
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on('error', () => socket.destroy());
  });
  const { url, close } = await listenOnLoopback(proxy);
  return { seen, host: url.host, [Symbol.asyncDispose]: close };
}

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

  it.each(['socks5://127.0.0.1:1080', 'ftp://127.0.0.1'])(
    'cannot be %s, and the message says so',
    async url => {
      await using setting = await setUp({ tls });
      const { main } = await setting.run({}, { env: { HTTPS_PROXY: url } });

      expect(main.annotations).toMatchObject([
        { title: 'Invalid input', message: expect.stringMatching(/HTTPS_PROXY .*address of an HTTP proxy/) },
      ]);
      expect(main.stderr).toBe('');
    },
  );

  it.each([
    [407, /the proxy wants a user and a password \(407\)/],
    [403, /the proxy answered 403/],
  ])('that answers %i ends the step at once, and says so', async (status, says) => {
    await using setting = await setUp({ tls });
    await using proxy = await startProxy(status);
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

  it('that is not there is tried again until the time is up, and named as what failed', async () => {
    await using setting = await setUp({ tls });
    const { main } = await setting.run(
      { timeout: '1s' },
      { env: { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: 'http://127.0.0.1:1' } },
    );

    expect(main.annotations).toMatchObject([
      { title: 'Could not reach Mapbox', message: expect.stringMatching(/ECONNREFUSED/) },
    ]);
  });

  it('whose address is no URL is told of without its value', async () => {
    await using setting = await setUp({ tls });
    const { main } = await setting.run({}, { env: { HTTPS_PROXY: 'http://a b:secret@:x' } });

    expect(main.annotations).toMatchObject([
      { title: 'Invalid input', message: expect.stringContaining('HTTPS_PROXY') },
    ]);
    expect(main.stdout).not.toContain('secret@');
  });
});
