import { describe, expect, it } from 'vitest';
import { hasTimeFor, retry, withFailureBudget } from '../../../src/api/retry.ts';
import type { ApiResult } from '../../../src/mapbox/response.ts';
import {
  noResponse,
  notSent,
  rateLimited,
  rejected,
  serverError,
  unreadable,
} from '../../support/api-results.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import fc from '../../support/random.ts';
import { budgetOf, retryOptions } from '../../support/retry-options.ts';

const done: ApiResult<string> = { kind: 'success', value: 'a token' };
const ALMOST_ONE = 1 - 2 ** -32;

/** Attempts with these results, the last one repeated, each taking `cost` milliseconds. */
function attempts(clock: FakeClock, outcomes: readonly ApiResult<string>[], cost = 0) {
  const lefts: number[] = [];
  return {
    lefts,
    attempt: async (left: number) => {
      budgetOf(clock).count(undefined, clock.monotonic());
      const result = outcomes[Math.min(lefts.length, outcomes.length - 1)] ?? done;
      lefts.push(left);
      clock.advance(cost);
      return result;
    },
  };
}

describe('without a retry', () => {
  it('returns the first success without a wait or a message', async () => {
    const clock = new FakeClock();
    const lines: string[] = [];
    const { attempt, lefts } = attempts(clock, [done]);
    expect(await retry(attempt, retryOptions(clock, 1000, undefined, lines))).toBe(done);
    expect({ lefts, slept: clock.sleeps, lines }).toEqual({ lefts: [1000], slept: [], lines: [] });
  });

  it('does not retry a rejection', async () => {
    const clock = new FakeClock();
    const no = rejected({ reason: 'unauthorized', status: 401 });
    const { attempt, lefts } = attempts(clock, [no, done]);
    expect(await retry(attempt, retryOptions(clock))).toBe(no);
    expect(lefts).toHaveLength(1);
  });

  it.each([
    'CERT_HAS_EXPIRED',
    'INVALID_PURPOSE',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'PROXY_403',
    'PROXY_407',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'ERR_WEBASSEMBLY_NOT_SUPPORTED',
    'UNKNOWN',
  ])('gives up after one attempt if the connection fails with %s', async code => {
    const clock = new FakeClock();
    const { attempt } = attempts(clock, [notSent(code), done], 40);
    expect(await retry(attempt, retryOptions(clock))).toEqual({
      kind: 'retries-exhausted',
      service: 'Mapbox',
      last: notSent(code),
      attempts: 1,
      elapsed: 40,
    });
    expect(clock.sleeps).toEqual([]);
  });

  it.each([
    'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
    'ECONNREFUSED',
    'ENOTFOUND',
    'ENOTFOUND',
    'ETIMEDOUT',
    'UND_ERR_CONNECT_TIMEOUT',
    'PROXY_502',
    'UNKNOWN_HOST',
    'HOST_UNKNOWN',
  ])('retries if the connection fails with %s', async code => {
    const clock = new FakeClock();
    const { attempt, lefts } = attempts(clock, [notSent(code), done]);
    expect(await retry(attempt, retryOptions(clock))).toBe(done);
    expect(lefts).toHaveLength(2);
  });

  it.each([
    ['responses', unreadable()],
    ['rejections', { kind: 'indeterminate', cause: rejected({ isApiError: false }) } as const],
  ])('gives up after three %s that are not from Mapbox', async (_, foreign) => {
    const clock = new FakeClock();
    const { attempt, lefts } = attempts(clock, [foreign]);
    const end = await retry(attempt, retryOptions(clock));
    expect(end).toMatchObject({ kind: 'retries-exhausted', attempts: 3 });
    expect(lefts).toHaveLength(3);
  });

  it('takes the number of such responses as an option', async () => {
    const clock = new FakeClock();
    const { attempt, lefts } = attempts(clock, [unreadable()]);
    const end = await retry(attempt, { ...retryOptions(clock), maxUnreadable: 5 });
    expect(end).toMatchObject({ kind: 'retries-exhausted', attempts: 5 });
    expect(lefts).toHaveLength(5);
  });

  it('keeps retrying after two unreadable responses, whatever else fails', async () => {
    const clock = new FakeClock();
    const outcomes = [
      notSent(),
      unreadable(),
      serverError(),
      noResponse(),
      unreadable(),
      serverError(),
      done,
    ];
    const { attempt } = attempts(clock, outcomes);
    expect(await retry(attempt, retryOptions(clock))).toBe(done);
  });
});

