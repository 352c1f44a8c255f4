import { describe, expect, it } from 'vitest';
import { describeErrorCode } from '../../../src/http/error-codes.ts';

const proxy = { host: 'proxy.example.com:3128', variable: 'https_proxy', hasCredentials: false };

it.each([
  ['ECONNREFUSED', 'connection refused (ECONNREFUSED)'],
  ['ENOTFOUND', 'DNS does not know the name (ENOTFOUND)'],
  ['EAI_AGAIN', 'DNS did not respond (EAI_AGAIN)'],
  ['PROXY_502', 'the proxy answered 502'],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'TLS handshake rejected (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)',
  ],
  ['EODD', 'EODD'],
])('%s is: %s', (code, description) => {
  expect(describeErrorCode(code)).toBe(description);
});

it.each(['SELF_SIGNED_CERT_IN_CHAIN', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
  '%s names NODE_EXTRA_CA_CERTS',
  code => {
    expect(describeErrorCode(code)).toMatch(/certificate is not trusted.*NODE_EXTRA_CA_CERTS/);
  },
);

describe('through a proxy', () => {
  it('the name that DNS does not know is that of the proxy', () => {
    expect(describeErrorCode('ENOTFOUND', proxy)).toBe("DNS does not know the proxy's name (ENOTFOUND)");
  });

  it('407 says which variable the user and password belong into', () => {
    expect(describeErrorCode('PROXY_407', proxy)).toMatch(
      /^the proxy requires a user and a password \(407\); put them into https_proxy, as in http:/,
    );
  });

  it('407 says that those in the variable were rejected', () => {
    expect(describeErrorCode('PROXY_407', { ...proxy, hasCredentials: true })).toBe(
      'the proxy rejected the user or password in https_proxy (407)',
    );
  });
});
