/** The shipped bundle if Mapbox fails: what users read once time is up. */
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { setUp } from '../support/bundle.ts';
import { listenOnLoopback } from '../support/loopback-server.ts';
import type { Fault } from '../support/mapbox/faults.ts';
import type { PhaseResult } from '../support/runner/step.ts';

function expectOneError(main: PhaseResult, title: string, says: RegExp): void {
  expect(main.exitCode).toBe(1);
  expect(main.annotations.filter(({ level }) => level === 'error')).toMatchObject([
    { title, message: expect.stringMatching(says) },
  ]);
  expect([main.outputs, main.env, main.stderr]).toEqual([{}, {}, '']);
  expect(main.stdout).not.toMatch(/^\s+at /m);
}

// Other failures are in integration/failures.
describe('reports what failed, the number and duration of attempts, and what to do, if', () => {
  it.each<[string, Fault, string, RegExp]>([
    [
      'Mapbox fails',
      { kind: 'status', status: 503, processed: false, body: { message: 'Down' } },
      'Mapbox server error',
      /^Mapbox responded with 503 and .*Gave up after (?:one attempt|\d+ attempts in [\d.]+ s)\. See https:\/\/status\.mapbox\.com/,
    ],
  ])('%s', async (_, fault, title, says) => {
    await using setting = await setUp({
      fault: ({ method }) => (method === 'POST' ? fault : undefined),
    });
    // If nothing was created, the post step would spend seconds searching for a late request.
    const post = 'processed' in fault && fault.processed;
    const main = await setting.runMain({ timeout: '1s' }, { post });

    expectOneError(main, title, says);
    expect(setting.created()).toEqual([]);
  });

  it('nothing listens on the port', async () => {
    const { url, close } = await listenOnLoopback(createServer());
    await close();
    await using setting = await setUp();
    const { main, post } = await setting.run({ timeout: '1s', 'api-url': url.origin });

    expectOneError(
      main,
      'Could not reach Mapbox',
      /^Could not connect to 127\.0\.0\.1:\d+: connection refused \(ECONNREFUSED\)\. Gave up after (?:one attempt|\d+ attempts in [\d.]+ s)/,
    );
    expect(post.stdout).toBe('');
  });
});

describe('succeeds', () => {
  it('after a rate limit that resets in time, and logs the wait', async () => {
    await using setting = await setUp({
      fault: ({ method }, index) =>
        method === 'POST' && index === 0
          ? {
              kind: 'status',
              status: 429,
              processed: false,
              headers: { 'Retry-After': '1', 'X-Rate-Limit-Interval': '1' },
            }
          : undefined,
    });
    const main = await setting.runMain();

    expect(main.exitCode).toBe(0);
    expect(main.shown).toMatch(
      /rate limit is exceeded \(429\); it resets in 1 s \(request id [\w=-]+\)\. Retrying in 1\.?\d? s \((?:5 min|300 s) left\)\./,
    );
    expect(setting.mapbox.requests.map(({ method }) => method)).toEqual(['POST', 'POST']);
  });

  it('after one failure of Mapbox, and deletes the token that the failed request created', async () => {
    await using setting = await setUp({
      fault: ({ method }, index) =>
        method === 'POST' && index === 0 ? { kind: 'status', status: 500, processed: true } : undefined,
    });
    const main = await setting.runMain();

    expect(main.exitCode).toBe(0);
    expect(setting.mapbox.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'DELETE', 'POST']);
    expect(setting.created().map(({ id }) => id)).toEqual([main.outputs['token-id']]);
  });
});

describe('a post step that cannot delete the token warns once, with its id and note, and does not change the job’s result:', () => {
  it.each<[string, Fault, RegExp]>([
    [
      'the rate limit outlasts the time',
      { kind: 'status', status: 429, processed: false, headers: { 'Retry-After': '300' } },
      /rate limit is exceeded \(429\)/,
    ],
  ])('%s', async (_, fault, says) => {
    await using setting = await setUp({
      fault: ({ method }) => (method === 'DELETE' ? fault : undefined),
    });
    const { main, post } = await setting.run({ timeout: '1s' });

    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    expect(post.annotations).toMatchObject([
      { level: 'warning', title: 'Mapbox token', message: expect.stringMatching(says) },
    ]);
    expect(post.annotations[0]?.message).toContain(main.outputs['token-id']);
    expect(post.annotations[0]?.message).toContain(main.outputs['note']);
  });
});

// Other rejections are in integration/failures.
it('leaves the post step nothing to do after a rejection', async () => {
  await using setting = await setUp({ held: ['tokens:write'] });
  const { main, post } = await setting.run();
  const requests = setting.mapbox.requests.length;

  expectOneError(
    main,
    'Mapbox rejected the scopes',
    /lacks at least one of `tilesets:read`, `tilesets:write`/,
  );
  expect([post.exitCode, post.stdout]).toEqual([0, '']);
  expect(setting.mapbox.requests).toHaveLength(requests);
});
