/**
 * The format of Mapbox's token text: `<usage>.<payload>.<signature>`, the payload base64url JSON without padding
 * [Mapbox, Tokens API: token format; payload fields as in Mapbox's parse-mapbox-token]. This action cannot verify the
 * signature, so the payload alone proves nothing: it only serves messages and catches mistakes early.
 */

export type Usage = 'pk' | 'sk' | 'tk';

/** The claims in a token's text. */
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

/** Parses a token's text; `undefined` if it is not a Mapbox token. */
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
 * Whether a text has the form of a token's id. All ids seen so far have only lower-case letters and digits. The purpose
 * is to keep anything else out of the path of a DELETE.
 */
export function isTokenId(text: string): boolean {
  return /^[A-Za-z0-9]{5,64}$/.test(text);
}

/**
 * Parses a date from milliseconds since 1970 or from a text; `undefined` if it is not valid. A text without a time and a
 * time zone is not: it could be read as hours earlier, and tokens are deleted by their age.
 */
export function parseDate(value: number | string): Date | undefined {
  if (typeof value === 'string' && !/\d:\d.*(?:Z|GMT|[+-]\d\d:?\d\d)$/.test(value)) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Parses a JSON object; `undefined` for anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text);
  return isObject(value) ? value : undefined;
}

/** Parses any JSON value; `undefined` if the text is not JSON. */
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
