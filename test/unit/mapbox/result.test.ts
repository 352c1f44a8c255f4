import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../../src/http/client.ts';
import { accountPath, outcomeOf } from '../../../src/mapbox/result.ts';
import { Secret } from '../../../src/secret.ts';
import { answer, html, json, lostAnswer, noConnection, START } from '../../support/http-script.ts';
import fc from '../../support/random.ts';

const wholeText = ({ body }: HttpAnswer) => (body.kind === 'whole' ? body.text.reveal() : undefined);
const outcome = (end: Parameters<typeof outcomeOf>[0]) => outcomeOf(end, wholeText, START);
const broken = (status: number, how: 'cut off' | 'too large' | 'too slow'): HttpAnswer => ({
  kind: 'answer',
  status,
  headers: {},
  body: { kind: 'broken', how, text: new Secret('{"token":"') },
});

describe('whether something can have happened', () => {
  it('is certain that nothing has only where the request never left', () => {
    expect(outcome(noConnection('ENOTFOUND'))).toEqual({ kind: 'unsent', code: 'ENOTFOUND' });
    expect(outcome(lostAnswer('ECONNRESET'))).toEqual({
      kind: 'unknown',
      trouble: { kind: 'no answer', code: 'ECONNRESET' },
    });
  });

  it('is unknown for every success that cannot be read', () => {
    for (const end of [broken(200, 'cut off'), broken(201, 'too large'), broken(204, 'too slow')]) {
      expect(outcome(end)).toMatchObject({ kind: 'unknown', trouble: { kind: 'unreadable' } });
    }
  });

  it('is decided by the status alone, whatever stands in the body', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.string(), (status, text) => {
        const kind =
          status < 300 ? 'done' : status === 429 ? 'limited' : status >= 500 ? 'unknown' : 'refused';
        expect(outcome(answer(status, text)).kind).toBe(kind);
        expect(outcome(json(status, { message: text })).kind).toBe(kind);
      }),
    );
  });
});

describe('why Mapbox refused', () => {
  it.each([
    [401, 'Unauthorized', 'unauthorized'],
    [401, 'Anything at all', 'unauthorized'],
    [403, 'Forbidden', 'forbidden'],
    [404, 'Not Found', 'not found'],
    [404, 'Not found', 'not found'],
    [404, 'No such user', 'no such user'],
    [404, 'NO SUCH USER octo', 'no such user'],
    [422, 'scopes are invalid', 'scopes'],
    [422, 'Scopes are invalid', 'scopes'],
    [422, 'expires is in the past', 'expires in the past'],
    [422, 'expires is more than one hour in the future', 'expires too far ahead'],
    [
      422,
      'expires may not be greater than the expiration of the authorizing token',
      'expires after the authorizing token',
    ],
    [422, 'resources are invalid', 'other'],
    [400, 'Bad Request', 'other'],
    [413, '', 'other'],
  ])('%i "%s" is: %s', (status, message, why) => {
    expect(outcome(json(status, { message }))).toMatchObject({ kind: 'refused', why, documented: true });
  });

  it('does not need the words where the status is enough', () => {
    expect(outcome(html(401))).toMatchObject({ why: 'unauthorized', documented: false });
    expect(outcome(html(404))).toMatchObject({ why: 'not found', documented: false });
  });

  it('takes every redirect for one, and never for an answer of Mapbox’s', () => {
    for (const status of [300, 301, 302, 304, 307, 308]) {
      expect(outcome(answer(status, '', { location: 'https://elsewhere.example' }))).toMatchObject({
        kind: 'refused',
        why: 'redirect',
        documented: false,
      });
    }
  });

  it('is unknown, and no refusal, from 500 on', () => {
    expect(outcome(json(499, {})).kind).toBe('refused');
    expect(outcome(json(500, {})).kind).toBe('unknown');
  });

  it('believes a message only in a whole JSON object', () => {
    for (const end of [
      json(404, ['message']),
      json(404, { message: 5 }),
      json(404, 'Not Found'),
      {
        ...broken(404, 'cut off'),
        body: { ...broken(404, 'cut off').body, text: new Secret('{"message":"x"}') },
      },
    ]) {
      expect(outcome(end)).toMatchObject({ kind: 'refused', documented: false });
    }
  });
});

