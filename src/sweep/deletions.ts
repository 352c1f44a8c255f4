import type { RetriesExhausted, Success } from '../api/result.ts';
import { type RetryOptions, retry, withFailureBudget } from '../api/retry.ts';
import type { Account } from '../mapbox/account.ts';
import { deleteToken } from '../mapbox/delete.ts';
import { isNotFound, type Rejected } from '../mapbox/response.ts';
import { findTokens } from '../mapbox/tokens.ts';

/** The result for a token that was due for deletion. */
export type SweepDeletion =
  /** Mapbox confirmed this deletion. */
  | { readonly kind: 'deleted' }
  /** Mapbox responded with 404 twice, and the complete list no longer has the token. */
  | { readonly kind: 'already-deleted' }
  /** Not attempted, because the complete list no longer has the token. */
  | { readonly kind: 'unlisted' }
  /** Mapbox responded with 404, and no complete list could confirm that the token is gone. */
  | { readonly kind: 'unconfirmed' }
  /** Not attempted: time was up, or no deletion could succeed. */
  | { readonly kind: 'skipped' }
  | Rejected
  | RetriesExhausted;

/** Keeps one token from using up the time of the others. Waits for rate limits do not count: they affect all tokens. */
const TOKEN_BUDGET_MS = 90_000;

/** After this many failures in a row, the other deletions would probably fail too. */
const MAX_CONSECUTIVE_FAILURES = 2;

/** A rejection may come from a proxy in front of Mapbox, so it is retried. */
const MAX_REJECTED_ATTEMPTS = 3;

/** After this many 404s in a row, from both ends of the queue, another sweep has probably deleted all queued tokens. */
const MAX_CONSECUTIVE_404S = 2;

/** Gives lagging replicas time to catch up. */
const SECOND_LOOK_DELAY_MS = 2_000;

/** A token that was just listed. */
interface Due {
  readonly token: { readonly id: string };
}

/**
 * Deletes tokens one after another, as fast as the rate limit allows. A 404 alone does not prove that a token is gone:
 * Mapbox also sends it if the authorizing token cannot delete tokens, and a replica may lag. Tokens with a 404 are set
 * aside and rechecked together.
 *
 * @param onResult called for each token as soon as its result is known.
 * @returns the results, in the order of the calls.
 */
export async function deleteTokens<T extends Due>(
  account: Account,
  due: readonly T[],
  options: RetryOptions,
  onResult: (due: T, deletion: SweepDeletion) => void,
): Promise<ReadonlyMap<T, SweepDeletion>> {
  const deletion = new Deletion(account, options, due, onResult);
  return deletion.run();
}

class Deletion<T extends Due> {
  readonly #account: Account;
  readonly #options: RetryOptions;
  readonly #onResult: (due: T, deletion: SweepDeletion) => void;
  readonly #results = new Map<T, SweepDeletion>();
  #queue: T[];
  /** Keeps two concurrent sweeps from colliding at every token: the later one continues from the other end. */
  #fromEnd = false;
  #consecutiveFailures = 0;
  #isHopeless = false;

  constructor(
    account: Account,
    options: RetryOptions,
    due: readonly T[],
    onResult: (due: T, deletion: SweepDeletion) => void,
  ) {
    this.#account = account;
    this.#options = options;
    this.#queue = [...due];
    this.#onResult = onResult;
  }

  async run(): Promise<ReadonlyMap<T, SweepDeletion>> {
    while (this.#queue.length > 0 && !this.#isOver()) {
      const notFound = await this.#deleteQueue();
      if (notFound.length > 0) await this.#lookAgain(notFound);
    }
    for (const due of this.#queue) this.#report(due, { kind: 'skipped' });
    return this.#results;
  }

  /** @returns the tokens that Mapbox did not find. */
  async #deleteQueue(): Promise<T[]> {
    const notFound: T[] = [];
    let consecutive404s = 0;
    while (consecutive404s < MAX_CONSECUTIVE_404S && !this.#isOver()) {
      const due = this.#fromEnd ? this.#queue.pop() : this.#queue.shift();
      if (due === undefined) break;
      const result = await this.#delete(due);
      if (isNotFound(result)) {
        notFound.push(due);
        consecutive404s++;
        this.#fromEnd = !this.#fromEnd;
      } else {
        consecutive404s = 0;
        this.#report(due, toDeletion(result));
      }
    }
    return notFound;
  }

