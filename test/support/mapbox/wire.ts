/** What goes in and out of the stand-in, and how what came in is read. */

import type { IncomingHttpHeaders } from 'node:http';

/** One request as it arrived. `body` is empty until all of it is there. */
export interface SeenRequest {
  readonly method: string;
  /** Without the query, as written (not decoded). */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  body: string;
  /** Milliseconds since 1970 on the stand-in's clock, when the head had arrived. */
  readonly at: number;
  /** The status that went out; absent while there is none, and for good where a fault kept it back. */
  status?: number;
}

/** An answer before it is written: `body` goes out as JSON, `undefined` means none. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** A request as the two APIs see it. */
export interface Call {
  readonly method: string;
  /** The path's segments, percent-decoded: `/tokens/v2/octo` is `['tokens', 'v2', 'octo']`. */
  readonly segments: readonly string[];
  /** As written, for the `Link` header. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** Scheme, host and port by which the client came here, for the `Link` header. */
  readonly origin: string;
}

/** An answer with a JSON body, or with none when `body` is left out. */
export function answer(status: number, body?: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers, body };
}

/** An error as Mapbox writes it: `{"message": "..."}` [D] TOKENS 1.8. */
export function refuse(status: number, message: string): Answer {
  return answer(status, { message });
}

/** Also what the stand-in says to everything it does not know. */
export const notFound = (): Answer => refuse(404, 'Not Found');

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string');
}

/** The value of a JSON text, `undefined` when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The body of a call when it is a JSON object that is declared as JSON. */
export function bodyObject(call: Call): Readonly<Record<string, unknown>> | undefined {
  if (!/^application\/json\b/i.test(call.headers['content-type'] ?? '')) return undefined;
  const value = parseJson(call.bytes.toString('utf8'));
  return isObject(value) ? value : undefined;
}