describe('backing off', () => {
  it('doubles the longest pause from half a second to half a minute', async () => {
    const clock = new FakeClock();
    const outcomes = [...Array.from({ length: 9 }, () => serverError()), done];
    const { attempt } = attempts(clock, outcomes);
    await retry(
      attempt,
      retryOptions(clock, 3_600_000, () => ALMOST_ONE),
    );
    expect(clock.sleeps.map(Math.ceil)).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
    ]);
  });

  it('applies full jitter to each pause', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0, max: ALMOST_ONE, noNaN: true }), { minLength: 1, maxLength: 8 }),
        async fractions => {
          const clock = new FakeClock();
          const chances = fractions.values();
          const { attempt } = attempts(clock, [...fractions.map(() => noResponse()), done]);
          await retry(
            attempt,
            retryOptions(clock, 3_600_000, () => chances.next().value ?? 0),
          );
          expect(clock.sleeps).toEqual(
            fractions.map((fraction, n) => fraction * Math.min(500 * 2 ** n, 30_000)),
          );
        },
      ),
    );
  });

  it('limits the longest pause to the remaining time', async () => {
    const clock = new FakeClock();
    const { attempt } = attempts(clock, [serverError(), serverError(), serverError(), serverError(), done]);
    await retry(attempt, retryOptions(clock, 4000));
    // 250 + 500 + 1000 ms are spent; the pause is half of the remaining 2250 ms, not half of 4000.
    expect(clock.sleeps).toEqual([250, 500, 1000, 1125]);
  });
});

describe('a rate limit', () => {
  it('is waited for until its reset, plus jitter', async () => {
    for (const [fraction, pause] of [
      [0, 20_333],
      [0.5, 20_733],
      [ALMOST_ONE, 21_133],
    ] as const) {
      const clock = new FakeClock();
      const { attempt } = attempts(clock, [rateLimited(20_000, 60_000), done]);
      expect(
        await retry(
          attempt,
          retryOptions(clock, 300_000, () => fraction),
        ),
      ).toBe(done);
      expect(clock.sleeps.map(Math.round)).toEqual([pause]);
    }
  });

  it('that resets at once and recurs is retried ever more slowly, whatever failed before', async () => {
    const clock = new FakeClock();
    const outcomes = [
      serverError(),
      rateLimited(0),
      rateLimited(0),
      serverError(),
      rateLimited(0),
      rateLimited(0),
      rateLimited(0),
      done,
    ];
    const { attempt } = attempts(clock, outcomes);
    await retry(
      attempt,
      retryOptions(clock, 300_000, () => 0),
    );
    expect(clock.sleeps).toEqual([0, 500, 1000, 0, 2000, 4000, 8000]);
  });

  it('that keeps recurring is given up early, not retried until the deadline', async () => {
    const clock = new FakeClock();
    const { attempt, lefts } = attempts(clock, [rateLimited(0)]);
    const end = await retry(attempt, retryOptions(clock, 60_000));
    expect(end).toMatchObject({ kind: 'retries-exhausted' });
    expect(lefts.length).toBeLessThanOrEqual(12);
    expect(clock.monotonic()).toBeGreaterThan(49_000);
  });

  it('is waited for even without time for jitter', async () => {
    const clock = new FakeClock();
    const { attempt } = attempts(clock, [rateLimited(57_000, 60_000), done]);
    expect(
      await retry(
        attempt,
        retryOptions(clock, 60_000, () => ALMOST_ONE),
      ),
    ).toBe(done);
    expect(clock.sleeps).toEqual([57_000]);
    const spread = new FakeClock();
    const again = attempts(spread, [rateLimited(54_000, 60_000), done]);
    await retry(
      again.attempt,
      retryOptions(spread, 60_000, () => ALMOST_ONE),
    );
    expect(spread.sleeps.map(Math.ceil)).toEqual([55_000]);
  });

  it('without a reset is retried once more before the deadline', async () => {
    const clock = new FakeClock();
    const guess = { ...rateLimited(60_000), estimated: true };
    const { attempt, lefts } = attempts(clock, [guess, guess, done]);
    const end = await retry(
      attempt,
      retryOptions(clock, 60_000, () => ALMOST_ONE),
    );
    expect(end).toMatchObject({ kind: 'retries-exhausted', attempts: 2 });
    expect(clock.sleeps).toEqual([55_000]);
    expect(lefts).toEqual([60_000, 5000]);
  });

  it('that resets after the deadline is not waited for', async () => {
    const clock = new FakeClock();
    const { attempt } = attempts(clock, [rateLimited(60_000), done], 100);
    expect(await retry(attempt, retryOptions(clock, 30_000))).toEqual({
      kind: 'retries-exhausted',
      service: 'Mapbox',
      last: rateLimited(60_000),
      attempts: 1,
      elapsed: 100,
    });
    expect(clock.sleeps).toEqual([]);
  });

  it('is not waited for if too little time remains for another attempt', async () => {
    for (const [budget, waits] of [
      [10_249, 0],
      [10_250, 1],
    ] as const) {
      const clock = new FakeClock();
      const { attempt } = attempts(clock, [rateLimited(10_000, 0), done]);
      await retry(attempt, retryOptions(clock, budget));
      expect(clock.sleeps).toHaveLength(waits);
    }
  });
});

