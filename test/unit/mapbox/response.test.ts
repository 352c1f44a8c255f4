import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '../../../src/http/response.ts';
import { toApiResult, tokensPath } from '../../../src/mapbox/response.ts';
import { Secret } from '../../../src/secret.ts';
import { START } from '../../support/fake-clock.ts';
import { html, json, lostResponse, noConnection, textResponse } from '../../support/http-script.ts';
import fc from '../../support/random.ts';

const wholeText = ({ body }: HttpResponse) => (body.kind === 'complete' ? body.text.reveal() : undefined);
const result = (end: Parameters<typeof toApiResult>[0]) => toApiResult(end, wholeText, START);
const broken = (status: number, how: 'truncated' | 'too-large' | 'timeout'): HttpResponse => ({
  kind: 'response',
  status,
  headers: {},
  body: { kind: 'incomplete', how, text: new Secret('{"token":"') },
});

describe('whether a request may have had an effect', () => {
  it('is ruled out only if the request was never sent', () => {
    expect(result(noConnection('ENOTFOUND'))).toEqual({ kind: 'not-sent', code: 'ENOTFOUND' });
    expect(result(lostResponse('ECONNRESET'))).toEqual({
      kind: 'indeterminate',
      cause: { kind: 'no-response', code: 'ECONNRESET' },
    });
  });

  it('is unknown for every unreadable success', () => {
    for (const end of [broken(200, 'truncated'), broken(201, 'too-large'), broken(204, 'timeout')]) {
      expect(result(end)).toMatchObject({ kind: 'indeterminate', cause: { kind: 'unreadable' } });
    }
  });

  it('depends on the status alone, not on the body', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.string(), (status, text) => {
        const kind =
          status < 300
            ? 'success'
            : status === 429
              ? 'rate-limited'
              : status >= 500 || status === 408 || status === 425
                ? 'indeterminate'
                : 'rejected';
        expect(result(textResponse(status, text)).kind).toBe(kind);
        expect(result(json(status, { message: text })).kind).toBe(kind);
      }),
    );
  });
});

describe('the reason for a rejection', () => {
  it.each([
    [401, 'Unauthorized', 'unauthorized'],
    [401, 'Anything at all', 'unauthorized'],
    [403, 'Forbidden', 'forbidden'],
    [404, 'Not Found', 'not-found'],
    [404, 'Not found', 'not-found'],
    [404, 'No such user', 'no-such-user'],
    [404, 'NO SUCH USER octo', 'no-such-user'],
    [422, 'scopes are invalid', 'scopes'],
    [422, 'Scopes are invalid', 'scopes'],
    [422, 'expires is in the past', 'expires-in-past'],
    [422, 'expires is more than one hour in the future', 'expires-too-late'],
    [
      422,
      'expires may not be greater than the expiration of the authorizing token',
      'expires-after-authorizing-token',
    ],
    [422, 'resources are invalid', 'other'],
    [400, 'Bad Request', 'other'],
    [413, '', 'too-large'],
  ])('%i "%s" is: %s', (status, message, reason) => {
    expect(result(json(status, { message }))).toMatchObject({
      kind: 'rejected',
      reason,
      isApiError: true,
    });
  });

  it('does not need the message if the status is enough', () => {
    expect(result(html(401))).toMatchObject({ reason: 'unauthorized', isApiError: false });
    expect(result(html(404))).toMatchObject({ reason: 'not-found', isApiError: false });
  });

  it('treats every redirect as such, never as a response from Mapbox', () => {
    for (const status of [300, 301, 302, 304, 307, 308]) {
      expect(result(textResponse(status, '', { location: 'https://elsewhere.example' }))).toMatchObject({
        kind: 'rejected',
        reason: 'redirect',
        isApiError: false,
      });
    }
  });

  it('is unknown from 500 on, and nothing is rejected', () => {
    expect(result(json(499, {})).kind).toBe('rejected');
    expect(result(json(500, {})).kind).toBe('indeterminate');
  });

  it('accepts a JSON string as the message, as other Mapbox APIs send it', () => {
    expect(result(json(404, 'Not found'))).toMatchObject({ reason: 'not-found', isApiError: true });
  });

  it('uses a message only from complete JSON', () => {
    for (const end of [
      json(404, ['message']),
      json(404, { message: 5 }),
      json(404, null),
      textResponse(404, 'Not Found'),
      {
        ...broken(404, 'truncated'),
        body: { ...broken(404, 'truncated').body, text: new Secret('{"message":"x"}') },
      },
    ]) {
      expect(result(end)).toMatchObject({ kind: 'rejected', isApiError: false });
    }
  });
});

