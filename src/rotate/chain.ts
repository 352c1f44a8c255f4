/**
 * The rules of a rotation: which token came from which, and what of it may be deleted. They decide over tokens that
 * somebody may depend on, so they are pure, and everything else is somebody else's token.
 */
import type { ListedToken } from '../mapbox/list.ts';
import { type Marker, parseMarker } from '../note.ts';
import { tagOfNonce } from './places.ts';

/** What a rotation's marker says. */
export interface RotationMarker extends Marker {
  readonly purpose: Extract<Marker['purpose'], { kind: 'replaces' }>;
}

/** A place as far as the rules go. */
export interface PlaceFacts {
  readonly tag: string;
  /** When the secret last changed, by GitHub's clock, in whole seconds. */
  readonly updatedAt: Date;
}

/** What is known once the account's tokens are listed. */
export interface TokenFacts {
  /** The token to rotate. */
  readonly current: ListedToken;
  /** All tokens of the account. */
  readonly tokens: readonly ListedToken[];
  /** The primary one first. */
  readonly places: readonly Pick<PlaceFacts, 'tag'>[];
}

/** What is known before anything is done. */
export interface RotationFacts extends TokenFacts {
  readonly places: readonly PlaceFacts[];
}

/** GitHub's times have whole seconds, and Mapbox has another clock. */
const CLOCK_TOLERANCE_MS = 60_000;

/** The marker of a rotation, of whatever place. */
export function rotationMarker({ note }: ListedToken): RotationMarker | undefined {
  const marker = parseMarker(note);
  return marker?.purpose.kind === 'replaces' ? { ...marker, purpose: marker.purpose } : undefined;
}

/** The marker of a rotation whose primary place is one of these. */
function ownMarker(token: ListedToken, places: TokenFacts['places']): RotationMarker | undefined {
  const marker = rotationMarker(token);
  const tag = marker === undefined ? undefined : tagOfNonce(marker.nonce);
  return places.some(place => place.tag === tag) ? marker : undefined;
}

/**
 * The ids that markers name, beginning with the token's: what was replaced by it, and what by that, as far as the list has
 * the markers; and with them the originals that they name.
 */
export function chainOf(token: ListedToken, tokens: readonly ListedToken[]): Set<string> {
  const chain = new Set<string>();
  const add = (next: ListedToken | undefined) => {
    const purpose = next === undefined ? undefined : rotationMarker(next)?.purpose;
    for (const id of [purpose?.replaced, purpose?.original]) {
      if (id === undefined || id === token.id || chain.has(id)) continue;
      chain.add(id);
      add(tokens.find(listed => listed.id === id));
    }
  };
  add(token);
  return chain;
}

/** The token that no rotation made, with which the chain of the current one began, if it is still listed. */
export function originalOf({ current, tokens, places }: TokenFacts): string | undefined {
  const chain = chainOf(current, tokens);
  return tokens.find(token => chain.has(token.id) && ownMarker(token, places) === undefined)?.id;
}

/** Whether the current token was put here by a rotation of another secret. */
export function isFromElsewhere({ current, places }: TokenFacts): boolean {
  return rotationMarker(current) !== undefined && ownMarker(current, places) === undefined;
}

/**
 * A token that the secret got after the current one: a replacement of it for one of the places that is not younger than
 * the secret's value there. Then this run has an old value. One whose age is not known counts, too.
 */
export function findSuccessor({ current, tokens, places }: RotationFacts): ListedToken | undefined {
  return tokens.find(token => {
    const marker = rotationMarker(token);
    if (marker === undefined || token.id === current.id) return false;
    const { replaced, original } = marker.purpose;
    if (replaced !== current.id && original !== current.id) return false;
    const place = places.find(({ tag }) => tag === tagOfNonce(marker.nonce));
    if (place === undefined) return false;
    return (
      token.created === undefined || token.created.getTime() <= place.updatedAt.getTime() + CLOCK_TOLERANCE_MS
    );
  });
}

/** Whether a place never got the current token. */
export function isBehind({ updatedAt }: PlaceFacts, { created }: ListedToken): boolean {
  return created !== undefined && updatedAt.getTime() + CLOCK_TOLERANCE_MS < created.getTime();
}