describe('the deadline', () => {
  it('gives each attempt the remaining time', async () => {
    const clock = new FakeClock();
    const { attempt, lefts } = attempts(clock, [serverError(), serverError(), done], 1000);
    await retry(attempt, retryOptions(clock, 60_000));
    expect(lefts).toEqual([60_000, 60_000 - 1000 - 250, 60_000 - 2000 - 250 - 500]);
  });

  it('is measured by the monotonic clock, whatever its origin', async () => {
    const clock = new FakeClock();
    clock.advance(123_456);
    const { attempt, lefts } = attempts(clock, [notSent()], 100);
    const end = await retry(attempt, retryOptions(clock, 1000));
    expect(lefts[0]).toBe(1000);
    expect(end).toMatchObject({ kind: 'retries-exhausted', elapsed: clock.monotonic() - 123_456 });
  });

  it('leaves at least 250 ms for the attempt after a pause, and always allows one attempt', async () => {
    const trouble = fc.oneof(
      fc.constant(notSent()),
      fc.constant(serverError()),
      fc.constant(noResponse()),
      fc
        .tuple(fc.nat(100_000), fc.integer({ min: 1, max: 100_000 }))
        .map(([wait, interval]) => rateLimited(wait, interval)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(trouble, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 120_000 }),
        fc.integer({ min: 200, max: 20_000 }),
        fc.double({ min: 0, max: ALMOST_ONE, noNaN: true }),
        async (troubles, budget, cost, fraction) => {
          const clock = new FakeClock();
          const lefts: number[] = [];
          const end = await retry(
            async left => {
              lefts.push(left);
              clock.advance(Math.min(left, cost));
              return troubles[lefts.length % troubles.length] ?? notSent();
            },
            retryOptions(clock, budget, () => fraction),
          );
          expect(end).toMatchObject({
            kind: 'retries-exhausted',
            service: 'Mapbox',
            attempts: lefts.length,
            elapsed: clock.monotonic(),
          });
          expect(lefts[0]).toBe(budget);
          for (const left of lefts.slice(1)) expect(left).toBeGreaterThanOrEqual(250 - 1e-6);
          expect(clock.monotonic()).toBeLessThanOrEqual(budget + 1e-6);
        },
      ),
    );
  });
});

