/**
 * The text of a Mapbox token: `usage.payload.signature`, where the first part is literally `pk`, `sk` or `tk`, the
 * second base64url JSON without padding, the third 22 characters, which are 16 bytes [C] facts, section 2.
 */

import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import { isObject, isStrings, parseJson } from './wire.ts';

/** What a stored token says about itself: `u` the account, `a` the token's id. */
export interface StoredPayload {
  readonly u: string;
  readonly a: string;
}

/** What a temporary token says about itself. `exp` and `iat` are Unix seconds. */
export interface TemporaryPayload {
  readonly u: string;
  readonly exp: number;
  readonly iat: number;
  readonly scopes: readonly string[];
  readonly client: 'api';
}

export type ReadToken =
  | { readonly usage: 'pk' | 'sk'; readonly payload: StoredPayload }
  | { readonly usage: 'tk'; readonly payload: TemporaryPayload };

/** Makes the text of a token, signed with `key`. */
export function writeToken(token: ReadToken, key: Buffer): string {
  const signed = `${token.usage}.${Buffer.from(JSON.stringify(token.payload)).toString('base64url')}`;
  return `${signed}.${signature(signed, key).toString('base64url')}`;
}

/** What a token's text says, whoever signed it; `undefined` when the text is not that of a token. */
export function readToken(text: string): ReadToken | undefined {
  const [usage, payload, sealed, ...more] = text.split('.');
  if (!payload || !sealed || more.length > 0) return undefined;
  if (!/^[A-Za-z0-9_-]+$/.test(payload)) return undefined;
  const value = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  if (!isObject(value)) return undefined;
  const { u, a, exp, iat, scopes } = value;
  if (typeof u !== 'string') return undefined;
  if (usage === 'pk' || usage === 'sk') {
    return typeof a === 'string' ? { usage, payload: { u, a } } : undefined;
  }
  if (usage !== 'tk' || typeof exp !== 'number' || typeof iat !== 'number' || !isStrings(scopes))
    return undefined;
  return { usage, payload: { u, exp, iat, scopes, client: 'api' } };
}

/** Whether `key` made the signature of this text. */
export function isSignedBy(text: string, key: Buffer): boolean {
  const end = text.lastIndexOf('.');
  const theirs = Buffer.from(text.slice(end + 1), 'utf8');
  // Compared as text: several base64url texts stand for the same bytes, and only one is what was given out.
  const ours = Buffer.from(signature(text.slice(0, end), key).toString('base64url'), 'utf8');
  return theirs.length === ours.length && timingSafeEqual(theirs, ours);
}

/** A new id in the form of Mapbox's: `c` and 24 of `a-z0-9` (in the documentation's samples they are cuids). */
export function newId(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return `c${Array.from({ length: 24 }, () => alphabet[randomInt(alphabet.length)]).join('')}`;
}

/** How Mapbox signs is not known; 16 bytes of HMAC-SHA256 give a signature of the right length. */
function signature(signed: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(signed).digest().subarray(0, 16);
}
