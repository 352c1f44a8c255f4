/**
 * How long to wait before a request is repeated. Nothing here waits or looks at a clock: times come in and go out as
 * milliseconds, and chance as a fraction.
 */
import type { RateLimited } from './result.ts';

/** What a wait depends on, apart from its cause. */
export interface RetryState {
  /** How many attempts failed in this way, at least 1. */
  readonly failures: number;
  /** Milliseconds left to try in. */
  readonly remaining: number;
  /** A fraction from 0 up to, not including, 1. */
  readonly random: number;
}

const INITIAL_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;

/** A last attempt after a rate limit has this long for its response. */
export const LAST_ATTEMPT_MS = 5_000;

/** After a 429 the pause grows up to this, where the rate limit itself asks for less. */
const MAX_FLOOR_MS = 10_000;

/** Waits are lengthened by this much of themselves, a second of a minute: a clock or a header may be rounded. */
const GUARD = 1 / 60;

/** Jobs that come back in the same window are spread over this much of the wait. */
const SPREAD = 1 / 25;

/** Exponential back-off with full jitter: from nothing to half a second, doubling to half a minute. */
export function exponentialDelay({ failures, remaining, random }: RetryState): number {
  return random * Math.min(INITIAL_BACKOFF_MS * 2 ** (failures - 1), MAX_BACKOFF_MS, remaining);
}

/**
 * How long to wait after a 429: until the limit resets, and never less than a floor, which grows from half a second to
 * ten with every failure: a limit may say that it is over at once, again and again.
 *
 * A limit that does not say when it resets may do so earlier than it can: it is tried once more before the time is up.
 * A delay that is longer than `remaining` means that the limit outlasts the time.
 */
export function rateLimitDelay(limit: RateLimited, { failures, remaining, random }: RetryState): number {
  const latest = Math.max(0, remaining - LAST_ATTEMPT_MS);
  const reset = limit.estimated && latest > 0 ? Math.min(limit.retryAfter, latest) : limit.retryAfter;
  const spread = Math.min(reset, limit.interval) * (GUARD + random * SPREAD);
  return Math.max(floor(failures, random), reset + Math.min(spread, Math.max(0, latest - reset)));
}

/** Between half a second and one, then between one and two, and so on up to eight and ten. */
function floor(failures: number, random: number): number {
  const low = Math.min(INITIAL_BACKOFF_MS * 2 ** (failures - 1), 0.8 * MAX_FLOOR_MS);
  return low + random * (Math.min(2 * low, MAX_FLOOR_MS) - low);
}
