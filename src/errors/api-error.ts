import { formatDuration } from '../duration.ts';
import type { Account } from '../mapbox/account.ts';
import { describeResult } from '../mapbox/describe.ts';
import type { Rejected, Retryable } from '../mapbox/result.ts';
import type { RetriesExhausted, RetryOptions } from '../mapbox/retry.ts';
import { ActionError, errorTitles } from './action-error.ts';
import { rejectionError } from './rejection.ts';

/** The error title for a result after which nothing more was tried. */
export function titleForRetryable(result: Retryable): ActionError['title'] {
  if (result.kind === 'rate-limited') return errorTitles.rateLimited;
  if (result.kind === 'not-sent') return errorTitles.unreachable;
  switch (result.cause.kind) {
    case 'no-response':
      return errorTitles.unreachable;
    case 'server-error':
      return errorTitles.serverError;
    case 'rejected':
    case 'unreadable':
      return errorTitles.unexpectedResponse;
  }
}

/** Why retrying ended, and after how many attempts. */
export function describeExhausted({ last, attempts, elapsed }: RetriesExhausted): string {
  const tries = attempts === 1 ? 'one attempt' : `${attempts} attempts in ${formatDuration(elapsed)}`;
  return `${describeResult(last)} Gave up after ${tries}.`;
}

/**
 * The error for a request that Mapbox rejected or that no attempt brought to an end.
 *
 * @param scopes those requested.
 */
export async function apiError(
  result: Rejected | RetriesExhausted,
  scopes: readonly string[],
  account: Account,
  { clock }: RetryOptions,
): Promise<ActionError> {
  if (result.kind === 'rejected') return rejectionError(result, scopes, account, clock);
  const { last } = result;
  return new ActionError(titleForRetryable(last), `${describeExhausted(result)} ${adviceFor(last)}`);
}

function adviceFor(last: Retryable): string {
  if (last.kind === 'rate-limited')
    return 'Raise `timeout` above that, or have fewer jobs mint at the same time.';
  if (last.kind === 'not-sent' && last.code === 'ENOTFOUND') {
    const where = last.peer?.proxy?.variable;
    return `Check the host in ${where === undefined ? '`api-url`' : where}, and the runner's DNS.`;
  }
  return 'See https://status.mapbox.com, or raise `timeout` and run the job again.';
}
