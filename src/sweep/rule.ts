import type { RunState } from '../github/runs.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { parseMarker, repositoryKey } from '../note.ts';
import { attemptKey, type WorkflowRun } from '../runtime/workflow-run.ts';

/** Who sweeps: the run, and the id of the token that it does so with. */
export interface Sweeper {
  readonly run: WorkflowRun;
  readonly own: string | undefined;
}

/**
 * What becomes of a token. `not ours`: it is no job token of this repository, and nobody else's business is
 * looked at or told.
 */
export type Decision =
  | { readonly kind: 'unrelated' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'keep'; readonly reason: KeepReason };

export type KeepReason =
  | { readonly kind: 'default-token' | 'other-usage' | 'authorizing-token' | 'this-run' }
  | { readonly kind: 'not-checked' }
  | Exclude<RunState, { kind: 'completed' }>;

/**
 * The rule by which the sweep deletes; there is no other. A token may go if its note ends in the mark of a `job`
 * token of this server and repository, if it is public or secret, neither the account's default token nor the one
 * that sweeps, of another run than the one that sweeps, and if GitHub says that its run attempt is over.
 * Everything else on the account may be somebody's production key: when in doubt, keep.
 *
 * @param states what GitHub said, by the page of the run attempt.
 */
export function decide(
  token: ListedToken,
  { run: here, own }: Sweeper,
  states: ReadonlyMap<string, RunState>,
): Decision {
  const run = runOfToken(token, here);
  if (run === undefined) return { kind: 'unrelated' };
  const saveState = (reason: KeepReason): Decision => ({ kind: 'keep', reason });
  if (token.isDefault) return saveState({ kind: 'default-token' });
  if (token.usage !== 'pk' && token.usage !== 'sk') return saveState({ kind: 'other-usage' });
  if (token.id === own) return saveState({ kind: 'authorizing-token' });
  if (run.id === here.id) return saveState({ kind: 'this-run' });
  const state = states.get(attemptKey(run));
  if (state === undefined) return saveState({ kind: 'not-checked' });
  return state.kind === 'completed' ? { kind: 'delete' } : saveState(state);
}

/** The run attempts that GitHub has to be asked about, each once, those with the oldest token first. */
export function runsToCheck(tokens: readonly ListedToken[], sweeper: Sweeper): WorkflowRun[] {
  const runs = new Map<string, WorkflowRun>();
  const age = ({ created }: ListedToken) => created?.getTime() ?? 0;
  for (const token of tokens.toSorted((a, b) => age(a) - age(b))) {
    const decision = decide(token, sweeper, new Map());
    const run = runOfToken(token, sweeper.run);
    if (run !== undefined && decision.kind === 'keep' && decision.reason.kind === 'not-checked') {
      runs.set(attemptKey(run), run);
    }
  }
  return [...runs.values()];
}

/** The run attempt that a `job` token's note names, if it is one of this repository and server. */
export function runOfToken({ note }: ListedToken, here: WorkflowRun): WorkflowRun | undefined {
  const marker = parseMarker(note);
  if (marker?.purpose.kind !== 'until-job-ends' || marker.repository !== repositoryKey(here))
    return undefined;
  return { ...here, id: marker.runId, attempt: marker.attempt };
}
