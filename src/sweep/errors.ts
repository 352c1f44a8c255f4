import { ActionError, errorTitles } from '../action-error.ts';
import { describeExhausted, describeRequestId, titleForRetryable } from '../api/describe.ts';
import type { RetriesExhausted } from '../api/result.ts';
import type { Clock } from '../clock.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { rejectionError } from '../mapbox/errors.ts';
import type { ListedToken } from '../mapbox/list.ts';
import type { Rejected } from '../mapbox/response.ts';
import type { SweepDeletion } from './delete-tokens.ts';
import { pluralize } from './report.ts';

const RENEW =
  'The scopes of a token cannot be changed on the Tokens page: create one with `tokens:read` and `tokens:write` ' +
  `on ${TOKENS_PAGE} and put it into the secret.`;

/**
 * Checks the scopes that the list shows of the authorizing token, before anything is attempted in vain.
 *
 * @throws {ActionError} where it cannot delete.
 */
export function checkOwnScopes(own: ListedToken | undefined): void {
  if (own === undefined || !own.scopes.includes('tokens:read') || own.scopes.includes('tokens:write')) return;
  throw new ActionError(
    errorTitles.authorizingTokenMissingScopes,
    `The authorizing token lacks \`tokens:write\`, so nothing can be deleted. ${RENEW}`,
  );
}

/** The error for a list of tokens that could not be read. */
export async function listError(
  result: Rejected | RetriesExhausted,
  account: Account,
  clock: Clock,
): Promise<ActionError> {
  if (result.kind === 'retries-exhausted') {
    return new ActionError(
      titleForRetryable(result.last, result.service),
      `The tokens could not be listed. ${describeExhausted(result)} Nothing was deleted; the next sweep tries again.`,
    );
  }
  if (
    result.isApiError &&
    result.reason === 'not-found' &&
    account.username === account.authorizingToken.username
  ) {
    return new ActionError(
      errorTitles.notFound,
      `Mapbox responded with 404 Not Found${describeRequestId(result)} to the list of tokens: the authorizing token lacks \`tokens:read\`. ${RENEW}`,
    );
  }
  return sweepRejectionError(result, account, clock);
}

/** The error for tokens that could not be deleted; `undefined` where nothing failed, though time may have been up. */
export async function deletionError(
  deletions: readonly SweepDeletion[],
  account: Account,
  clock: Clock,
): Promise<ActionError | undefined> {
  const progress = describeProgress(deletions);
  const rejected = deletions.find(deletion => deletion.kind === 'rejected');
  if (rejected !== undefined) {
    if (rejected.isApiError && rejected.reason === 'not-found') {
      return notFoundError(
        rejected,
        progress,
        deletions.some(({ kind }) => kind === 'deleted'),
      );
    }
    const { title, message } = await sweepRejectionError(rejected, account, clock);
    return new ActionError(title, `${message} ${progress}`);
  }
  const exhausted = deletions.find(
    deletion => deletion.kind === 'retries-exhausted' && deletion.last.kind !== 'rate-limited',
  );
  if (exhausted?.kind !== 'retries-exhausted') return undefined;
  return new ActionError(
    titleForRetryable(exhausted.last, exhausted.service),
    `${describeExhausted(exhausted)} ${progress} The next sweep tries the others again.`,
  );
}

/** The warning for tokens that are left because time was up; `undefined` where none are. */
export function timeoutWarning(deletions: readonly SweepDeletion[]): string | undefined {
  if (deletions.every(({ kind }) => kind === 'deleted' || kind === 'already-deleted')) return undefined;
  return (
    `Time is up. ${describeProgress(deletions)} ` +
    'The next sweep deletes the others; raise `timeout` to have all deleted in one.'
  );
}

/** The error for a `github-token` that GitHub does not accept. */
export function githubTokenError(): ActionError {
  return new ActionError(
    errorTitles.githubTokenRejected,
    "GitHub responded with 401: `github-token` is not valid, or no longer. Leave it out: the job's own token is used, which needs `permissions: actions: read`. Nothing was deleted.",
  );
}

/** @param deletedOthers whether the authorizing token has deleted any token. */
function notFoundError(rejected: Rejected, progress: string, deletedOthers: boolean): ActionError {
  const what = `Mapbox responded with 404 Not Found${describeRequestId(rejected)} to the deletion of a token that it lists`;
  return new ActionError(
    errorTitles.notFound,
    deletedOthers
      ? `${what}. ${progress} The next sweep tries again.`
      : `${what}: the authorizing token lacks \`tokens:write\`. ${progress} ${RENEW}`,
  );
}

function describeProgress(deletions: readonly SweepDeletion[]): string {
  const count = (kind: SweepDeletion['kind']) => deletions.filter(deletion => deletion.kind === kind).length;
  const already = count('already-deleted');
  const due = pluralize(deletions.length, 'token');
  return `Deleted ${count('deleted')} of ${due} due for deletion${already > 0 ? `; ${already} had been deleted already` : ''}.`;
}

async function sweepRejectionError(rejected: Rejected, account: Account, clock: Clock): Promise<ActionError> {
  if (rejected.isApiError && rejected.reason === 'other') {
    return new ActionError(
      errorTitles.requestRejected,
      `Mapbox rejected the request with ${rejected.status}${describeRequestId(rejected)}.`,
    );
  }
  return rejectionError(rejected, [], account, clock);
}
