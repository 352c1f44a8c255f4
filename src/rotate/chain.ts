/**
 * The rules of a rotation: which token replaced which, and which tokens may be deleted. They are pure functions, and a
 * token that they do not select is left alone: someone may depend on it. Times are milliseconds since 1970.
 */
import type { ListedToken } from '../mapbox/list.ts';
import { type Marker, parseMarker } from '../note.ts';
import { tagOfNonce } from './places.ts';

/** The marker of a token that a rotation created. */
export interface RotationMarker extends Marker {
  readonly purpose: Extract<Marker['purpose'], { kind: 'replaces' }>;
}

/** What the rules need to know about a place. */
export interface PlaceFacts {
  readonly tag: string;
  /** When the secret last changed, by GitHub's clock, in whole seconds. */
  readonly updatedAt: Date;
  /** When the secret was read, by GitHub's clock, or by the runner's if GitHub sent no date. */
  readonly now: number;
}

/** What is known before anything is changed. */
export interface RotationFacts {
  /** The token to rotate. */
  readonly current: ListedToken;
  /** All tokens of the account. */
  readonly tokens: readonly ListedToken[];
  /** The primary one first. */
  readonly places: readonly PlaceFacts[];
  /** When the tokens were listed, by Mapbox's clock (the runner's if Mapbox sent no date) and by the runner's. */
  readonly listed: { readonly mapbox: number; readonly runner: number };
}

/** GitHub's times are in whole seconds, and Mapbox has its own clock. */
const CLOCK_TOLERANCE_MS = 60_000;

/**
 * Puts are sent at most half an hour after the list, and do no harm if GitHub takes another half hour to process them.
 */
export const SETTLED_MS = 3_600_000;

/** How old the last change must be before a rotation starts: another run may have a request in flight. */
export const REST_MS = 120_000;

/** The marker of a token that a rotation of any place created. */
export function rotationMarker({ note }: ListedToken): RotationMarker | undefined {
  const marker = parseMarker(note);
  return marker?.purpose.kind === 'replaces' ? { ...marker, purpose: marker.purpose } : undefined;
}

/** The place for which a rotation created a token; `undefined` if it is none of these. */
function placeOf(token: ListedToken, { places }: RotationFacts): PlaceFacts | undefined {
  const marker = rotationMarker(token);
  return marker && places.find(({ tag }) => tag === tagOfNonce(marker.nonce));
}

function replacedBy(token: ListedToken): string | undefined {
  return rotationMarker(token)?.purpose.replaced;
}

/** A member of a chain. */
export interface Link {
  readonly id: string;
  /** If it is still listed. */
  readonly token: ListedToken | undefined;
  /** The token that replaced it, if that is still listed. */
  readonly successor: ListedToken | undefined;
}

/**
 * The predecessors of a token: the id in its marker, the id in that token's marker, and so on as long as the tokens are
 * listed; then the originals that these markers name. There may be thousands.
 */
export function chainOf(token: ListedToken, tokens: readonly ListedToken[]): Link[] {
  const byId = new Map(tokens.map(listed => [listed.id, listed]));
  const links = new Map<string, Link>();
  const originals = new Set<string>();
  const add = (id: string, successor: ListedToken | undefined) => {
    if (id === token.id || links.has(id)) return false;
    links.set(id, { id, token: byId.get(id), successor });
    return true;
  };
  for (let at: ListedToken | undefined = token; at !== undefined; ) {
    const purpose = rotationMarker(at)?.purpose;
    if (purpose?.original !== undefined) originals.add(purpose.original);
    if (purpose === undefined || !add(purpose.replaced, at)) break;
    at = byId.get(purpose.replaced);
  }
  for (const id of originals) add(id, undefined);
  return [...links.values()];
}

/** The token that the current one's chain began with, if it is listed and no rotation of these places created it. */
export function originalOf(facts: RotationFacts): string | undefined {
  const chain = chainOf(facts.current, facts.tokens);
  return chain.findLast(({ token }) => token !== undefined && placeOf(token, facts) === undefined)?.id;
}

/** Whether the current token was created by the rotation of another secret. */
export function isFromElsewhere(facts: RotationFacts): boolean {
  return rotationMarker(facts.current) !== undefined && placeOf(facts.current, facts) === undefined;
}

/** Milliseconds until the current token and every place have been unchanged for {@link REST_MS}; 0 if they have. */
export function timeToRest({ current, places, listed }: RotationFacts): number {
  const ages = places.map(({ now, updatedAt }) => now - updatedAt.getTime());
  if (current.created !== undefined) ages.push(listed.mapbox - current.created.getTime());
  return Math.max(0, REST_MS - Math.min(...ages));
}