describe('how long a rate limit lasts', () => {
  const date = new Date(START).toUTCString();
  const limit = (headers: Record<string, string>) => outcome(json(429, {}, headers));

  it('is what `X-Rate-Limit-Reset` says, by Mapbox’s clock and not the runner’s', () => {
    const reset = String(START / 1000 + 7 + 500);
    const theirs = new Date(START + 500_000).toUTCString();
    expect(limit({ 'x-rate-limit-reset': reset, 'x-rate-limit-interval': '30', date: theirs })).toEqual({
      kind: 'limited',
      wait: 7000,
      interval: 30_000,
      guessed: false,
    });
  });

  it('is measured by the runner’s clock where Mapbox does not tell its own', () => {
    expect(limit({ 'x-rate-limit-reset': String(START / 1000 + 9) })).toMatchObject({ wait: 9000 });
  });

  it('is what `Retry-After` says in seconds or as a date, where nothing else is said', () => {
    expect(limit({ 'retry-after': ' 12 ' })).toMatchObject({ wait: 12_000 });
    const at = new Date(START + 30_000).toUTCString();
    expect(limit({ 'retry-after': at, date })).toMatchObject({ wait: 30_000 });
  });

  it('is a minute where nothing is said, or nothing that can be read', () => {
    const guess = { kind: 'limited', wait: 60_000, interval: 60_000, guessed: true };
    expect(limit({})).toEqual(guess);
    expect(
      limit({ 'x-rate-limit-reset': 'soon', 'x-rate-limit-interval': 'short', 'retry-after': 'later' }),
    ).toEqual(guess);
    expect(limit({ 'x-rate-limit-reset': '0', 'x-rate-limit-interval': '0' })).toEqual(limit({}));
    for (const odd of ['x12', '12s']) expect(limit({ 'retry-after': odd })).toEqual(limit({}));
  });

  it('is never negative, never over an hour and always a number, whatever the headers say', () => {
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
        if (end.kind !== 'limited') throw new Error('429 is a rate limit');
        for (const span of [end.wait, end.interval]) {
          expect(span).toBeGreaterThanOrEqual(0);
          expect(span).toBeLessThanOrEqual(3_600_000);
        }
      }),
    );
  });
});

describe('what people are told of an answer', () => {
  it.each<[HttpAnswer, string]>([
    [html(502), 'an HTML page'],
    [answer(502, '  <HTML><body>'), 'an HTML page'],
    [answer(502, 'Bad Gateway', { 'content-type': 'text/html; charset=utf-8' }), 'an HTML page'],
    [answer(502, ' \n'), 'an empty answer'],
    [answer(502, 'upstream'), 'an answer that is not JSON'],
    [json(502, { error: '<html>' }), 'JSON that Mapbox does not document'],
    [broken(502, 'cut off'), 'an answer that was cut off'],
    [broken(502, 'too large'), 'an answer over 256 KiB'],
    [broken(502, 'too slow'), 'an answer that never ended'],
  ])('is its kind', (end, form) => {
    expect(outcome(end)).toEqual({ kind: 'unknown', trouble: { kind: 'failing', status: 502, form } });
  });

  it('is never its text', () => {
    const echo = 'echo-of-what-was-sent';
    for (const status of [200, 302, 404, 422, 500]) {
      for (const end of [answer(status, echo), json(status, { message: echo, token: echo })]) {
        expect(JSON.stringify(outcomeOf(end, () => undefined, START))).not.toContain(echo);
      }
    }
  });
});

it('tells Mapbox’s clock where a refusal has a date that can be read', () => {
  const date = new Date(START);
  expect(outcome(json(422, {}, { date: date.toUTCString() }))).toMatchObject({ date });
  expect(outcome(json(422, {}, { date: 'yesterday' }))).toMatchObject({ date: undefined });
  expect(outcome(json(422, {}))).toMatchObject({ date: undefined });
});

it('lets nothing in a name leave its place in the path', () => {
  const name = fc.string({ minLength: 1, unit: 'grapheme' });
  fc.assert(
    fc.property(name, name, (username, id) => {
      const parts = accountPath(username, id).split('/');
      expect(parts.slice(0, 3)).toEqual(['', 'tokens', 'v2']);
      expect(parts.slice(3).map(decodeURIComponent)).toEqual([username, id]);
      expect(accountPath(username, id)).not.toMatch(/[?#\s]/);
    }),
  );
});
