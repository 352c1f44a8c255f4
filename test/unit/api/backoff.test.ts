import { describe, expect, it } from 'vitest';
import {
  ALONE,
  exponentialDelay,
  RetryHistory,
  rateLimitDelay,
  type Turn,
} from '../../../src/api/backoff.ts';
import { rateLimited } from '../../support/api-results.ts';
import fc from '../../support/random.ts';

const ALMOST_ONE = 1 - 2 ** -32;
const MINUTE = 60_000;
const HOUR = 3_600_000;

const turn = (changes: Partial<Turn> = {}): Turn => ({
  failures: 1,
  remaining: 300_000,
  random: 0,
  ...changes,
});
const anyRandom = fc.double({ min: 0, max: ALMOST_ONE, noNaN: true });

/** In which window after the full one each job of a matrix comes back, counted from 0. */
function windowsOf(total: number, limit?: number): number[] {
  return Array.from({ length: total }, (_, index) => {
    const delay = rateLimitDelay(
      { ...rateLimited(MINUTE), limit },
      { total, index },
      turn({ remaining: HOUR * 24 }),
    );
    return Math.floor(delay / MINUTE) - 1;
  });
}

describe('backing off', () => {
  it('is spread from nothing up to half a second, doubling to half a minute', () => {
    const most = Array.from({ length: 9 }, (_, n) =>
      Math.ceil(exponentialDelay(turn({ failures: n + 1, random: ALMOST_ONE }))),
    );
    expect(most).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(exponentialDelay(turn({ failures: 9, random: 0 }))).toBe(0);
    expect(exponentialDelay(turn({ failures: 9, random: 0.25 }))).toBe(7500);
  });

  it('never takes longer than there is time', () => {
    expect(exponentialDelay(turn({ failures: 9, remaining: 4000, random: 0.5 }))).toBe(2000);
  });
});

describe('the wait for a rate limit', () => {
  it('lasts a second and up to 2.4 seconds longer than a minute, and less where the wait is less', () => {
    const span = (retryAfter: number) =>
      [0, ALMOST_ONE].map(random =>
        Math.round(rateLimitDelay(rateLimited(retryAfter), ALONE, turn({ random }))),
      );
    expect(span(MINUTE)).toEqual([61_000, 63_400]);
    expect(span(30_000)).toEqual([30_500, 31_700]);
    expect(span(6_000)).toEqual([6_100, 6_340]);
  });

  it('is not lengthened beyond the last moment for an attempt', () => {
    for (const retryAfter of [55_000, 54_900, 57_000])
      expect(rateLimitDelay(rateLimited(retryAfter), ALONE, turn({ remaining: MINUTE, random: 0.9 }))).toBe(
        Math.max(55_000, retryAfter),
      );
  });

  it('is longer than the time where the limit outlasts it', () => {
    expect(rateLimitDelay(rateLimited(MINUTE), ALONE, turn({ remaining: 30_000 }))).toBeGreaterThanOrEqual(
      MINUTE,
    );
  });

  it('ends five seconds before the time does, where nothing says when the limit resets', () => {
    const estimate = { ...rateLimited(MINUTE), estimated: true };
    expect(rateLimitDelay(estimate, ALONE, turn({ remaining: MINUTE }))).toBe(55_000);
    expect(rateLimitDelay(estimate, ALONE, turn({ remaining: 70_000 }))).toBe(61_000);
    expect(rateLimitDelay(estimate, ALONE, turn({ remaining: 4_000 }))).toBeGreaterThan(4_000);
  });

  it('that is said to be over grows from half a second to ten, never less and never the same for all', () => {
    const floors = (random: number) =>
      Array.from({ length: 7 }, (_, n) =>
        Math.round(rateLimitDelay(rateLimited(0), ALONE, turn({ failures: n + 1, random }))),
      );
    expect(floors(0)).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
    expect(floors(ALMOST_ONE)).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  });
});