/**
 * Finds a token that the secret has probably received since, so that this run is outdated: its marker names the current
 * token as replaced or as the original, and it is not newer than the secret's value in its place. A token without
 * `created` counts too.
 */
export function findLater(facts: RotationFacts): ListedToken | undefined {
  const { current, tokens } = facts;
  return tokens.find(token => {
    const purpose = rotationMarker(token)?.purpose;
    if (purpose === undefined || token.id === current.id) return false;
    if (purpose.replaced !== current.id && purpose.original !== current.id) return false;
    const place = placeOf(token, facts);
    return place !== undefined && !isCreatedAfter(token, place);
  });
}

/** Whether a token was created after the secret last changed. */
function isCreatedAfter({ created }: ListedToken, { updatedAt }: PlaceFacts): boolean {
  return created !== undefined && created.getTime() > updatedAt.getTime() + CLOCK_TOLERANCE_MS;
}

/** Whether a place never received the current token. */
export function isBehind(place: PlaceFacts, current: ListedToken): boolean {
  return isCreatedAfter(current, place);
}

/** Whether the current token is at most `maxAge` milliseconds old, by Mapbox's clock. */
export function isYoung({ current: { created }, listed }: RotationFacts, maxAge: number): boolean {
  return created !== undefined && listed.mapbox - created.getTime() <= maxAge;
}

/**
 * Tokens that rotations of these places created and that are neither the current one nor in its chain. An interrupted
 * run may have left them behind, or may still be about to put them.
 */
export function findOrphans(facts: RotationFacts): ListedToken[] {
  const { current, tokens } = facts;
  const chain = new Set(chainOf(current, tokens).map(({ id }) => id));
  return tokens.filter(
    token => token.id !== current.id && !chain.has(token.id) && placeOf(token, facts) !== undefined,
  );
}

/** The orphans that replace the current token. */
export function findRivals(facts: RotationFacts): ListedToken[] {
  return findOrphans(facts).filter(token => replacedBy(token) === facts.current.id);
}

/** The orphans that replace the current token, were never put anywhere, and are old enough to be deleted. */
export function findNeverPut(
  facts: RotationFacts,
  policy: Pick<DeletionPolicy, 'protectedId'>,
): ListedToken[] {
  const { mapbox, runner } = facts.listed;
  return neverPutBefore(Math.min(mapbox, runner) - SETTLED_MS, facts, policy);
}

/** Tokens like those of {@link findNeverPut} that are old enough only by the later of the two clocks. */
export function findDoubtful(
  facts: RotationFacts,
  policy: Pick<DeletionPolicy, 'protectedId'>,
): ListedToken[] {
  const { mapbox, runner } = facts.listed;
  const certain = findNeverPut(facts, policy);
  return neverPutBefore(Math.max(mapbox, runner) - SETTLED_MS, facts, policy).filter(
    token => !certain.includes(token),
  );
}

function neverPutBefore(
  time: number,
  facts: RotationFacts,
  policy: Pick<DeletionPolicy, 'protectedId'>,
): ListedToken[] {
  return findRivals(facts).filter(token => {
    const place = placeOf(token, facts);
    return (
      place !== undefined &&
      isCreatedAfter(token, place) &&
      token.created !== undefined &&
      token.created.getTime() < time &&
      isProtected(token, policy) === undefined
    );
  });
}

/** When replaced tokens are deleted. `after`: this many milliseconds after they were replaced. */
export type RevokePrevious = 'next-rotation' | 'now' | 'never' | { readonly after: number };

/** Which tokens a rotation may delete. */
export interface DeletionPolicy {
  readonly revokePrevious: RevokePrevious;
  readonly revokeOriginal: boolean;
  /** The id of a separate authorizing token, which may be stored in another secret. */
  readonly protectedId: string | undefined;
}

/** When a token of the chain was created; if that is unknown, the latest possible time. */
function creationTimeOf({ created }: ListedToken, { places }: RotationFacts): number {
  return created?.getTime() ?? Math.max(...places.map(({ updatedAt }) => updatedAt.getTime()));
}

function isProtected(
  { isDefault, id }: ListedToken,
  { protectedId }: Pick<DeletionPolicy, 'protectedId'>,
): 'default-token' | 'authorizing-token' | undefined {
  if (isDefault) return 'default-token';
  return id === protectedId ? 'authorizing-token' : undefined;
}

