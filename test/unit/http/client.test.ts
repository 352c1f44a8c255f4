/** The HTTP client with real servers: what counts as a response, when it gives up, and whether a request was sent. */

import dns from 'node:dns';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type LookupFunction, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpClient, type HttpLimits, LIMITS } from '../../../src/http/client.ts';
import type { HttpResponse, NoResponse } from '../../../src/http/response.ts';
import { type Authority, createAuthority } from '../../support/authority.ts';
import { type LoopbackServer, listenOnLoopback } from '../../support/loopback-server.ts';
import { unresponsiveServer } from '../../support/unresponsive-server.ts';

const http = (listener: RequestListener) => listenOnLoopback(createServer(listener));
const tcp = (onSocket: (socket: Socket) => void, scheme?: string) =>
  listenOnLoopback(createTcpServer(onSocket), scheme);

async function ask(
  { url }: LoopbackServer,
  limits: Partial<HttpLimits> = {},
  limit = 600_000,
): Promise<HttpResponse | NoResponse> {
  const client = createHttpClient(url, undefined, limits);
  try {
    return await client.send({ method: 'GET', path: '/', headers: {} }, limit);
  } finally {
    await client.close();
  }
}

/** The facts about a response, without its text. */
function toSummary(end: HttpResponse | NoResponse) {
  if (end.kind === 'no-response') return { sent: end.sent, code: end.code };
  const { kind } = end.body;
  return { status: end.status, body: kind === 'incomplete' ? end.body.how : kind };
}

it('has the time and size limits that the README promises', () => {
  expect(LIMITS).toEqual({ connect: 10_000, idle: 20_000, total: 30_000, maxBytes: 256 * 1024 });
});

describe('a response', () => {
  it.each([
    [LIMITS.maxBytes, 'complete'],
    [LIMITS.maxBytes + 1, 'too-large'],
  ])('of %i bytes is %s', async (size, body) => {
    await using place = await http((_, response) => response.end(Buffer.alloc(size, 'a')));
    expect(toSummary(await ask(place))).toEqual({ status: 200, body });
  });

  it('that never ends is cut off at the size limit', async () => {
    await using place = await http((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        response.once('drain', more);
      };
      more();
    });
    expect(toSummary(await ask(place))).toEqual({ status: 200, body: 'too-large' });
  });

  it('that breaks off is reported with what arrived', async () => {
    await using place = await http((_, response) => {
      response.writeHead(201, { 'content-length': '100' });
      response.write('half of it', () => response.destroy());
    });
    const end = await ask(place);
    expect(toSummary(end)).toEqual({ status: 201, body: 'truncated' });
    expect(end.kind === 'response' && end.body.text.reveal()).toBe('half of it');
  });

  it('has the values of a repeated header joined by commas', async () => {
    await using place = await http((_, response) => {
      response.setHeader('Link', ['<a>; rel="prev"', '<b>; rel="next"']);
      response.end();
    });
    const end = await ask(place);
    expect(end.kind === 'response' && end.headers['link']).toBe('<a>; rel="prev", <b>; rel="next"');
  });

  it('is the final one after an interim response', async () => {
    await using place = await http((_, response) => {
      response.writeProcessing();
      response.end('{}');
    });
    expect(toSummary(await ask(place))).toEqual({ status: 200, body: 'complete' });
  });
});

it('allows larger responses if the request says so', async () => {
  await using place = await http((_, response) => response.end(Buffer.alloc(LIMITS.maxBytes + 1, 'a')));
  const client = createHttpClient(place.url, undefined);
  const end = await client.send({ method: 'GET', path: '/', headers: {}, maxBytes: 2 ** 20 }, 10_000);
  await client.close();
  expect(toSummary(end)).toEqual({ status: 200, body: 'complete' });
});

it('requests no compression', async () => {
  await using place = await http((request, response) => response.end(request.headers['accept-encoding']));
  const end = await ask(place);
  expect(end.kind === 'response' && end.body.text.reveal()).toBe('identity');
});

it('strips a byte order mark', async () => {
  await using place = await http((_, response) => response.end('\ufeff{"a":"\ufeff"}'));
  const end = await ask(place);
  expect(end.kind === 'response' && end.body.text.reveal()).toBe('{"a":"\ufeff"}');
});

