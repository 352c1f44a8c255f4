import type { Wanted } from '../inputs/token-request.ts';
import type { Authorizer } from '../mapbox/account.ts';
import type { Created } from '../mapbox/create.ts';
import { usageOf } from '../mapbox/scopes.ts';
import { type Claims, isTokenId } from '../mapbox/token.ts';
import { type Secret, tokensIn } from '../secret.ts';

/** A token that is what was asked for. */
export type Minted = StoredToken | TemporaryToken;

/** Lives until it is deleted by its id. */
export interface StoredToken {
  readonly usage: 'pk' | 'sk';
  readonly secret: Secret;
  readonly username: string;
  readonly scopes: readonly string[];
  readonly id: string;
  /** As Mapbox stored it. */
  readonly note: string;
}

/** Lives until it expires; nobody can revoke it. */
export interface TemporaryToken {
  readonly usage: 'tk';
  readonly secret: Secret;
  readonly username: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
}

/** Why an answer is not handed on. */
export interface Rejected {
  readonly fault: string;
}

/** Compares what Mapbox made with what was asked for: a new token of the usage, exactly the scopes, the account. */
export function judge(
  created: Created,
  wanted: Wanted,
  username: string,
  authorizer: Pick<Authorizer, 'secret' | 'id'>,
): Minted | Rejected {
  const { claims, secret, id } = created;
  if (secret.equals(authorizer.secret) || (id !== undefined && id === authorizer.id)) {
    return { fault: 'it is the authorizing token' };
  }
  if (claims === undefined) return { fault: 'its text does not have the form of a Mapbox token' };
  if (claims.username !== username) return { fault: 'it belongs to another account' };
  return wanted.kind === 'temporary'
    ? judgeTemporary(created, claims, wanted)
    : judgeStored(created, claims, wanted);
}

function judgeTemporary(
  { secret, expires }: Created,
  { usage, username, scopes, expiresAt }: Claims,
  wanted: Wanted & { kind: 'temporary' },
): Minted | Rejected {
  if (usage !== 'tk') return { fault: `it is a \`${usage}\` token and not a temporary one` };
  if (scopes === undefined) return { fault: 'its scopes are not told' };
  const fault = compareScopes(wanted.scopes, scopes);
  if (fault !== undefined) return { fault };
  // The text's own claim is what Mapbox will go by; the answer of 2018 had nothing beside the text.
  const end = expiresAt ?? expires;
  if (end === undefined) return { fault: 'it does not tell when it expires' };
  return { usage, secret, username, scopes: wanted.scopes, expiresAt: end };
}

function judgeStored(
  created: Created,
  claims: Claims,
  wanted: Wanted & { kind: 'stored' },
): Minted | Rejected {
  const { secret, id, usage, scopes, note, allowedUrls } = created;
  const expected = usageOf(wanted.scopes);
  if (usage !== 'pk' && usage !== 'sk') return { fault: 'it is neither a public nor a secret token' };
  if (usage !== claims.usage || (expected !== undefined && usage !== expected)) {
    return { fault: `it is a \`${claims.usage}\` token, where \`${expected ?? usage}\` was to be expected` };
  }
  if (scopes === undefined) return { fault: 'its scopes are not told' };
  const fault = compareScopes(wanted.scopes, scopes);
  if (fault !== undefined) return { fault };
  if (id === undefined || !isTokenId(id))
    return { fault: 'its id is missing, so that nobody could delete it' };
  if (claims.id !== undefined && claims.id !== id) return { fault: 'its id is not the one in its text' };
  if (wanted.allowedUrls.length > 0 && allowedUrls.length === 0) {
    return { fault: 'it is not restricted to the allowed URLs' };
  }
  // The note is an output and stands in the summary: no place for a token, and we sent none.
  if (tokensIn(note).length > 0) return { fault: 'its note has a token in it' };
  return { usage, secret, username: claims.username, scopes: wanted.scopes, id, note };
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
