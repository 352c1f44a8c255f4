import type { HttpResponse } from '../http/client.ts';
import type { Account } from './account.ts';
import { type ApiResult, toApiResult, tokensPath } from './result.ts';
import { isTokenId } from './token.ts';

/**
 * Deletes a stored token, `limit` milliseconds at most [Mapbox, Tokens API: delete a token]. An id that Mapbox
 * does not know is refused as `not found`.
 *
 * @throws {RangeError} where `id` does not have the form of an id: nothing else may stand in that path.
 */
export async function deleteToken(
  account: Account,
  id: string,
  limit: number,
): Promise<ApiResult<'deleted'>> {
  if (!isTokenId(id)) throw new RangeError('not the id of a Mapbox token');
  const { send, authorizingToken, username, now } = account;
  const result = await send(
    { method: 'DELETE', path: tokensPath(username, id), token: authorizingToken.secret },
    limit,
  );
  return toApiResult(result, parseDeleted, now());
}

/** Success has no body; a 200 with a page in it comes from something else, and has deleted nothing. */
function parseDeleted({ body }: HttpResponse): 'deleted' | undefined {
  return body.kind === 'complete' && body.text.reveal().trim() === '' ? 'deleted' : undefined;
}