describe('the duration of a rate limit', () => {
  const date = new Date(START).toUTCString();
  const limit = (headers: Record<string, string>) => result(json(429, {}, headers));

  it('is given by `X-Rate-Limit-Reset`, by Mapbox’s clock instead of the runner’s', () => {
    const reset = String(START / 1000 + 7 + 500);
    const theirs = new Date(START + 500_000).toUTCString();
    expect(limit({ 'x-rate-limit-reset': reset, 'x-rate-limit-interval': '30', date: theirs })).toEqual({
      kind: 'rate-limited',
      status: 429,
      retryAfter: 7000,
      interval: 30_000,
      estimated: false,
    });
  });

  it('is measured by the runner’s clock if Mapbox gives no time', () => {
    expect(limit({ 'x-rate-limit-reset': String(START / 1000 + 9) })).toMatchObject({ retryAfter: 9000 });
  });

  it('is given by `Retry-After`, in seconds or as a date, if there is nothing else', () => {
    expect(limit({ 'retry-after': ' 12 ' })).toMatchObject({ retryAfter: 12_000 });
    const at = new Date(START + 30_000).toUTCString();
    expect(limit({ 'retry-after': at, date })).toMatchObject({ retryAfter: 30_000 });
  });

  it('is a minute if the headers are missing or unreadable', () => {
    const guess = {
      kind: 'rate-limited',
      status: 429,
      retryAfter: 60_000,
      interval: 60_000,
      estimated: true,
    };
    expect(limit({})).toEqual(guess);
    expect(
      limit({ 'x-rate-limit-reset': 'soon', 'x-rate-limit-interval': 'short', 'retry-after': 'later' }),
    ).toEqual(guess);
    expect(limit({ 'x-rate-limit-reset': '0', 'x-rate-limit-interval': '0' })).toEqual(limit({}));
    for (const odd of ['x12', '12s']) expect(limit({ 'retry-after': odd })).toEqual(limit({}));
  });

  it('is one interval if the reset is further away, whatever its unit', () => {
    const later = (seconds: number) => String(START / 1000 + seconds);
    for (const reset of [String(START + 37_000), String(START * 1000), later(3600), later(63), '1e300'])
      expect(limit({ 'x-rate-limit-reset': reset, date }), reset).toMatchObject({
        retryAfter: 60_000,
        estimated: true,
      });
    const interval = { 'x-rate-limit-interval': '30', date };
    expect(limit({ 'x-rate-limit-reset': later(33), ...interval })).toMatchObject({ retryAfter: 30_000 });
    // Mapbox truncates its date to seconds, and may round the reset up.
    expect(limit({ 'x-rate-limit-reset': later(62), date })).toMatchObject({
      retryAfter: 62_000,
      estimated: false,
    });
  });

  it('is a minute if the interval or `Retry-After` is implausible', () => {
    for (const odd of ['60000', '-60', '1e9'])
      expect(limit({ 'x-rate-limit-interval': odd }), odd).toMatchObject({ interval: 60_000 });
    expect(limit({ 'x-rate-limit-interval': '3600' })).toMatchObject({ interval: 3_600_000 });
    expect(limit({ 'retry-after': '60000' })).toMatchObject({ retryAfter: 60_000, estimated: true });
    expect(limit({ 'retry-after': '1800' })).toMatchObject({ retryAfter: 1_800_000, estimated: false });
  });

  it('is zero if the reset is past or in this second, else the seconds until then', () => {
    for (const reset of [START / 1000 - 100, START / 1000, 37])
      expect(limit({ 'x-rate-limit-reset': String(reset), date }), String(reset)).toMatchObject({
        retryAfter: 0,
        estimated: false,
      });
    expect(limit({ 'retry-after': '0' })).toMatchObject({ retryAfter: 0, estimated: false });
  });

  it('is given by `Retry-After` if the reset is unreadable', () => {
    for (const reset of [START, START / 1000 - 100, START / 1000, 37])
      expect(
        limit({ 'x-rate-limit-reset': String(reset), 'retry-after': '37', date }),
        String(reset),
      ).toMatchObject({ retryAfter: 37_000, estimated: false });
  });

  it('is always a number from zero to an hour, whatever the headers', () => {
    const word = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.double().map(String),
      fc.date().map(String),
    );
    fc.assert(
      fc.property(word, word, word, word, (reset, interval, retryAfter, date) => {
        const end = limit({
          'x-rate-limit-reset': reset,
          'x-rate-limit-interval': interval,
          'retry-after': retryAfter,
          date,
        });
        if (end.kind !== 'rate-limited') throw new Error('429 is a rate limit');
        for (const span of [end.retryAfter, end.interval]) {
          expect(span).toBeGreaterThanOrEqual(0);
          expect(span).toBeLessThanOrEqual(3_600_000);
        }
      }),
    );
  });
});

