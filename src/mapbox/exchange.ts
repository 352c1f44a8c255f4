import type { Secret } from '../secret.ts';

/** One request to Mapbox, before the token is put into its query. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the API's base, beginning with `/`, already percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as the `access_token` parameter, the only way that Mapbox documents. */
  readonly token: Secret;
  /** Sent as JSON. */
  readonly body?: object;
}

/** The body of an answer. It may carry a new token, also where it is broken. */
export type Body =
  | { readonly kind: 'whole'; readonly text: Secret }
  | { readonly kind: 'broken'; readonly how: 'cut off' | 'too large' | 'too slow'; readonly text: Secret };

export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  /** By lower-case name; of a repeated header, the first. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** No answer came. `sent: false` promises that Mapbox never saw the request. */
export interface NoAnswer {
  readonly kind: 'no answer';
  readonly sent: boolean;
  /** What failed, as Node, OpenSSL or undici call it (`ECONNREFUSED`), or one of our own: `TIMEOUT`, `PROXY_<status>`. */
  readonly code: string;
}

/**
 * Sends one request and waits for its answer, `limit` milliseconds at most. Never rejects for what happens on
 * the wire, follows no redirect, repeats nothing.
 */
export type Exchange = (request: HttpRequest, limit: number) => Promise<HttpAnswer | NoAnswer>;
