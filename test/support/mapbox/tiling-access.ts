/** Access to the Tiling Service. Its rejections differ from those of the Tokens API [Mapbox, Tiling Service]. */

import type { Account } from './account.ts';
import { mayBeUsedHere } from './allowed-urls.ts';
import { type ApiCall, type ApiResponse, reject, respond } from './messages.ts';

export type TilesetScope = 'tilesets:read' | 'tilesets:write' | 'tilesets:list';

/**
 * The rejection of a request without a token, with an invalid one or without the scope; `undefined` if it is allowed.
 */
export function rejection(
  account: Account,
  call: ApiCall,
  scope: TilesetScope | undefined,
  username: string | undefined,
): ApiResponse | undefined {
  const text = call.query.get('access_token');
  if (!text) return reject(401, 'Not Authorized - No Token');
  const examined = account.examine(text);
  if (examined.code !== 'TokenValid') return reject(401, 'Not Authorized - Invalid Token');
  if (examined.usage !== 'tk' && !mayBeUsedHere(examined.token, call.headers)) {
    return reject(403, 'Forbidden');
  }
  if (scope !== undefined && !examined.token.scopes.includes(scope)) {
    return reject(403, `This endpoint requires a token with ${scope} scope`);
  }
  // Another account's is not found, with a JSON string as the body [Mapbox CLI].
  return username === undefined || username === account.username ? undefined : respond(404, 'Not found');
}
