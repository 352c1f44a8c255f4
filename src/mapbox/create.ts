import type { HttpResponse } from '../http/client.ts';
import { extractTokens, Secret } from '../secret.ts';
import type { Account } from './account.ts';
import { type ApiResult, toApiResult, tokensPath } from './result.ts';
import { type Claims, isStrings, parseDate, parseObject, parseToken } from './token.ts';

/** What Mapbox answered to a creation: read, not yet believed. */
export interface CreatedToken {
  readonly secret: Secret;
  /** What the token's own text says; `undefined` where the text is no token. */
  readonly claims: Claims | undefined;
  /** From here on: what the answer says beside the text. A temporary token has `expires` only. */
  readonly id: string | undefined;
  readonly usage: string | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly note: string;
  readonly allowedUrls: readonly string[];
  readonly expires: Date | undefined;
}

/** What a stored token is made of. */
export interface StoredTokenParams {
  readonly scopes: readonly string[];
  readonly note: string;
  readonly allowedUrls: readonly string[];
}

/** What a temporary token is made of. */
export interface TemporaryTokenParams {
  readonly scopes: readonly string[];
  readonly expires: Date;
}

/**
 * Makes a public or secret token; which of the two, its scopes decide [Mapbox, Tokens API: create a token].
 * Not idempotent: every request that arrives makes one more token. `limit` in milliseconds.
 */
export function createStoredToken(
  account: Account,
  wish: StoredTokenParams,
  limit: number,
): Promise<ApiResult<CreatedToken>> {
  const { scopes, note, allowedUrls } = wish;
  return create(account, { scopes, note, ...(allowedUrls.length > 0 ? { allowedUrls } : {}) }, limit);
}

/** Makes a temporary token [Mapbox, Tokens API: create a temporary token]. Mapbox keeps no record of it. */
export function createTemporaryToken(
  account: Account,
  wish: TemporaryTokenParams,
  limit: number,
): Promise<ApiResult<CreatedToken>> {
  return create(account, { scopes: wish.scopes, expires: wish.expires.toISOString() }, limit);
}

async function create(account: Account, body: object, limit: number): Promise<ApiResult<CreatedToken>> {
  const { send, authorizingToken, username, now, mask } = account;
  const result = await send(
    { method: 'POST', path: tokensPath(username), token: authorizingToken.secret, body },
    limit,
  );
  if (result.kind === 'response')
    for (const text of extractTokens(result.body.text.reveal())) mask(new Secret(text));
  return toApiResult(result, response => parseCreatedToken(response, mask), now());
}

function parseCreatedToken({ body }: HttpResponse, seen: Account['mask']): CreatedToken | undefined {
  const response = body.kind === 'complete' ? parseObject(body.text.reveal()) : undefined;
  if (response === undefined) return undefined;
  const { token, id, usage, scopes, note, allowedUrls, expires } = response;
  if (typeof token !== 'string' || token === '') return undefined;
  const secret = new Secret(token);
  seen(secret);
  return {
    secret,
    claims: parseToken(token),
    id: typeof id === 'string' ? id : undefined,
    usage: typeof usage === 'string' ? usage : undefined,
    scopes: isStrings(scopes) ? scopes : undefined,
    note: typeof note === 'string' ? note : '',
    allowedUrls: isStrings(allowedUrls) ? allowedUrls : [],
    expires: typeof expires === 'string' ? parseDate(expires) : undefined,
  };
}
