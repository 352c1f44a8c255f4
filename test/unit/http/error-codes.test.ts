import { describe, expect, it } from 'vitest';
import { describeFailure, describePeer } from '../../../src/http/error-codes.ts';
import type { Findings } from '../../../src/http/response.ts';

const host = 'api.mapbox.com:443';
const proxy = { host: 'proxy.example.com:3128', variable: 'https_proxy', hasCredentials: false };
const direct = (code: string, findings?: Findings) =>
  describeFailure({ code, peer: { host, proxy: undefined, findings } }, '`api-url`');
const proxied = (code: string, findings?: Findings, hasCredentials = false) =>
  describeFailure({ code, peer: { host, proxy: { ...proxy, hasCredentials }, findings } }, '`api-url`');

it('a peer is named with its proxy', () => {
  expect(describePeer({ host, proxy: undefined })).toBe(host);
  expect(describePeer({ host, proxy })).toBe('api.mapbox.com:443 through the proxy proxy.example.com:3128');
});

it.each([
  ['ECONNREFUSED', 'connection refused (ECONNREFUSED)', /^Check `api-url`, and .*firewall/],
  ['ECONNRESET', 'connection reset (ECONNRESET)', /^Check `api-url`, and .*firewall/],
  ['EPIPE', 'connection closed (EPIPE)', /^Check `api-url`, and .*firewall/],
  ['UND_ERR_SOCKET', 'connection closed (UND_ERR_SOCKET)', /^Check `api-url`, and .*firewall/],
  ['ENETUNREACH', 'network unreachable (ENETUNREACH)', /^Check `api-url`, and .*firewall/],
  ['EHOSTUNREACH', 'host unreachable (EHOSTUNREACH)', /^Check `api-url`, and .*firewall/],
  ['UND_ERR_HEADERS_OVERFLOW', 'headers too large (UND_ERR_HEADERS_OVERFLOW)', /host and port in `api-url`/],
  ['ENOTFOUND', 'DNS name not found (ENOTFOUND)', /^Check the host in `api-url`, and the runner's DNS/],
  ['EAI_AGAIN', 'DNS did not respond (EAI_AGAIN)', /runner's DNS/],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'the server does not speak TLS (ERR_SSL_WRONG_VERSION_NUMBER)', /port/],
  ['NOT_HTTP', 'the response is not HTTP (NOT_HTTP)', /host and port in `api-url`/],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'TLS handshake rejected (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)',
    /rejected/,
  ],
  ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'TLS handshake rejected (ERR_SSL_TLSV1_UNRECOGNIZED_NAME)', /rejected/],
  [
    'ERR_WEBASSEMBLY_NOT_SUPPORTED',
    'Node.js runs without WebAssembly (ERR_WEBASSEMBLY_NOT_SUPPORTED)',
    /--jitless/,
  ],
])('%s is: %s', (code, problem, advice) => {
  expect(direct(code)).toEqual({ problem, advice: expect.stringMatching(advice) });
});

it.each([
  ['TIMEOUT', 'took too long (TIMEOUT)'],
  ['UND_ERR_CONNECT_TIMEOUT', 'connecting took too long (UND_ERR_CONNECT_TIMEOUT)'],
  ['UND_ERR_HEADERS_TIMEOUT', 'no data received for too long (UND_ERR_HEADERS_TIMEOUT)'],
  ['ETIMEDOUT', 'connection timed out (ETIMEDOUT)'],
  ['EODD', 'EODD'],
  ['PROXY_502', 'the proxy responded with 502'],
  ['PROXY_429', 'the proxy responded with 429'],
])('%s may be temporary and gets no specific advice', (code, problem) => {
  expect(proxied(code)).toEqual({ problem, advice: undefined });
});

it.each([
  ['ECONNREFUSED', /^Check `api-url`, /],
  ['ENOTFOUND', /^Check the host in `api-url`, /],
  ['PROXY_403', /administrator to allow this host, /],
  ['PROXY_407', /^Put them into HTTPS_PROXY, /],
  ['CERT_HAS_EXPIRED', /has to be renewed/],
])('%s gets advice even if the peer is unknown', (code, advice) => {
  expect(describeFailure({ code }, '`api-url`').advice).toMatch(advice);
});

