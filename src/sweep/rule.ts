import type { AttemptToCheck, RunState } from '../github/runs.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { isCutNote, noteText, parseMarker, repositoryKey } from '../note.ts';
import { attemptKey, type WorkflowRun } from '../runtime/workflow-run.ts';

/** Everything that the sweep's decisions depend on besides the token and its run. */
export interface SweepRules {
  /** The sweep's own run. */
  readonly run: WorkflowRun;
  readonly authorizingTokenId: string | undefined;
  /**
   * Milliseconds since 1970 by Mapbox's clock or the runner's, whichever is earlier, so that a wrong clock only keeps
   * tokens. `undefined` if Mapbox sent no date; then all ages are unknown.
   */
  readonly now: number | undefined;
  /** Older job tokens are deleted without asking GitHub. Milliseconds; `undefined`: no such limit. */
  readonly jobMaxAge: number | undefined;
  /** `undefined`: permanent tokens are left alone. */
  readonly permanent: PermanentRule | undefined;
}

/** Which permanent tokens with the same note are kept. */
export interface PermanentRule {
  /** How many of the newest to keep. */
  readonly keep: number;
  /** Tokens younger than this are kept too. Milliseconds. */
  readonly minAge: number;
}

/** What the sweep does with a token. */
export type Decision =
  | { readonly kind: 'delete'; readonly reason: DeleteReason }
  | { readonly kind: 'keep'; readonly reason: KeepReason };

/**
 * `jobs-completed`: GitHub does not report the run as completed, but its jobs have been over for a day. `superseded`:
 * enough newer tokens have the same note.
 */
export type DeleteReason =
  | 'run-completed'
  | 'jobs-completed'
  | 'run-deleted'
  | 'older-than-any-run'
  | 'older-than-job-max-age'
  | 'superseded';

export type KeepReason =
  | { readonly kind: 'default-token' | 'other-usage' | 'authorizing-token' }
  /** For job tokens. `run-not-found`: the run may be too new for GitHub to find it. */
  | { readonly kind: 'this-run' | 'not-checked' | 'run-not-found' }
  | Extract<RunState, { readonly kind: 'in-progress' | 'unknown' }>
  /** For permanent tokens. */
  | { readonly kind: 'newest' | 'too-young' | 'unknown-age' | 'cut-note' };

/** A token that a run of this repository created. */
export interface SweptToken {
  readonly token: ListedToken;
  readonly run: WorkflowRun;
  readonly decision: Decision;
}

const DAY_MS = 24 * 3_600_000;

/**
 * GitHub ends a run after 35 days, waiting and approvals included [GitHub, Actions limits]. One more day for clock
 * differences.
 */
const MAX_RUN_AGE_MS = 36 * DAY_MS;

/** The run of a younger token may be just starting: GitHub may not show it, or all of its jobs, yet. */
const MIN_AGE_MS = DAY_MS;

/**
 * Decides which tokens the sweep deletes; no other code does. A token is deleted if its note ends in a marker of this
 * repository and server, it is public or secret, it is neither the account's default token nor the authorizing token,
 * and the marker says
 *
 * - `until job ends`, the run is not the sweep's own, and the run attempt is over or the token is older than any run
 *   can be or than the inputs allow; or
 * - `until deleted`, the inputs ask for it, the note was not truncated, and enough newer tokens of this repository have
 *   the same note.
 *
 * Any other token of the account may be someone's production key: when in doubt, keep it.
 *
 * @param tokens all tokens of the account.
 * @param states what GitHub reported, by {@link attemptKey}.
 * @returns the tokens of this repository that the sweep covers. Other tokens are neither considered nor reported.
 */
export function decide(
  tokens: readonly ListedToken[],
  rules: SweepRules,
  states: ReadonlyMap<string, RunState>,
): SweptToken[] {
  const newest = newestTokens(tokens, rules);
  return tokens.flatMap(token => {
    const origin = originOf(token, rules);
    if (origin === undefined) return [];
    const { run, isPermanent } = origin;
    const decision =
      protection(token, rules) ??
      (isPermanent ? decidePermanent(token, rules, newest) : decideJobToken(token, run, rules, states));
    return [{ token, run, decision }];
  });
}

/**
 * The run attempts to look up, without duplicates, those with the oldest token first. A run may hang unless it is known
 * to have created a token within the last day.
 */