describe('the description of a response', () => {
  it.each<[HttpResponse, string]>([
    [html(502), 'an HTML page'],
    [textResponse(502, '  <HTML><body>'), 'an HTML page'],
    [textResponse(502, 'Bad Gateway', { 'content-type': 'text/html; charset=utf-8' }), 'an HTML page'],
    [textResponse(502, ' \n'), 'an empty response'],
    [textResponse(502, 'upstream'), 'a response that is not JSON'],
    [json(502, { error: '<html>' }), 'undocumented JSON'],
    [broken(502, 'truncated'), 'a truncated response'],
    [broken(502, 'too-large'), 'a response that is too large'],
    [broken(502, 'timeout'), 'a response that never ended'],
  ])('is its kind', (end, bodyDescription) => {
    expect(result(end)).toEqual({
      kind: 'indeterminate',
      cause: { kind: 'server-error', status: 502, bodyDescription, requestId: undefined },
    });
  });

  it('says that it is compressed, although not requested', () => {
    expect(result(textResponse(502, '\u001f\ufffd', { 'content-encoding': 'gzip' }))).toMatchObject({
      cause: { bodyDescription: 'a compressed response' },
    });
  });

  it('is the kind if it is marked as uncompressed', () => {
    expect(result(textResponse(502, '<html>', { 'content-encoding': 'identity' }))).toMatchObject({
      cause: { bodyDescription: 'an HTML page' },
    });
  });

  it.each([
    [{ 'x-request-id': 'req-1', 'x-amz-cf-id': 'cf==' }, 'req-1'],
    [{ 'x-amz-cf-id': 'aB3_-xyz==' }, 'aB3_-xyz=='],
    [{ 'x-request-id': 'two words', 'x-amz-cf-id': 'cf==' }, 'cf=='],
    [{ 'x-amz-cf-id': 'two words' }, undefined],
    [{ 'x-amz-cf-id': ['sk', 'eyJ1Ijoib2N0byJ9', 'c2ln'].join('.') }, undefined],
    [{ 'x-amz-cf-id': 'x'.repeat(100) }, 'x'.repeat(100)],
    [{ 'x-amz-cf-id': 'x'.repeat(101) }, undefined],
    [{}, undefined],
  ])('has the request ID: %j', (headers, requestId) => {
    expect(result(json(503, {}, headers))).toMatchObject({ cause: { requestId } });
    expect(result({ ...broken(201, 'truncated'), headers })).toMatchObject({ cause: { requestId } });
    expect(result(json(404, { message: 'Not Found' }, headers))).toMatchObject({ requestId });
    expect(result(json(429, {}, headers))).toMatchObject({ kind: 'rate-limited', requestId });
  });

  it('never has its text', () => {
    const echo = 'echo-of-what-was-sent';
    for (const status of [200, 302, 404, 422, 500]) {
      for (const end of [textResponse(status, echo), json(status, { message: echo, token: echo })]) {
        expect(JSON.stringify(toApiResult(end, () => undefined, START))).not.toContain(echo);
      }
    }
  });
});

it('gives Mapbox’s time if a rejection has a readable date', () => {
  const date = new Date(START);
  expect(result(json(422, {}, { date: date.toUTCString() }))).toMatchObject({ serverDate: date });
  expect(result(json(422, {}, { serverDate: 'yesterday' }))).toMatchObject({ serverDate: undefined });
  expect(result(json(422, {}))).toMatchObject({ serverDate: undefined });
});

it('percent-encodes names in a path', () => {
  const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter(text => !/^\.{1,2}$/.test(text));
  fc.assert(
    fc.property(name, name, (username, id) => {
      const parts = tokensPath(username, id).split('/');
      expect(parts.slice(0, 3)).toEqual(['', 'tokens', 'v2']);
      expect(parts.slice(3).map(decodeURIComponent)).toEqual([username, id]);
      expect(tokensPath(username, id)).not.toMatch(/[?#\s]/);
    }),
  );
});

it.each([408, 425])('%i is retried, like a 5xx', status => {
  for (const response of [html(status), json(status, { message: 'x' })]) {
    expect(result(response)).toMatchObject({
      kind: 'indeterminate',
      cause: { kind: 'server-error', status },
    });
  }
});

it.each([
  ['This API requires a token with tokens:write scope.', 'not-found'],
  ['This endpoint requires a token with styles:read scope', 'not-found'],
  ['Forbidden', 'forbidden'],
])('403 with %j is: %s', (message, reason) => {
  expect(result(json(403, { message }))).toMatchObject({ kind: 'rejected', reason, isApiError: true });
});

it.each([['.'], ['..']])('builds no path from %j', segment => {
  expect(() => tokensPath(segment)).toThrow(RangeError);
  expect(() => tokensPath('octo', segment)).toThrow(RangeError);
  expect(tokensPath('.octo', '..b')).toBe('/tokens/v2/.octo/..b');
  expect(tokensPath('octo/..', 'a b')).toBe('/tokens/v2/octo%2F../a%20b');
});