describe('the time limit for failures', () => {
  const post = (clock: FakeClock, random = () => 0.5) => ({
    ...retryOptions(clock, 240_000, random),
    failureDeadline: 60_000,
  });

  it('is a minute from the start without a rate limit', async () => {
    const clock = new FakeClock();
    const { attempt, lefts } = attempts(clock, [serverError()], 100);
    const end = await retry(attempt, post(clock));
    expect(end).toMatchObject({ kind: 'retries-exhausted', elapsed: clock.monotonic() });
    expect(clock.monotonic()).toBeGreaterThan(50_000);
    expect(clock.monotonic()).toBeLessThanOrEqual(60_100);
    expect(lefts[0]).toBe(60_000);
  });

  it('does not include waits for rate limits, which have their own limit', async () => {
    const clock = new FakeClock();
    const outcomes = [
      serverError(),
      rateLimited(60_000),
      rateLimited(60_000),
      serverError(),
      serverError(),
      done,
    ];
    const { attempt, lefts } = attempts(clock, outcomes, 100);
    expect(await retry(attempt, post(clock))).toBe(done);
    expect(clock.monotonic()).toBeGreaterThan(120_000);
    for (const left of lefts.slice(1)) expect(left).toBeGreaterThan(40_000);
  });

  it('is shared by all requests of the step', async () => {
    const clock = new FakeClock();
    const options = post(clock);
    await retry(attempts(clock, [rateLimited(60_000), done]).attempt, options);
    const { attempt, lefts } = attempts(clock, [serverError()]);
    await retry(attempt, options);
    expect(lefts[0]).toBe(60_000);
    expect(clock.monotonic()).toBeLessThanOrEqual(123_000);
  });

  it('can start anew after a rate limit', async () => {
    const clock = new FakeClock();
    const options = post(clock);
    await retry(attempts(clock, [rateLimited(60_000), done]).attempt, options);
    const { attempt, lefts } = attempts(clock, [serverError()]);
    await retry(attempt, withFailureBudget(options, 10_000));
    expect(lefts[0]).toBe(10_000);
  });

  it('leaves an attempt after a rate limit time for a response', async () => {
    const clock = new FakeClock();
    const { attempt, lefts } = attempts(clock, [rateLimited(10_000), done], 59_900);
    await retry(attempt, post(clock));
    expect(lefts).toEqual([60_000, 5_000]);
  });

  it('does not extend the limit for rate limits', async () => {
    const clock = new FakeClock();
    const { attempt } = attempts(clock, [rateLimited(60_000)]);
    const end = await retry(attempt, post(clock));
    expect(end).toMatchObject({ kind: 'retries-exhausted', attempts: 4 });
    expect(clock.monotonic()).toBeLessThan(240_000);
  });
});

it('a shorter time limit for failures begins now, after all waits for rate limits', () => {
  const clock = new FakeClock();
  const options = retryOptions(clock);
  clock.advance(20_000);
  options.budget.waitedForRateLimit(15_000);
  const brief = withFailureBudget(options, 3_000);
  expect([hasTimeFor(2_750, brief), hasTimeFor(2_751, brief)]).toEqual([true, false]);
  expect(hasTimeFor(2_751, options)).toBe(true);
});

