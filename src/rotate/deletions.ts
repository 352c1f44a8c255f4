import { describeResult } from '../api/describe.ts';
import { withBudget } from '../api/retry.ts';
import { deleteOrphans } from '../cleanup/orphans.ts';
import type { Account } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { deleteTokenWithRetry } from '../mapbox/tokens.ts';
import { accountAfter, type Replacement, type Rotation } from './rotation.ts';

/** A token that could not be deleted, and why, as a sentence. */
export interface UndeletedToken {
  readonly token: ListedToken;
  readonly reason: string;
}

/** What was deleted, and what was not. */
export interface Deletions {
  /** Ids of the deleted tokens. */
  readonly deleted: readonly string[];
  readonly undeleted: readonly UndeletedToken[];
}

const TOO_LATE_REASON =
  'Too late: the tokens were listed more than half an hour ago. The machine may have slept.';

/** Keeps one token from using up the time of the others. */
const DELETION_BUDGET_MS = 90_000;

/**
 * Deletes listed tokens in the given order. A failure does not stop the others.
 *
 * @param afterEach called after each deletion with the ids that are left.
 */
export async function deleteTokens(
  { options, deadline }: Pick<Rotation, 'options' | 'deadline'>,
  account: Account,
  due: readonly ListedToken[],
  afterEach: (left: readonly string[]) => void = () => {},
): Promise<Deletions> {
  const deleted: string[] = [];
  const undeleted: UndeletedToken[] = [];
  for (const token of due) {
    const budget = withBudget(options, DELETION_BUDGET_MS);
    const result = deadline.isOver()
      ? undefined
      : await deleteTokenWithRetry(account, token.id, undefined, budget);
    if (result === undefined || result.kind === 'retries-exhausted') {
      // The deadline may have passed while connecting.
      const reason =
        result === undefined || deadline.isOver() ? TOO_LATE_REASON : describeResult(result.last, 'Mapbox');
      undeleted.push({ token, reason });
    } else {
      deleted.push(token.id);
      afterEach(due.map(({ id }) => id).filter(id => !deleted.includes(id)));
    }
  }
  return { deleted, undeleted };
}

/**
 * Deletes tokens created by lost requests for the replacement.
 *
 * @returns the ids. Tokens that are not found now are left to the post step.
 */
export async function deleteOwnOrphans(
  rotation: Pick<Rotation, 'account' | 'options'> & {
    readonly inputs: Pick<Rotation['inputs'], 'isSeparate'>;
  },
  replacement: Pick<Replacement, 'token' | 'nonce' | 'orphans'>,
): Promise<readonly string[]> {
  const { orphans, nonce, token } = replacement;
  if (orphans === undefined) return [];
  const { account, options } = rotation;
  const stepTokens = { nonce, keep: token.id, createdBy: account.authorizingToken.id };
  const search = await deleteOrphans(accountAfter(rotation, replacement), stepTokens, options);
  return search.kind === 'searched' ? search.deleted : [];
}
