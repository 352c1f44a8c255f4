import type { RetryOptions } from '../api/retry.ts';
import type { OrphanTracker } from '../cleanup/orphan-tracker.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { deleteTokenWithRetry } from '../mapbox/tokens.ts';
import type { MintedToken } from './verify.ts';

/** A token that is discarded gets this long even if the step's time is up; after that the post step tries. */
const DISCARD_BUDGET_MS = 10_000;

/** What became of a discarded token, with a sentence for the error. */
export interface Discarded {
  readonly deleted: boolean;
  readonly message: string;
}

/**
 * Deletes a created token that is not to be used: by its id if that is proved to be this step's, else by its nonce.
 *
 * @param note what a person could find it by.
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

/** Deletes a minted token whose outputs could not be written, and says what became of it. */
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

/** Deletes a token that no one else knows of, so "already deleted" is not accepted as proof. */
export async function isDiscarded(account: Account, id: string, options: RetryOptions): Promise<boolean> {
  const result = await deleteTokenWithRetry(account, id, undefined, withDiscardBudget(options));
  return result.kind === 'deleted';
}

function withDiscardBudget(options: RetryOptions): RetryOptions {
  return { ...options, deadline: options.clock.monotonic() + DISCARD_BUDGET_MS };
}
