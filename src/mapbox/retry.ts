import type { Clock } from '../clock.ts';
import { formatDuration } from '../duration.ts';
import { describeResult } from './describe.ts';
import type { Indeterminate, Rejected, Retryable, Success } from './result.ts';

/** Time was up, or no further attempt could help. */
export interface RetriesExhausted {
  readonly kind: 'retries-exhausted';
  readonly last: Retryable;
  readonly attempts: number;
  /** Milliseconds from the first attempt to the end of the last. */
  readonly elapsed: number;
}

/** How long to keep trying. */
export interface RetryOptions {
  readonly clock: Clock;
  /** A fraction from 0 up to, not including, 1. */
  readonly random: () => number;
  /** When to stop, by the clock's monotonic time. */
  readonly deadline: number;
  /** Called with a line for the log before each wait. */
  readonly log: (line: string) => void;
}

const INITIAL_BACKOFF_MS = 500;

const MAX_BACKOFF_MS = 30_000;

/** With less than this left, another try would only be cut off. */
const MIN_ATTEMPT_MS = 250;

/** A last try that is made for a rate limit gets this long. */
const LAST_ATTEMPT_MS = 5_000;

/** Something that answers, but is not Mapbox, seldom becomes Mapbox. */
const MAX_UNREADABLE_ATTEMPTS = 3;

/** What is wrong with a certificate, with a proxy's password or with a port does not mend itself, nor does a defect. */
const PERMANENT_CODES =
  /^(?!.*_ALERT_).*(?:CERT|SIGNATURE|SELF_SIGNED|ERR_TLS|ERR_SSL_WRONG_VERSION|PROXY_4\d\d)|^UNKNOWN$/;

/**
 * Tries until it is done or refused, or time is up. Waits for a rate limit as long as its own clock says, spread
 * over a tenth of its interval so that a matrix of jobs does not come back as one; for everything else it backs
 * off exponentially with full jitter.
 *
 * @param attempt one request; gets the milliseconds left.
 * @param beforeRetry runs before anything of unknown outcome is repeated.
 */
export async function retry<T, R extends Rejected = Rejected>(
  attempt: (timeoutMs: number) => Promise<Success<T> | R | Retryable>,
  { clock, random, deadline, log }: RetryOptions,
  beforeRetry: (last: Indeterminate) => Promise<void> = async () => {},
): Promise<Success<T> | R | RetriesExhausted> {
  const start = clock.monotonic();
  for (let attempts = 1; ; attempts++) {
    const result = await attempt(deadline - clock.monotonic());
    if (result.kind === 'success' || result.kind === 'rejected') return result;
    const remaining = deadline - clock.monotonic();
    const giveUp = (): RetriesExhausted => ({
      kind: 'retries-exhausted',
      last: result,
      attempts,
      elapsed: clock.monotonic() - start,
    });
    const { soonest, spread } = nextDelay(result, attempts, remaining);
    const pause = soonest + random() * spread;
    if (remaining - pause < MIN_ATTEMPT_MS || isPermanent(result, attempts)) return giveUp();
    log(
      `${describeResult(result)} Retrying in ${formatDuration(pause)} (${formatDuration(remaining)} left).`,
    );
    if (result.kind === 'indeterminate') await beforeRetry(result);
    const rest = deadline - clock.monotonic() - MIN_ATTEMPT_MS;
    if (rest < 0) return giveUp();
    await clock.sleep(Math.min(pause, rest));
  }
}

/** When to try again at the earliest, and within how many milliseconds from then. */
function nextDelay(
  result: Retryable,
  attempts: number,
  remaining: number,
): { soonest: number; spread: number } {
  if (result.kind !== 'rate-limited') {
    return {
      soonest: 0,
      spread: Math.min(INITIAL_BACKOFF_MS * 2 ** (attempts - 1), MAX_BACKOFF_MS, remaining),
    };
  }
  const { retryAfter, interval, estimated } = result;
  // A post step has hardly more time than the limit's interval. What is not remaining cannot be waited or spread over; but
  // a limit that does not say when it resets may do so before the time is up.
  const latest = Math.max(0, remaining - LAST_ATTEMPT_MS);
  const soonest = estimated && latest > 0 ? Math.min(retryAfter, latest) : retryAfter;
  return { soonest, spread: Math.min(interval / 10, Math.max(0, latest - soonest)) };
}

function isPermanent(result: Retryable, attempts: number): boolean {
  if (result.kind === 'not-sent') return PERMANENT_CODES.test(result.code);
  return (
    result.kind === 'indeterminate' &&
    result.cause.kind === 'unreadable' &&
    attempts >= MAX_UNREADABLE_ATTEMPTS
  );
}

export function withBudget(options: RetryOptions, most: number): RetryOptions {
  return { ...options, deadline: Math.min(options.deadline, options.clock.monotonic() + most) };
}
