/** The messages for a request that did not succeed in time. */
import { describe, expect, it } from 'vitest';
import { describeResult } from '../../../src/api/describe.ts';
import type { Retryable } from '../../../src/api/result.ts';
import type { Peer } from '../../../src/http/response.ts';
import {
  noResponse,
  notSent,
  rateLimited,
  rejected,
  serverError,
  unreadable,
} from '../../support/api-results.ts';

const proxy = { host: 'proxy.example.com:3128', variable: 'HTTP_PROXY', hasCredentials: true };

const serverWith = (details: { readonly peer?: Peer; readonly requestId: string }): Retryable => ({
  kind: 'indeterminate',
  cause: { kind: 'server-error', status: 503, bodyDescription: 'an empty response', ...details },
});

describe('describes what failed', () => {
  it.each([
    [rateLimited(150_000), "Mapbox's rate limit is exceeded (429); it resets in 3 min."],
    [
      { ...rateLimited(60_000), estimated: true },
      "Mapbox's rate limit is exceeded (429); it resets within 60 s.",
    ],
    [{ ...rateLimited(60_000), status: 403 }, "Mapbox's rate limit is exceeded (403); it resets in 60 s."],
    [notSent('ECONNREFUSED'), 'Could not connect to Mapbox: connection refused (ECONNREFUSED).'],
    [notSent('ENOTFOUND'), 'Could not connect to Mapbox: DNS name not found (ENOTFOUND).'],
    [notSent('PROXY_502'), 'Could not connect to Mapbox: the proxy responded with 502.'],
    [notSent('SELF_SIGNED_CERT_IN_CHAIN'), /the certificate is not trusted \(SELF_/],
    [notSent('ERR_SSL_WRONG_VERSION_NUMBER'), /the server does not speak TLS \(ERR_SSL_/],
    [notSent('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'), /TLS handshake rejected \(ERR_SSL_TLSV1/],
    [notSent('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), /TLS handshake rejected/],
    [notSent('EODD'), 'Could not connect to Mapbox: EODD.'],
    [
      { ...notSent('ECONNREFUSED'), peer: { host: 'api.mapbox.com:443', proxy: undefined } },
      'Could not connect to api.mapbox.com:443: connection refused (ECONNREFUSED).',
    ],
    [
      { ...notSent('ETIMEDOUT'), peer: { host: 'api.mapbox.com:443', proxy } },
      'Could not connect to api.mapbox.com:443 through the proxy proxy.example.com:3128: connection timed out (ETIMEDOUT).',
    ],
    [
      { ...notSent('PROXY_407'), peer: { host: 'api.mapbox.com:443', proxy } },
      /through the proxy proxy\.example\.com:3128: the proxy rejected .* in HTTP_PROXY \(407\)\.$/,
    ],
    [
      {
        kind: 'indeterminate',
        cause: { kind: 'no-response', code: 'ECONNRESET', peer: { host: 'api.mapbox.com:443', proxy } },
      } as const,
      'No response from api.mapbox.com:443 through the proxy proxy.example.com:3128: connection reset (ECONNRESET).',
    ],
    [
      { ...rateLimited(30_000), requestId: 'abc==' },
      "Mapbox's rate limit is exceeded (429); it resets in 30 s (request id abc==).",
    ],
    [rejected({ requestId: 'abc==' }), 'Mapbox responded with 422 (request id abc==).'],
    [noResponse('NOT_HTTP'), 'No response from Mapbox: the response is not HTTP (NOT_HTTP).'],
    [noResponse('TIMEOUT'), 'No response from Mapbox: took too long (TIMEOUT).'],
    [
      {
        kind: 'indeterminate',
        cause: rejected({ status: 409, isApiError: false, bodyDescription: 'an HTML page' }),
      } as const,
      'Mapbox responded with 409 and an HTML page.',
    ],
    [serverError(503), 'Mapbox responded with 503 and an empty response.'],
    [
      {
        kind: 'indeterminate',
        cause: {
          kind: 'server-error',
          status: 502,
          bodyDescription: 'an HTML page',
          peer: { host: 'api.mapbox.com:443', proxy },
          requestId: 'abc==',
        },
      } as const,
      'Mapbox responded with 502 and an HTML page (api.mapbox.com:443 through the proxy proxy.example.com:3128, request id abc==).',
    ],
    [unreadable(200), 'Mapbox responded with 200, but with an HTML page.'],
    [
      serverWith({ requestId: 'abc==' }),
      'Mapbox responded with 503 and an empty response (request id abc==).',
    ],
    [
      serverWith({ peer: { host: 'api.mapbox.com:443', proxy }, requestId: 'abc==' }),
      'Mapbox responded with 503 and an empty response (api.mapbox.com:443 through the proxy proxy.example.com:3128, request id abc==).',
    ],
  ])('%j', (result, words) => {
    if (typeof words === 'string') expect(describeResult(result, 'Mapbox')).toBe(words);
    else expect(describeResult(result, 'Mapbox')).toMatch(words);
  });
});
