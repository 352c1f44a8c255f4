import { describe, expect, it } from 'vitest';
import { exponentialDelay, type RetryState, rateLimitDelay } from '../../../src/api/backoff.ts';
import { rateLimited } from '../../support/api-results.ts';

const ALMOST_ONE = 1 - 2 ** -32;
const MINUTE = 60_000;

const state = (changes: Partial<RetryState> = {}): RetryState => ({
  failures: 1,
  remaining: 300_000,
  random: 0,
  ...changes,
});

describe('the backoff delay', () => {
  it('grows from half a second to half a minute, with full jitter', () => {
    const most = Array.from({ length: 9 }, (_, n) =>
      Math.ceil(exponentialDelay(state({ failures: n + 1, random: ALMOST_ONE }))),
    );
    expect(most).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(exponentialDelay(state({ failures: 9, random: 0 }))).toBe(0);
    expect(exponentialDelay(state({ failures: 9, random: 0.25 }))).toBe(7500);
  });

  it('never exceeds the remaining time', () => {
    expect(exponentialDelay(state({ failures: 9, remaining: 4000, random: 0.5 }))).toBe(2000);
  });
});

describe('the wait for a rate limit', () => {
  it('adds 1 to 3.4 s to a minute, at random, and proportionally less to a shorter wait', () => {
    const span = (retryAfter: number) =>
      [0, ALMOST_ONE].map(random => Math.round(rateLimitDelay(rateLimited(retryAfter), state({ random }))));
    expect(span(MINUTE)).toEqual([61_000, 63_400]);
    expect(span(30_000)).toEqual([30_500, 31_700]);
    expect(span(6_000)).toEqual([6_100, 6_340]);
  });

  it('never ends after the last moment for an attempt', () => {
    for (const retryAfter of [55_000, 54_900, 57_000])
      expect(rateLimitDelay(rateLimited(retryAfter), state({ remaining: MINUTE, random: 0.9 }))).toBe(
        Math.max(55_000, retryAfter),
      );
  });

  it('exceeds the time if the limit outlasts it', () => {
    expect(rateLimitDelay(rateLimited(MINUTE), state({ remaining: 30_000 }))).toBeGreaterThanOrEqual(MINUTE);
  });

  it('ends five seconds before the deadline if the reset is unknown', () => {
    const estimate = { ...rateLimited(MINUTE), estimated: true };
    expect(rateLimitDelay(estimate, state({ remaining: MINUTE }))).toBe(55_000);
    expect(rateLimitDelay(estimate, state({ remaining: 70_000 }))).toBe(61_000);
    expect(rateLimitDelay(estimate, state({ remaining: 4_000 }))).toBeGreaterThan(4_000);
  });

  it('grows from half a second to ten, with jitter, if the limit resets at once', () => {
    const floors = (random: number) =>
      Array.from({ length: 7 }, (_, n) =>
        Math.round(rateLimitDelay(rateLimited(0), state({ failures: n + 1, random }))),
      );
    expect(floors(0)).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
    expect(floors(ALMOST_ONE)).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  });
});
