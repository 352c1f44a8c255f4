import type { RetryOptions } from '../api/retry.ts';
import type { OrphanTracker } from '../cleanup/orphan-tracker.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { deleteTokenWithRetry } from '../mapbox/tokens.ts';
import type { MintedToken } from './verify.ts';

/** Time limit for discarding a token, even if the step's own time is up. After that, the post step tries. */
const DISCARD_BUDGET_MS = 10_000;

/** Whether a token was deleted, and a sentence about that for the error. */
export interface Discarded {
  readonly deleted: boolean;
  readonly message: string;
}

/**
 * Deletes a created token that will not be used: by its id if the token is proved to be this step's, otherwise by its
 * nonce.
 *
 * @param note the token's note, for the person who has to find the token.
 */
export async function discardToken(
  account: Account,
  id: string | undefined,
  note: string,
  tracker: OrphanTracker,
  options: RetryOptions,
): Promise<Discarded> {
  const budget = withDiscardBudget(options);
  const deleted = id !== undefined && (await isDiscarded(account, id, options));
  if (deleted || (await tracker.discardOrphan(budget)))
    return { deleted: true, message: 'It was discarded.' };
  return {
    deleted: false,
    message: `It was not used and may still be alive: search for the note "${note}" on the Tokens page, ${TOKENS_PAGE}, and delete it there.`,
  };
}

/** Deletes a minted token that will not be used, and describes the result. */
export async function discardMinted(
  account: Account,
  token: MintedToken,
  options: RetryOptions,
): Promise<Discarded> {
  if (token.usage === 'tk') {
    return { deleted: false, message: 'The token was not used; it expires on its own.' };
  }
  if (await isDiscarded(account, token.id, options))
    return { deleted: true, message: 'The token was deleted.' };
  return {
    deleted: false,
    message: `The token ${token.id} was not used and may still be alive: look for it on ${TOKENS_PAGE}.`,
  };
}

/** Deletes a token that only this step knows, so "already deleted" does not count as success. */
export async function isDiscarded(account: Account, id: string, options: RetryOptions): Promise<boolean> {
  const result = await deleteTokenWithRetry(account, id, undefined, withDiscardBudget(options));
  return result.kind === 'deleted';
}

function withDiscardBudget(options: RetryOptions): RetryOptions {
  return { ...options, deadline: options.clock.monotonic() + DISCARD_BUDGET_MS };
}