describe('a certificate', () => {
  it.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', /is not trusted/, /NODE_EXTRA_CA_CERTS to its CA file/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /is not trusted/, /NODE_EXTRA_CA_CERTS to its CA file/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /is not trusted/, /NODE_EXTRA_CA_CERTS to its CA file/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /is not trusted/, /NODE_EXTRA_CA_CERTS to its CA file/],
    ['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', /is not trusted/, /NODE_EXTRA_CA_CERTS to its CA file/],
    ['HOSTNAME_MISMATCH', /is not trusted/, /NODE_EXTRA_CA_CERTS to its CA file/],
    ['UNSPECIFIED', /is not trusted/, /NODE_EXTRA_CA_CERTS to its CA file/],
    ['INVALID_CA', /not made for this use/, /^It has to be replaced/],
    ['INVALID_PURPOSE', /not made for this use/, /^It has to be replaced/],
    ['PATH_LENGTH_EXCEEDED', /not made for this use/, /^It has to be replaced/],
    ['CERT_HAS_EXPIRED', /has expired/, /clock.*NODE_EXTRA_CA_CERTS/],
    ['CERT_NOT_YET_VALID', /is not valid yet/, /clock.*NODE_EXTRA_CA_CERTS/],
  ])('with %s', (code, problem, advice) => {
    expect(direct(code)).toEqual({
      problem: expect.stringMatching(problem),
      advice: expect.stringMatching(advice),
    });
  });

  it('for another host is described with the first of its names, cut', () => {
    const certificateNames = ['a.example.com', 'b'.repeat(70), 'c', 'd'];
    expect(direct('ERR_TLS_CERT_ALTNAME_INVALID', { certificateNames }).problem).toBe(
      `the certificate is for another host: a.example.com, ${'b'.repeat(60)}…, c, … (ERR_TLS_CERT_ALTNAME_INVALID)`,
    );
    const whole = ['a', 'b'.repeat(60), 'c'];
    expect(direct('ERR_TLS_CERT_ALTNAME_INVALID', { certificateNames: whole })).toEqual({
      problem: `the certificate is for another host: a, ${'b'.repeat(60)}, c (ERR_TLS_CERT_ALTNAME_INVALID)`,
      advice: 'Check the host; DNS, a proxy or a firewall may lead to another server.',
    });
    expect(direct('ERR_TLS_CERT_ALTNAME_INVALID').problem).toMatch(/is for another host \(/);
  });

  it('of a proxy is described as the proxy’s', () => {
    expect(proxied('CERT_HAS_EXPIRED', { isProxys: true }).problem).toMatch(/^the proxy's certificate has/);
    expect(proxied('CERT_HAS_EXPIRED').problem).toMatch(/^the certificate has/);
    expect(proxied('ERR_TLS_CERT_ALTNAME_INVALID', { isProxys: true }).advice).toMatch(/https_proxy/);
  });

  it.each([
    ['missing', /does not exist/],
    ['unreadable', /cannot be read/],
    ['directory', /directory/],
    ['no-certificate', /no certificate in PEM/],
  ] as const)('is not trusted because the extra CA file is %s', (extraCaProblem, advice) => {
    const failure = direct('SELF_SIGNED_CERT_IN_CHAIN', { extraCaProblem });
    expect(failure.advice).toMatch(advice);
    expect(failure.advice).not.toMatch(/If a proxy signs/);
  });
});

describe('a proxy', () => {
  it('with an unknown host name is described as such', () => {
    expect(proxied('ENOTFOUND', { isProxys: true })).toEqual({
      problem: "the proxy's DNS name was not found (ENOTFOUND)",
      advice: "Check the host in https_proxy, and the runner's DNS.",
    });
  });

  it('that refuses a connection is named by its variable', () => {
    expect(proxied('ECONNREFUSED', { isProxys: true }).advice).toMatch(/^Check https_proxy, /);
    expect(proxied('ECONNREFUSED').advice).toMatch(/^Check `api-url`, /);
  });

  it.each([403, 404, 451])('that responds with %i has to allow the host', status => {
    expect(proxied(`PROXY_${status}`)).toEqual({
      problem: `the proxy responded with ${status}`,
      advice: expect.stringMatching(/administrator to allow api\.mapbox\.com:443/),
    });
  });

  it.each([undefined, { proxySchemes: [] }, { proxySchemes: ['basic', 'negotiate'] }])(
    'that responds with 407 and takes passwords (%j) needs them in its variable',
    findings => {
      expect(proxied('PROXY_407', findings)).toEqual({
        problem: 'the proxy requires a user and a password (407)',
        advice: 'Put them into https_proxy, as in http://user:password@proxy.example.com:3128.',
      });
      expect(proxied('PROXY_407', findings, true)).toEqual({
        problem: 'the proxy rejected the user or password in https_proxy (407)',
        advice: 'Correct them.',
      });
    },
  );

  it.each([false, true])(
    'with an unsupported scheme (credentials: %s) is described as such',
    hasCredentials => {
      expect(proxied('PROXY_407', { proxySchemes: ['negotiate', 'ntlm'] }, hasCredentials)).toEqual({
        problem: 'the proxy requires authentication with negotiate or ntlm (407), which is not supported',
        advice: expect.stringMatching(/local proxy.*https_proxy/),
      });
    },
  );
});
