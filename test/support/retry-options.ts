import { ALONE, RetryHistory } from '../../src/api/backoff.ts';
import type { RetryOptions } from '../../src/api/retry.ts';
import type { FakeClock } from './fake-clock.ts';

/**
 * Retry options with a deadline in `milliseconds`.
 *
 * @param random decides the jitter: from 0 up to, not including, 1.
 * @param lines where the log lines go.
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
    crowd: ALONE,
    history: new RetryHistory(),
    log: line => void lines.push(line),
  };
}
