import { checkServerIdentity } from 'node:tls';
import { expect, it } from 'vitest';
import { readFailure, TunnelError } from '../../../src/http/failure.ts';

const named = (name: string, code: string) => Object.assign(new Error('x'), { name, code });

it.each<[unknown, string]>([
  [named('Error', 'ECONNRESET'), 'ECONNRESET'],
  [named('HTTPParserError', ''), 'NOT_HTTP'],
  [
    Object.assign(named('SecureProxyConnectionError', 'UND_ERR_PRX_TLS'), {
      cause: named('Error', 'CERT_HAS_EXPIRED'),
    }),
    'CERT_HAS_EXPIRED',
  ],
  [Object.assign(new Error('x'), { cause: named('Error', 'EPIPE') }), 'EPIPE'],
  [named('Error', 'a token\nin it'), 'a_token_in_it'],
  [new Error('x'), 'UNKNOWN'],
  [Object.assign(new Error('x'), { code: 7 }), 'UNKNOWN'],
  ['thrown', 'UNKNOWN'],
])('%s has the code %s', (error, code) => {
  expect(readFailure(error)).toStrictEqual({ code });
});

it('distinguishes a failure to reach the proxy from a failure behind it', () => {
  expect(readFailure(new TunnelError(undefined, '', named('Error', 'CERT_HAS_EXPIRED')))).toEqual({
    code: 'CERT_HAS_EXPIRED',
    findings: { isProxys: true },
  });
  expect(readFailure(new TunnelError(502, ''))).toEqual({ code: 'PROXY_502', findings: { isProxys: true } });
});

it.each([
  ['', []],
  ['Negotiate', ['negotiate']],
  ['Negotiate TlRMTVNTUAAB==, NTLM', ['negotiate', 'ntlm']],
  ['Basic realm="a, NTLM", Negotiate', ['basic', 'negotiate']],
  ['Digest realm="x", qop="auth", nonce = "a\\" NTLM ,", BASIC realm=y', ['basic', 'digest']],
  ['Hunter2, ntlm=1', []],
])('reads a proxy’s schemes from %j', (challenges, proxySchemes) => {
  expect(readFailure(new TunnelError(407, challenges)).findings?.proxySchemes).toEqual(proxySchemes);
});

it.each([
  ['DNS:localhost, IP Address:127.0.0.1, DNS:*.example.com', ['localhost', '127.0.0.1', '*.example.com']],
  ['DNS:"a, DNS:b\\n::error::x", DNS:c', ['c']],
  ['URI:http://example.com', []],
])('reads a certificate’s hosts from %j', (subjectaltname, certificateNames) => {
  // Node gives many more fields, which the check does not need.
  const error = checkServerIdentity(
    'api.mapbox.com',
    Object.assign(Object.create(null), {
      subjectaltname,
      subject: {},
    }),
  );
  expect(readFailure(error)).toEqual({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    findings: { certificateNames },
  });
});

it('reads the host from the subject of a certificate that has no other names', () => {
  const cert = { subject: { CN: 'proxy.example.com' } };
  const error = Object.assign(named('Error', 'ERR_TLS_CERT_ALTNAME_INVALID'), { cert });
  expect(readFailure(error).findings).toEqual({ certificateNames: ['proxy.example.com'] });
});

it.each([
  ['CERT_HAS_EXPIRED', { subject: { CN: 'localhost' } }],
  ['ERR_TLS_CERT_ALTNAME_INVALID', { subject: { CN: 'a\n::error::x' } }],
  ['ERR_TLS_CERT_ALTNAME_INVALID', { subject: { CN: ['a', 'b'] } }],
  ['ERR_TLS_CERT_ALTNAME_INVALID', { subject: {} }],
  ['CERT_HAS_EXPIRED', { subjectaltname: 'DNS:localhost' }],
  ['ERR_TLS_CERT_ALTNAME_INVALID', undefined],
  ['ERR_TLS_CERT_ALTNAME_INVALID', null],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'DNS:localhost'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', {}],
  ['ERR_TLS_CERT_ALTNAME_INVALID', { subjectaltname: ['DNS:localhost'] }],
])('reads no hosts for %s from the certificate %j', (code, cert) => {
  expect(readFailure(Object.assign(named('Error', code), { cert }))).toStrictEqual({ code });
});
