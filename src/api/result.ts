import type { Peer } from '../http/response.ts';

/** The service that a request goes to, as messages call it. */
export type Service = 'Mapbox' | 'GitHub';

/**
 * A result after which a request may be retried. The kind alone decides: `success` and `rejected` are final, after
 * `rate-limited` and `not-sent` nothing was done, and after `indeterminate` the request may have been processed.
 */
export type Retryable = RateLimited | NotSent | Indeterminate;

export interface Success<T> {
  readonly kind: 'success';
  readonly value: T;
}

/** The API rejected the request and did nothing. Each API adds its own details. */
export interface Rejection {
  readonly kind: 'rejected';
  readonly status: number;
  /** Whether the response has the form of the API's errors; if not, something in between may have responded. */
  readonly isApiError: boolean;
  /** A description of the body for messages: `an HTML page`. */
  readonly bodyDescription: string;
  /** The id by which the API's support can find the request. */
  readonly requestId: string | undefined;
}

/** A rate limit is exceeded: 429, or GitHub's 403. Nothing was done. */
export interface RateLimited {
  readonly kind: 'rate-limited';
  readonly status: number;
  /** Milliseconds until the limit resets, by the API's own clock. */
  readonly retryAfter: number;
  /** The limit's interval in milliseconds. */
  readonly interval: number;
  /** No header says when the limit resets, so `retryAfter` is the longest possible wait. */
  readonly estimated: boolean;
  readonly requestId?: string | undefined;
}

/** The request was never sent. */
export interface NotSent {
  readonly kind: 'not-sent';
  readonly code: string;
  readonly peer?: Peer | undefined;
}

/** The request may have been processed. */
export interface Indeterminate {
  readonly kind: 'indeterminate';
  readonly cause:
    | { readonly kind: 'no-response'; readonly code: string; readonly peer?: Peer | undefined }
    | ({ readonly kind: 'server-error' | 'unreadable' } & UnexpectedResponse)
    /** A rejection that may come from something in front of the API. */
    | Rejection;
  /** The minimum wait before the next attempt, in milliseconds. */
  readonly minDelay?: number;
}

/** A response that is neither a success nor a rejection. */
interface UnexpectedResponse {
  readonly status: number;
  readonly bodyDescription: string;
  readonly requestId?: string | undefined;
  readonly peer?: Peer | undefined;
}

/** Time was up, or no further attempt could help. */
export interface RetriesExhausted {
  readonly kind: 'retries-exhausted';
  readonly service: Service;
  readonly last: Retryable;
  readonly attempts: number;
  /** Milliseconds from the first attempt to the end of the last. */
  readonly elapsed: number;
}
