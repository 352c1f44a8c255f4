/**
 * What else a token of Mapbox is spent on, only so far that it shows whether the token is accepted: the list of recent
 * uploads [D: UPLOADS] facts, section 5.2, and the host of the SDK downloads [D: SDK-INSTALL] section 5.6.
 */

import type { Account, Examined } from './account.ts';
import { mayBeUsedHere } from './tokens-api.ts';
import { type Answer, answer, type Call, notFound, refuse } from './wire.ts';

/** Answers a call below `/uploads/v1` or `/downloads/v2`; `undefined` for a path that is neither. */
export function answerOthers(call: Call, account: Account): Answer | undefined {
  const [api, version, username] = call.segments;
  if (call.method !== 'GET') return undefined;
  if (api === 'uploads' && version === 'v1') {
    const holder = account.examine(call.query.get('access_token') ?? '');
    if (!isUsable(holder, call)) return refuse(401, 'Not Authorized - Invalid Token');
    // A missing scope is 404 here, by design [H: UPLOAD-27].
    const allowed = holder.token.scopes.includes('uploads:list') && username === account.username;
    return allowed ? answer(200, []) : notFound();
  }
  if (api === 'downloads' && version === 'v2') {
    const [, basic = ''] = /^Basic (\S+)$/.exec(call.headers.authorization ?? '') ?? [];
    const [user, password = ''] = Buffer.from(basic, 'base64').toString().split(':');
    const holder = account.examine(user === 'mapbox' ? password : '');
    if (!isUsable(holder, call)) return refuse(401, 'Unauthorized');
    return holder.token.scopes.includes('downloads:read') ? notFound() : refuse(403, 'Forbidden');
  }
  return undefined;
}

function isUsable(holder: Examined, call: Call): holder is Examined & { readonly code: 'TokenValid' } {
  return holder.code === 'TokenValid' && (holder.usage === 'tk' || mayBeUsedHere(holder.token, call));
}
