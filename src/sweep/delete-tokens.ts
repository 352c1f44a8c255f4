import type { Account } from '../mapbox/account.ts';
import { deleteToken } from '../mapbox/delete.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { isNotFound, type Rejected } from '../mapbox/result.ts';
import { type RetriesExhausted, type RetryOptions, retry } from '../mapbox/retry.ts';
import { findTokens } from '../mapbox/tokens.ts';

/** What became of a token that was to be deleted. `left`: nobody tried, for want of time or of hope. */
export type SweepDeletion =
  | { readonly kind: 'deleted' }
  | { readonly kind: 'skipped' }
  | Rejected
  | RetriesExhausted;

/** So that one token over which Mapbox stumbles does not use up the time of all. Longer than a rate limit's interval. */
const TOKEN_BUDGET_MS = 90_000;

/** When this many in a row come to nothing, it is not for the tokens. */
const MAX_CONSECUTIVE_FAILURES = 2;

/**
 * Deletes tokens one after another, as fast as the rate limit lets it.
 *
 * @param tokens those that were just listed.
 * @param onResult hears of each token as soon as it is known what became of it.
 */
export async function deleteTokens(
  account: Account,
  tokens: readonly ListedToken[],
  options: RetryOptions,
  onResult: (token: ListedToken, deletion: SweepDeletion) => void,
): Promise<SweepDeletion[]> {
  const { clock, deadline } = options;
  const remove = tokenDeleter(account, options);
  const deletions: SweepDeletion[] = [];
  let consecutiveFailures = 0;
  let stop = false;
  for (const token of tokens) {
    const deletion: SweepDeletion =
      stop || clock.monotonic() >= deadline ? { kind: 'skipped' } : await remove(token.id);
    deletions.push(deletion);
    onResult(token, deletion);
    consecutiveFailures = deletion.kind === 'retries-exhausted' ? consecutiveFailures + 1 : 0;
    stop ||=
      consecutiveFailures >= MAX_CONSECUTIVE_FAILURES ||
      (deletion.kind === 'retries-exhausted' && deletion.last.kind === 'rate-limited') ||
      (deletion.kind === 'rejected' && deletion.reason !== 'other');
  }
  return deletions;
}

/**
 * Mapbox answers `not found` both for a token that is gone and to an authorizing token that may not delete. Until
 * one deletion went through, only another look at the list can tell which it is.
 */
function tokenDeleter(account: Account, options: RetryOptions): (id: string) => Promise<SweepDeletion> {
  const { clock, deadline } = options;
  let mayDelete = false;
  let lastSeen: ReadonlySet<string> | undefined;
  return async id => {
    if (!mayDelete && lastSeen?.has(id) === false) return { kind: 'deleted' };
    const result = await retry(left => deleteToken(account, id, left), {
      ...options,
      deadline: Math.min(deadline, clock.monotonic() + TOKEN_BUDGET_MS),
    });
    if (result.kind === 'success') {
      mayDelete = true;
      return { kind: 'deleted' };
    }
    if (!isNotFound(result)) return result;
    if (mayDelete) return { kind: 'deleted' };
    const found = await findTokens(account, options, () => true);
    if (found.kind !== 'found') return found;
    lastSeen = new Set(found.tokens.map(token => token.id));
    return lastSeen.has(id) ? result : { kind: 'deleted' };
  };
}