it('skips 102 and 103 and their headers', async () => {
  await using place = await tcp(socket => {
    socket.once('data', () => {
      socket.end(
        'HTTP/1.1 102 Processing\r\nX-A: 1\r\n\r\n' +
          'HTTP/1.1 103 Early Hints\r\nLink: <x>; rel="next"\r\n\r\n' +
          'HTTP/1.1 201 Created\r\nCONTENT-TYPE: application/json\r\nContent-Length: 2\r\n\r\n{}',
      );
    });
  });
  expect(await ask(place)).toMatchObject({
    status: 201,
    headers: { 'content-type': 'application/json', 'content-length': '2' },
    body: { kind: 'complete' },
  });
});

it('names the peer that did not respond, and no secret', async () => {
  const proxy = {
    url: 'http://127.0.0.1:1/',
    variable: 'https_proxy',
    authorization: 'Basic c2VjcmV0',
    secrets: [],
  };
  const client = createHttpClient(new URL('https://api.example.com/x'), proxy);
  const end = await client.send({ method: 'GET', path: '/?access_token=secret', headers: {} }, 10_000);
  await client.close();
  expect(end).toEqual({
    kind: 'no-response',
    sent: false,
    code: 'ECONNREFUSED',
    peer: {
      host: 'api.example.com:443',
      proxy: { host: '127.0.0.1:1', variable: 'https_proxy', hasCredentials: true },
      findings: { isProxys: true },
    },
  });
});

/** Requests a host with these addresses, or with another resolver. */
async function askHost(
  addresses: readonly string[] | LookupFunction,
  port: number,
  limits: Partial<HttpLimits> = {},
) {
  const lookup: LookupFunction =
    typeof addresses === 'function'
      ? addresses
      : (_host, _options, callback) =>
          callback(
            null,
            addresses.map(address => ({ address, family: 4 })),
          );
  const client = createHttpClient(new URL(`http://api.example.com:${port}`), undefined, limits, lookup);
  const end = await client.send({ method: 'GET', path: '/', headers: {} }, 20_000);
  await client.close();
  return toSummary(end);
}

const OK = { status: 200, body: 'complete' };

describe('a host with several addresses', () => {
  it('is reached at the second one if the first refuses', async () => {
    await using place = await http((_, response) => response.end('here'));
    expect(await askHost(['127.0.0.2', '127.0.0.1'], place.port)).toEqual(OK);
  });

  it('is reported as refusing if all refuse', async () => {
    const place = await tcp(() => {});
    await place.close();
    expect(await askHost(['127.0.0.2', '127.0.0.1'], place.port)).toEqual({
      sent: false,
      code: 'ECONNREFUSED',
    });
  });

  describe.runIf(process.platform === 'linux')('some of which are unresponsive', () => {
    it('is reached at the next one', async () => {
      using dead = await unresponsiveServer('127.0.0.2');
      const server = createServer((_, response) => response.end());
      await using _place = await listenOnLoopback(server, 'http', dead.port);
      expect(await askHost(['127.0.0.2', '127.0.0.1'], dead.port)).toEqual(OK);
    });

    it('is reached at one that accepts after a second, as after a lost SYN', async () => {
      using slow = await unresponsiveServer('127.0.0.1');
      const asked = askHost(['127.0.0.1', '127.0.0.2'], slow.port);
      setTimeout(() => slow.accept(), 900);
      expect(await asked).toEqual(OK);
    });

    it('is given up when time is up', async () => {
      const addresses = ['127.0.0.2', '127.0.0.3'];
      using dead = await unresponsiveServer(...addresses);
      expect(await askHost(addresses, dead.port, { connect: 400 })).toEqual({
        sent: false,
        code: 'UND_ERR_CONNECT_TIMEOUT',
      });
    });
  });
});

