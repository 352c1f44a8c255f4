import { describeResult } from '../api/describe.ts';
import type { RetriesExhausted } from '../api/result.ts';
import { hasTimeFor, type RetryOptions } from '../api/retry.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { isNotFound, type Rejected } from '../mapbox/response.ts';
import { type Deletion, deleteTokenWithRetry } from '../mapbox/tokens.ts';
import { deleteOrphans, type UndeletedToken } from './orphans.ts';
import type { CleanupState } from './state.ts';

/** What the post step reports. */
export interface CleanupReport {
  /** For the log. */
  readonly lines: readonly string[];
  /** About tokens that are, or may be, still alive. */
  readonly warning: string | undefined;
}

/** The tokens to delete or to search for. */
export type Leftovers = Omit<CleanupState, 'apiUrl' | 'actionPath'>;

/** The pauses before each recheck: Mapbox may still process a request that was in flight when the main step ended. */
const RECHECK_DELAYS_MS = [2_000, 3_000, 5_000];

/**
 * Deletes what the main step created: the job's token, or one that never became an output, and orphans of lost
 * requests. Never fails: a release that has succeeded must not be run again only because of a token.
 */
export async function revoke(
  state: Leftovers,
  account: Account,
  options: RetryOptions,
): Promise<CleanupReport> {
  const { token } = state;
  const own =
    token === undefined || token.keep
      ? undefined
      : {
          id: token.id,
          result: await deleteTokenWithRetry(account, token.id, state.authorizingToken.id, options),
        };
  const search = await searchOrphans(account, state, own, options);
  const undeleted = [
    ...(own?.result.kind === 'retries-exhausted' && !search.found.has(own.id)
      ? [{ id: own.id, reason: own.result }]
      : []),
    ...search.undeleted,
  ];
  return {
    lines: logLines(own, search, state.orphans),
    warning: describeWarning(undeleted, search.failure, state, account),
  };
}

interface OwnDeletion {
  readonly id: string;
  readonly result: Deletion;
}

/** The result of several searches. */
interface Search {
  /** The ids of all orphans that were found, and of the step's own token if it still existed. */
  readonly found: ReadonlySet<string>;
  readonly deleted: ReadonlySet<string>;
  readonly undeleted: readonly UndeletedToken[];
  /** Why searching ended early. */
  readonly failure: Rejected | RetriesExhausted | EarlyEnd | undefined;
}

/**
 * `out-of-time`: the deletion of the step's own token took all the time. `incomplete`: the list could not be read
 * completely.
 */
type EarlyEnd = { readonly kind: 'out-of-time' } | { readonly kind: 'incomplete' };

/** Searches until all possible orphans are found, or until none can appear any more. */
async function searchOrphans(
  account: Account,
  { nonce, token, orphans, authorizingToken }: Leftovers,
  own: OwnDeletion | undefined,
  options: RetryOptions,
): Promise<Search> {
  const { clock, budget } = options;
  const deleted = new Set<string>();
  const isGone = own !== undefined && own.result.kind !== 'retries-exhausted';
  let undeleted: readonly UndeletedToken[] = [];
  let complete = true;
  const result = (failure?: Search['failure']): Search => ({
    found: new Set([...deleted, ...undeleted.map(({ id }) => id)]),
    deleted,
    undeleted,
    failure,
  });
  for (const delay of [0, ...RECHECK_DELAYS_MS]) {
    const found = [...deleted, ...undeleted.map(({ id }) => id)].filter(id => id !== own?.id);
    if (found.length >= orphans) return result();
    const pause = Math.max(delay, budget.delay(clock.monotonic()));
    if (!hasTimeFor(pause, options) && delay === 0) return result({ kind: 'out-of-time' });
    if (!hasTimeFor(pause, options)) break;
    await clock.sleep(pause);
    const search = await deleteOrphans(
      account,
      {
        nonce,
        keep: token?.keep ? token.id : undefined,
        deleted: isGone ? new Set([...deleted, own.id]) : deleted,
        createdBy: authorizingToken.id,
      },
      options,
    );
    if (search.kind !== 'searched') return result(search);
    for (const id of search.deleted) deleted.add(id);
    undeleted = search.undeleted;
    complete = search.complete;
  }
  return result(complete ? undefined : { kind: 'incomplete' });
}

function logLines(own: OwnDeletion | undefined, search: Search, orphans: number): string[] {
  const lines: string[] = [];
  if (own?.result.kind === 'deleted') lines.push(`Deleted the token ${own.id}.`);
  if (own?.result.kind === 'already-deleted') lines.push(`The token ${own.id} was already deleted.`);
  for (const id of search.deleted) {
    lines.push(
      id === own?.id
        ? `Deleted the token ${id}.`
        : `Deleted the orphaned token ${id}, created by a request without a usable response.`,
    );
  }
  const found = [...search.found].filter(id => id !== own?.id).length;
  if (found < orphans && search.failure === undefined) {
    lines.push(
      found === 0
        ? 'No orphaned tokens found. A request for a token had no usable response, and probably created none.'
        : `Found ${found} of up to ${orphans} orphaned tokens. The other requests probably created none.`,
    );
  }
  return lines;
}

function describeWarning(
  undeleted: readonly UndeletedToken[],
  failure: Search['failure'],
  { note, authorizingToken }: Leftovers,
  account: Account,
): string | undefined {
  const parts = undeleted.map(
    ({ id, reason }) =>
      `The token ${id} with the note "${note}" is still alive. ${describeResult(reason.last, 'Mapbox')}`,
  );
  if (failure !== undefined) {
    parts.push(
      `A request for a token had no usable response and may have created one with the note "${note}". ${describeFailure(failure)}`,
    );
  }
  if (parts.length === 0) return undefined;
  if (authorizingToken.id !== undefined && authorizingToken.id !== account.authorizingToken.id) {
    parts.push(
      'The `authorizing-token` of the post step is not the one that created it: the runner evaluates inputs again for the post step, and a variable may have changed since.',
    );
  }
  return `${parts.join('\n')}\nDelete it on the Tokens page, ${TOKENS_PAGE}. The job's result is not affected.`;
}

function describeFailure(failure: NonNullable<Search['failure']>): string {
  if (failure.kind === 'out-of-time') return 'There was no time left to search for it.';
  if (failure.kind === 'incomplete')
    return 'The list of tokens could not be read completely, so it may be missing from the list.';
  if (failure.kind === 'retries-exhausted') return describeResult(failure.last, 'Mapbox');
  if (isNotFound(failure))
    return 'The authorizing token lacks `tokens:read`, so it could not be searched for.';
  return describeResult(failure, 'Mapbox');
}
