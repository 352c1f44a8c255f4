/**
 * The text of a Mapbox token: `usage.payload.signature`. The first part is literally `pk`, `sk` or `tk`, the second
 * base64url JSON without padding, the third 22 characters, which are 16 bytes, as in every token decoded so far.
 */

import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import { isObject, isStrings, parseJson } from './messages.ts';

/** The claims of a stored token: `u` the account, `a` the token's ID. */
export interface StoredPayload {
  readonly u: string;
  readonly a: string;
}

/** The claims of a temporary token. `exp` and `iat` are Unix seconds. */
export interface TemporaryPayload {
  readonly u: string;
  readonly exp: number;
  readonly iat: number;
  readonly scopes: readonly string[];
  /** `api` for tokens created through the Tokens API, a long hexadecimal ID for those of `mapbox auth login`. */
  readonly client: string;
}

export type ReadToken =
  | { readonly usage: 'pk' | 'sk'; readonly payload: StoredPayload }
  | { readonly usage: 'tk'; readonly payload: TemporaryPayload };

/** Writes the text of a token, signed with `key`. */
export function writeToken(token: ReadToken, key: Buffer): string {
  const signed = `${token.usage}.${encode(token.payload)}`;
  return `${signed}.${signature(signed, key).toString('base64url')}`;
}

/** The contents of a token's text, whatever its signature; `undefined` if it is not a token. */
export function readToken(text: string): ReadToken | undefined {
  const [usage, payload, sealed, ...more] = text.split('.');
  if (!payload || !sealed || more.length > 0) return undefined;
  if (!/^[A-Za-z0-9_-]+$/.test(payload)) return undefined;
  const value = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  if (!isObject(value)) return undefined;
  const { u, a, exp, iat, scopes, client = 'api' } = value;
  if (typeof u !== 'string') return undefined;
  if (usage === 'pk' || usage === 'sk') {
    return typeof a === 'string' ? { usage, payload: { u, a } } : undefined;
  }
  if (usage !== 'tk' || typeof exp !== 'number' || typeof iat !== 'number') return undefined;
  if (!isStrings(scopes) || typeof client !== 'string') return undefined;
  return { usage, payload: { u, exp, iat, scopes, client } };
}

/** The same text with other claims, and so with a wrong signature, which no client can detect. */
export function withClaims(
  text: string,
  change: (claims: Readonly<Record<string, unknown>>) => object,
): string {
  const [usage, payload = '', sealed] = text.split('.');
  const claims = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  return [usage, encode(change(isObject(claims) ? claims : {})), sealed].join('.');
}

/** Whether `key` signed this text. */
export function isSignedBy(text: string, key: Buffer): boolean {
  const end = text.lastIndexOf('.');
  const theirs = Buffer.from(text.slice(end + 1), 'utf8');
  // Compared as text: several base64url texts decode to the same bytes, and only one was issued.
  const ours = Buffer.from(signature(text.slice(0, end), key).toString('base64url'), 'utf8');
  return theirs.length === ours.length && timingSafeEqual(theirs, ours);
}

/** A new ID like Mapbox's in 2026: 25 characters, `cm` and then `a-z0-9` (older ones start with `ci`, `cj`). */
export function newId(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return `cm${Array.from({ length: 23 }, () => alphabet[randomInt(alphabet.length)]).join('')}`;
}

function encode(payload: object): string {
  return Buffer.from(JSON.stringify(payload)).toString('base64url');
}

/** Mapbox's signature algorithm is unknown; 16 bytes of HMAC-SHA256 have the right length. */
function signature(signed: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(signed).digest().subarray(0, 16);
}
