/** What the main step's error says once time is up, for each way in which Mapbox can fail. */
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import type { Fault } from '../support/mapbox/faults.ts';
import { type StandInOptions, startMapbox } from '../support/mapbox/server.ts';
import { runMain, runPost, type StepResult } from '../support/steps.ts';
import { HELD } from '../support/tokens.ts';

/** A stand-in for Mapbox, and a function that runs a main step against it. Waits take no time. */
async function setUp(options: StandInOptions) {
  const clock = FakeClock.running();
  const mapbox = await startMapbox({ now: () => clock.mapboxTime(), ...options });
  const authorizingToken = mapbox.account.issue({ scopes: HELD, note: 'ci' });
  const before = mapbox.account.tokens().length;
  return {
    mapbox,
    authorizingToken,
    created: () => mapbox.account.tokens().slice(before),
    /** Runs the main and the post step, and returns the result of the main step. */
    async run() {
      const inputs = {
        'authorizing-token': authorizingToken.token,
        scopes: 'tilesets:read tilesets:write',
        'api-url': mapbox.url,
        timeout: '1s',
      };
      const main = await runMain({ clock, inputs });
      await runPost({ clock, inputs, state: main.state });
      return main;
    },
    [Symbol.asyncDispose]: () => mapbox.close(),
  };
}

function expectOneError(
  { conclusion, log, outputs, variables }: StepResult,
  title: string,
  says: RegExp,
): void {
  expect(conclusion).toBe('failure');
  const errors = log.filter(({ kind }) => kind === 'error').map(({ text }) => text);
  expect(errors).toEqual([expect.stringMatching(new RegExp(`^${title}: `))]);
  expect(errors[0]?.slice(title.length + 2)).toMatch(says);
  expect([outputs, variables]).toEqual([{}, {}]);
}

describe('reports what failed, the number and duration of attempts, and what to do, if', () => {
  it.each<[string, Fault, string, RegExp]>([
    [
      'Mapbox responds with 503',
      { kind: 'status', status: 503, processed: false, body: { message: 'Down' } },
      'Mapbox server error',
      /^Mapbox responded with 503 and .*Gave up after (?:one attempt|\d+ attempts in [\d.]+ s)\. See https:\/\/status\.mapbox\.com/,
    ],
    [
      'a gateway responds with an HTML page',
      { kind: 'html', status: 502, processed: false },
      'Mapbox server error',
      /^Mapbox responded with 502 and an HTML page \([\d.:]+\)\./,
    ],
    [
      'the connection is reset',
      { kind: 'reset', processed: false },
      'Could not reach Mapbox',
      /^No response from 127\.0\.0\.1:\d+: connection (?:reset|closed) .*Gave up after (?:one attempt|\d+ attempts in [\d.]+ s)/,
    ],
    [
      'Mapbox does not respond',
      { kind: 'hang', processed: false },
      'Could not reach Mapbox',
      /^No response from 127\.0\.0\.1:\d+: took too long \(TIMEOUT\)\. Gave up after (?:one attempt|\d+ attempts in [\d.]+ s)/,
    ],
    [
      'an HTML page comes with status 200',
      { kind: 'html', status: 200, processed: false },
      'Unexpected response from Mapbox',
      /^Mapbox responded with 200, but with an HTML page \([\d.:]+\)\. Gave up after (?:one attempt|\d+ attempts in [\d.]+ s)/,
    ],
    [
      'the response is not JSON',
      { kind: 'garbage', processed: true },
      'Unexpected response from Mapbox',
      /^Mapbox responded with 201, but with a response that is not JSON \([\d.:]+, request id \S+\)\./,
    ],
    [
      'the response is truncated',
      { kind: 'cut', processed: true },
      'Unexpected response from Mapbox',
      /^Mapbox responded with 201, but with a truncated response \([\d.:]+, request id \S+\)\./,
    ],
    [
      'the response is too large',
      { kind: 'huge', processed: true },
      'Unexpected response from Mapbox',
      /^Mapbox responded with 201, but with a response that is too large \([\d.:]+, request id \S+\)\./,
    ],
    [
      'an HTML page comes with status 403',
      { kind: 'html', status: 403, processed: false },
      'Unexpected response from Mapbox',
      /^Mapbox's address responded with 403 and an HTML page, .*Check `api-url` and the proxy\./,
    ],
    ['the response is not HTTP', { kind: 'not-http' }, 'Could not reach Mapbox', /the response is not HTTP/],
    [
      'the rate limit outlasts `timeout`',
      { kind: 'status', status: 429, processed: false, headers: { 'Retry-After': '1800' } },
      'Mapbox rate limit exceeded',
      /^Mapbox's rate limit is exceeded \(429\); it resets in 30 min \(request id [\w=-]+\)\. Gave up after one attempt\. Run the job again after that/,
    ],
  ])('%s', async (_, fault, title, says) => {
    await using setting = await setUp({ fault: ({ method }) => (method === 'POST' ? fault : undefined) });
    expectOneError(await setting.run(), title, says);
    expect(setting.created()).toEqual([]);
  });
});
