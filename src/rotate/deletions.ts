import { describeResult } from '../api/describe.ts';
import { deleteOrphans } from '../cleanup/orphans.ts';
import { getRunStates } from '../github/runs.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { deleteTokenWithRetry } from '../mapbox/tokens.ts';
import { repositoryKey } from '../note.ts';
import { attemptKey, type WorkflowRun } from '../runtime/workflow-run.ts';
import type { LeftoverReason, Orphan, OrphanReason, RotationMarker } from './chain.ts';
import { type DeletionPowers, deletingAccount, type Replacement, type Rotation } from './rotation.ts';

/** A token that is in none of the secrets, and why it is still alive. */
export interface LeftToken {
  readonly token: ListedToken;
  readonly reason: LeftoverReason | 'not-deleted';
}

/** What was deleted, and what was not. */
export interface Deletions {
  /** The ids. */
  readonly deleted: readonly string[];
  readonly left: readonly LeftToken[];
  /** Why deleting ended early. */
  readonly failure: string | undefined;
}

/**
 * Asks GitHub about the runs that created orphans.
 *
 * It must be asked before the secrets are looked at. What was over by then put nothing later, so that a secret with such a
 * token was last changed before, and the run that has an older value stops there.
 */
export async function askAboutOrphans(
  { github, run, options }: Pick<Rotation, 'github' | 'run' | 'options'>,
  orphans: readonly Orphan[],
): Promise<OrphanReason> {
  const isHere = ({ marker }: Orphan) => marker.repository === repositoryKey(run);
  const runs = new Map(
    orphans.filter(isHere).map(({ marker }) => [attemptKey(runOf(marker, run)), runOf(marker, run)]),
  );
  const { clock, deadline } = options;
  const now = clock.monotonic();
  const query = { github, repository: run.repository, runs: [...runs.values()], ownRun: run };
  const states = await getRunStates(query, clock, now + (deadline - now) / 2);
  return orphan => {
    const state = isHere(orphan) ? states.get(attemptKey(runOf(orphan.marker, run))) : undefined;
    if (state?.kind === 'completed' || state?.kind === 'deleted') return undefined;
    return state?.kind === 'in-progress' ? 'run-in-progress' : 'run-unknown';
  };
}

function runOf({ runId, attempt }: RotationMarker, run: WorkflowRun): WorkflowRun {
  return { ...run, id: runId, attempt };
}

/** Deletes what is due, oldest first. The first that cannot be deleted ends it: the next rotation goes on there. */
export async function deleteDue(
  rotation: DeletionPowers,
  replacement: Pick<Replacement, 'token'>,
  due: readonly ListedToken[],
): Promise<Deletions> {
  const { options } = rotation;
  const account = deletingAccount(rotation, replacement);
  const deleted: string[] = [];
  for (const [at, token] of due.entries()) {
    const result = await deleteTokenWithRetry(account, token.id, undefined, options);
    if (result.kind === 'retries-exhausted') {
      const left = due.slice(at).map(token => ({ token, reason: 'not-deleted' as const }));
      return { deleted, left, failure: describeResult(result.last, 'Mapbox') };
    }
    deleted.push(token.id);
  }
  return { deleted, left: [], failure: undefined };
}

/**
 * Deletes what lost requests for the replacement created.
 *
 * @returns the ids; what is not found now is left to the post step.
 */
export async function deleteOwnOrphans(
  rotation: DeletionPowers,
  replacement: Pick<Replacement, 'token' | 'nonce' | 'orphans'>,
): Promise<readonly string[]> {
  const { orphans, nonce, token } = replacement;
  if (orphans === undefined) return [];
  const { account, options } = rotation;
  const stepTokens = { nonce, keep: token.id, createdBy: account.authorizingToken.id };
  const search = await deleteOrphans(deletingAccount(rotation, replacement), stepTokens, options);
  return search.kind === 'searched' ? search.deleted : [];
}