export function runsToCheck(tokens: readonly SweptToken[], { now }: SweepRules): AttemptToCheck[] {
  const created = ({ token }: SweptToken) => token.created?.getTime() ?? 0;
  const unchecked = tokens
    .filter(({ decision }) => decision.kind === 'keep' && decision.reason.kind === 'not-checked')
    .sort((a, b) => created(a) - created(b));
  const byAttempt = Map.groupBy(unchecked, ({ run }) => attemptKey(run));
  return [...byAttempt.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const ages = [first, ...others].map(({ token }) => ageOf(token, now)).filter(age => !Number.isNaN(age));
    const { id, attempt } = first.run;
    return [{ id, attempt, mayHang: ages.every(age => age >= MIN_AGE_MS) }];
  });
}

/** The run that created a token, and whether the token is permanent; `undefined` if the sweep does not cover it. */
function originOf(
  { note }: ListedToken,
  { run: here, permanent }: SweepRules,
): { run: WorkflowRun; isPermanent: boolean } | undefined {
  const marker = parseMarker(note);
  if (marker === undefined || marker.repository !== repositoryKey(here)) return undefined;
  const isPermanent = marker.purpose.kind === 'until-deleted';
  if (isPermanent ? permanent === undefined : marker.purpose.kind !== 'until-job-ends') return undefined;
  return { run: { ...here, id: marker.runId, attempt: marker.attempt }, isPermanent };
}

/** Keeps a token regardless of its marker; `undefined` if the marker decides. */
function protection(token: ListedToken, rules: SweepRules): Decision | undefined {
  if (token.isDefault) return keep('default-token');
  if (token.usage !== 'pk' && token.usage !== 'sk') return keep('other-usage');
  if (token.id === rules.authorizingTokenId) return keep('authorizing-token');
  return undefined;
}

function decideJobToken(
  token: ListedToken,
  run: WorkflowRun,
  { run: here, now, jobMaxAge = Number.POSITIVE_INFINITY }: SweepRules,
  states: ReadonlyMap<string, RunState>,
): Decision {
  if (run.id === here.id) return keep('this-run');
  const age = ageOf(token, now);
  if (age > MAX_RUN_AGE_MS) return { kind: 'delete', reason: 'older-than-any-run' };
  if (age > jobMaxAge) return { kind: 'delete', reason: 'older-than-job-max-age' };
  const state = states.get(attemptKey(run));
  if (state === undefined) return keep('not-checked');
  switch (state.kind) {
    case 'completed':
      return { kind: 'delete', reason: 'run-completed' };
    case 'jobs-completed':
      return { kind: 'delete', reason: 'jobs-completed' };
    case 'deleted':
      return age >= MIN_AGE_MS ? { kind: 'delete', reason: 'run-deleted' } : keep('run-not-found');
    default:
      return { kind: 'keep', reason: state };
  }
}

function decidePermanent(
  token: ListedToken,
  { now, permanent }: SweepRules,
  newest: ReadonlySet<string>,
): Decision {
  if (isCutNote(token.note)) return keep('cut-note');
  const age = ageOf(token, now);
  if (Number.isNaN(age) || permanent === undefined) return keep('unknown-age');
  if (newest.has(token.id)) return keep('newest');
  return age < permanent.minAge ? keep('too-young') : { kind: 'delete', reason: 'superseded' };
}

/** The ids of the newest permanent tokens with each note, as many as are kept. Protected tokens do not count. */
function newestTokens(tokens: readonly ListedToken[], rules: SweepRules): ReadonlySet<string> {
  const newestFirst = tokens
    .filter(token => originOf(token, rules)?.isPermanent === true && protection(token, rules) === undefined)
    .sort((a, b) => (b.created?.getTime() ?? 0) - (a.created?.getTime() ?? 0));
  const ids = new Set<string>();
  const counts = new Map<string, number>();
  for (const { id, note } of newestFirst) {
    const text = noteText(note, rules.run);
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    if (count <= (rules.permanent?.keep ?? 0)) ids.add(id);
  }
  return ids;
}

/** Milliseconds; NaN if unknown. */
function ageOf({ created }: ListedToken, now: number | undefined): number {
  return created === undefined || now === undefined ? Number.NaN : now - created.getTime();
}

function keep(kind: Exclude<KeepReason['kind'], 'in-progress' | 'unknown'>): Decision {
  return { kind: 'keep', reason: { kind } };
}
