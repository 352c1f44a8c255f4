import type { Clock } from '../clock.ts';
import { ActionError, errorTitles } from '../errors/action-error.ts';
import { describeExhausted, titleForRetryable } from '../errors/api-error.ts';
import { rejectionError } from '../errors/rejection.ts';
import type { ConnectionInputs } from '../inputs/connection.ts';
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
  connection: ConnectionInputs,
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
    connection.username === connection.authorizingToken.username
  ) {
    return new ActionError(
      errorTitles.notFound,
      `Mapbox answered 404 Not Found to the list of tokens: the authorizing token lacks \`tokens:read\`. ${RENEW}`,
    );
  }
  return sweepRejectionError(result, connection, account, clock);
}

/** Why tokens are still alive that could have been deleted; `undefined` where only the time was up. */
export async function deletionError(
  deletions: readonly SweepDeletion[],
  connection: ConnectionInputs,
  account: Account,
  clock: Clock,
): Promise<ActionError | undefined> {
  const deleted = deletions.filter(({ kind }) => kind === 'deleted').length;
  const so = `Deleted ${deleted} of ${pluralize(deletions.length, 'token')} whose runs are over.`;
  const refused = deletions.find(deletion => deletion.kind === 'rejected');
  if (refused !== undefined) {
    if (refused.isMapboxError && refused.reason === 'not-found') {
      return new ActionError(
        errorTitles.notFound,
        `Mapbox answered 404 Not Found to the deletion of a token that is there: the authorizing token lacks \`tokens:write\`. ${so} ${RENEW}`,
      );
    }
    const { title, message } = await sweepRejectionError(refused, connection, account, clock);
    return new ActionError(title, `${message} ${so}`);
  }
  const gaveUp = deletions.find(
    deletion => deletion.kind === 'retries-exhausted' && deletion.last.kind !== 'rate-limited',
  );
  if (gaveUp?.kind !== 'retries-exhausted') return undefined;
  return new ActionError(
    titleForRetryable(gaveUp.last),
    `${describeExhausted(gaveUp)} ${so} The next sweep goes on with the others.`,
  );
}

async function sweepRejectionError(
  refused: Rejected,
  { authorizingToken }: ConnectionInputs,
  account: Account,
  clock: Clock,
): Promise<ActionError> {
  if (refused.isMapboxError && refused.reason === 'other') {
    return new ActionError(
      errorTitles.requestRejected,
      `Mapbox rejected the request with ${refused.status}.`,
    );
  }
  return rejectionError(refused, [], authorizingToken, account, clock);
}
