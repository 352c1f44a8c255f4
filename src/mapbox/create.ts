import type { HttpResponse } from '../http/response.ts';
import { extractTokens, Secret } from '../secret.ts';
import type { Account } from './account.ts';
import { type ApiResult, toApiResult, tokensPath } from './response.ts';
import { type Claims, isStrings, parseDate, parseObject, parseToken } from './token.ts';

/** Mapbox's response to a creation: parsed, not yet verified. */
export interface CreatedToken {
  readonly secret: Secret;
  /** The claims in the token's text; `undefined` if the text is not a Mapbox token. */
  readonly claims: Claims | undefined;
  /**
   * This and the following fields come from the response, not from the token's text. For a temporary token, Mapbox's
   * response has only `issuedAt` and `expires`.
   */
  readonly id: string | undefined;
  readonly usage: string | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly note: string;
  /** Empty if the response has none; `undefined` if it cannot be read. */
  readonly allowedUrls: readonly string[] | undefined;
  readonly created: Date | undefined;
  readonly issuedAt: Date | undefined;
  readonly expires: Date | undefined;
  /** When Mapbox responded, by its own clock. */
  readonly serverDate: Date | undefined;
}

/** The parameters of a stored token. */
export interface StoredTokenParams {
  readonly scopes: readonly string[];
  readonly note: string;
  readonly allowedUrls: readonly string[];
}

/** The parameters of a temporary token. */
export interface TemporaryTokenParams {
  readonly scopes: readonly string[];
  readonly expires: Date;
}

/**
 * Creates a public or secret token, depending on its scopes [Mapbox, Tokens API: create a token]. Not idempotent: each
 * request that arrives creates another token.
 *
 * @param timeoutMs milliseconds that the request may take.
 */
export function createStoredToken(
  account: Account,
  params: StoredTokenParams,
  timeoutMs: number,
): Promise<ApiResult<CreatedToken>> {
  const { scopes, note, allowedUrls } = params;
  return create(account, { scopes, note, ...(allowedUrls.length > 0 ? { allowedUrls } : {}) }, timeoutMs);
}

/**
 * Creates a temporary token [Mapbox, Tokens API: create a temporary token]. Mapbox keeps no record of it.
 *
 * @param timeoutMs milliseconds that the request may take.
 */
export function createTemporaryToken(
  account: Account,
  params: TemporaryTokenParams,
  timeoutMs: number,
): Promise<ApiResult<CreatedToken>> {
  return create(account, { scopes: params.scopes, expires: params.expires.toISOString() }, timeoutMs);
}

async function create(account: Account, body: object, timeoutMs: number): Promise<ApiResult<CreatedToken>> {
  const { send, authorizingToken, username, now, mask } = account;
  const result = await send(
    { method: 'POST', path: tokensPath(username), token: authorizingToken.secret, body },
    timeoutMs,
  );
  if (result.kind === 'response')
    for (const text of extractTokens(result.body.text.reveal())) mask(new Secret(text));
  return toApiResult(result, response => parseCreatedToken(response, mask), now());
}

function parseCreatedToken({ headers, body }: HttpResponse, mask: Account['mask']): CreatedToken | undefined {
  const response = body.kind === 'complete' ? parseObject(body.text.reveal()) : undefined;
  if (response === undefined) return undefined;
  const { token, id, usage, scopes, note, allowedUrls, created, issued_at: issuedAt, expires } = response;
  if (typeof token !== 'string' || token === '') return undefined;
  const secret = new Secret(token);
  mask(secret);
  const urls = allowedUrls ?? [];
  return {
    secret,
    claims: parseToken(token),
    id: typeof id === 'string' ? id : undefined,
    usage: typeof usage === 'string' ? usage : undefined,
    scopes: isStrings(scopes) ? scopes : undefined,
    note: typeof note === 'string' ? note : '',
    allowedUrls: isStrings(urls) ? urls : undefined,
    created: typeof created === 'string' ? parseDate(created) : undefined,
    issuedAt: typeof issuedAt === 'string' ? parseDate(issuedAt) : undefined,
    expires: typeof expires === 'string' ? parseDate(expires) : undefined,
    serverDate: parseDate(headers['date'] ?? ''),
  };
}
