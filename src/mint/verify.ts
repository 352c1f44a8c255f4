import type { TokenRequest } from '../inputs/token-request.ts';
import type { AuthorizingToken } from '../mapbox/account.ts';
import type { CreatedToken } from '../mapbox/create.ts';
import { usageForScopes } from '../mapbox/scopes.ts';
import { type Claims, isTokenId } from '../mapbox/token.ts';
import { extractTokens, type Secret } from '../secret.ts';

/** A token that is what was asked for. */
export type MintedToken = MintedStoredToken | MintedTemporaryToken;

/** Lives until it is deleted by its id. */
export interface MintedStoredToken {
  readonly usage: 'pk' | 'sk';
  readonly secret: Secret;
  readonly username: string;
  readonly scopes: readonly string[];
  readonly id: string;
  /** As Mapbox stored it. */
  readonly note: string;
}

/** Lives until it expires; nobody can revoke it. */
export interface MintedTemporaryToken {
  readonly usage: 'tk';
  readonly secret: Secret;
  readonly username: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
}

/** Why an answer is not handed on. */
export interface Mismatch {
  readonly fault: string;
}

/** Compares what Mapbox made with what was asked for: a new token of the usage, exactly the scopes, the account. */
export function judge(
  created: CreatedToken,
  request: TokenRequest,
  username: string,
  authorizingToken: Pick<AuthorizingToken, 'secret' | 'id'>,
): MintedToken | Mismatch {
  const { claims, secret, id } = created;
  if (secret.equals(authorizingToken.secret) || (id !== undefined && id === authorizingToken.id)) {
    return { fault: 'it is the authorizing token' };
  }
  if (claims === undefined) return { fault: 'its text does not have the form of a Mapbox token' };
  if (claims.username !== username) return { fault: 'it belongs to another account' };
  return request.kind === 'temporary'
    ? judgeTemporary(created, claims, request)
    : judgeStored(created, claims, request);
}

function judgeTemporary(
  { secret, expires }: CreatedToken,
  { usage, username, scopes, expiresAt }: Claims,
  request: TokenRequest & { kind: 'temporary' },
): MintedToken | Mismatch {
  if (usage !== 'tk') return { fault: `it is a \`${usage}\` token and not a temporary one` };
  if (scopes === undefined) return { fault: 'its scopes are not told' };
  const fault = compareScopes(request.scopes, scopes);
  if (fault !== undefined) return { fault };
  // The text's own claim is what Mapbox will go by; the answer of 2018 had nothing beside the text.
  const result = expiresAt ?? expires;
  if (result === undefined) return { fault: 'it does not tell when it expires' };
  return { usage, secret, username, scopes: request.scopes, expiresAt: result };
}

function judgeStored(
  created: CreatedToken,
  claims: Claims,
  request: TokenRequest & { kind: 'stored' },
): MintedToken | Mismatch {
  const { secret, id, usage, scopes, note, allowedUrls } = created;
  const expected = usageForScopes(request.scopes);
  if (usage !== 'pk' && usage !== 'sk') return { fault: 'it is neither a public nor a secret token' };
  if (usage !== claims.usage || (expected !== undefined && usage !== expected)) {
    return { fault: `it is a \`${claims.usage}\` token, where \`${expected ?? usage}\` was to be expected` };
  }
  if (scopes === undefined) return { fault: 'its scopes are not told' };
  const fault = compareScopes(request.scopes, scopes);
  if (fault !== undefined) return { fault };
  if (id === undefined || !isTokenId(id))
    return { fault: 'its id is missing, so that nobody could delete it' };
  if (claims.id !== undefined && claims.id !== id) return { fault: 'its id is not the one in its text' };
  if (request.allowedUrls.length > 0 && allowedUrls.length === 0) {
    return { fault: 'it is not restricted to the allowed URLs' };
  }
  // The note is an output and stands in the summary: no place for a token, and we sent none.
  if (extractTokens(note).length > 0) return { fault: 'its note has a token in it' };
  return { usage, secret, username: claims.username, scopes: request.scopes, id, note };
}

function compareScopes(asked: readonly string[], granted: readonly string[]): string | undefined {
  const missing = asked.filter(scope => !granted.includes(scope));
  const excess = granted.filter(scope => !asked.includes(scope));
  const parts = [
    ...(missing.length > 0 ? [`it lacks the scopes ${list(missing)}`] : []),
    ...(excess.length > 0 ? [`it has scopes that were not asked for: ${list(excess)}`] : []),
  ];
  return parts.length > 0 ? parts.join(', and ') : undefined;
}

function list(scopes: readonly string[]): string {
  return scopes
    .slice(0, 20)
    .map(scope => `\`${scope.slice(0, 40)}\``)
    .join(', ');
}