describe('the jobs of a matrix', () => {
  it('all come back in the next window where it holds all that were not served', () => {
    for (const total of [1, 2, 99, 100, 101, 150, 199, 200])
      expect(new Set(windowsOf(total)), `${total} jobs`).toEqual(new Set([0]));
  });

  it('are spread over the windows that they need, the early ones filled, and none after the last', () => {
    for (const [total, windows] of [
      [201, 2],
      [256, 2],
      [300, 2],
      [301, 3],
      [400, 3],
      [1000, 9],
    ] as const) {
      const places = windowsOf(total);
      expect(Math.max(...places), `${total} jobs`).toBeLessThan(windows);
      // Of those in each window as many were not served as of all.
      const unserved = (window: number) =>
        (places.filter(place => place === window).length * (total - 100)) / total;
      for (let window = 0; window < windows - 1; window++)
        expect(unserved(window), `${total} jobs, window ${window}`).toBeGreaterThan(97);
      for (let window = 0; window < windows; window++)
        expect(unserved(window), `${total} jobs, window ${window}`).toBeLessThan(115);
      const full = (total - 100) % 100 === 0;
      if (full) expect(unserved(windows - 1), `${total} jobs, last window`).toBeLessThan(90);
    }
  });

  it('are spread alike whichever of them were not served', () => {
    const places = windowsOf(256);
    const early = (from: number, to: number) =>
      places.slice(from, to).filter(place => place === 0).length / (to - from);
    for (let from = 0; from < 256; from += 32) expect(early(from, from + 32)).toBeCloseTo(0.64, 1);
  });

  it('go by the limit that the response names', () => {
    expect(new Set(windowsOf(256, 600))).toEqual(new Set([0]));
    expect(Math.max(...windowsOf(256, 60))).toBe(3);
  });

  it('take the very next window when theirs was full', () => {
    for (let index = 0; index < 256; index++) {
      const delay = rateLimitDelay(rateLimited(MINUTE), { total: 256, index }, turn({ failures: 2 }));
      expect(delay).toBe(61_000);
    }
  });

  it('come no later than their time allows, however many there are', () => {
    fc.assert(
      fc.property(
        fc.nat(999_999),
        fc.nat(999_999),
        fc.integer({ min: 70_000, max: 300_000 }),
        anyRandom,
        (total, index, remaining, random) => {
          const delay = rateLimitDelay(rateLimited(MINUTE), { total, index }, turn({ remaining, random }));
          expect(delay).toBeGreaterThanOrEqual(61_000 - 1e-6);
          expect(delay).toBeLessThanOrEqual(remaining - 5_000);
        },
      ),
    );
  });

  it('are alone where none of them has a total or an index', () => {
    expect(rateLimitDelay(rateLimited(MINUTE), { total: 256, index: 0 }, turn())).toBe(61_000);
    expect(rateLimitDelay(rateLimited(MINUTE), { total: 1, index: 255 }, turn())).toBe(61_000);
  });
});

describe('what the retries of a step have in common', () => {
  const dozen = () => {
    const history = new RetryHistory();
    for (let sent = 0; sent < 10; sent++) history.record(sent * 1000);
    return history;
  };

  it('has room for as many requests as are missing to a dozen in the last minute', () => {
    expect([0, 1, 2].map(requests => dozen().delay(10_000, requests))).toEqual([0, 0, 0]);
    expect([3, 4, 12].map(requests => dozen().delay(10_000, requests))).toEqual([51_000, 52_000, 60_000]);
    expect(new RetryHistory().delay(0, 12)).toBe(0);
  });

  it('has room again when a minute is over, and a second in which the first request may have been on its way', () => {
    const history = dozen();
    expect(history.delay(60_999, 3)).toBe(1);
    expect(history.delay(61_000, 3)).toBe(0);
    history.record(61_000);
    expect(history.delay(61_000, 3)).toBe(1000);
    history.record(61_500);
    history.record(61_500);
    history.record(61_500);
    expect(history.delay(61_500, 0)).toBe(500);
  });

  it('counts requests in whatever order it hears of them', () => {
    const history = new RetryHistory();
    for (let sent = 11; sent >= 0; sent--) history.record(sent * 1000);
    expect(history.delay(11_000, 1)).toBe(50_000);
  });

  it('adds up the waits for rate limits', () => {
    const history = new RetryHistory();
    expect(history.rateLimitedMs).toBe(0);
    history.waitedForRateLimit(61_000);
    history.waitedForRateLimit(500);
    expect(history.rateLimitedMs).toBe(61_500);
  });
});
