/**
 * How long to wait before a request is repeated. Nothing here waits or looks at a clock: times come in and go out as
 * milliseconds, and chance as a fraction.
 */
import type { RateLimited } from './result.ts';

/** The jobs of one matrix, which meet the same rate limit. `index` counts from 0. */
export interface Crowd {
  readonly total: number;
  readonly index: number;
}

/** A job that knows of no other. */
export const ALONE: Crowd = { total: 1, index: 0 };

/** What a wait depends on beside its cause. */
export interface Turn {
  /** How many attempts came to nothing in this way, at least 1. */
  readonly failures: number;
  /** Milliseconds left to try in. */
  readonly remaining: number;
  /** A fraction from 0 up to, not including, 1. */
  readonly random: number;
}

const INITIAL_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;

/** A last attempt that is made for a rate limit gets this long to be answered. */
export const LAST_ATTEMPT_MS = 5_000;

/** After a 429 the pause grows up to this, where the rate limit itself asks for less. */
const MAX_FLOOR_MS = 10_000;

/** Mapbox, Tokens API: 100 requests a minute for an account. Where no header says otherwise. */
const DEFAULT_LIMIT = 100;

/** Waits are lengthened by this much of themselves, a second of a minute: a clock or a header may be rounded. */
const GUARD = 1 / 60;

/** Jobs that come back in the same window are spread over this much of the wait. */
const SPREAD = 1 / 25;

/** The end of a window is told in whole seconds. */
const ROUNDING_MS = 1_000;

/** Of jobs picked by chance, this many more or fewer than expected fall into a window (three standard deviations). */
const CHANCE = 12;

/** Exponential back-off with full jitter: from nothing to half a second, doubling to half a minute. */
export function exponentialDelay({ failures, remaining, random }: Turn): number {
  return random * Math.min(INITIAL_BACKOFF_MS * 2 ** (failures - 1), MAX_BACKOFF_MS, remaining);
}

/**
 * How long to wait after a 429: until the limit resets, and where a crowd is known to need several windows, until the
 * one that is this job's. Never less than a floor, which grows from half a second to ten with every failure, so that a
 * limit which claims to be over at once is not asked without end.
 *
 * A limit that does not say when it resets may do so earlier than it can: it is tried once more before the time is up.
 * A delay that is longer than `remaining` means that the limit outlasts the time.
 */
export function rateLimitDelay(
  limit: RateLimited,
  crowd: Crowd,
  { failures, remaining, random }: Turn,
): number {
  const { interval, estimated } = limit;
  const latest = Math.max(0, remaining - LAST_ATTEMPT_MS);
  const reset = estimated && latest > 0 ? Math.min(limit.retryAfter, latest) : limit.retryAfter;
  // A window begins with the first request in it, which comes a guard after the end of the one before.
  const period = interval * (1 + GUARD) + ROUNDING_MS;
  const passed = failures > 1 ? 0 : windowsToPass(limit.limit ?? DEFAULT_LIMIT, crowd);
  const affordable = Math.max(0, Math.floor((latest - reset) / period));
  const soonest = reset + Math.min(passed, affordable) * period;
  const spread = Math.min(soonest, interval) * (GUARD + random * SPREAD);
  return Math.max(floor(failures, random), soonest + Math.min(spread, Math.max(0, latest - soonest)));
}

/** Between half a second and one, then between one and two, and so on up to eight and ten. */
function floor(failures: number, random: number): number {
  const low = Math.min(INITIAL_BACKOFF_MS * 2 ** (failures - 1), 0.8 * MAX_FLOOR_MS);
  return low + random * (Math.min(2 * low, MAX_FLOOR_MS) - low);
}

/**
 * How many further windows a job leaves to the others, when the first one was full and it knows nothing but the size
 * of the crowd. Who was served was chance, so those who were not are spread over the windows that they need by their
 * indexes: multiples of the golden ratio, which spread any run of indexes evenly. The early windows are filled, since
 * a place that is left empty there may be missing at the end; where the last one has no room to spare, they are
 * filled beyond what chance may take away, and who finds one full takes the next.
 */
function windowsToPass(limit: number, { total, index }: Crowd): number {
  const unserved = total - limit;
  const windows = Math.ceil(unserved / limit);
  const extra = Math.max(0, CHANCE - (windows * limit - unserved));
  const rank = ((index * GOLDEN_RATIO) % 1) * unserved;
  return Math.max(0, Math.ceil((rank - extra) / limit) - 1);
}

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** Whatever fails: a step asks no more often than this in a minute. */
const MAX_REQUESTS = 12;
/** Longer than a minute: a request takes some time to arrive, and the next may be faster. */
const MINUTE_MS = 61_000;

/** What the retries of one step have in common. */
export class RetryHistory {
  readonly #requests: number[] = [];
  #rateLimitedMs = 0;

  /** Milliseconds that the step has waited for rate limits. */
  get rateLimitedMs(): number {
    return this.#rateLimitedMs;
  }

  /** Counts a request that came to nothing, or one that cleans up after it. */
  record(sentAt: number): void {
    this.#requests.push(sentAt);
    this.#requests.sort((a, b) => a - b);
  }

  waitedForRateLimit(milliseconds: number): void {
    this.#rateLimitedMs += milliseconds;
  }

  /** Milliseconds until the minute has room for as many more requests. */
  delay(now: number, requests: number): number {
    const inTheWay = this.#requests[this.#requests.length - (MAX_REQUESTS - requests) - 1];
    return inTheWay === undefined ? 0 : Math.max(0, inTheWay + MINUTE_MS - now);
  }
}
