/**
 * Other uses of Mapbox tokens, only to show whether a token is accepted: the list of recent uploads [Mapbox, Uploads
 * API] and the host of the SDK downloads [Mapbox, SDK installation guides].
 */

import type { Account, Examined } from './account.ts';
import { mayBeUsedHere } from './allowed-urls.ts';
import { type ApiCall, type ApiResponse, notFound, reject, respond } from './messages.ts';

/** Handles a request below `/uploads/v1` or `/downloads/v2`; `undefined` for other paths. */
export function answerOthers(call: ApiCall, account: Account): ApiResponse | undefined {
  const [api, version, username] = call.segments;
  if (call.method !== 'GET') return undefined;
  if (api === 'uploads' && version === 'v1') {
    const holder = account.examine(call.query.get('access_token') ?? '');
    if (!isUsable(holder, call)) return reject(401, 'Not Authorized - Invalid Token');
    // A missing scope is 404 here, by design, according to a Mapbox employee [mapbox-upload, issue 27].
    const allowed = holder.token.scopes.includes('uploads:list') && username === account.username;
    return allowed ? respond(200, []) : notFound();
  }
  if (api === 'downloads' && version === 'v2') {
    const [, basic = ''] = /^Basic (\S+)$/.exec(call.headers.authorization ?? '') ?? [];
    const [user, password = ''] = Buffer.from(basic, 'base64').toString().split(':');
    const holder = account.examine(user === 'mapbox' ? password : '');
    if (!isUsable(holder, call)) return reject(401, 'Unauthorized');
    return holder.token.scopes.includes('downloads:read') ? notFound() : reject(403, 'Forbidden');
  }
  return undefined;
}

function isUsable(holder: Examined, call: ApiCall): holder is Examined & { readonly code: 'TokenValid' } {
  return holder.code === 'TokenValid' && (holder.usage === 'tk' || mayBeUsedHere(holder.token, call.headers));
}
