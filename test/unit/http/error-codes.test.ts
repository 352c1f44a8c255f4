import { expect, it } from 'vitest';
import { describeErrorCode } from '../../../src/http/error-codes.ts';

it.each([
  ['ECONNREFUSED', false, 'connection refused (ECONNREFUSED)'],
  ['ENOTFOUND', false, 'DNS does not know the name (ENOTFOUND)'],
  ['PROXY_407', false, 'the proxy wants a user and a password (407); put them into HTTPS_PROXY'],
  ['PROXY_407', true, 'the proxy rejected the user or password in its address (407)'],
  ['PROXY_502', true, 'the proxy answered 502'],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    false,
    'TLS handshake rejected (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)',
  ],
  ['EODD', false, 'EODD'],
])('%s (credentials: %s) is: %s', (code, hasProxyCredentials, description) => {
  expect(describeErrorCode(code, hasProxyCredentials)).toBe(description);
});

it.each(['SELF_SIGNED_CERT_IN_CHAIN', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
  '%s names NODE_EXTRA_CA_CERTS',
  code => {
    expect(describeErrorCode(code)).toMatch(/certificate is not trusted.*NODE_EXTRA_CA_CERTS/);
  },
);
