/** How many requests a step sends to Mapbox per minute at most, even if all of them fail. */
const MAX_REQUESTS = 12;

/** Longer than a minute: requests take different times to arrive. */
const MINUTE_MS = 61_000;

/** How many deletions of a token neither wait nor count: after a signal, a step has only seconds left. */
export const FREE_DELETIONS = 2;

/** Why a request is not counted; `undefined` if it is. See {@link RequestBudget.isFree}. */
export type RequestKind = { readonly deletionOf: string } | 'further-page' | undefined;

/**
 * Limits the requests that a step sends to Mapbox to a dozen per minute. The API client counts each request when it is
 * sent; code that plans further requests calls {@link delay} first. Times are the clock's monotonic milliseconds.
 */
export class RequestBudget {
  readonly #sent: number[] = [];
  readonly #deletions = new Map<string, number>();
  readonly #max: number;
  #rateLimitedMs = 0;

  /** @param max requests per minute; a sweep has no limit of its own. */
  constructor(max = MAX_REQUESTS) {
    this.#max = max;
  }

  /** Milliseconds that the step has waited for rate limits. */
  get rateLimitedMs(): number {
    return this.#rateLimitedMs;
  }

  waitedForRateLimit(milliseconds: number): void {
    this.#rateLimitedMs += milliseconds;
  }

  /** Whether a request neither waits nor counts: further pages of a list, and the first two deletions of a token. */
  isFree(kind: RequestKind): boolean {
    if (kind === undefined || kind === 'further-page') return kind !== undefined;
    return (this.#deletions.get(kind.deletionOf) ?? 0) < FREE_DELETIONS;
  }

  /** Counts a request that is about to be sent. */
  count(kind: RequestKind, now: number): void {
    if (!this.isFree(kind)) this.#sent.push(now);
    if (typeof kind === 'object')
      this.#deletions.set(kind.deletionOf, (this.#deletions.get(kind.deletionOf) ?? 0) + 1);
  }

  /** Milliseconds until this many more requests fit into the minute. */
  delay(now: number, requests = 1): number {
    const inTheWay = this.#sent[this.#sent.length - (this.#max - requests) - 1];
    return inTheWay === undefined ? 0 : Math.max(0, inTheWay + MINUTE_MS - now);
  }
}
