import { type ErrorTitle, errorTitles } from '../action-error.ts';
import { formatDuration } from '../duration.ts';
import { describeFailure, describePeer, type Failure } from '../http/error-codes.ts';
import type { Rejection, RetriesExhausted, Retryable, Service } from './result.ts';

/** Why an attempt failed, in one sentence with the host, the proxy and the API's request id. */
export function describeResult(result: Retryable | Rejection, service: Service): string {
  if (result.kind === 'rate-limited') {
    return `${service}'s rate limit is exceeded (${result.status}); it resets ${result.estimated ? 'within' : 'in'} ${formatDuration(result.retryAfter)}${describeRequestId(result)}.`;
  }
  if (result.kind === 'not-sent') return `Could not connect to ${describeFailed(result, service)}.`;
  const cause = result.kind === 'rejected' ? result : result.cause;
  if (cause.kind === 'no-response') return `No response from ${describeFailed(cause, service)}.`;
  if (cause.kind === 'rejected') {
    return `${service} responded with ${cause.status}${cause.isApiError ? '' : ` and ${cause.bodyDescription}`}${describeRequestId(cause)}.`;
  }
  const conjunction = cause.kind === 'server-error' ? ' and ' : ', but with ';
  const details = [
    ...(cause.peer === undefined ? [] : [describePeer(cause.peer)]),
    ...(cause.requestId === undefined ? [] : [`request id ${cause.requestId}`]),
  ];
  const end = details.length === 0 ? '' : ` (${details.join(', ')})`;
  return `${service} responded with ${cause.status}${conjunction}${cause.bodyDescription}${end}.`;
}

/** The setting that names an API's host: an input or a variable of the runner. */
const HOST_SETTINGS: Readonly<Record<Service, string>> = { Mapbox: '`api-url`', GitHub: 'GITHUB_API_URL' };

function describeFailed(failure: Failure, service: Service): string {
  const { peer } = failure;
  const { problem } = describeFailure(failure, HOST_SETTINGS[service]);
  return `${peer === undefined ? service : describePeer(peer)}: ${problem}`;
}

const STATUS_PAGES: Readonly<Record<Service, string>> = {
  Mapbox: 'https://status.mapbox.com',
  GitHub: 'https://www.githubstatus.com',
};

/** Transient codes: timeouts, and responses of a busy or failing proxy. */
const PASSING_CODES = /TIMEOUT|TIMEDOUT|^PROXY_(?:408|425|429|5)/;

/** What to do after retries are exhausted, in sentences, depending on the last failure. */
export function adviseExhausted({ service, last, attempts }: RetriesExhausted): string {
  const again = attempts > 1 ? 'raise `timeout` and run the job again' : 'run the job again later';
  const seeStatus = `See ${STATUS_PAGES[service]}, or ${again}.`;
  if (last.kind === 'rate-limited') {
    const wait = attempts > 1 ? 'Raise `timeout` above that' : 'Run the job again after that';
    return `${wait}, or run fewer jobs at the same time.`;
  }
  const failure =
    last.kind === 'not-sent' ? last : last.cause.kind === 'no-response' ? last.cause : undefined;
  if (failure !== undefined) {
    const { advice } = describeFailure(failure, HOST_SETTINGS[service]);
    return advice ?? (PASSING_CODES.test(failure.code) ? seeStatus : 'Run the job again.');
  }
  if (last.kind === 'indeterminate' && last.cause.kind === 'server-error') return seeStatus;
  return `Something in between, such as a proxy, may have responded instead of ${service}. Check ${HOST_SETTINGS[service]} and the proxy.`;
}

/** ` (request id …)`, or nothing. */
export function describeRequestId({ requestId }: { readonly requestId?: string | undefined }): string {
  return requestId === undefined ? '' : ` (request id ${requestId})`;
}

/** Why retries ended, and after how many attempts. */
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

/** The error title for the last result of exhausted retries. */
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
