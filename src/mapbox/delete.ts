import type { HttpAnswer } from '../http/client.ts';
import type { Account } from './account.ts';
import { accountPath, type Outcome, outcomeOf } from './result.ts';
import { isTokenId } from './token.ts';

/**
 * Deletes a stored token, `limit` milliseconds at most [Mapbox, Tokens API: delete a token]. An id that Mapbox
 * does not know is refused as `not found`.
 *
 * @throws {RangeError} where `id` does not have the form of an id: nothing else may stand in that path.
 */
export async function deleteToken(account: Account, id: string, limit: number): Promise<Outcome<'deleted'>> {
  if (!isTokenId(id)) throw new RangeError('not the id of a Mapbox token');
  const { exchange, authorizer, username, now } = account;
  const end = await exchange({ method: 'DELETE', path: accountPath(username, id), token: authorizer }, limit);
  return outcomeOf(end, readDeleted, now());
}

/** Success has no body; a 200 with a page in it comes from something else, and has deleted nothing. */
function readDeleted({ body }: HttpAnswer): 'deleted' | undefined {
  return body.kind === 'whole' && body.text.reveal().trim() === '' ? 'deleted' : undefined;
}