describe('a host name', () => {
  it('that is unknown is reported with the lookup’s error code', async () => {
    const lookup: LookupFunction = (_host, _options, callback) =>
      callback(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }), []);
    expect(await askHost(lookup, 1)).toEqual({ sent: false, code: 'ENOTFOUND' });
  });

  it('that never resolves is given up when time is up', async () => {
    expect(await askHost(() => {}, 1, { connect: 50 })).toEqual({
      sent: false,
      code: 'UND_ERR_CONNECT_TIMEOUT',
    });
  });

  it('that resolves after the request was given up is not connected to', async () => {
    let connections = 0;
    await using place = await tcp(socket => {
      connections++;
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    });
    let resolve = () => {};
    const lookup: LookupFunction = (_host, _options, callback) => {
      resolve = () => callback(null, [{ address: '127.0.0.1', family: 4 }]);
    };
    expect(await askHost(lookup, place.port, { total: 50 })).toEqual({ sent: false, code: 'TIMEOUT' });
    resolve();
    await ask(place);
    expect(connections).toBe(1);
  });

  it.each([
    ['of the API', undefined],
    ['of a proxy', { variable: 'HTTPS_PROXY', authorization: undefined, secrets: [] }],
  ])('of %s resolves, even on a machine without an IPv4 network', async (_, proxy) => {
    let hints: number | undefined;
    const lookup: LookupFunction = (_host, options, callback) => {
      hints = typeof options.hints === 'number' ? options.hints : undefined;
      callback(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }), []);
    };
    const url = new URL('https://localhost:1');
    const client = createHttpClient(url, proxy && { ...proxy, url: 'http://localhost:2' }, {}, lookup);
    await client.send({ method: 'GET', path: '/', headers: {} }, 10_000);
    await client.close();
    // Node sets it if there is no hint at all [net.connect].
    expect(hints && hints & dns.ADDRCONFIG).toBe(0);
    expect(hints).not.toBe(0);
  });
});

it('reports the authentication schemes that a proxy offers', async () => {
  const server = createServer().on('connect', (_, socket) =>
    socket.end(
      'HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n',
    ),
  );
  await using proxy = await listenOnLoopback(server);
  const settings = { url: proxy.url.href, variable: 'HTTPS_PROXY', authorization: undefined, secrets: [] };
  const client = createHttpClient(new URL('https://api.example.com'), settings);
  const end = await client.send({ method: 'GET', path: '/', headers: {} }, 10_000);
  await client.close();
  expect(end).toMatchObject({
    sent: false,
    code: 'PROXY_407',
    peer: { findings: { proxySchemes: ['negotiate', 'ntlm'] } },
  });
});

it('a request ends at once if a proxy closes the connection before it responds', async () => {
  await using proxy = await tcp(socket => socket.once('data', () => socket.end()));
  const settings = { url: proxy.url.href, variable: 'HTTPS_PROXY', authorization: undefined, secrets: [] };
  const client = createHttpClient(new URL('https://api.example.com'), settings);
  const end = await client.send({ method: 'GET', path: '/', headers: {} }, 10_000);
  await client.close();
  expect(end).toMatchObject({ sent: false, code: 'UND_ERR_SOCKET', peer: { findings: { isProxys: true } } });
});