describe('a dozen requests a minute', () => {
  const trouble = fc.oneof(
    fc.constant(notSent()),
    fc.constant(serverError()),
    fc.constant(noResponse()),
    fc
      .tuple(fc.nat(2_000), fc.integer({ min: 1, max: 2_000 }))
      .map(([wait, interval]) => rateLimited(wait, interval)),
  );
  const fraction = fc.oneof(fc.constant(0), fc.double({ min: 0, max: ALMOST_ONE, noNaN: true }));

  it('are never exceeded by one step, whatever the failures and the jitter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(trouble, { minLength: 1, maxLength: 8 }),
        fc.array(fraction, { minLength: 1, maxLength: 8 }),
        fc.nat(2_000),
        fc.integer({ min: 1_000, max: 300_000 }),
        fc.integer({ min: 1_000, max: 100_000 }),
        async (troubles, fractions, cost, budget, failureBudget) => {
          const clock = new FakeClock();
          const sent: number[] = [];
          let chances = 0;
          const options = {
            ...retryOptions(clock, budget, () => fractions[chances++ % fractions.length] ?? 0),
            failureDeadline: failureBudget,
          };
          const request = () => {
            options.budget.count(undefined, clock.monotonic());
            sent.push(clock.monotonic());
            clock.advance(cost);
          };
          await retry(
            async () => {
              request();
              return troubles[sent.length % troubles.length] ?? notSent();
            },
            options,
            async () => request(),
          );
          for (const [n, at] of sent.entries())
            expect(at - (sent[n - 12] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(60_000 - 1e-6);
        },
      ),
    );
  });

  it('are counted across all requests of a step', async () => {
    const clock = new FakeClock();
    const options = retryOptions(clock, 300_000, () => 0);
    const sent: number[] = [];
    for (let step = 0; step < 4; step++) {
      const outcomes = [serverError(), serverError(), serverError(), serverError(), done].values();
      await retry(async () => {
        options.budget.count(undefined, clock.monotonic());
        sent.push(clock.monotonic());
        return outcomes.next().value ?? done;
      }, options);
    }
    expect(sent.slice(0, 12).filter(at => at < 60_000).length).toBeLessThanOrEqual(12);
    expect(Math.max(...sent)).toBeGreaterThanOrEqual(60_000);
  });

  it('leave no room for a last attempt or clean-up once they are used up', async () => {
    for (const [passed, outcome] of [
      [0, notSent()],
      [56_000, serverError()],
    ] as const) {
      const clock = new FakeClock();
      const lines: string[] = [];
      const options = { ...retryOptions(clock, 66_000, undefined, lines), deadline: passed + 50_000 };
      for (let n = 0; n < 11; n++) options.budget.count(undefined, 0);
      clock.advance(passed);
      const cleaned: unknown[] = [];
      const { attempt } = attempts(clock, [outcome]);
      const end = await retry(attempt, options, async last => void cleaned.push(last));
      expect(end).toMatchObject({ kind: 'retries-exhausted', attempts: 1 });
      expect([...cleaned, ...clock.sleeps, ...lines]).toEqual([]);
    }
  });

  it('delay the first attempt, unless it is free or time is too short', async () => {
    for (const [budget, freeAttempts, slept] of [
      [300_000, 0, [51_000]],
      [51_001, 0, [51_000]],
      [51_000, 0, []],
      [300_000, 1, []],
    ] as const) {
      const clock = new FakeClock();
      const options = { ...retryOptions(clock, 10_000 + budget), freeAttempts };
      for (let n = 0; n < 12; n++) options.budget.count(undefined, 0);
      clock.advance(10_000);
      const { attempt, lefts } = attempts(clock, [done]);
      expect(await retry(attempt, options)).toBe(done);
      expect(clock.sleeps).toEqual(slept);
      expect(lefts).toEqual([budget - (slept[0] ?? 0)]);
    }
  });

  it('delay the attempts after the free ones', async () => {
    const clock = new FakeClock();
    const options = { ...retryOptions(clock, 300_000, () => 0), freeAttempts: 2 };
    for (let n = 0; n < 12; n++) options.budget.count(undefined, 0);
    const outcomes = [serverError(), serverError(), done].values();
    expect(await retry(async () => outcomes.next().value ?? done, options)).toBe(done);
    expect(clock.sleeps).toEqual([0, 61_000]);
  });

  it('have no part for a clean-up that is not needed', async () => {
    const clock = new FakeClock();
    const options = retryOptions(clock);
    for (let n = 0; n < 11; n++) options.budget.count(undefined, 0);
    const { attempt } = attempts(clock, [notSent(), done]);
    expect(await retry(attempt, options, async () => expect.unreachable())).toBe(done);
  });

  it('leave one attempt for the end', async () => {
    const clock = new FakeClock();
    const { attempt } = attempts(clock, [serverError()]);
    const end = await retry(
      attempt,
      retryOptions(clock, 50_000, () => 0),
    );
    expect(end).toMatchObject({ kind: 'retries-exhausted', attempts: 11 });
    expect(clock.sleeps).toEqual([...Array.from({ length: 9 }, () => 0), 45_000]);
  });
});

