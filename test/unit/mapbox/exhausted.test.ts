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

describe('what is said when retrying has ended', () => {
  it('is what happened last, how often it was tried, and for how long', () => {
    expect(describeExhausted(exhausted(serverError()))).toBe(
      'Mapbox answered 503 with an empty response. Gave up after 12 attempts in 5 min.',
    );
  });

  it('is plain where there was one attempt', () => {
    expect(describeExhausted(exhausted(serverError(), 1))).toMatch(/ Gave up after one attempt\.$/);
  });

  it('of a rate limit is when it ends and how to wait for that long', async () => {
    const { message } = await error(exhausted(rateLimited(120_000)));
    expect(message).toMatch(/2 min.*Raise `timeout` above that, or have fewer jobs mint at the same time\.$/);
  });

  it('of a name that DNS does not know is what to check', async () => {
    const { message } = await error(exhausted(notSent('ENOTFOUND')));
    expect(message).toMatch(/ Check the host in `api-url`, and the runner's DNS\.$/);
  });

  it('of a proxy that DNS does not know is the variable that names it', async () => {
    const proxy = { host: 'typo:3128', variable: 'HTTPS_PROXY', hasCredentials: false };
    const { message } = await error(
      exhausted({ ...notSent('ENOTFOUND'), peer: { host: 'api.mapbox.com:443', proxy } }),
    );
    expect(message).toMatch(/ Check the host in HTTPS_PROXY, and the runner's DNS\.$/);
  });

  it('of anything else is where to look and what to do', async () => {
    for (const last of [notSent(), noResponse(), serverError(), unreadable()]) {
      const { message } = await error(exhausted(last));
      expect(message).toMatch(
        / See https:\/\/status\.mapbox\.com, or raise `timeout` and run the job again\.$/,
      );
    }
  });
});

it('a rejection is explained, not repeated', async () => {
  const { title, message } = await error(rejected({ status: 413, bodyDescription: 'an empty response' }));
  expect(title).toBe('Mapbox rejected the request');
  expect(message).toContain('413');
  expect(message).not.toContain('Gave up');
});
