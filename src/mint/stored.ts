import { ActionError, type ErrorTitle, errorTitles } from '../action-error.ts';
import { type RetryOptions, retry, withBudget } from '../api/retry.ts';
import { OrphanTracker, type SaveState } from '../cleanup/orphan-tracker.ts';
import type { CleanupState } from '../cleanup/state.ts';
import type { TokenRequest } from '../inputs/token-request.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { type CreatedToken, createStoredToken } from '../mapbox/create.ts';
import { apiError } from '../mapbox/errors.ts';
import { buildNote, createMarker, formatMarker, MAX_NOTE_BYTES, type Purpose, parseMarker } from '../note.ts';
import { InterruptedError, interruptibleClock, orInterrupted } from '../runtime/interruption.ts';
import type { WorkflowRun } from '../runtime/workflow-run.ts';
import { discardToken } from './discard.ts';
import { type MintedStoredToken, provenTokenId, verifyStoredToken } from './verify.ts';

/** Everything that minting a stored token needs besides the account and the request. */
export interface StoredTokenOptions {
  readonly run: WorkflowRun;
  readonly purpose: Purpose;
  /** Eight characters that identify this step's tokens. */
  readonly nonce: string;
  /** `GITHUB_ACTION_PATH`. */
  readonly actionPath: string;
  readonly options: RetryOptions;
  /** Aborted when the step must stop. Its reason is the error to throw. */
  readonly interrupted: AbortSignal;
  readonly saveState: SaveState;
  readonly warn: (message: string) => void;
}

/** A stored token, and the state for the post step once the token is in use. */
export interface StoredMint {
  readonly token: MintedStoredToken;
  readonly cleanup: CleanupState | undefined;
}

/** Time limit for searching for orphans, so that time is left to retry. */
const ORPHAN_BUDGET_MS = 15_000;

/**
 * How long an interrupted step waits for the response to a creation. Only the response identifies the token to delete,
 * and a runner that is shutting down runs no post step.
 */
const RESPONSE_GRACE_MS = 5_000;

/**
 * Mints a token that lives until it is deleted, normally with one request. Creating a stored token is not idempotent,
 * so the state for the post step is saved before each request, and again once the token's id is known.
 *
 * @throws {ActionError} if there is no token to use.
 * @throws {InterruptedError} if the step was interrupted. A token that was being created is deleted, or left to the
 * post step.
 */
export async function mintStoredToken(
  account: Account,
  request: TokenRequest & { kind: 'stored' },
  { run, purpose, nonce, actionPath, options, interrupted, saveState, warn }: StoredTokenOptions,
): Promise<StoredMint> {
  const marker = createMarker(purpose, run, nonce);
  const { note, cut } = buildNote(request.note, run, marker);
  if (cut && purpose.kind === 'until-job-ends') options.log(describeCutNote(note));
  else if (cut) warn(`${describeCutNote(note)}${purpose.kind === 'until-deleted' ? SHORTEN : ''}`);
  const tracker = new OrphanTracker(account, { note, nonce, actionPath }, saveState);
  const stoppable = { ...options, clock: interruptibleClock(options.clock, interrupted) };
  // Marked, because its attempts are not among those that the error counts.
  const searchLog = (line: string) => options.log(`Searching for orphaned tokens: ${line}`);
  const orphanOptions = () => withBudget({ ...stoppable, log: searchLog }, ORPHAN_BUDGET_MS);
  const grace = () => options.clock.sleep(RESPONSE_GRACE_MS);
  const result = await retry(
    async timeoutMs => {
      interrupted.throwIfAborted();
      tracker.beforeAttempt();
      const creation = createStoredToken(account, { ...request, note }, timeoutMs);
      const result = await orInterrupted(creation, interrupted, grace);
      tracker.afterAttempt(result);
      if (result.kind !== 'success') interrupted.throwIfAborted();
      return result;
    },
    stoppable,
    () => orInterrupted(tracker.deleteOrphans(orphanOptions()), interrupted),
  ).catch(error => {
    if (!interrupted.aborted || !tracker.mayHaveOrphans) throw error;
    // A runner that is shutting down runs no post step, so this may be the last message about the token.
    throw new InterruptedError(
      `A token with the note "${note}" may exist: Mapbox had not responded. If no post step runs, delete it on the Tokens page, ${TOKENS_PAGE}.`,
    );
  });
  if (result.kind !== 'success') {
    tracker.noToken();
    throw await orInterrupted(apiError(result, request.scopes, account, stoppable), interrupted);
  }
  const created = result.value;
  const token = await acceptOrDiscard(created, { ...request, note }, account, tracker, {
    nonce,
    options,
    interrupted,
  });
  if (parseMarker(token.note)?.nonce !== nonce) warn(describeChangedNote(purpose, formatMarker(marker)));
  const warning = await orInterrupted(tracker.warning(token.note, orphanOptions()), interrupted).catch(
    error => {
      // The token's id is known, so an interrupted step deletes the token.
      if (!interrupted.aborted) throw error;
    },
  );
  if (warning !== undefined) warn(warning);
  return { token, cleanup: tracker.stateInUse(purpose.kind !== 'until-job-ends') };
}

async function acceptOrDiscard(
  created: CreatedToken,
  request: TokenRequest & { kind: 'stored' },
  account: Account,
  tracker: OrphanTracker,
  { nonce, options, interrupted }: Pick<StoredTokenOptions, 'nonce' | 'options' | 'interrupted'>,
): Promise<MintedStoredToken> {
  const id = provenTokenId(created, nonce, account);
  const discard = async (): Promise<string> => {
    const discarded = await discardToken(account, id, request.note, tracker, options);
    if (discarded.deleted) tracker.noToken();
    return discarded.message;
  };
  const reject = async (title: ErrorTitle, message: string): Promise<never> => {
    throw new ActionError(title, `${message} ${await discard()}`);
  };
  try {
    if (id === undefined) tracker.tokenUnconfirmed();
    else tracker.tokenCreated(id);
  } catch (error) {
    const cause = error instanceof ActionError ? error.message : "The post step's state could not be saved.";
    return reject(errorTitles.outputsNotWritten, cause);
  }
  const verified = verifyStoredToken(created, request, nonce, account);
  if (!('mismatch' in verified)) {
    if (!interrupted.aborted) return verified;
    throw new InterruptedError(`Mapbox had created a token. ${await discard()}`);
  }
  return reject(errorTitles.tokenMismatch, `Mapbox created a token, but ${verified.mismatch}.`);
}

const SHORTEN = ' Shorten it: the sweep always keeps permanent tokens with a cut note.';

function describeCutNote(note: string): string {
  return `The note is longer than the ${MAX_NOTE_BYTES} bytes that Mapbox stores, so it was cut: "${note}".`;
}

function describeChangedNote({ kind }: Purpose, marker: string): string {
  const consequence = {
    'until-job-ends': 'The post step still deletes the token by its id, but the sweep could not find it.',
    'until-deleted': "The token works, but the sweep's `keep-permanent` does not count it.",
    replaces:
      'The token works, but the next rotation does not recognize it as a replacement and will not delete it.',
  }[kind];
  return `Mapbox stored the note without "${marker}" at its end. ${consequence}`;
}
