import type { RunState } from '../github/runs.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { runInNote } from '../note.ts';
import { type Run, runUrl } from '../runtime/workflow-run.ts';

/** Who sweeps: the run, and the id of the token that it does so with. */
export interface Sweeper {
  readonly run: Run;
  readonly own: string | undefined;
}

/**
 * What becomes of a token. `not ours`: it is no job token of this repository, and nobody else's business is
 * looked at or told.
 */
export type Verdict =
  | { readonly kind: 'not ours' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'keep'; readonly why: Reason };

export type Reason =
  | { readonly kind: 'default token' | 'other usage' | 'authorizing token' | 'this run' }
  | { readonly kind: 'not asked' }
  | Exclude<RunState, { kind: 'over' }>;

/**
 * The rule by which the sweep deletes; there is no other. A token may go if its note ends in the mark of a `job`
 * token of this server and repository, if it is public or secret, neither the account's default token nor the one
 * that sweeps, of another run than the one that sweeps, and if GitHub says that its run attempt is over.
 * Everything else on the account may be somebody's production key: when in doubt, keep.
 *
 * @param states what GitHub said, by the page of the run attempt.
 */
export function verdictOn(
  token: ListedToken,
  { run: here, own }: Sweeper,
  states: ReadonlyMap<string, RunState>,
): Verdict {
  const run = runInNote(token.note, here);
  if (run === undefined) return { kind: 'not ours' };
  const keep = (why: Reason): Verdict => ({ kind: 'keep', why });
  if (token.isDefault) return keep({ kind: 'default token' });
  if (token.usage !== 'pk' && token.usage !== 'sk') return keep({ kind: 'other usage' });
  if (token.id === own) return keep({ kind: 'authorizing token' });
  if (run.id === here.id) return keep({ kind: 'this run' });
  const state = states.get(runUrl(run));
  if (state === undefined) return keep({ kind: 'not asked' });
  return state.kind === 'over' ? { kind: 'delete' } : keep(state);
}

/** The run attempts that GitHub has to be asked about, each once, those with the oldest token first. */
export function runsToAsk(tokens: readonly ListedToken[], sweeper: Sweeper): Run[] {
  const runs = new Map<string, Run>();
  const age = ({ created }: ListedToken) => created?.getTime() ?? 0;
  for (const token of tokens.toSorted((a, b) => age(a) - age(b))) {
    const verdict = verdictOn(token, sweeper, new Map());
    const run = runInNote(token.note, sweeper.run);
    if (run !== undefined && verdict.kind === 'keep' && verdict.why.kind === 'not asked') {
      runs.set(runUrl(run), run);
    }
  }
  return [...runs.values()];
}
