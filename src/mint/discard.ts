import { deleteOrphans } from '../cleanup/orphans.ts';
import type { CleanupState } from '../cleanup/state.ts';
import type { ConnectionInputs } from '../inputs/connection.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import type { CreatedToken } from '../mapbox/create.ts';
import type { RetryOptions } from '../mapbox/retry.ts';
import { isTokenId } from '../mapbox/token.ts';
import { deleteTokenWithRetry } from '../mapbox/tokens.ts';

/** A token that is not handed on is deleted even if the step's time is up; after that the post step tries. */
export const DISCARD_BUDGET_MS = 10_000;

/** The id in Mapbox's answer, if it has the form of one and is not that of the token which asked. */
export function ownTokenId(
  { id }: CreatedToken,
  authorizingToken: ConnectionInputs['authorizingToken'],
): string | undefined {
  return id !== undefined && isTokenId(id) && id !== authorizingToken.id ? id : undefined;
}

/**
 * The id of a token that is not handed on, if the token's own text confirms it: an answer that is wrong in one thing
 * may be wrong in its id, too, and name somebody's production key.
 */
export function confirmedTokenId(
  created: CreatedToken,
  authorizingToken: ConnectionInputs['authorizingToken'],
  username: string,
): string | undefined {
  const id = ownTokenId(created, authorizingToken);
  const { claims } = created;
  return claims?.id === id && claims?.username === username ? id : undefined;
}

/** Deletes a token that is not handed on, and says what became of it. */
export async function discard(
  account: Account,
  id: string | undefined,
  { marker, note }: CleanupState,
  options: RetryOptions,
): Promise<{ readonly gone: boolean; readonly words: string }> {
  const deleted = { gone: true, words: 'It was deleted.' };
  const alive = {
    gone: false,
    words: `It may still be alive: look for the note "${note}" on the Tokens page, ${TOKENS_PAGE}, and delete it there.`,
  };
  if (id !== undefined) {
    const result = await deleteTokenWithRetry(account, id, options);
    if (result.kind !== 'deleted') return alive;
    if (result.found) return deleted;
    // Not found is not deleted: nobody but us knows of this token.
  }
  if (marker === undefined) return alive;
  const result = await deleteOrphans(account, marker, options);
  return result.kind === 'searched' && result.deleted.length > 0 && result.alive.length === 0
    ? deleted
    : alive;
}

export function withDiscardBudget(options: RetryOptions): RetryOptions {
  return { ...options, deadline: options.clock.monotonic() + DISCARD_BUDGET_MS };
}
