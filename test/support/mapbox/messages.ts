/** The stand-in's requests and responses, and how a request is parsed. */

import type { IncomingHttpHeaders } from 'node:http';

/** One request as it arrived. `body` is empty until it is complete. */
export interface SeenRequest {
  readonly method: string;
  /** Without the query, as written (not decoded). */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  body: string;
  /** Milliseconds since 1970 on the stand-in's clock, when the head arrived. */
  readonly at: number;
  /** The status that was sent; absent until then, and for good if a fault sent none. */
  status?: number;
  /** The request ID that was sent, as a client should report it; absent if none was. */
  requestId?: string;
}

/** A response before it is written: `body` is sent as JSON, `undefined` means none. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A request as the APIs see it. */
export interface ApiCall {
  readonly method: string;
  /** The path's segments, percent-decoded: `/tokens/v2/octo` is `['tokens', 'v2', 'octo']`. */
  readonly segments: readonly string[];
  /** As written, for the `Link` header. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** Scheme, host and port that the client used, for the `Link` header. */
  readonly origin: string;
}

/** A JSON response, without a body if `body` is left out. */
export function respond(
  status: number,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): ApiResponse {
  return { status, headers, body };
}

/** An error as Mapbox writes it: `{"message": "..."}` [Mapbox's OpenAPI description: Error]. */
export function reject(status: number, message: string): ApiResponse {
  return respond(status, { message });
}

/** Also the stand-in's response to everything unknown. The docs write `Not found`, the API `Not Found`. */
export const notFound = (): ApiResponse => reject(404, 'Not Found');

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string');
}

/** The value of a JSON text, `undefined` if it is invalid. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The body of a request if it is a JSON object and declared as JSON. */
export function bodyObject(call: ApiCall): Readonly<Record<string, unknown>> | undefined {
  if (!/^application\/json\b/i.test(call.headers['content-type'] ?? '')) return undefined;
  const value = parseJson(call.bytes.toString('utf8'));
  return isObject(value) ? value : undefined;
}
