import type { Clock } from '../clock.ts';
import { ActionError, errorTitles } from '../errors/action-error.ts';
import { describeExhausted, titleForRetryable } from '../errors/api-error.ts';
import { rejectionError } from '../errors/rejection.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import type { Rejected } from '../mapbox/result.ts';
import type { RetriesExhausted } from '../mapbox/retry.ts';
import type { SweepDeletion } from './delete-tokens.ts';
import { pluralize } from './report.ts';

const RENEW =
  'The scopes of a token cannot be changed on the Tokens page: create one with `tokens:read` and `tokens:write` ' +
  `on ${TOKENS_PAGE} and put it into the secret.`;

/** Told by the list itself, before anything is done in vain. */
export function checkOwnScopes(own: ListedToken | undefined): void {
  if (own === undefined || !own.scopes.includes('tokens:read') || own.scopes.includes('tokens:write')) return;
  throw new ActionError(
    errorTitles.authorizingTokenMissingScopes,
    `The authorizing token lacks \`tokens:write\`, so nothing can be deleted. ${RENEW}`,
  );
}

export async function listError(
  result: Rejected | RetriesExhausted,
  account: Account,
  clock: Clock,
): Promise<ActionError> {
  if (result.kind === 'retries-exhausted') {
    return new ActionError(
      titleForRetryable(result.last),
      `The tokens could not be listed. ${describeExhausted(result)} Nothing was deleted; the next sweep tries again.`,
    );
  }
  if (
    result.isMapboxError &&
    result.reason === 'not-found' &&
    account.username === account.authorizingToken.username
  ) {
    return new ActionError(
      errorTitles.notFound,
      `Mapbox answered 404 Not Found to the list of tokens: the authorizing token lacks \`tokens:read\`. ${RENEW}`,
    );
  }
  return sweepRejectionError(result, account, clock);
}

/** Why tokens are still alive that could have been deleted; `undefined` where only the time was up. */
export async function deletionError(
  deletions: readonly SweepDeletion[],
  account: Account,
  clock: Clock,
): Promise<ActionError | undefined> {
  const deleted = deletions.filter(({ kind }) => kind === 'deleted').length;
  const so = `Deleted ${deleted} of ${pluralize(deletions.length, 'token')} whose runs are over.`;
  const rejected = deletions.find(deletion => deletion.kind === 'rejected');
  if (rejected !== undefined) {
    if (rejected.isMapboxError && rejected.reason === 'not-found') {
      return new ActionError(
        errorTitles.notFound,
        `Mapbox answered 404 Not Found to the deletion of a token that is there: the authorizing token lacks \`tokens:write\`. ${so} ${RENEW}`,
      );
    }
    const { title, message } = await sweepRejectionError(rejected, account, clock);
    return new ActionError(title, `${message} ${so}`);
  }
  const exhausted = deletions.find(
    deletion => deletion.kind === 'retries-exhausted' && deletion.last.kind !== 'rate-limited',
  );
  if (exhausted?.kind !== 'retries-exhausted') return undefined;
  return new ActionError(
    titleForRetryable(exhausted.last),
    `${describeExhausted(exhausted)} ${so} The next sweep goes on with the others.`,
  );
}

async function sweepRejectionError(rejected: Rejected, account: Account, clock: Clock): Promise<ActionError> {
  if (rejected.isMapboxError && rejected.reason === 'other') {
    return new ActionError(
      errorTitles.requestRejected,
      `Mapbox rejected the request with ${rejected.status}.`,
    );
  }
  return rejectionError(rejected, [], account, clock);
}
