import { codeList } from '../action-error.ts';
import { formatDuration } from '../duration.ts';
import type { TokenRequest } from '../inputs/token-request.ts';
import type { Account } from '../mapbox/account.ts';
import type { CreatedToken } from '../mapbox/create.ts';
import { usageForScopes } from '../mapbox/scopes.ts';
import { type Claims, isTokenId } from '../mapbox/token.ts';
import { hasNonce, parseMarker } from '../note.ts';
import { extractTokens, type Secret } from '../secret.ts';

/** A token that matches the request. */
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

/** Lives until it expires; it cannot be revoked. */
export interface MintedTemporaryToken {
  readonly usage: 'tk';
  readonly secret: Secret;
  readonly username: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
  /** From its creation to {@link expiresAt}, by Mapbox's clock. */
  readonly lifetimeMs: number;
}

/** How a created token differs from the request, worded to follow "Mapbox created a token, but". */
export interface Mismatch {
  readonly mismatch: string;
}

/**
 * Checks that a created token is this step's, and has the usage, exactly the scopes and exactly the allowed URLs
 * requested.
 */
export function verifyStoredToken(
  created: CreatedToken,
  request: TokenRequest & { kind: 'stored' },
  nonce: string,
  account: Account,
): MintedStoredToken | Mismatch {
  const claims = verifyIdentity(created, account);
  if ('mismatch' in claims) return claims;
  const { secret, id, usage, scopes, note, allowedUrls } = created;
  const expected = usageForScopes(request.scopes);
  if (usage !== 'pk' && usage !== 'sk') return { mismatch: 'it is neither a public nor a secret token' };
  if (usage !== claims.usage || (expected !== undefined && usage !== expected)) {
    return { mismatch: `it is a \`${claims.usage}\` token instead of \`${expected ?? usage}\`` };
  }
  const difference = compareScopes(request.scopes, scopes);
  if (difference !== undefined) return { mismatch: difference };
  if (id === undefined || !isTokenId(id))
    return { mismatch: 'its id is missing, so it could not be deleted' };
  if (claims.id !== id) return { mismatch: 'its id is not the one in its text' };
  if (allowedUrls === undefined || !isSameSet(request.allowedUrls, allowedUrls)) {
    return { mismatch: 'it is not restricted to exactly the allowed URLs' };
  }
  if (!isOfThisStep(created, nonce)) return { mismatch: 'it is not the one that this step requested' };
  // The note is an output and appears in the summary, so it must not contain a token. We sent none.
  if (extractTokens(note).length > 0) return { mismatch: 'its note contains a token' };
  return { usage, secret, username: claims.username, scopes: request.scopes, id, note };
}

/**
 * The id of a created token if it is proved that this step created it. Only then may the token be deleted by its id:
 * the response to another creation could contain the id of a production token.
 *
 * @param nonce `undefined` if the request had no note.
 */
export function provenTokenId(
  created: CreatedToken,
  nonce: string | undefined,
  account: Account,
): string | undefined {
  const claims = verifyIdentity(created, account);
  const { id } = created;
  if ('mismatch' in claims || id === undefined || !isTokenId(id) || claims.id !== id) return undefined;
  return isOfThisStep(created, nonce) ? id : undefined;
}

/** Both times are by Mapbox's clock, and a response is at most seconds old. */
const MAX_CREATION_AGE_MS = 60_000;

/** Whether the note has the step's nonce or, if Mapbox changed the note, whether the token was created just now. */
function isOfThisStep({ note, created, serverDate }: CreatedToken, nonce: string | undefined): boolean {
  if (nonce !== undefined && hasNonce(note, nonce)) return true;
  const isOther = nonce === undefined ? note !== '' : parseMarker(note) !== undefined;
  if (isOther || created === undefined || serverDate === undefined) return false;
  return Math.abs(serverDate.getTime() - created.getTime()) <= MAX_CREATION_AGE_MS;
}

function isSameSet(requested: readonly string[], stored: readonly string[]): boolean {
  return requested.length === stored.length && requested.every(entry => stored.includes(entry));
}

/**
 * Checks that a created token is a temporary one of this account, and has exactly the scopes and the lifetime
 * requested.
 *
 * @param elapsedMs how long the request took; the lifetime may be shorter by that much.
 */