/**
 * Whether the current token is older than `maxAgeMs`. One without a date counts as old.
 *
 * @param now milliseconds since 1970, by Mapbox's clock.
 */
export function isOld({ created }: ListedToken, maxAgeMs: number, now: number): boolean {
  return created === undefined || now - created.getTime() > maxAgeMs;
}

/** When replaced tokens are deleted. */
export type RevokePrevious = 'next-rotation' | 'now' | 'never';

/** How a rotation deletes. */
export interface DeletionPolicy {
  readonly revokePrevious: RevokePrevious;
  readonly revokeOriginal: boolean;
  /** An authorizing token of its own, which may be in a secret of its own. */
  readonly protectedId: string | undefined;
  /** Jobs may still hold older tokens. */
  readonly anyBehind: boolean;
}

/** Why a token that is no longer in the secret stays alive for now. */
export type LeftoverReason =
  | 'next-rotation'
  | 'original'
  | 'default-token'
  | 'authorizing-token'
  | 'never'
  | 'behind'
  | 'run-in-progress'
  | 'run-unknown'
  | 'other';

export interface KeptToken {
  readonly token: ListedToken;
  readonly reason: LeftoverReason;
}

/** A token that a rotation created in place of the current one or one before it, and that is in no chain. */
export interface Orphan {
  readonly token: ListedToken;
  readonly marker: RotationMarker;
}

/** Finds what rotations that died created and never stored. Those that are going on look the same. */
export function findOrphans(
  { current, tokens, places }: TokenFacts,
  { protectedId }: Pick<DeletionPolicy, 'protectedId'>,
): Orphan[] {
  const chain = chainOf(current, tokens);
  return tokens.flatMap(token => {
    const marker = ownMarker(token, places);
    if (marker === undefined || token.id === current.id || chain.has(token.id)) return [];
    const { replaced } = marker.purpose;
    const isOrphan = replaced === current.id || chain.has(replaced);
    return isOrphan && !token.isDefault && token.id !== protectedId ? [{ token, marker }] : [];
  });
}

/** What becomes of the tokens that are not in the secret, once it has the replacement. */
export interface DeletionPlan {
  /** Oldest first. */
  readonly due: readonly ListedToken[];
  readonly kept: readonly KeptToken[];
}

/** Why an orphan stays, `undefined` where it may go: the run that created it is over. */
export type OrphanReason = (orphan: Orphan) => LeftoverReason | undefined;

/** Decides about every token that has to do with these places. What the plan does not name is not touched. */
export function planDeletions(
  facts: TokenFacts,
  policy: DeletionPolicy,
  reasonToKeepOrphan: OrphanReason,
): DeletionPlan {
  const { current, tokens, places } = facts;
  const chain = chainOf(current, tokens);
  const orphans = findOrphans(facts, policy);
  const due: ListedToken[] = [];
  const kept: KeptToken[] = [];
  for (const token of tokens.toSorted((a, b) => time(a) - time(b))) {
    const isOwn = ownMarker(token, places) !== undefined;
    const isInChain = token.id === current.id || chain.has(token.id);
    if (!isInChain && !isOwn) continue;
    const orphan = orphans.find(({ token: { id } }) => id === token.id);
    const reason = isInChain
      ? reasonToKeep(token, isOwn, token.id === current.id, policy)
      : orphan === undefined
        ? 'other'
        : reasonToKeepOrphan(orphan);
    if (reason === undefined) due.push(token);
    else kept.push({ token, reason });
  }
  return { due, kept };
}

function reasonToKeep(
  token: ListedToken,
  isOwn: boolean,
  isCurrent: boolean,
  { revokePrevious, revokeOriginal, protectedId, anyBehind }: DeletionPolicy,
): LeftoverReason | undefined {
  if (token.isDefault) return 'default-token';
  if (token.id === protectedId) return 'authorizing-token';
  const isLeaked = isCurrent && revokePrevious === 'now';
  if (!isOwn && !revokeOriginal && !isLeaked) return 'original';
  if (revokePrevious === 'never') return 'never';
  if (isCurrent) return isLeaked ? undefined : 'next-rotation';
  return anyBehind ? 'behind' : undefined;
}

function time({ created }: ListedToken): number {
  return created?.getTime() ?? 0;
}
