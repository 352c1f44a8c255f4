/** What people read when nothing came of it in time. */
import { describe, expect, it } from 'vitest';
import { errorTitles } from '../../../src/errors/action-error.ts';
import { describeExhausted, titleForRetryable } from '../../../src/errors/api-error.ts';
import { describeResult } from '../../../src/mapbox/describe.ts';
import { failing, limited, unanswered, unreadable, unsent } from '../../support/http-script.ts';

it.each([
  [limited(30_000), errorTitles.rateLimited],
  [unsent(), errorTitles.unreachable],
  [unanswered(), errorTitles.unreachable],
  [failing(), errorTitles.serverError],
  [unreadable(), errorTitles.unexpectedResponse],
])('ends %j under the title of its kind', (result, title) => {
  expect(titleForRetryable(result)).toBe(title);
});

describe('says what failed', () => {
  it.each([
    [limited(150_000), "Mapbox's rate limit is reached (429); it resets in 3 min."],
    [{ ...limited(60_000), estimated: true }, "Mapbox's rate limit is reached (429); it resets within 60 s."],
    [unsent('ECONNREFUSED'), 'No connection to Mapbox: the connection was refused (ECONNREFUSED).'],
    [unsent('ENOTFOUND'), 'No connection to Mapbox: its name is not known to DNS (ENOTFOUND).'],
    [unsent('PROXY_502'), 'No connection to Mapbox: the proxy answered 502.'],
    [unsent('SELF_SIGNED_CERT_IN_CHAIN'), /its certificate is not trusted \(SELF_.*NODE_EXTRA_CA_CERTS/],
    [unsent('ERR_SSL_WRONG_VERSION_NUMBER'), /what answered there does not speak TLS \(ERR_SSL_/],
    [unsent('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'), /the TLS handshake was refused \(ERR_SSL_TLSV1/],
    [unsent('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), /the TLS handshake was refused/],
    [unsent('EODD'), 'No connection to Mapbox: EODD.'],
    [unanswered('NOT_HTTP'), 'No answer from Mapbox: what came back is not HTTP (NOT_HTTP).'],
    [unanswered('TIMEOUT'), 'No answer from Mapbox: it took too long (TIMEOUT).'],
    [failing(503), 'Mapbox answered 503 with an empty answer.'],
    [unreadable(200), 'Mapbox answered 200, but with an HTML page.'],
  ])('%j', (result, words) => {
    if (typeof words === 'string') expect(describeResult(result)).toBe(words);
    else expect(describeResult(result)).toMatch(words);
  });
});

it('says after how many attempts, over how long', () => {
  const gaveUp = { kind: 'retries-exhausted', last: failing(503), elapsed: 290_000 } as const;
  expect(describeExhausted({ ...gaveUp, attempts: 12 })).toBe(
    'Mapbox answered 503 with an empty answer. Gave up after 12 attempts in 5 min.',
  );
  expect(describeExhausted({ ...gaveUp, attempts: 1 })).toMatch(/after one attempt\.$/);
});