/** The members of a chain and the orphans that may be deleted at the time `now`, oldest first. */
function findDue(
  facts: RotationFacts,
  policy: DeletionPolicy,
  chain: readonly Link[],
  now: number,
): ListedToken[] {
  const { revokePrevious, revokeOriginal } = policy;
  if (revokePrevious === 'never') return [];
  const isNow = revokePrevious === 'now';
  const after = typeof revokePrevious === 'object' ? revokePrevious.after : 0;
  const age = (token: ListedToken) => now - creationTimeOf(token, facts);
  const links = chain.flatMap(({ token, successor }) => {
    if (token === undefined || (!revokeOriginal && placeOf(token, facts) === undefined)) return [];
    const settled = age(token) > SETTLED_MS && (successor === undefined || age(successor) > SETTLED_MS);
    const expired = successor === undefined || age(successor) >= after;
    return isNow || (settled && expired) ? [token] : [];
  });
  const orphans = findOrphans(facts).filter(token => {
    const orphanAge = now - (token.created?.getTime() ?? Number.NaN);
    return orphanAge > SETTLED_MS && orphanAge >= after;
  });
  return [...links, ...orphans]
    .filter(token => isProtected(token, policy) === undefined)
    .sort((a, b) => creationTimeOf(a, facts) - creationTimeOf(b, facts));
}

/** The predecessors of the current token and the orphans that are due for deletion. */
export function findDueNow(facts: RotationFacts, policy: DeletionPolicy): ListedToken[] {
  const { mapbox, runner } = facts.listed;
  return findDue(facts, policy, chainOf(facts.current, facts.tokens), Math.min(mapbox, runner));
}

/**
 * Tokens that were due when the current one was created and still exist. If there are several, deletions keep failing.
 */
export function findStuck(facts: RotationFacts, policy: DeletionPolicy): ListedToken[] {
  const { current, tokens } = facts;
  if (policy.revokePrevious === 'now') return [];
  // The token that the current one replaced was not due at that time.
  const [, ...chain] = chainOf(current, tokens);
  return findDue(facts, policy, chain, creationTimeOf(current, facts));
}

/** Why a token that is no longer in the secret is kept. */
export type LeftoverReason =
  | 'next-rotation'
  | 'duration'
  | 'too-young'
  | 'never'
  | 'original'
  | 'default-token'
  | 'authorizing-token'
  /** Deleted once it is old enough. */
  | 'young-orphan'
  | 'orphan'
  /** Replaces a token of this secret, but was created for another one. */
  | 'elsewhere';

export interface KeptToken {
  readonly token: ListedToken;
  readonly reason: LeftoverReason;
}

/** What to do with older tokens once the secret has the replacement. */
export interface DeletionPlan {
  /** Oldest first. */
  readonly due: readonly ListedToken[];
  readonly kept: readonly KeptToken[];
}

/** Decides which tokens related to these places to delete and which to keep, once the current one is replaced. */
export function planDeletions(facts: RotationFacts, policy: DeletionPolicy): DeletionPlan {
  const { current, tokens } = facts;
  const isLeaked = policy.revokePrevious === 'now' && isProtected(current, policy) === undefined;
  const due = [...findDueNow(facts, policy), ...(isLeaked ? [current] : [])];
  const dueIds = new Set(due.map(({ id }) => id));
  const chain = new Set(chainOf(current, tokens).map(({ id }) => id)).add(current.id);
  const kept = tokens.flatMap((token): KeptToken[] => {
    if (dueIds.has(token.id)) return [];
    if (chain.has(token.id)) return [{ token, reason: reasonToKeep(token, facts, policy) }];
    if (placeOf(token, facts) !== undefined) return [{ token, reason: reasonToKeepOrphan(token, policy) }];
    const replaced = replacedBy(token);
    return replaced !== undefined && chain.has(replaced) ? [{ token, reason: 'elsewhere' }] : [];
  });
  return { due, kept };
}

function reasonToKeepOrphan(token: ListedToken, policy: DeletionPolicy): LeftoverReason {
  const protectedAs = isProtected(token, policy);
  if (protectedAs !== undefined) return protectedAs;
  return token.created === undefined || policy.revokePrevious === 'never' ? 'orphan' : 'young-orphan';
}

function reasonToKeep(token: ListedToken, facts: RotationFacts, policy: DeletionPolicy): LeftoverReason {
  const { revokePrevious, revokeOriginal } = policy;
  const protectedAs = isProtected(token, policy);
  if (protectedAs !== undefined) return protectedAs;
  if (!revokeOriginal && placeOf(token, facts) === undefined) return 'original';
  if (revokePrevious === 'never') return 'never';
  if (typeof revokePrevious === 'object') return 'duration';
  return token.id === facts.current.id ? 'next-rotation' : 'too-young';
}