  /** Retries the deletions that got a 404. After a second 404 the list decides, for the queued tokens as well. */
  async #lookAgain(notFound: readonly T[]): Promise<void> {
    const { clock, deadline } = this.#options;
    const inTime = clock.monotonic() + SECOND_LOOK_DELAY_MS < deadline;
    if (inTime && !this.#isOver()) await clock.sleep(SECOND_LOOK_DELAY_MS);
    const again = new Map<T, Rejected>();
    for (const due of notFound) {
      const result = inTime && !this.#isOver() ? await this.#delete(due) : undefined;
      if (result === undefined) this.#report(due, { kind: 'unconfirmed' });
      else if (isNotFound(result)) again.set(due, result);
      else this.#report(due, toDeletion(result));
    }
    if (again.size === 0) return;

    const { listed, complete } = await this.#readList();
    for (const [due, rejected] of again) {
      if (listed.has(due.token.id)) this.#report(due, rejected);
      else this.#report(due, { kind: complete ? 'already-deleted' : 'unconfirmed' });
    }
    if (!complete) return;
    const isListed = ({ token }: T) => listed.has(token.id);
    for (const due of this.#queue) if (!isListed(due)) this.#report(due, { kind: 'unlisted' });
    this.#queue = this.#queue.filter(isListed);
  }

  async #delete({ token }: T): Promise<DeleteResult> {
    let rejections = 0;
    return retry<'deleted', Rejected>(
      async timeoutMs => {
        const result = await deleteToken(this.#account, token.id, timeoutMs);
        if (result.kind !== 'rejected' || isNotFound(result)) return result;
        rejections++;
        return rejections < MAX_REJECTED_ATTEMPTS ? { kind: 'indeterminate', cause: result } : result;
      },
      withFailureBudget(this.#options, TOKEN_BUDGET_MS),
    );
  }

  async #readList(): Promise<{ listed: ReadonlySet<string>; complete: boolean }> {
    if (this.#isOver()) return { listed: new Set(), complete: false };
    const search = await findTokens(
      this.#account,
      withFailureBudget(this.#options, TOKEN_BUDGET_MS),
      () => true,
    );
    if (search.kind !== 'found') return { listed: new Set(), complete: false };
    return { listed: new Set(search.tokens.map(({ id }) => id)), complete: search.complete };
  }

  #report(due: T, deletion: SweepDeletion): void {
    this.#results.set(due, deletion);
    this.#onResult(due, deletion);
    this.#consecutiveFailures = isFailure(deletion) ? this.#consecutiveFailures + 1 : 0;
    this.#isHopeless ||= this.#consecutiveFailures >= MAX_CONSECUTIVE_FAILURES || this.#wouldRecur(deletion);
  }

  /** Whether the deletion of any other token would fail in the same way. */
  #wouldRecur(deletion: SweepDeletion): boolean {
    if (deletion.kind === 'retries-exhausted') return deletion.last.kind === 'rate-limited';
    if (deletion.kind !== 'rejected' || deletion.reason === 'other') return false;
    const mayDelete = [...this.#results.values()].some(({ kind }) => kind === 'deleted');
    return !(mayDelete && isNotFound(deletion));
  }

  #isOver(): boolean {
    const { clock, deadline } = this.#options;
    return this.#isHopeless || clock.monotonic() >= deadline;
  }
}

type DeleteResult = Success<'deleted'> | Rejected | RetriesExhausted;

function toDeletion(result: DeleteResult): SweepDeletion {
  return result.kind === 'success' ? { kind: result.value } : result;
}

function isFailure({ kind }: SweepDeletion): boolean {
  return kind === 'rejected' || kind === 'retries-exhausted' || kind === 'unconfirmed';
}
