/** Whatever fails: a step sends Mapbox no more requests than this in a minute. */
const MAX_REQUESTS = 12;

/** Longer than a minute: a request takes some time to arrive, and the next may be faster. */
const MINUTE_MS = 61_000;

/** The first deletions of a token neither wait nor count: after a signal a step has only seconds. */
export const FREE_DELETIONS = 2;

/** Why a request is not counted, if it is not: see {@link RequestBudget.isFree}. */
export type RequestKind = { readonly deletionOf: string } | 'further-page' | undefined;

/**
 * How many requests a step may send to Mapbox: a dozen a minute. The API client counts each request where it is sent;
 * who plans further requests asks {@link delay} first. Times are the clock's monotonic milliseconds.
 */
export class RequestBudget {
  readonly #sent: number[] = [];
  readonly #deletions = new Map<string, number>();
  readonly #max: number;
  #rateLimitedMs = 0;

  /** @param max requests a minute; a sweep has no limit of its own. */
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

  /** Milliseconds until the minute has room for as many more requests. */
  delay(now: number, requests = 1): number {
    const inTheWay = this.#sent[this.#sent.length - (this.#max - requests) - 1];
    return inTheWay === undefined ? 0 : Math.max(0, inTheWay + MINUTE_MS - now);
  }
}
