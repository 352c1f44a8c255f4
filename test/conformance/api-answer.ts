/** Reads Mapbox's responses for the probes. No text that is shown may contain a token. */

import { isObject, parseJson } from '../support/mapbox/messages.ts';

/** A response, parsed if it is JSON. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
  /** The body if it is a JSON object, else an empty one. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Status and message without tokens, such as `422 scopes are invalid`. */
  readonly words: string;
}

/** The longest wait for a rate limit in milliseconds: its interval is one minute. */
const LONGEST_PAUSE = 61_000;

export function readAnswer({ status, headers }: Response, text: string): ApiAnswer {
  const json = parseJson(text);
  const fields = isObject(json) ? json : {};
  const message = typeof fields['message'] === 'string' ? fields['message'] : '';
  const hidden = message.replace(/\b[pst]k\.[\w-]{8,}(?:\.[\w-]*)?/g, '***');
  return { status, headers, json, fields, words: `${status} ${hidden.slice(0, 80)}`.trim() };
}

/** The rows of a list, empty if the response is not a list. */
export function rowsOf({ json }: ApiAnswer): Readonly<Record<string, unknown>>[] {
  return Array.isArray(json) ? json.filter(isObject) : [];
}

/** Mapbox's words for a rejection. */
export function outcomeOf({ status, words }: ApiAnswer): string {
  return status < 300 ? 'accepted' : words;
}

/** A single text if all are equal. */
export function summarize(texts: readonly string[]): string {
  return [...new Set(texts)].join(' / ');
}

/** The target of the link with this relation. */
export function linkOf(headers: Headers, relation: string): string | undefined {
  return linksOf(headers).get(relation);
}

/** The targets of all links, by relation. */
export function linksOf(headers: Headers): ReadonlyMap<string, string> {
  const links = (headers.get('link') ?? '').matchAll(/<([^>]*)>\s*;[^<]*?\brel="?(\w+)"?/gi);
  return new Map(Array.from(links, ([, target = '', relation = '']) => [relation, target]));
}

/** The query of the next page, without the client's token. */
export function nextQuery({ headers }: ApiAnswer): Record<string, string> | undefined {
  const link = linkOf(headers, 'next');
  if (link === undefined) return undefined;
  const query = Object.fromEntries(URL.parse(link, 'https://api.mapbox.com')?.searchParams ?? []);
  delete query['access_token'];
  return query;
}

/** Milliseconds to wait after a 429: until the given reset, or a minute. */
export function pauseAfter({ headers }: ApiAnswer): number {
  const reset = Number(headers.get('x-rate-limit-reset')) * 1000 - Date.now();
  return Math.min(Math.max(reset, 1000) || 60_000, LONGEST_PAUSE);
}

/** The rate limit headers that are present. */
export function limitHeadersOf({ headers }: ApiAnswer): string {
  const names = ['interval', 'limit', 'reset'].filter(name => headers.has(`x-rate-limit-${name}`));
  return names.length === 0 ? 'no headers' : names.join(', ');
}