describe('before a retry', () => {
  it('waits for room in the budget if the clean-up took more requests than planned', async () => {
    for (const [budget, expected] of [
      [300_000, 2],
      [61_250, 2],
      [61_249, 1],
    ] as const) {
      const clock = new FakeClock();
      const options = retryOptions(clock, budget);
      const { attempt, lefts } = attempts(clock, [serverError(), done]);
      await retry(attempt, options, async () => {
        for (let sent = 0; sent < 12; sent++) options.budget.count(undefined, clock.monotonic());
      });
      expect(lefts).toHaveLength(expected);
      if (expected === 2) expect(clock.monotonic()).toBeGreaterThanOrEqual(60_000);
    }
  });

  it('counts the clean-up as part of the pause, and gives up if it used all the time', async () => {
    for (const [cost, slept] of [
      [8000, [1750]],
      [9751, []],
    ] as const) {
      const clock = new FakeClock();
      // Three pauses of 500, 1000 and 2000 ms; ten seconds remain when the clean-up begins.
      const { attempt, lefts } = attempts(clock, [
        ...Array.from({ length: 3 }, () => notSent()),
        serverError(),
        done,
      ]);
      await retry(
        attempt,
        retryOptions(clock, 10_000 + 3500, () => ALMOST_ONE),
        async () => clock.advance(cost),
      );
      expect(clock.sleeps.slice(3).map(Math.round)).toEqual(slept);
      expect(lefts).toHaveLength(slept.length === 0 ? 4 : 5);
    }
  });

  it('cleans up after an attempt that may have succeeded, then waits and retries', async () => {
    const clock = new FakeClock();
    const inputs: string[] = [];
    clock.onSleep = () => void inputs.push('pause');
    const outcomes = [unreadable(), serverError(), noResponse(), done].values();
    await retry(
      async () => {
        inputs.push('attempt');
        return outcomes.next().value ?? done;
      },
      retryOptions(clock),
      async last => void inputs.push(`clean-up after ${last.cause.kind}`),
    );
    expect(inputs).toEqual([
      'attempt',
      'clean-up after unreadable',
      'pause',
      'attempt',
      'clean-up after server-error',
      'pause',
      'attempt',
      'clean-up after no-response',
      'pause',
      'attempt',
    ]);
  });

  it('does not clean up after an attempt that cannot have succeeded', async () => {
    const clock = new FakeClock();
    const cleaned: unknown[] = [];
    const { attempt } = attempts(clock, [notSent(), rateLimited(10), done]);
    await retry(attempt, retryOptions(clock), async last => void cleaned.push(last));
    expect(cleaned).toEqual([]);
  });

  it('leaves the clean-up to the caller when it gives up', async () => {
    const clock = new FakeClock();
    const cleaned: unknown[] = [];
    const { attempt } = attempts(clock, [serverError()]);
    await retry(attempt, retryOptions(clock, 200), async last => void cleaned.push(last));
    expect(cleaned).toEqual([]);
  });

  it('logs what failed, how long it waits and when it will give up', async () => {
    const clock = new FakeClock();
    const lines: string[] = [];
    const { attempt } = attempts(clock, [rateLimited(20_000), notSent('EAI_AGAIN'), done]);
    await retry(
      attempt,
      retryOptions(clock, 300_000, () => 0.5, lines),
    );
    expect(lines).toEqual([
      "Mapbox's rate limit is exceeded (429); it resets in 20 s. Retrying in 21 s (5 min left).",
      'Could not connect to Mapbox: DNS did not respond (EAI_AGAIN). Retrying in 0.5 s (5 min left).',
    ]);
  });
});

describe('an unknown host name', () => {
  it('is given up after a few attempts within 15 s, whatever the timeout', async () => {
    for (const chance of [0, 0.5, 0.999]) {
      const clock = new FakeClock();
      clock.advance(60_000);
      let attempts = 0;
      const result = await retry(
        async () => {
          attempts++;
          budgetOf(clock).count(undefined, clock.monotonic());
          return notSent('ENOTFOUND');
        },
        retryOptions(clock, 300_000, () => chance),
      );
      expect(result.kind).toBe('retries-exhausted');
      expect(clock.monotonic()).toBeLessThanOrEqual(75_000);
      expect(attempts).toBeGreaterThan(2);
    }
  });

  it('is given up after twelve seconds', async () => {
    for (const [cost, expected] of [
      [11_750, 2],
      [11_751, 1],
    ] as const) {
      const clock = new FakeClock();
      const { attempt, lefts } = attempts(clock, [notSent('ENOTFOUND'), done], cost);
      await retry(attempt, retryOptions(clock));
      expect(lefts).toHaveLength(expected);
    }
  });

  it('is reported with the earlier time limit', async () => {
    const lines: string[] = [];
    const clock = new FakeClock();
    clock.advance(60_000);
    const results = [notSent('ENOTFOUND'), { kind: 'success', value: 1 } as const];
    await retry(
      async () => results.shift() ?? notSent(),
      retryOptions(clock, 300_000, () => 0.5, lines),
    );
    expect(lines).toEqual([expect.stringMatching(/Retrying in 0\.3 s \(12 s left\)\.$/)]);
  });

  it('is retried, and may resolve later', async () => {
    const results = [notSent('ENOTFOUND'), notSent('ENOTFOUND'), { kind: 'success', value: 1 } as const];
    const result = await retry(async () => results.shift() ?? notSent(), retryOptions(new FakeClock()));
    expect(result).toEqual({ kind: 'success', value: 1 });
  });
});

it.each(['PROXY_408', 'PROXY_425', 'PROXY_429', 'PROXY_502', 'PROXY_504'])('retries after %s', async code => {
  const results = [notSent(code), { kind: 'success', value: 1 } as const];
  const result = await retry(async () => results.shift() ?? notSent(), retryOptions(new FakeClock()));
  expect(result).toEqual({ kind: 'success', value: 1 });
});