export function verifyTemporaryToken(
  created: CreatedToken,
  request: TokenRequest & { kind: 'temporary' },
  elapsedMs: number,
  account: Account,
): MintedTemporaryToken | Mismatch {
  const claims = verifyIdentity(created, account);
  if ('mismatch' in claims) return claims;
  const { usage, username, scopes } = claims;
  if (usage !== 'tk') return { mismatch: `it is a \`${usage}\` token instead of a temporary one` };
  const difference = compareScopes(request.scopes, scopes);
  if (difference !== undefined) return { mismatch: difference };
  const expiresAt = expiryOf(created);
  if (expiresAt === undefined) return { mismatch: 'it does not say when it expires' };
  const lifetimes = lifetimesOf(created);
  const wrong = lifetimes.find(lifetime => !isLifetimeRequested(lifetime, request.seconds, elapsedMs));
  if (wrong !== undefined) {
    return {
      mismatch:
        wrong <= 0
          ? 'it has already expired'
          : `it expires in ${describeDifference(wrong, request.seconds * 1000)}`,
    };
  }
  const [lifetimeMs] = lifetimes;
  if (lifetimeMs === undefined) return { mismatch: 'it does not say when it was issued' };
  return { usage, secret: created.secret, username, scopes: request.scopes, expiresAt, lifetimeMs };
}

/** Uses seconds if both durations would otherwise be formatted alike. */
function describeDifference(actualMs: number, requestedMs: number): string {
  const [actual, requested] = [formatDuration(actualMs), formatDuration(requestedMs)];
  if (actual !== requested) return `${actual} instead of ${requested}`;
  return `${Math.round(actualMs / 1000)} s instead of ${Math.round(requestedMs / 1000)} s`;
}

/**
 * Prefers the claim in the token's text, which Mapbox enforces. In 2018, Mapbox's response had nothing but the token.
 */
function expiryOf({ claims, expires }: CreatedToken): Date | undefined {
  return claims?.expiresAt ?? expires;
}

/** A temporary token's lifetimes in milliseconds, measured from each of Mapbox's times in the response. */
export function lifetimesOf(created: CreatedToken): number[] {
  const expiresAt = expiryOf(created);
  const starts = [created.issuedAt ?? created.claims?.issuedAt, created.serverDate];
  if (expiresAt === undefined) return [];
  return starts.flatMap(start => (start === undefined ? [] : [expiresAt.getTime() - start.getTime()]));
}

/** Whether a lifetime is the requested one, within 5 s or 2 %, whichever is more, plus the time of the request. */
export function isLifetimeRequested(lifetimeMs: number, seconds: number, elapsedMs: number): boolean {
  const tolerance = Math.max(5_000, seconds * 20) + elapsedMs;
  return Math.abs(lifetimeMs - seconds * 1000) <= tolerance;
}

function verifyIdentity(
  { claims, secret, id }: CreatedToken,
  { authorizingToken, username }: Account,
): Claims | Mismatch {
  if (secret.equals(authorizingToken.secret) || (id !== undefined && id === authorizingToken.id)) {
    return { mismatch: 'it is the authorizing token' };
  }
  if (claims === undefined) return { mismatch: 'its text does not have the form of a Mapbox token' };
  if (claims.username !== username) return { mismatch: 'it belongs to another account' };
  return claims;
}

/** @param granted `undefined` if the response does not list the scopes. */
function compareScopes(
  requested: readonly string[],
  granted: readonly string[] | undefined,
): string | undefined {
  if (granted === undefined) return 'its scopes are unknown';
  const missing = requested.filter(scope => !granted.includes(scope));
  const excess = granted.filter(scope => !requested.includes(scope));
  const parts = [
    ...(missing.length > 0 ? [`it lacks ${shortCodeList(missing)}`] : []),
    ...(excess.length > 0 ? [`it has scopes that were not requested: ${shortCodeList(excess)}`] : []),
  ];
  return parts.length > 0 ? parts.join(', and ') : undefined;
}

/** Shortens scopes: those of a response may be of any length. */
function shortCodeList(scopes: readonly string[]): string {
  return codeList(scopes, scope => `\`${scope.slice(0, 40)}\``);
}
