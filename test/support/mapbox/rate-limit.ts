/** Counts requests in windows and says so in headers [D: OLDDOCS] facts, section 3. */
export class RateLimit {
  readonly #requests: number;
  readonly #interval: number;
  readonly #now: () => number;
  #used = 0;
  /** Unix seconds at which the window ends. */
  #reset = 0;

  /** `requests` in each `intervalSeconds`; `now` gives milliseconds. */
  constructor(limit: { requests: number; intervalSeconds: number }, now: () => number) {
    this.#requests = limit.requests;
    this.#interval = limit.intervalSeconds;
    this.#now = now;
  }

  /** Counts one request; false when it is too many. */
  admit(): boolean {
    const now = this.#now();
    if (now >= this.#reset * 1000) {
      // Rounded up, so that who waits until the second that the header names is let in.
      this.#reset = Math.ceil(now / 1000 + this.#interval);
      this.#used = 0;
    }
    if (this.#used >= this.#requests) return false;
    this.#used += 1;
    return true;
  }

  /** Seconds of the interval, requests in it, and the Unix second at which counting begins anew. */
  headers(): Record<string, string> {
    return {
      'X-Rate-Limit-Interval': String(this.#interval),
      'X-Rate-Limit-Limit': String(this.#requests),
      'X-Rate-Limit-Reset': String(this.#reset),
    };
  }
}
