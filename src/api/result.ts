import type { Peer } from '../http/response.ts';

/** Whose API a request goes to, as people call it. */
export type Service = 'Mapbox' | 'GitHub';

/**
 * What a request to an API came to. Whether it may be repeated follows from the kind alone: `success` and `rejected` are
 * final, after `rate-limited` and `not-sent` nothing has happened, after `indeterminate` the request may have been
 * carried out.
 */
export type Retryable = RateLimited | NotSent | Indeterminate;

export interface Success<T> {
  readonly kind: 'success';
  readonly value: T;
}

/** The API said no, and nothing was done. Each API adds what its own rejections say. */
export interface Rejection {
  readonly kind: 'rejected';
  readonly status: number;
  /** Whether the response has the form of the API's errors; if not, something in between may have responded. */
  readonly isApiError: boolean;
  /** What the response is, for people: `an HTML page`. */
  readonly bodyDescription: string;
  /** What the API's support can find the request by. */
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
  /** No header says when the limit resets, so `retryAfter` is the longest that it can take. */
  readonly estimated: boolean;
  readonly requestId?: string | undefined;
}

/** The request never left. */
export interface NotSent {
  readonly kind: 'not-sent';
  readonly code: string;
  readonly peer?: Peer | undefined;
}

/** The request may have been carried out. */
export interface Indeterminate {
  readonly kind: 'indeterminate';
  readonly cause:
    | { readonly kind: 'no-response'; readonly code: string; readonly peer?: Peer | undefined }
    | ({ readonly kind: 'server-error' | 'unreadable' } & UnexpectedResponse)
    /** A rejection that something in front of the API may have written. */
    | Rejection;
  /** Milliseconds to wait at least before the next attempt. */
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
