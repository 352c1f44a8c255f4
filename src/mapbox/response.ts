import type { RateLimited, Rejection, RetriesExhausted, Retryable, Success } from '../api/result.ts';
import type { HttpResponse, NoResponse } from '../http/response.ts';
import type { ApiRequest } from './client.ts';
import { isObject, parseDate, parseJson } from './token.ts';

/** What a request to Mapbox came to. */
export type ApiResult<T> = Success<T> | Rejected | Retryable;

export type RejectionReason =
  | 'unauthorized'
  | 'forbidden'
  | 'no-such-user'
  | 'not-found'
  | 'scopes'
  | 'expires-in-past'
  | 'expires-too-late'
  | 'expires-after-authorizing-token'
  | 'redirect'
  | 'too-large'
  | 'other';

/** Mapbox said no, and nothing was done. */
export interface Rejected extends Rejection {
  readonly reason: RejectionReason;
  readonly serverDate: Date | undefined;
}

/**
 * Turns a response into its meaning. The status carries the logic, since Mapbox reserves the right
 * to reword its messages; the words only tell apart what shares a status.
 *
 * @param read turns a success into its value, `undefined` if it is not what Mapbox documents.
 * @param now the runner's clock in milliseconds, for headers that count from Mapbox's.
 */
export function toApiResult<T>(
  result: HttpResponse | NoResponse,
  read: (response: HttpResponse) => T | undefined,
  now: number,
): ApiResult<T> {
  if (result.kind === 'no-response') {
    return result.sent
      ? { kind: 'indeterminate', cause: { kind: 'no-response', code: result.code, peer: result.peer } }
      : { kind: 'not-sent', code: result.code, peer: result.peer };
  }
  const { status } = result;
  const date = parseDate(result.headers['date'] ?? '');
  const description = { status, bodyDescription: describeBody(result), requestId: requestIdOf(result) };
  if (status < 300) {
    const value = read(result);
    return value === undefined
      ? { kind: 'indeterminate', cause: { kind: 'unreadable', ...description, peer: result.peer } }
      : { kind: 'success', value };
  }
  if (status === 429) {
    return { ...toRateLimited(result, date ?? new Date(now)), requestId: description.requestId };
  }
  if (status >= 500 || RETRYABLE_STATUSES.has(status)) {
    return { kind: 'indeterminate', cause: { kind: 'server-error', ...description, peer: result.peer } };
  }
  const message = messageOf(result);
  const isApiError = message !== undefined;
  return {
    kind: 'rejected',
    reason: rejectionReason(status, message ?? ''),
    isApiError,
    serverDate: date,
    ...description,
  };
}

/** Request timeout and too early: trying again may help, as after a 5xx [RFC 9110, RFC 8470]. */
const RETRYABLE_STATUSES = new Set([408, 425]);

/** CloudFront, in front of Mapbox, always sends the second one. Nothing with a dot, such as a token, is taken for an id. */
function requestIdOf({ headers }: HttpResponse): string | undefined {
  const ids = [headers['x-request-id'], headers['x-amz-cf-id']];
  return ids.find(id => id !== undefined && /^[\w=-]{1,100}$/.test(id));
}

/** Mapbox, Tokens API: errors. */
function rejectionReason(status: number, message: string): RejectionReason {
  if (status < 400) return 'redirect';
  const says = (words: string) => message.toLowerCase().includes(words);
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      // "This API requires a token with styles:download scope." [live responses of Mapbox's other APIs]
      return says('scope') ? 'not-found' : 'forbidden';
    case 404:
      return says('no such user') ? 'no-such-user' : 'not-found';
    case 413:
      return 'too-large';
    case 422:
      if (says('authorizing token')) return 'expires-after-authorizing-token';
      if (says('in the past')) return 'expires-in-past';
      if (says('hour in the future')) return 'expires-too-late';
      if (says('scopes')) return 'scopes';
      return 'other';
    default:
      return 'other';
  }
}

/** The interval of Mapbox's limits, if no header has one. */
const DEFAULT_INTERVAL_MS = 60_000;

/** No interval and no wait that anybody means is longer. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** `Date` is cut to whole seconds and the reset rounded up to them, so that a whole interval may seem longer. */
const ROUNDING_MS = 2_000;

/**
 * Mapbox, API guide: rate limits. `Retry-After` is no header of Mapbox's, but of what may stand before it. A reset that
 * is further away than one interval is none, whatever unit or moment it counts from; nor is a `Retry-After` of hours.
 */
function toRateLimited({ status, headers }: HttpResponse, mapboxNow: Date): RateLimited {
  const stated = Number(headers['x-rate-limit-interval']) * 1000;
  const interval = stated > 0 && stated <= MAX_RETRY_AFTER_MS ? stated : DEFAULT_INTERVAL_MS;
  const reset = Number(headers['x-rate-limit-reset']) * 1000;
  const waits = [
    reset > 0 ? { wait: reset - mapboxNow.getTime(), most: interval + ROUNDING_MS } : undefined,
    { wait: parseRetryAfter(headers['retry-after'], mapboxNow), most: MAX_RETRY_AFTER_MS },
  ].flatMap(source => (source !== undefined && source.wait <= source.most ? [source.wait] : []));
  // What lies in the past says less than what does not.
  const wait = waits.find(ahead => ahead > 0) ?? waits[0];
  return wait === undefined
    ? { kind: 'rate-limited', status, retryAfter: interval, interval, estimated: true }
    : { kind: 'rate-limited', status, retryAfter: Math.max(0, wait), interval, estimated: false };
}

/** Milliseconds; not a number if the header says nothing. */
function parseRetryAfter(header: string | undefined, now: Date): number {
  if (header === undefined) return Number.NaN;
  return /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
}

/** The message of an error, which Mapbox's Tilesets API sends as a JSON string alone. */
function messageOf({ body }: HttpResponse): string | undefined {
  if (body.kind !== 'complete') return undefined;
  const error = parseJson(body.text.reveal());
  const message = isObject(error) ? error['message'] : error;
  return typeof message === 'string' ? message : undefined;
}

/** What kind of response it is, never its text: a response may echo what was sent. */
function describeBody({ headers, body }: HttpResponse): string {
  if (body.kind === 'incomplete') {
    const how = {
      truncated: 'a truncated response',
      'too-large': 'a response that is too large',
      timeout: 'a response that never ended',
    };
    return how[body.how];
  }
  const text = body.text.reveal().trimStart();
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return 'a compressed response';
  if (text === '') return 'an empty response';
  if (/^<(?:!doctype|html)/i.test(text) || headers['content-type']?.includes('html')) return 'an HTML page';
  return parseJson(text) === undefined ? 'a response that is not JSON' : 'undocumented JSON';
}

/**
 * Builds the path below the account: `/tokens/v2/{username}` and what follows.
 *
 * @throws {RangeError} for `.` and `..`, which would lead elsewhere.
 */
export function tokensPath(username: string, ...rest: string[]): ApiRequest['path'] {
  if ([username, ...rest].some(segment => /^\.{1,2}$/.test(segment)))
    throw new RangeError('not a path segment');
  return ['', 'tokens', 'v2', username, ...rest].map(encodeURIComponent).join('/');
}

type NotFound = Rejected & { readonly reason: 'not-found'; readonly isApiError: true };

/** Whether Mapbox itself said that there is no such thing, or that the authorizing token lacks the scope for it. */
export function isNotFound(result: ApiResult<unknown> | RetriesExhausted): result is NotFound {
  return result.kind === 'rejected' && result.reason === 'not-found' && result.isApiError;
}
