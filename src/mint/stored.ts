import { deleteOrphans, orphanWarning } from '../cleanup/orphans.ts';
import type { CleanupState } from '../cleanup/state.ts';
import { ActionError, errorTitles } from '../errors/action-error.ts';
import { apiError } from '../errors/api-error.ts';
import type { ConnectionInputs } from '../inputs/connection.ts';
import type { TokenRequest } from '../inputs/token-request.ts';
import type { Account } from '../mapbox/account.ts';
import { createStoredToken } from '../mapbox/create.ts';
import { isNotFound } from '../mapbox/result.ts';
import { type RetryOptions, retry, withBudget } from '../mapbox/retry.ts';
import { jobMarker, jobNote, permanentNote } from '../note.ts';
import type { WorkflowRun } from '../runtime/workflow-run.ts';
import { confirmedTokenId, discard, ownTokenId, withDiscardBudget } from './discard.ts';
import { judge, type MintedToken } from './verify.ts';

/** What minting needs of the world. */
export interface Mint {
  readonly account: Account;
  readonly options: RetryOptions;
  /**
   * Keeps the trail for the post step, in place of the one before; `undefined` when there is nothing to clean up.
   * Throws where that cannot be written.
   */
  readonly saveState: (state: CleanupState | undefined) => void;
  readonly warn: (text: string) => void;
}

/** Looking for what a lost attempt made must not use up the time in which to repeat it. */
const ORPHAN_BUDGET_MS = 15_000;

/**
 * Mints a token that lives until it is deleted. One request when all is well.
 *
 * The trail is kept before the first request leaves, and again as soon as the token's id is known, so that the
 * post step finds the token whenever this one is interrupted.
 *
 * @throws {ActionError} when there is no token to hand on.
 */
export async function mintStoredToken(
  { authorizingToken, username }: ConnectionInputs,
  request: TokenRequest & { kind: 'stored' },
  run: WorkflowRun,
  nonce: string,
  { account, options, saveState, warn }: Mint,
): Promise<MintedToken> {
  const marker = request.untilJobEnds ? jobMarker(run, nonce) : undefined;
  const note = marker === undefined ? permanentNote(request.note, run) : jobNote(request.note, marker);
  let state: CleanupState = { username, note, marker, id: undefined, orphans: 0 };
  const update = (change: Partial<CleanupState>) => {
    state = { ...state, ...change };
    saveState(state);
  };
  /** How many attempts may have made a token that nobody holds. */
  let lost = 0;
  /** What was found of them. A list that is stale shows a token again that is deleted: no loss is made good twice. */
  const found = new Set<string>();
  /** Whether the account could not be searched, for want of `tokens:read`. */
  let cannotSearch = false;

  const result = await retry(
    async left => {
      if (state.orphans !== lost + 1) update({ orphans: lost + 1 });
      const result = await createStoredToken(account, { ...request, note }, left);
      // A refusal that Mapbox did not write says nothing of what Mapbox did.
      if (result.kind === 'indeterminate' || (result.kind === 'rejected' && !result.isMapboxError)) lost++;
      else if (result.kind !== 'success') update({ orphans: lost });
      return result;
    },
    options,
    async () => {
      if (marker === undefined || cannotSearch) return;
      const cleared = await deleteOrphans(account, marker, withBudget(options, ORPHAN_BUDGET_MS));
      if (cleared.kind !== 'searched') {
        cannotSearch = isNotFound(cleared);
        return;
      }
      const fresh = cleared.deleted.filter(id => !found.has(id));
      for (const id of fresh) found.add(id);
      lost = Math.max(0, lost - fresh.length);
    },
  );

  if (result.kind !== 'success') {
    if (lost === 0) forget(saveState);
    throw await apiError(result, request.scopes, authorizingToken, account, options);
  }
  const { value } = result;
  const id = ownTokenId(value, authorizingToken);
  const own = confirmedTokenId(value, authorizingToken, username);
  try {
    update({ id, orphans: id === undefined ? lost + 1 : lost });
  } catch (error) {
    const deletion = await discard(account, own, state, withDiscardBudget(options));
    if (deletion.gone && lost === 0) forget(saveState);
    const reason =
      error instanceof ActionError ? error.message : 'The trail for the post step could not be kept.';
    throw new ActionError(
      errorTitles.outputsNotWritten,
      `${reason} The token was not handed on. ${deletion.words}`,
    );
  }
  const minted = judge(value, request, username, authorizingToken);
  if ('fault' in minted) {
    // Without an id of its own, what was made is as good as lost.
    if (own === undefined) update({ id: undefined, orphans: lost + 1 });
    const deletion = await discard(account, own, state, withDiscardBudget(options));
    if (deletion.gone && lost > 0) update({ id: undefined });
    else if (deletion.gone) forget(saveState);
    throw new ActionError(
      errorTitles.tokenMismatch,
      `Mapbox made a token, but ${minted.fault}. It was not handed on. ${deletion.words}`,
    );
  }
  const unmarked = minted.usage !== 'tk' && marker !== undefined && !minted.note.endsWith(marker);
  if (unmarked) {
    warn(
      `Mapbox stored the note otherwise than it was sent, without "${marker}" at its end. The post step deletes the token by its id all the same, but the sweep could not find it.`,
    );
  }
  if (lost > 0 && (cannotSearch || unmarked || marker === undefined)) {
    const searched = cannotSearch ? state : { ...state, marker: undefined };
    warn(await orphanWarning(account, searched, withBudget(options, ORPHAN_BUDGET_MS)));
    update({ orphans: 0 });
  }
  return minted;
}

/** There is nothing left to clean up. Where that cannot be written, the post step finds nothing, and that is all. */
function forget(saveState: Mint['saveState']): void {
  try {
    saveState(undefined);
  } catch {}
}
