/**
 * Counts requests in windows and reports them in headers [Mapbox, rate limits: 100 requests per minute and account].
 */

/** The form in which a 429 gives the end of the window. Mapbox documents Unix seconds. */
export type ResetForm = 'seconds' | 'milliseconds' | 'this second' | 'delta' | 'absent';

export interface RateLimitOptions {
  readonly requests: number;
  readonly intervalSeconds: number;
  /** `seconds` by default. */
  readonly reset?: ResetForm;
  /** `Retry-After` of a 429; none by default, since no source mentions it. `seconds` is the true wait. */
  readonly retryAfter?: 'absent' | 'zero' | 'seconds';
}

/** The headers of the rate limit. `reset` and `now` in milliseconds since 1970. */
export function limitHeaders(
  { requests, intervalSeconds, reset: form = 'seconds' }: RateLimitOptions,
  reset: number,
  now: number,
): Record<string, string> {
  const value = {
    seconds: Math.ceil(reset / 1000),
    milliseconds: reset,
    'this second': Math.floor(now / 1000),
    delta: Math.ceil((reset - now) / 1000),
    absent: undefined,
  }[form];
  return {
    'X-Rate-Limit-Interval': String(intervalSeconds),
    'X-Rate-Limit-Limit': String(requests),
    ...(value !== undefined && { 'X-Rate-Limit-Reset': String(value) }),
  };
}

export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #now: () => number;
  #used = 0;
  /** The end of the window in milliseconds since 1970; a full second. */
  #reset = 0;

  /** `now` returns milliseconds. */
  constructor(options: RateLimitOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  /** Counts one request; false if it exceeds the limit. */
  admit(): boolean {
    const now = this.#now();
    if (now >= this.#reset) {
      // Rounded up, so that a client that waits until the second in the header succeeds.
      this.#reset = Math.ceil(now / 1000 + this.#options.intervalSeconds) * 1000;
      this.#used = 0;
    }
    if (this.#used >= this.#options.requests) return false;
    this.#used += 1;
    return true;
  }

  /** The headers of every response; a rejection may also have a `Retry-After`. */
  headers(refused: boolean): Record<string, string> {
    const now = this.#now();
    const { retryAfter = 'absent' } = this.#options;
    const wait = { absent: undefined, zero: 0, seconds: Math.ceil((this.#reset - now) / 1000) }[retryAfter];
    return {
      ...limitHeaders(this.#options, this.#reset, now),
      ...(refused && wait !== undefined && { 'Retry-After': String(wait) }),
    };
  }
}
