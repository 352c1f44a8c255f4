import type { HttpResponse } from '../http/response.ts';
import type { Account } from './account.ts';
import { type ApiResult, toApiResult } from './response.ts';
import { parseObject } from './token.ts';

const CODES = ['TokenValid', 'TokenMalformed', 'TokenInvalid', 'TokenExpired', 'TokenRevoked'] as const;

/** The status of a token at Mapbox. */
export type TokenStatus = (typeof CODES)[number];

/**
 * Asks Mapbox for the status of the authorizing token. The response is always 200, with the status in its `code`
 * [Mapbox, Tokens API: retrieve a token].
 *
 * @param timeoutMs milliseconds that the request may take.
 */
export async function validateToken(
  { send, authorizingToken, now }: Account,
  timeoutMs: number,
): Promise<ApiResult<TokenStatus>> {
  const result = await send({ method: 'GET', path: '/tokens/v2', token: authorizingToken.secret }, timeoutMs);
  return toApiResult(result, parseTokenStatus, now());
}

function parseTokenStatus({ body }: HttpResponse): TokenStatus | undefined {
  const code = body.kind === 'complete' ? parseObject(body.text.reveal())?.['code'] : undefined;
  return CODES.find(known => known === code);
}
