import type { HttpResponse } from '../http/response.ts';
import type { Account } from './account.ts';
import { type ApiResult, toApiResult, tokensPath } from './response.ts';
import { isTokenId } from './token.ts';

/**
 * Deletes a stored token [Mapbox, Tokens API: delete a token]. Only 204 counts as a deletion.
 *
 * @param timeoutMs milliseconds that the request may take.
 * @throws {RangeError} if `id` does not have the form of an id: nothing else may get into the path.
 */
export async function deleteToken(
  account: Account,
  id: string,
  timeoutMs: number,
): Promise<ApiResult<'deleted'>> {
  if (!isTokenId(id)) throw new RangeError('not the id of a Mapbox token');
  const { send, authorizingToken, username, now } = account;
  const path = tokensPath(username, id);
  const request = {
    method: 'DELETE',
    path,
    token: authorizingToken.secret,
    kind: { deletionOf: id },
  } as const;
  const response = await send(request, timeoutMs);
  return toApiResult(response, parseDeleted, now());
}

/** Any other 2xx comes from an intermediary such as a proxy, which has deleted nothing. */
function parseDeleted({ status }: HttpResponse): 'deleted' | undefined {
  return status === 204 ? 'deleted' : undefined;
}
