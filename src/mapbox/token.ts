/**
 * The format of Mapbox's token text: `<usage>.<payload>.<signature>`, the payload base64url JSON without
 * padding [Mapbox, Tokens API: token format; payload fields as in Mapbox's parse-mapbox-token]. The payload is
 * unsigned to us: good for messages and for catching mistakes early, never a proof of anything.
 */

export type Usage = 'pk' | 'sk' | 'tk';

/** What a token's text says of itself. */
export interface Claims {
  readonly usage: Usage;
  readonly username: string;
  /** The id on the account, as the API uses it in paths. A temporary token has none. */
  readonly id: string | undefined;
  /** Temporary tokens only. */
  readonly issuedAt: Date | undefined;
  /** Temporary tokens only. */
  readonly expiresAt: Date | undefined;
  /** Temporary tokens only. */
  readonly scopes: readonly string[] | undefined;
}

/** Parses a token's text; `undefined` if it is no Mapbox token. */
export function parseToken(text: string): Claims | undefined {
  const [usage, payload, signature, ...rest] = text.split('.');
  if ((usage !== 'pk' && usage !== 'sk' && usage !== 'tk') || !payload || !signature || rest.length > 0) {
    return undefined;
  }
  if (!/^[\w-]+$/.test(payload) || !/^[\w-]+$/.test(signature)) return undefined;
  const claims = parseObject(Buffer.from(payload, 'base64url').toString());
  const username = claims?.['u'];
  if (claims === undefined || typeof username !== 'string' || username === '') return undefined;
  const { a: id, iat, exp, scopes } = claims;
  return {
    usage,
    username,
    id: typeof id === 'string' ? id : undefined,
    issuedAt: typeof iat === 'number' ? parseDate(iat * 1000) : undefined,
    expiresAt: typeof exp === 'number' ? parseDate(exp * 1000) : undefined,
    scopes: isStrings(scopes) ? scopes : undefined,
  };
}

/**
 * Whether a text has the form of a token's id. Every id seen was of lower-case letters and digits; what matters
 * is that nothing else can stand in the path of a DELETE.
 */
export function isTokenId(text: string): boolean {
  return /^[A-Za-z0-9]{5,64}$/.test(text);
}

/** The date that a number of milliseconds since 1970, or a text, stands for; `undefined` if it is none. */
export function parseDate(value: number | string): Date | undefined {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** A JSON object, or `undefined` for anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text);
  return isObject(value) ? value : undefined;
}

/** Any JSON value, or `undefined` if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(entry => typeof entry === 'string');
}
