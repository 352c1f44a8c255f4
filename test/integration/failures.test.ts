/** What the main step's error says after each rejection that Mapbox documents, and for each way in which Mapbox can fail. */
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import type { Fault } from '../support/mapbox/faults.ts';
import { type StandInOptions, startMapbox } from '../support/mapbox/server.ts';
import { runMain, runPost, type StepResult } from '../support/steps.ts';
import { HELD } from '../support/tokens.ts';

/** A stand-in for Mapbox, and a function that runs a main step against it. Waits take no time. */
async function setUp({ held = HELD, ...options }: StandInOptions & { held?: readonly string[] } = {}) {
  const clock = FakeClock.running();
  const mapbox = await startMapbox({ now: () => clock.mapboxTime(), ...options });
  const authorizingToken = mapbox.account.issue({ scopes: held, note: 'ci' });
  const before = mapbox.account.tokens().length;
  return {
    mapbox,
    authorizingToken,
    created: () => mapbox.account.tokens().slice(before),
    /** Runs the main and the post step, and returns the result of the main step. */
    async run(more: Readonly<Record<string, string>> = {}) {
      const inputs = {
        'authorizing-token': authorizingToken.token,
        scopes: 'tilesets:read tilesets:write',
        'api-url': mapbox.url,
        timeout: '1s',
        ...more,
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

describe('401: asks Mapbox about the authorizing token, and reports that it is', () => {
  const title = 'Mapbox rejected the authorizing token';

  it('revoked', async () => {
    await using setting = await setUp();
    setting.mapbox.account.delete(setting.authorizingToken.id);
    const main = await setting.run();

    expectOneError(main, title, /revoked/);
    expect(setting.mapbox.requests.map(({ method, path }) => [method, path])).toEqual([
      ['POST', '/tokens/v2/octo'],
      ['GET', '/tokens/v2'],
    ]);
  });

  it('malformed, although its text has the form of a token', async () => {
    await using setting = await setUp();
    const payload = Buffer.from(JSON.stringify({ u: 'octo' })).toString('base64url');
    const main = await setting.run({ 'authorizing-token': ['sk', payload, 'S'.repeat(22)].join('.') });

    expectOneError(main, title, /malformed: Mapbox cannot read it/);
  });

  it('invalid, because its signature is wrong', async () => {
    await using setting = await setUp();
    const forged = setting.authorizingToken.token.replace(/[^.]*$/, 'S'.repeat(22));
    const main = await setting.run({ 'authorizing-token': forged });

    expectOneError(main, title, /invalid.*signature/);
  });

  it('expired, although it was not by the runner’s clock', async () => {
    await using setting = await setUp({ now: () => Date.now() + 3_600_000 });
    const token = setting.mapbox.account.issueTemporary({ scopes: HELD, seconds: -1800 });
    const main = await setting.run({ 'authorizing-token': token, lifetime: '5m' });

    expectOneError(main, title, /expired/);
  });
});

describe('404: reports that', () => {
  const title = 'Mapbox account or permission not found';

  it('the username differs from that of the authorizing token', async () => {
    await using setting = await setUp();
    const main = await setting.run({ username: 'hexa' });

    expectOneError(main, title, /no account `hexa`.*belongs to `octo`.*`username`/);
  });

  it('the authorizing token probably lacks tokens:write, if it cannot list itself', async () => {
    await using setting = await setUp({ held: ['tilesets:read', 'tilesets:write'] });
    const main = await setting.run();

    expectOneError(main, title, /lacks `tokens:write`/);
  });

  it('the authorizing token certainly lacks tokens:write, if it can list itself', async () => {
    await using setting = await setUp({ held: ['tokens:read', 'tilesets:read', 'tilesets:write'] });
    const main = await setting.run();

    expectOneError(
      main,
      title,
      /^Mapbox responded with 404 Not Found\. The authorizing token lacks `tokens:write`/,
    );
  });
});

describe('422 on scopes: reports', () => {
  const title = 'Mapbox rejected the scopes';

  it('which scopes the authorizing token lacks, if it has tokens:read', async () => {
    await using setting = await setUp({ held: ['tokens:write', 'tokens:read', 'tilesets:read'] });
    const main = await setting.run({ scopes: 'tilesets:read tilesets:write uploads:write' });

    expectOneError(main, title, /^The authorizing token lacks `tilesets:write`, `uploads:write`\./);
    expect(setting.mapbox.requests).toHaveLength(2);
  });

  it('that it lacks at least one scope, and how to find out which, if it lacks tokens:read', async () => {
    await using setting = await setUp({ held: ['tokens:write', 'tilesets:read'] });
    const main = await setting.run();

    expectOneError(main, title, /lacks at least one of `tilesets:read`, `tilesets:write`.*`tokens:read`/);
  });
});

it('reports that a token restricted to URLs cannot authorize a workflow', async () => {
  await using setting = await setUp();
  const restricted = setting.mapbox.account.issue({ scopes: HELD, allowedUrls: ['https://example.com'] });
  const main = await setting.run({ 'authorizing-token': restricted.token });

  expectOneError(main, 'Mapbox rejected the request', /403 Forbidden.*restricted to URLs/);
});

it('reports that a temporary token cannot grant more time than it has', async () => {
  await using setting = await setUp();
  const token = setting.mapbox.account.issueTemporary({ scopes: HELD, seconds: 300 });
  const main = await setting.run({ 'authorizing-token': token, lifetime: '30m' });

  expectOneError(main, 'Mapbox rejected the expiry', /outlive the authorizing token.*expires at/);
});

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
