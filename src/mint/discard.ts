import { deleteOrphans } from '../cleanup/orphans.ts';
import type { CleanupState } from '../cleanup/state.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import type { CreatedToken } from '../mapbox/create.ts';
import type { RetryOptions } from '../mapbox/retry.ts';
import { isTokenId } from '../mapbox/token.ts';
import { deleteTokenWithRetry } from '../mapbox/tokens.ts';
import type { MintedToken } from './verify.ts';

/** A token that is discarded gets this long even if the step's time is up; after that the post step tries. */
const DISCARD_BUDGET_MS = 10_000;

/** The id in Mapbox's response, if it has the form of one and is not that of the authorizing token. */
export function ownTokenId({ id }: CreatedToken, { authorizingToken }: Account): string | undefined {
  return id !== undefined && isTokenId(id) && id !== authorizingToken.id ? id : undefined;
}

/**
 * The id of a token to discard, if the token's own text confirms it: a response that is wrong in one thing may be wrong
 * in its id, too, and name somebody's production key.
 */
export function confirmedTokenId(created: CreatedToken, account: Account): string | undefined {
  const id = ownTokenId(created, account);
  const { claims } = created;
  return claims?.id === id && claims?.username === account.username ? id : undefined;
}

/** What became of a discarded token, with a sentence for the error. */
export interface Discarded {
  readonly deleted: boolean;
  readonly message: string;
}

/**
 * Deletes a token that is not used: by its id where that is confirmed, else as an orphan.
 *
 * @param id see {@link confirmedTokenId}.
 */
export async function discardToken(
  account: Account,
  id: string | undefined,
  { marker, note }: Pick<CleanupState, 'marker' | 'note'>,
  options: RetryOptions,
): Promise<Discarded> {
  const budget = withDiscardBudget(options);
  const deleted: Discarded = { deleted: true, message: 'It was discarded.' };
  const alive: Discarded = {
    deleted: false,
    message: `It was not used and may still be alive: look for the note "${note}" on the Tokens page, ${TOKENS_PAGE}, and delete it there.`,
  };
  if (id !== undefined) {
    const result = await deleteTokenWithRetry(account, id, budget);
    if (result.kind !== 'deleted') return alive;
    // Not found is no proof of deletion: nobody else knows this token.
    if (result.found) return deleted;
  }
  if (marker === undefined) return alive;
  const search = await deleteOrphans(account, marker, budget);
  const found = search.kind === 'searched' && search.deleted.length > 0 && search.alive.length === 0;
  return found ? deleted : alive;
}

/** Deletes a minted token whose outputs could not be written, and says what became of it. */
export async function discardMinted(
  account: Account,
  token: MintedToken,
  options: RetryOptions,
): Promise<string> {
  if (token.usage === 'tk') return 'The token was not used; it expires on its own.';
  const result = await deleteTokenWithRetry(account, token.id, withDiscardBudget(options));
  return result.kind === 'deleted' && result.found
    ? 'The token was deleted.'
    : `The token ${token.id} was not used and may still be alive: look for it on ${TOKENS_PAGE}.`;
}

/** The same options with {@link DISCARD_BUDGET_MS} from now on. */
export function withDiscardBudget(options: RetryOptions): RetryOptions {
  return { ...options, deadline: options.clock.monotonic() + DISCARD_BUDGET_MS };
}
