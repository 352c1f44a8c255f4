/** The shipped bundle before a Mapbox that is failing: what a person reads when the time is up. */
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

describe('says what failed, how many attempts over how long, and what to do:', () => {
  it.each<[string, Fault, string, RegExp]>([
    [
      'Mapbox fails',
      { kind: 'status', status: 503, processed: false, body: { message: 'Down' } },
      'Mapbox server error',
      /^Mapbox responded with 503 and .*Gave up after (?:one attempt|\d+ attempts in [\d.]+ s)\. See https:\/\/status\.mapbox\.com/,
    ],
    [
      'a gateway fails',
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
      'Mapbox is silent',
      { kind: 'hang', processed: false },
      'Could not reach Mapbox',
      /^No response from 127\.0\.0\.1:\d+: took too long \(TIMEOUT\)\. Gave up after one attempt/,
    ],
    [
      'a page comes in place of a response',
      { kind: 'html', status: 200, processed: false },
      'Unexpected response from Mapbox',
      /^Mapbox responded with 200, but with an HTML page \([\d.:]+\)\. Gave up after (?:one attempt|\d+ attempts in [\d.]+ s)/,
    ],
    [
      'the response stops in the middle',
      { kind: 'garbage', processed: true },
      'Unexpected response from Mapbox',
      /^Mapbox responded with 201, but with a response that is not JSON \([\d.:]+, request id \S+\)\./,
    ],
    [
      'the response is cut off',
      { kind: 'cut', processed: true },
      'Unexpected response from Mapbox',
      /^Mapbox responded with 201, but with a truncated response \([\d.:]+, request id \S+\)\./,
    ],
    [
      'megabytes come',
      { kind: 'huge', processed: true },
      'Unexpected response from Mapbox',
      /^Mapbox responded with 201, but with a response that is too large \([\d.:]+, request id \S+\)\./,
    ],
    [
      'a page refuses',
      { kind: 'html', status: 403, processed: false },
      'Unexpected response from Mapbox',
      /^Mapbox's address responded with 403 and an HTML page, .*Check `api-url` and the proxy\./,
    ],
    [
      'bytes come that are not HTTP',
      { kind: 'not-http' },
      'Could not reach Mapbox',
      /the response is not HTTP/,
    ],
    [
      'the rate limit outlasts the time',
      { kind: 'status', status: 429, processed: false, headers: { 'Retry-After': '1800' } },
      'Mapbox rate limit exceeded',
      /^Mapbox's rate limit is exceeded \(429\); it resets in 30 min \(request id [\w=-]+\)\. Gave up after one attempt\. Run the job again after that/,
    ],
  ])('%s', async (_, fault, title, says) => {
    await using setting = await setUp({
      fault: ({ method }) => (method === 'POST' ? fault : undefined),
    });
    // Where nothing was created, the post step would search for as long as a late request may take.
    const post = 'processed' in fault && fault.processed;
    const { main } = await setting.run({ timeout: '1s' }, { post });

    expectOneError(main, title, says);
    expect(setting.created()).toEqual([]);
  });

  it('nobody listens', async () => {
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

describe('gets there all the same', () => {
  it('when a rate limit resets in time, and says what it waits for', async () => {
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
    const { main } = await setting.run();

    expect(main.exitCode).toBe(0);
    expect(main.shown).toMatch(
      /rate limit is exceeded \(429\); it resets in 1 s \(request id [\w=-]+\)\. Retrying in 1\.?\d? s \((?:5 min|300 s) left\)\./,
    );
    expect(setting.mapbox.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'DELETE']);
  });

  it('when Mapbox fails once, after it has deleted what the failed request created', async () => {
    await using setting = await setUp({
      fault: ({ method }, index) =>
        method === 'POST' && index === 0 ? { kind: 'status', status: 500, processed: true } : undefined,
    });
    const { main } = await setting.run({}, { post: false });

    expect(main.exitCode).toBe(0);
    expect(setting.mapbox.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'DELETE', 'POST']);
    expect(setting.created().map(({ id }) => id)).toEqual([main.outputs['token-id']]);
  });
});

describe('a post step that cannot delete warns once, with id and note, and leaves the job’s result alone:', () => {
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
