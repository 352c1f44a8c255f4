import { type ErrorTitle, errorTitles } from '../action-error.ts';
import { formatDuration } from '../duration.ts';
import { describeErrorCode, describePeer } from '../http/error-codes.ts';
import type { Rejection, RetriesExhausted, Retryable, Service } from './result.ts';

/** One sentence on why an attempt failed: what, at which host, through which proxy, with the API's id of the request. */
export function describeResult(result: Retryable | Rejection, service: Service): string {
  if (result.kind === 'rate-limited') {
    return `${service}'s rate limit is exceeded (429); it resets ${result.estimated ? 'within' : 'in'} ${formatDuration(result.retryAfter)}${describeRequestId(result)}.`;
  }
  if (result.kind === 'not-sent') {
    const { code, peer } = result;
    return `Could not connect to ${peer === undefined ? service : describePeer(peer)}: ${describeErrorCode(code, peer?.proxy)}.`;
  }
  const cause = result.kind === 'rejected' ? result : result.cause;
  if (cause.kind === 'no-response') {
    const { code, peer } = cause;
    return `No response from ${peer === undefined ? service : describePeer(peer)}: ${describeErrorCode(code, peer?.proxy)}.`;
  }
  const what = {
    'server-error': ` with ${cause.bodyDescription}`,
    unreadable: `, but with ${cause.bodyDescription}`,
    rejected: cause.kind === 'rejected' && cause.isApiError ? '' : ` with ${cause.bodyDescription}`,
  }[cause.kind];
  return `${service} answered ${cause.status}${what}${describeRequestId(cause)}.`;
}

/** ` (request id …)`, or nothing. */
export function describeRequestId({ requestId }: { readonly requestId?: string | undefined }): string {
  return requestId === undefined ? '' : ` (request id ${requestId})`;
}

/** Why retrying ended, and after how many attempts. */
export function describeExhausted({ service, last, attempts, elapsed }: RetriesExhausted): string {
  const tries = attempts === 1 ? 'one attempt' : `${attempts} attempts in ${formatDuration(elapsed)}`;
  return `${describeResult(last, service)} Gave up after ${tries}.`;
}

const TITLES = {
  Mapbox: {
    rateLimited: errorTitles.rateLimited,
    unreachable: errorTitles.unreachable,
    serverError: errorTitles.serverError,
    unexpectedResponse: errorTitles.unexpectedResponse,
  },
  GitHub: {
    rateLimited: errorTitles.githubRateLimited,
    unreachable: errorTitles.githubUnreachable,
    serverError: errorTitles.githubServerError,
    unexpectedResponse: errorTitles.githubUnexpectedResponse,
  },
} as const satisfies Record<Service, Record<string, ErrorTitle>>;

/** The error title for a result after which nothing more was tried. */
export function titleForRetryable(result: Retryable, service: Service): ErrorTitle {
  const titles = TITLES[service];
  if (result.kind === 'rate-limited') return titles.rateLimited;
  if (result.kind === 'not-sent') return titles.unreachable;
  switch (result.cause.kind) {
    case 'no-response':
      return titles.unreachable;
    case 'server-error':
      return titles.serverError;
    case 'rejected':
    case 'unreadable':
      return titles.unexpectedResponse;
  }
}
