import { OrphanTracker, type SaveState } from '../cleanup/orphan-tracker.ts';
import type { CleanupState } from '../cleanup/state.ts';
import { ActionError, type ErrorTitle, errorTitles } from '../errors/action-error.ts';
import { apiError } from '../errors/api-error.ts';
import type { TokenRequest } from '../inputs/token-request.ts';
import type { Account } from '../mapbox/account.ts';
import { type CreatedToken, createStoredToken } from '../mapbox/create.ts';
import { type RetryOptions, retry, withBudget } from '../mapbox/retry.ts';
import { buildNote, createMarker, formatMarker, hasNonce, type Purpose } from '../note.ts';
import type { WorkflowRun } from '../runtime/workflow-run.ts';
import { discardToken } from './discard.ts';
import { type MintedStoredToken, provenTokenId, verifyStoredToken } from './verify.ts';

/** What minting a stored token needs beside the account and the request. */
export interface StoredTokenOptions {
  readonly run: WorkflowRun;
  readonly purpose: Purpose;
  /** Eight characters that only this step's tokens carry. */
  readonly nonce: string;
  /** `GITHUB_ACTION_PATH`. */
  readonly actionPath: string;
  readonly options: RetryOptions;
  readonly saveState: SaveState;
  readonly warn: (message: string) => void;
}

/** A stored token, and what is left to the post step once the token is in use. */
export interface StoredMint {
  readonly token: MintedStoredToken;
  readonly cleanup: CleanupState | undefined;
}

/** Searching for orphans must not use up the time in which to try again. */
const ORPHAN_BUDGET_MS = 15_000;

/**
 * Mints a token that lives until it is deleted, with one request when all is well. Creating a stored token is not
 * idempotent: the state for the post step is saved before each request and again when the token's id is known.
 *
 * @throws {ActionError} when there is no token to use.
 */
export async function mintStoredToken(
  account: Account,
  request: TokenRequest & { kind: 'stored' },
  { run, purpose, nonce, actionPath, options, saveState, warn }: StoredTokenOptions,
): Promise<StoredMint> {
  const marker = createMarker(purpose, run, nonce);
  const note = buildNote(request.note, run, marker);
  const tracker = new OrphanTracker(account, { note, nonce, actionPath }, saveState);
  const orphanOptions = () => withBudget(options, ORPHAN_BUDGET_MS);
  const result = await retry(
    async timeoutMs => {
      tracker.beforeAttempt();
      const result = await createStoredToken(account, { ...request, note }, timeoutMs);
      tracker.afterAttempt(result);
      return result;
    },
    options,
    () => tracker.deleteOrphans(orphanOptions()),
  );
  if (result.kind !== 'success') {
    tracker.noToken();
    throw await apiError(result, request.scopes, account, options);
  }
  const created = result.value;
  const token = await acceptOrDiscard(created, { ...request, note }, nonce, account, tracker, options);
  if (!hasNonce(token.note, nonce)) warn(describeChangedNote(formatMarker(marker)));
  const warning = await tracker.warning(token.note, orphanOptions());
  if (warning !== undefined) warn(warning);
  return { token, cleanup: tracker.stateInUse(purpose.kind !== 'until-job-ends') };
}

async function acceptOrDiscard(
  created: CreatedToken,
  request: TokenRequest & { kind: 'stored' },
  nonce: string,
  account: Account,
  tracker: OrphanTracker,
  options: RetryOptions,
): Promise<MintedStoredToken> {
  const id = provenTokenId(created, nonce, account);
  const reject = async (title: ErrorTitle, message: string): Promise<never> => {
    const discarded = await discardToken(account, id, request.note, tracker, options);
    if (discarded.deleted) tracker.noToken();
    throw new ActionError(title, `${message} ${discarded.message}`);
  };
  try {
    if (id === undefined) tracker.tokenUnconfirmed();
    else tracker.tokenCreated(id);
  } catch (error) {
    const cause = error instanceof ActionError ? error.message : "The post step's state could not be saved.";
    return reject(errorTitles.outputsNotWritten, cause);
  }
  const verified = verifyStoredToken(created, request, nonce, account);
  if (!('mismatch' in verified)) return verified;
  return reject(errorTitles.tokenMismatch, `Mapbox created a token, but ${verified.mismatch}.`);
}

function describeChangedNote(marker: string): string {
  return `Mapbox stored the note without "${marker}" at its end. The post step deletes the token by its id all the same, but the sweep could not find it.`;
}