describe('with TLS', () => {
  let authority: Authority;

  beforeAll(async () => {
    authority = await createAuthority();
  });
  afterAll(() => authority[Symbol.dispose]());

  it('a certificate of an unknown authority is rejected, even with NODE_TLS_REJECT_UNAUTHORIZED', async () => {
    await using place = await listenOnLoopback(createTlsServer(authority.tls), 'https');
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(toSummary(await ask(place))).toMatchObject({
        sent: false,
        code: expect.stringMatching(/UNABLE_TO_VERIFY|SELF_SIGNED/),
      });
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  it('a proxy’s certificate is distinguished from that of the server behind it', async () => {
    await using proxy = await listenOnLoopback(createTlsServer(authority.tls), 'https');
    const settings = { url: proxy.url.href, variable: 'HTTPS_PROXY', authorization: undefined, secrets: [] };
    const client = createHttpClient(new URL('https://api.example.com'), settings);
    const end = await client.send({ method: 'GET', path: '/', headers: {} }, 10_000);
    await client.close();
    expect(end).toMatchObject({
      code: expect.stringMatching(/UNABLE_TO_VERIFY|SELF_SIGNED/),
      peer: { findings: { isProxys: true } },
    });
  });

  it('only HTTP/1.1 is offered', async () => {
    const offered: string[][] = [];
    const tls = createTlsServer({
      ...authority.tls,
      ALPNCallback: ({ protocols }) => {
        offered.push(protocols);
        return undefined;
      },
    });
    await using place = await listenOnLoopback(tls, 'https');
    await ask(place);
    expect(offered).toEqual([['http/1.1']]);
  });

  it('lookup, connection and handshake share one time limit', async () => {
    await using place = await tcp(() => {}, 'https');
    const start = performance.now();
    const slow: LookupFunction = (_host, _options, callback) => {
      setTimeout(() => callback(null, [{ address: '127.0.0.1', family: 4 }]), 1_500);
    };
    const url = new URL(place.url.href.replace('127.0.0.1', 'api.example.com'));
    const client = createHttpClient(url, undefined, { connect: 2_000 }, slow);
    const end = await client.send({ method: 'GET', path: '/', headers: {} }, 20_000);
    await client.close();
    expect(toSummary(end)).toEqual({ sent: false, code: 'UND_ERR_CONNECT_TIMEOUT' });
    expect(performance.now() - start).toBeLessThan(3_400);
  });
});

describe('is given up, and reported as sent,', () => {
  it('if no response head arrives in time', async () => {
    await using place = await http(() => {});
    const end = await ask(place, { idle: 50 });
    expect(toSummary(end)).toEqual({ sent: true, code: 'UND_ERR_HEADERS_TIMEOUT' });
  });

  it('if the body stalls for too long', async () => {
    await using place = await http((_, response) => {
      response.write('x');
    });
    expect(toSummary(await ask(place, { idle: 50 }))).toEqual({ status: 200, body: 'truncated' });
  });

  it('if the whole takes too long, however steadily it arrives', async () => {
    await using place = await http((_, response) => {
      const drip = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    });
    expect(toSummary(await ask(place, { idle: 10_000, total: 150 }))).toEqual({
      status: 200,
      body: 'timeout',
    });
  });

  it('if the caller’s own limit is the shortest', async () => {
    await using place = await http(() => {});
    expect(toSummary(await ask(place, {}, 80))).toEqual({ sent: true, code: 'TIMEOUT' });
  });

  it('if the connection closes without a response', async () => {
    await using place = await tcp(socket => socket.once('data', () => socket.end()));
    expect(toSummary(await ask(place))).toMatchObject({ sent: true });
  });

  it('if the response is not HTTP', async () => {
    await using place = await tcp(socket => socket.once('data', () => socket.end('SSH-2.0\r\n')));
    expect(toSummary(await ask(place))).toMatchObject({ sent: true, code: 'NOT_HTTP' });
  });
});

describe('is reported as never sent', () => {
  it('if nothing listens', async () => {
    const place = await tcp(() => {});
    await place[Symbol.asyncDispose]();
    expect(toSummary(await ask(place))).toEqual({ sent: false, code: 'ECONNREFUSED' });
  });

  it('if no connection is made in time, as with a TLS handshake that hangs', async () => {
    let bytes = '';
    await using place = await tcp(socket => socket.on('data', chunk => (bytes += chunk)), 'https');
    const end = await ask(place, { connect: 100 });
    expect(toSummary(end)).toEqual({ sent: false, code: 'UND_ERR_CONNECT_TIMEOUT' });
    expect(bytes).not.toContain('GET');
  });

  it('if time is up before the connection is made', async () => {
    // Never completes the handshake, so that no connection is made, however slow the machine.
    await using place = await tcp(() => {}, 'https');
    expect(toSummary(await ask(place, {}, 50))).toEqual({ sent: false, code: 'TIMEOUT' });
  });

  it('if the peer does not speak TLS', async () => {
    await using place = await http((_, response) => response.end());
    const { url } = place;
    const end = await ask({ ...place, url: new URL(`https://${url.host}`) });
    expect(toSummary(end)).toMatchObject({ sent: false, code: expect.stringMatching(/^ERR_SSL_/) });
  });
});

it('follows no redirect', async () => {
  let asked = 0;
  await using elsewhere = await http((_, response) => {
    asked++;
    response.end();
  });
  await using place = await http((_, response) =>
    response.writeHead(307, { location: elsewhere.url.href }).end(),
  );
  expect(toSummary(await ask(place))).toEqual({ status: 307, body: 'complete' });
  expect(asked).toBe(0);
});
