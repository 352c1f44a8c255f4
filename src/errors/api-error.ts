import { formatDuration } from '../duration.ts';
import type { ConnectionInputs } from '../inputs/connection.ts';
import type { Account } from '../mapbox/account.ts';
import { describeResult } from '../mapbox/describe.ts';
import type { Rejected, Retryable } from '../mapbox/result.ts';
import type { RetriesExhausted, RetryOptions } from '../mapbox/retry.ts';
import { ActionError, errorTitles } from './action-error.ts';
import { rejectionError } from './rejection.ts';

/** The titles that a lost struggle with the network ends under. */
export function titleForRetryable(result: Retryable): ActionError['title'] {
  if (result.kind === 'rate-limited') return errorTitles.rateLimited;
  if (result.kind === 'not-sent') return errorTitles.unreachable;
  switch (result.cause.kind) {
    case 'no-response':
      return errorTitles.unreachable;
    case 'server-error':
      return errorTitles.serverError;
    case 'unreadable':
      return errorTitles.unexpectedResponse;
  }
}

/** Why it was given up, and after how much effort. */
export function describeExhausted({ last, attempts, elapsed }: RetriesExhausted): string {
  const tries = attempts === 1 ? 'one attempt' : `${attempts} attempts over ${formatDuration(elapsed)}`;
  return `${describeResult(last)} Given up after ${tries}.`;
}

export async function apiError(
  result: Rejected | RetriesExhausted,
  scopes: readonly string[],
  authorizingToken: ConnectionInputs['authorizingToken'],
  account: Account,
  { clock }: RetryOptions,
): Promise<ActionError> {
  if (result.kind === 'rejected') return rejectionError(result, scopes, authorizingToken, account, clock);
  const { last } = result;
  const advice =
    last.kind === 'rate-limited'
      ? 'Raise `timeout` above that, or have fewer jobs mint at the same time.'
      : 'See https://status.mapbox.com, or raise `timeout` and run the job again.';
  return new ActionError(titleForRetryable(last), `${describeExhausted(result)} ${advice}`);
}
