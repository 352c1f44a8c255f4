import type { HttpResponse } from '../http/response.ts';
import type { Account } from './account.ts';
import { type ApiResult, toApiResult } from './result.ts';
import { parseObject } from './token.ts';

const CODES = ['TokenValid', 'TokenMalformed', 'TokenInvalid', 'TokenExpired', 'TokenRevoked'] as const;

/** What Mapbox thinks of a token. */
export type TokenStatus = (typeof CODES)[number];

/**
 * Asks Mapbox what it thinks of the authorizing token. The answer is 200 whatever the token is; only its `code`
 * tells [Mapbox, Tokens API: retrieve a token]. `limit` in milliseconds.
 */
export async function validateToken(
  { send, authorizingToken, now }: Account,
  limit: number,
): Promise<ApiResult<TokenStatus>> {
  const result = await send({ method: 'GET', path: '/tokens/v2', token: authorizingToken.secret }, limit);
  return toApiResult(result, parseTokenStatus, now());
}

function parseTokenStatus({ body }: HttpResponse): TokenStatus | undefined {
  const code = body.kind === 'complete' ? parseObject(body.text.reveal())?.['code'] : undefined;
  return CODES.find(known => known === code);
}
