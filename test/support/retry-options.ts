import { RequestBudget } from '../../src/api/request-budget.ts';
import type { RetryOptions } from '../../src/api/retry.ts';
import type { FakeClock } from './fake-clock.ts';

/** The request budget of the step with this clock. */
const budgets = new WeakMap<FakeClock, RequestBudget>();

/** The budget that {@link retryOptions} uses for this clock: one clock, one step. */
export function budgetOf(clock: FakeClock): RequestBudget {
  const budget = budgets.get(clock) ?? new RequestBudget();
  budgets.set(clock, budget);
  return budget;
}

/**
 * Retry options with a deadline in `milliseconds`.
 *
 * @param random the jitter: from 0 up to, not including, 1.
 * @param lines collects the log lines.
 */
export function retryOptions(
  clock: FakeClock,
  milliseconds = 300_000,
  random: () => number = () => 0.5,
  lines: string[] = [],
): RetryOptions {
  return {
    service: 'Mapbox',
    clock,
    random,
    deadline: clock.monotonic() + milliseconds,
    failureDeadline: Number.POSITIVE_INFINITY,
    budget: budgetOf(clock),
    log: line => void lines.push(line),
  };
}
