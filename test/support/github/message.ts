/** The stand-in's requests and responses. */
import type { IncomingHttpHeaders } from 'node:http';

/** A request as it arrived. */
export interface GithubRequest {
  readonly method: string;
  /** Path and query as written: not decoded. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A response before it is written. */
export interface GithubResponse {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Written as JSON unless it is a text; `undefined` is no body. */
  readonly body: unknown;
}

/** A JSON response, without a body if `body` is left out. */
export function respond(
  status: number,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): GithubResponse {
  const type = body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' };
  return { status, headers: { ...type, ...headers }, body };
}

/** An error as GitHub writes it, with the status also in the body as a string. */
export function refuse(
  status: number,
  message: string,
  documentation = 'https://docs.github.com/rest',
  headers: Readonly<Record<string, string>> = {},
): GithubResponse {
  const body = { message, documentation_url: documentation, status: String(status) };
  return respond(status, body, headers);
}

/** GitHub's response for missing and for inaccessible resources. */
export const notFound = (documentation?: string): GithubResponse => refuse(404, 'Not Found', documentation);

/** A response's body as it is written. */
export function bodyText({ body }: GithubResponse): string {
  if (body === undefined) return '';
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** The path of a request and its query. */
export function parseTarget(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = target.indexOf('?');
  if (mark === -1) return { path: target, query: new URLSearchParams() };
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}

/** The segments of a path, each decoded once; none if that fails. */
export function decodePath(path: string): readonly string[] {
  try {
    return path.replace(/^\//, '').split('/').map(decodeURIComponent);
  } catch {
    return [];
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a JSON text, `undefined` if it is invalid. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
