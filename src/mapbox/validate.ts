import type { HttpAnswer } from '../http/client.ts';
import type { Account } from './account.ts';
import { type Outcome, outcomeOf } from './result.ts';
import { parseObject } from './token.ts';

const CODES = ['TokenValid', 'TokenMalformed', 'TokenInvalid', 'TokenExpired', 'TokenRevoked'] as const;

/** What Mapbox thinks of a token. */
export type Validity = (typeof CODES)[number];

/**
 * Asks Mapbox what it thinks of the authorizing token. The answer is 200 whatever the token is; only its `code`
 * tells [Mapbox, Tokens API: retrieve a token]. `limit` in milliseconds.
 */
export async function validateAuthorizer(
  { exchange, authorizer, now }: Account,
  limit: number,
): Promise<Outcome<Validity>> {
  const end = await exchange({ method: 'GET', path: '/tokens/v2', token: authorizer }, limit);
  return outcomeOf(end, readValidity, now());
}

function readValidity({ body }: HttpAnswer): Validity | undefined {
  const code = body.kind === 'whole' ? parseObject(body.text.reveal())?.['code'] : undefined;
  return CODES.find(known => known === code);
}
