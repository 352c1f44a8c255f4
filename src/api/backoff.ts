/**
 * How long to wait before a request is repeated. Pure functions: times are milliseconds, and randomness is passed in as
 * a fraction.
 */
import type { RateLimited } from './result.ts';

/** What a wait depends on, apart from its cause. */
export interface RetryState {
  /** How many attempts failed in this way, at least 1. */
  readonly failures: number;
  /** Milliseconds left for retries. */
  readonly remaining: number;
  /** A fraction from 0 up to, not including, 1. */
  readonly random: number;
}

const INITIAL_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;

/** How long a last attempt after a rate limit may wait for its response. */
export const LAST_ATTEMPT_MS = 5_000;

/** The minimum pause after a rate limit grows up to this. */
const MAX_FLOOR_MS = 10_000;

/** Waits are extended by this fraction, one second per minute: a clock or a header may be rounded. */
const GUARD = 1 / 60;

/** Jobs that retry in the same window are spread over this fraction of the wait. */
const SPREAD = 1 / 25;

/** Exponential back-off with full jitter: at most half a second at first, doubling up to half a minute. */
export function exponentialDelay({ failures, remaining, random }: RetryState): number {
  return random * Math.min(INITIAL_BACKOFF_MS * 2 ** (failures - 1), MAX_BACKOFF_MS, remaining);
}

/**
 * How long to wait after a rate limit: until it resets, but never less than a minimum that grows from half a second to
 * ten seconds with every failure, because a limit may repeatedly claim to reset at once.
 *
 * If the reset is only estimated, the limit may reset earlier, so one more attempt is made before time is up. A delay
 * longer than `remaining` means that the limit outlasts the remaining time.
 */
export function rateLimitDelay(limit: RateLimited, { failures, remaining, random }: RetryState): number {
  const latest = Math.max(0, remaining - LAST_ATTEMPT_MS);
  const reset = limit.estimated && latest > 0 ? Math.min(limit.retryAfter, latest) : limit.retryAfter;
  const spread = Math.min(reset, limit.interval) * (GUARD + random * SPREAD);
  return Math.max(floor(failures, random), reset + Math.min(spread, Math.max(0, latest - reset)));
}

/** Random: from half a second to one second, then from one to two, and so on, up to eight to ten. */
function floor(failures: number, random: number): number {
  const low = Math.min(INITIAL_BACKOFF_MS * 2 ** (failures - 1), 0.8 * MAX_FLOOR_MS);
  return low + random * (Math.min(2 * low, MAX_FLOOR_MS) - low);
}
