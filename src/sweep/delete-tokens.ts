import type { RetriesExhausted } from '../api/result.ts';
import { type RetryOptions, retry, withBudget } from '../api/retry.ts';
import type { Account } from '../mapbox/account.ts';
import { deleteToken } from '../mapbox/delete.ts';
import { isNotFound, type Rejected } from '../mapbox/response.ts';
import { findTokens } from '../mapbox/tokens.ts';

/** What became of a token that was due for deletion. */
export type SweepDeletion =
  /** Mapbox confirmed this deletion. */
  | { readonly kind: 'deleted' }
  /** Mapbox no longer lists the token: another sweep was faster, or a deletion whose response was lost was carried out. */
  | { readonly kind: 'already-deleted' }
  /** Not attempted: time was up, or no deletion could succeed. */
  | { readonly kind: 'skipped' }
  | Rejected
  | RetriesExhausted;

/** So that one token that Mapbox fails to delete does not use up the time of all. Longer than a rate limit's interval. */
const TOKEN_BUDGET_MS = 90_000;

/** After this many failures in a row the tokens are not the cause. */
const MAX_CONSECUTIVE_FAILURES = 2;

/** A rejection may come from something before Mapbox, or from a replica that is behind. */
const MAX_REJECTED_ATTEMPTS = 3;

/**
 * Deletes tokens one after another, as fast as the rate limit allows.
 *
 * @param due what to delete: tokens that were just listed.
 * @param onResult called for each of them as soon as its result is known.
 * @returns the results, in the sequence in which `onResult` got them.
 */
export async function deleteTokens<T extends { readonly token: { readonly id: string } }>(
  account: Account,
  due: readonly T[],
  options: RetryOptions,
  onResult: (due: T, deletion: SweepDeletion) => void,
): Promise<SweepDeletion[]> {
  const { clock, deadline } = options;
  const deleter = new TokenDeleter(account, options);
  const queue = [...due];
  const deletions: SweepDeletion[] = [];
  let consecutiveFailures = 0;
  let stop = false;
  for (;;) {
    const next = deleter.takeNext(queue);
    if (next === undefined) return deletions;
    const skip: boolean = stop || clock.monotonic() >= deadline;
    const deletion: SweepDeletion = skip ? { kind: 'skipped' } : await deleter.delete(next.token.id);
    deletions.push(deletion);
    onResult(next, deletion);
    consecutiveFailures = isFailure(deletion) ? consecutiveFailures + 1 : 0;
    stop ||= consecutiveFailures >= MAX_CONSECUTIVE_FAILURES || deleter.isHopeless(deletion);
  }
}

function isFailure({ kind }: SweepDeletion): boolean {
  return kind === 'rejected' || kind === 'retries-exhausted';
}

/** Deletes single tokens, and remembers what this has shown of the others. */
class TokenDeleter {
  readonly #account: Account;
  readonly #options: RetryOptions;
  /** Whether a deletion has succeeded: the authorizing token has the scope for it. */
  #mayDelete = false;
  /** The ids that were on the list when it was last read. */
  #listed: ReadonlySet<string> | undefined;
  #fromEnd = false;

  constructor(account: Account, options: RetryOptions) {
    this.#account = account;
    this.#options = options;
  }

  /** Two sweeps that delete the same tokens should meet once, and not at every token: who is late goes on from the other end. */
  takeNext<T>(queue: T[]): T | undefined {
    return this.#fromEnd ? queue.pop() : queue.shift();
  }

  async delete(id: string): Promise<SweepDeletion> {
    if (this.#listed?.has(id) === false) return { kind: 'already-deleted' };
    let rejections = 0;
    let searchFailure: Rejected | RetriesExhausted | undefined;
    const result = await retry<SweepDeletion['kind'], Rejected>(
      async timeoutMs => {
        const result = await deleteToken(this.#account, id, timeoutMs);
        if (result.kind !== 'rejected') return result;
        if (isNotFound(result)) {
          // 404 alone is no proof: it is also the response to an authorizing token that may not delete.
          searchFailure = await this.#readList();
          if (searchFailure !== undefined) return result;
          if (!this.#listed?.has(id)) return { kind: 'success', value: 'already-deleted' };
        }
        rejections++;
        return rejections < MAX_REJECTED_ATTEMPTS ? { kind: 'indeterminate', cause: result } : result;
      },
      withBudget(this.#options, TOKEN_BUDGET_MS),
    );
    if (searchFailure !== undefined) return searchFailure;
    if (result.kind !== 'success') return result;
    if (result.value === 'deleted') {
      this.#mayDelete = true;
      return { kind: 'deleted' };
    }
    this.#fromEnd = !this.#fromEnd;
    return { kind: 'already-deleted' };
  }

  /** Whether the deletion of any other token would end in the same way. */
  isHopeless(deletion: SweepDeletion): boolean {
    if (deletion.kind === 'retries-exhausted') return deletion.last.kind === 'rate-limited';
    if (deletion.kind !== 'rejected' || deletion.reason === 'other') return false;
    return !(this.#mayDelete && isNotFound(deletion));
  }

  async #readList(): Promise<Rejected | RetriesExhausted | undefined> {
    const search = await findTokens(this.#account, this.#options, () => true);
    if (search.kind !== 'found') return search;
    this.#listed = new Set(search.tokens.map(token => token.id));
    return undefined;
  }
}
