import { describe, expect, it } from 'vitest';
import { describeExhausted, titleForRetryable } from '../../../src/api/describe.ts';
import type { RetriesExhausted, Retryable } from '../../../src/api/result.ts';
import { apiError } from '../../../src/mapbox/errors.ts';
import {
  noResponse,
  notSent,
  rateLimited,
  rejected,
  serverError,
  unreadable,
} from '../../support/api-results.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { accountOn, scripted } from '../../support/http-script.ts';
import { retryOptions } from '../../support/retry-options.ts';

const rejectedByAnother: Retryable = { kind: 'indeterminate', cause: { ...rejected({ status: 409 }) } };

const exhausted = (last: Retryable, attempts = 12): RetriesExhausted => ({
  kind: 'retries-exhausted',
  service: 'Mapbox',
  last,
  attempts,
  elapsed: 290_000,
});

const error = (result: Parameters<typeof apiError>[0]) =>
  apiError(result, ['tilesets:read'], accountOn(scripted()), retryOptions(new FakeClock()));

it.each([
  [rateLimited(60_000), 'Mapbox rate limit exceeded'],
  [notSent(), 'Could not reach Mapbox'],
  [noResponse(), 'Could not reach Mapbox'],
  [serverError(), 'Mapbox server error'],
  [unreadable(), 'Unexpected response from Mapbox'],
  [rejectedByAnother, 'Unexpected response from Mapbox'],
] as const)('the title of %j is %s', async (last, title) => {
  expect(titleForRetryable(last, 'Mapbox')).toBe(title);
  expect((await error(exhausted(last))).title).toBe(title);
});

describe('the error after the last attempt', () => {
  it('has the last failure, the number of attempts, and their duration', () => {
    expect(describeExhausted(exhausted(serverError()))).toBe(
      'Mapbox responded with 503 and an empty response. Gave up after 12 attempts in 5 min.',
    );
  });

  it('is plain after a single attempt', () => {
    expect(describeExhausted(exhausted(serverError(), 1))).toMatch(/ Gave up after one attempt\.$/);
  });

  it('after a rate limit says when it ends and how to wait that long', async () => {
    const { message } = await error(exhausted(rateLimited(120_000)));
    expect(message).toMatch(/2 min.*Raise `timeout` above that, or run fewer jobs at the same time\.$/);
  });

  it('for an unknown host name says what to check', async () => {
    const { message } = await error(exhausted(notSent('ENOTFOUND')));
    expect(message).toMatch(/ Check the host in `api-url`, and the runner's DNS\.$/);
  });

  it('for a proxy with an unknown host name gives its variable', async () => {
    const proxy = { host: 'typo:3128', variable: 'HTTPS_PROXY', hasCredentials: false };
    const { message } = await error(
      exhausted({
        ...notSent('ENOTFOUND'),
        peer: { host: 'api.mapbox.com:443', proxy, findings: { isProxys: true } },
      }),
    );
    expect(message).toMatch(/ Check the host in HTTPS_PROXY, and the runner's DNS\.$/);
  });

  it.each([
    [
      'a server error',
      serverError(),
      'See https://status.mapbox.com, or raise `timeout` and run the job again.',
    ],
    [
      'a time-out',
      noResponse('TIMEOUT'),
      'See https://status.mapbox.com, or raise `timeout` and run the job again.',
    ],
    [
      'a proxy that fails',
      notSent('PROXY_502'),
      'See https://status.mapbox.com, or raise `timeout` and run the job again.',
    ],
    [
      'a refused connection',
      notSent(),
      /Check `api-url`, and whether the runner's network or a firewall blocks/,
    ],
    [
      'a page in place of a response',
      unreadable(),
      /may have responded instead of Mapbox\. Check `api-url` and the proxy\.$/,
    ],
    ['another proxy’s rejection', rejectedByAnother, /Check `api-url` and the proxy\.$/],
    ['an unknown cause', noResponse('EODD'), 'Run the job again.'],
  ])('after %s has advice', async (_, last, advice) => {
    const { message } = await error(exhausted(last));
    if (typeof advice === 'string') expect(message.endsWith(` ${advice}`)).toBe(true);
    else expect(message).toMatch(advice);
  });

  it('never advises to raise `timeout` after a single attempt', async () => {
    for (const last of [serverError(), noResponse('TIMEOUT'), rateLimited(120_000), unreadable(), notSent()])
      expect((await error(exhausted(last, 1))).message).not.toContain('timeout`');
    expect((await error(exhausted(serverError(), 1))).message).toMatch(/, or run the job again later\.$/);
  });
});

it('explains a rejection instead of repeating it', async () => {
  const { title, message } = await error(rejected({ status: 413, bodyDescription: 'an empty response' }));
  expect(title).toBe('Mapbox rejected the request');
  expect(message).toContain('413');
  expect(message).not.toContain('Gave up');
});
