/** Jobs that reach the stand-in's rate limit together, on one fake clock. */
import { describe, expect, it } from 'vitest';
import { RequestBudget } from '../../src/api/request-budget.ts';
import { retry } from '../../src/api/retry.ts';
import { toApiResult } from '../../src/mapbox/response.ts';
import { json } from '../support/http-script.ts';
import { RateLimit } from '../support/mapbox/rate-limit.ts';
import { SEED, seeded } from '../support/random.ts';
import { SharedClock } from '../support/shared-clock.ts';

interface Met {
  readonly requestsPerJob: number;
  /** Milliseconds until the last job succeeded. */
  readonly took: number;
  readonly served: number;
}

async function meet(jobs: number, budget: number): Promise<Met> {
  const clock = new SharedClock();
  const limit = new RateLimit({ requests: 100, intervalSeconds: 60 }, clock.now.bind(clock));
  const random = seeded(SEED);
  let requests = 0;
  let took = 0;
  const ask = async () => {
    await clock.sleep(20 + random(80));
    requests++;
    const admitted = limit.admit();
    const headers = { ...limit.headers(!admitted), date: new Date(clock.now()).toUTCString() };
    const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    const response = json(admitted ? 200 : 429, {}, Object.fromEntries(named));
    await clock.sleep(20 + random(80));
    return toApiResult(response, () => 'served', clock.now());
  };
  const job = async () => {
    await clock.sleep(random(2_000));
    const result = await retry(ask, {
      clock,
      random: () => random(2 ** 32) / 2 ** 32,
      deadline: clock.monotonic() + budget,
      failureDeadline: Number.POSITIVE_INFINITY,
      service: 'Mapbox',
      budget: new RequestBudget(),
      log: () => {},
    });
    if (result.kind === 'success') took = Math.max(took, clock.monotonic());
    return result.kind === 'success';
  };
  const all = Promise.all(Array.from({ length: jobs }, job));
  await clock.run();
  return { requestsPerJob: requests / jobs, took, served: (await all).filter(served => served).length };
}

/** The milliseconds that the limit alone requires. */
const imposed = (jobs: number) => (Math.ceil(jobs / 100) - 1) * 60_000;

describe.each([101, 150, 199, 200, 201, 256])('%i jobs at once', jobs => {
  it.each([
    ['mint', 300_000],
    ['delete', 240_000],
  ])('all %s, with at most 2 requests each, within 1.2 times the minimum', async (_, budget) => {
    const met = await meet(jobs, budget);
    expect(met.served).toBe(jobs);
    expect(met.requestsPerJob).toBeLessThanOrEqual(2);
    expect(met.took / imposed(jobs)).toBeLessThanOrEqual(1.2);
  });
});

it('a hundred jobs do not wait', async () => {
  const { requestsPerJob, took } = await meet(100, 300_000);
  expect(requestsPerJob).toBe(1);
  expect(took).toBeLessThan(2_300);
});
