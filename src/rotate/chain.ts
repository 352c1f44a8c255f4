/**
 * The rules of a rotation: which token came from which, and which of them may be deleted. They decide over tokens that
 * somebody may depend on, so they are pure, and whatever they do not name is left alone. Times are milliseconds since
 * 1970.
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
  /** When it was read, by GitHub's clock; by the runner's where GitHub did not say. */
  readonly now: number;
}

/** What is known before anything is done. */
export interface RotationFacts {
  /** The token to rotate. */
  readonly current: ListedToken;
  /** All tokens of the account. */
  readonly tokens: readonly ListedToken[];
  /** The primary one first. */
  readonly places: readonly PlaceFacts[];
  /** When the tokens were listed, by Mapbox's clock (the runner's where Mapbox did not say) and by the runner's. */
  readonly listed: { readonly mapbox: number; readonly runner: number };
}

/** GitHub's times have whole seconds, and Mapbox has another clock. */
const CLOCK_TOLERANCE_MS = 60_000;

/** No put leaves later than half an hour after its list, and one that is carried out half an hour later does no harm. */
const SETTLED_MS = 3_600_000;

/** Nothing is done before the last change is this old: a request of another run may be under way. */
export const REST_MS = 120_000;

/** The marker of a rotation, of whatever place. */
export function rotationMarker({ note }: ListedToken): RotationMarker | undefined {
  const marker = parseMarker(note);
  return marker?.purpose.kind === 'replaces' ? { ...marker, purpose: marker.purpose } : undefined;
}

/** The place that a token was created for, if it is one of these. */
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
  /** What replaced it, if that is still listed. */
  readonly successor: ListedToken | undefined;
}

/**
 * What came before a token: the id in its marker, the id in that one's marker, and so on as far as the list has markers;
 * at last the originals that these markers name. It may be thousands long.
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

/** The listed token that no rotation of these places created, with which the chain of the current one began. */
export function originalOf(facts: RotationFacts): string | undefined {
  const chain = chainOf(facts.current, facts.tokens);
  return chain.findLast(({ token }) => token !== undefined && placeOf(token, facts) === undefined)?.id;
}

/** Whether the current token was put here by a rotation of another secret. */
export function isFromElsewhere(facts: RotationFacts): boolean {
  return rotationMarker(facts.current) !== undefined && placeOf(facts.current, facts) === undefined;
}

/** Milliseconds until the current token and every place have rested for {@link REST_MS}; 0 where they have. */
export function timeToRest({ current, places, listed }: RotationFacts): number {
  const ages = places.map(({ now, updatedAt }) => now - updatedAt.getTime());
  if (current.created !== undefined) ages.push(listed.mapbox - current.created.getTime());
  return Math.max(0, REST_MS - Math.min(...ages));
}

/**
 * A token that the secret got after the current one: a replacement of it, or of one after it, for one of the places, which
 * is not younger than the secret's value there. Then this run has an old value. One without `created` counts, too.
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

/** Whether a place never got the current token. */
export function isBehind(place: PlaceFacts, current: ListedToken): boolean {
  return isCreatedAfter(current, place);
}

/** Whether the current token is not older than `maxAge` milliseconds, by Mapbox's clock. */
export function isYoung({ current: { created }, listed }: RotationFacts, maxAge: number): boolean {
  return created !== undefined && listed.mapbox - created.getTime() <= maxAge;
}

/**
 * Tokens that rotations of these places created and that are neither the current one nor in its chain. A run that died may
 * have left them, or may still be about to put them.
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

/** The orphans that replace the current token and were put nowhere. */
export function findNeverPut(
  facts: RotationFacts,
  policy: Pick<DeletionPolicy, 'protectedId'>,
): ListedToken[] {
  return findRivals(facts).filter(token => {
    const place = placeOf(token, facts);
    return (
      place !== undefined &&
      isCreatedAfter(token, place) &&
      ageOf(token, facts) > SETTLED_MS &&
      isProtected(token, policy) === undefined
    );
  });
}

/** When replaced tokens are deleted. `after`: as many milliseconds after they were replaced. */
export type RevokePrevious = 'next-rotation' | 'now' | 'never' | { readonly after: number };

/** How a rotation deletes. */
export interface DeletionPolicy {
  readonly revokePrevious: RevokePrevious;
  readonly revokeOriginal: boolean;
  /** An authorizing token of its own, which may be in a secret of its own. */
  readonly protectedId: string | undefined;
}

/** The age of an orphan by the clock that shows less; not a number if it does not say. */
function ageOf({ created }: ListedToken, { listed }: RotationFacts): number {
  return Math.min(listed.mapbox, listed.runner) - (created?.getTime() ?? Number.NaN);
}

/** When a token of the chain was created: where it does not say, as late as it can have been. */
function birthOf({ created }: ListedToken, { places }: RotationFacts): number {
  return created?.getTime() ?? Math.max(...places.map(({ updatedAt }) => updatedAt.getTime()));
}

function isProtected(
  { isDefault, id }: ListedToken,
  { protectedId }: Pick<DeletionPolicy, 'protectedId'>,
): 'default-token' | 'authorizing-token' | undefined {
  if (isDefault) return 'default-token';
  return id === protectedId ? 'authorizing-token' : undefined;
}

/** What may be deleted at a moment, oldest first, of a chain and of the orphans. */
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
  const age = (token: ListedToken) => now - birthOf(token, facts);
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
    .sort((a, b) => birthOf(a, facts) - birthOf(b, facts));
}

/** What is due of the chain of the current token, and of the orphans. The current token is not among them. */
export function findDueNow(facts: RotationFacts, policy: DeletionPolicy): ListedToken[] {
  const { mapbox, runner } = facts.listed;
  return findDue(facts, policy, chainOf(facts.current, facts.tokens), Math.min(mapbox, runner));
}

/** What was due when the current token was created, and is still there: deletions got stuck where it is more than one. */
export function findStuck(facts: RotationFacts, policy: DeletionPolicy): ListedToken[] {
  const { current, tokens } = facts;
  if (policy.revokePrevious === 'now') return [];
  // The token that the current one replaced was not due then.
  const [, ...chain] = chainOf(current, tokens);
  return findDue(facts, policy, chain, birthOf(current, facts));
}

/** Why a token that is no longer in the secret stays alive for now. */
export type LeftoverReason =
  | 'next-rotation'
  | 'duration'
  | 'too-young'
  | 'never'
  | 'original'
  | 'default-token'
  | 'authorizing-token'
  /** It may be deleted once it is old enough. */
  | 'young-orphan'
  | 'orphan'
  /** Created for another secret, in place of a token of this one. */
  | 'elsewhere';

export interface KeptToken {
  readonly token: ListedToken;
  readonly reason: LeftoverReason;
}

/** What becomes of the tokens that are not in the secret, once it has the replacement. */
export interface DeletionPlan {
  /** Oldest first. */
  readonly due: readonly ListedToken[];
  readonly kept: readonly KeptToken[];
}

/** Decides about every token that has to do with these places, once the current one is replaced. */
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
