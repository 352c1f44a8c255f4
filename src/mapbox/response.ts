import type { RateLimited, Rejection, RetriesExhausted, Retryable, Success } from '../api/result.ts';
import type { HttpResponse, NoResponse } from '../http/response.ts';
import type { ApiRequest } from './client.ts';
import { isObject, parseDate, parseJson } from './token.ts';

/** The result of a request to Mapbox. */
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

/** Mapbox rejected the request and changed nothing. */
export interface Rejected extends Rejection {
  readonly reason: RejectionReason;
  readonly serverDate: Date | undefined;
}

/**
 * Interprets a response. The status decides, since Mapbox reserves the right to reword its messages; the message only
 * distinguishes causes that share a status.
 *
 * @param read parses a 2xx response; returns `undefined` if it is not what Mapbox documents.
 * @param now the runner's clock in milliseconds, used if the response has no `Date` header.
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

/** 408 Request Timeout and 425 Too Early are retried like a 5xx [RFC 9110, RFC 8470]. */
const RETRYABLE_STATUSES = new Set([408, 425]);

/**
 * CloudFront, in front of Mapbox, always sends the second header. A value with a dot, such as a token, is not accepted.
 */
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

/** Longer intervals and waits are ignored as mistakes. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** `Date` is truncated and the reset rounded up to whole seconds, so a full interval may seem longer by this. */
const ROUNDING_MS = 2_000;

/**
 * Reads the wait from the headers [Mapbox, API guide: rate limits]. Mapbox does not send `Retry-After`, but a proxy in
 * front of it may. A reset further away than one interval is ignored, since it must have another unit or starting
 * point; so is a `Retry-After` of more than an hour.
 */
function toRateLimited({ status, headers }: HttpResponse, mapboxNow: Date): RateLimited {
  const stated = Number(headers['x-rate-limit-interval']) * 1000;
  const interval = stated > 0 && stated <= MAX_RETRY_AFTER_MS ? stated : DEFAULT_INTERVAL_MS;
  const reset = Number(headers['x-rate-limit-reset']) * 1000;
  const waits = [
    reset > 0 ? { wait: reset - mapboxNow.getTime(), most: interval + ROUNDING_MS } : undefined,
    { wait: parseRetryAfter(headers['retry-after'], mapboxNow), most: MAX_RETRY_AFTER_MS },
  ].flatMap(source => (source !== undefined && source.wait <= source.most ? [source.wait] : []));
  // A wait in the future is preferred to one in the past.
  const wait = waits.find(ahead => ahead > 0) ?? waits[0];
  return wait === undefined
    ? { kind: 'rate-limited', status, retryAfter: interval, interval, estimated: true }
    : { kind: 'rate-limited', status, retryAfter: Math.max(0, wait), interval, estimated: false };
}

/** Milliseconds; `NaN` if the header is missing or malformed. */
function parseRetryAfter(header: string | undefined, now: Date): number {
  if (header === undefined) return Number.NaN;
  return /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
}

/** The message of an error. Mapbox's Tilesets API sends it as a bare JSON string. */
function messageOf({ body }: HttpResponse): string | undefined {
  if (body.kind !== 'complete') return undefined;
  const error = parseJson(body.text.reveal());
  const message = isObject(error) ? error['message'] : error;
  return typeof message === 'string' ? message : undefined;
}

/** Describes the kind of body, never its text: a response may echo the request. */
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
 * Builds a path below the account: `/tokens/v2/{username}`, followed by `rest`.
 *
 * @throws {RangeError} for `.` and `..`, which would lead to another path.
 */
export function tokensPath(username: string, ...rest: string[]): ApiRequest['path'] {
  if ([username, ...rest].some(segment => /^\.{1,2}$/.test(segment)))
    throw new RangeError('not a path segment');
  return ['', 'tokens', 'v2', username, ...rest].map(encodeURIComponent).join('/');
}

type NotFound = Rejected & { readonly reason: 'not-found'; readonly isApiError: true };

/**
 * Whether Mapbox itself responded that the resource does not exist or that the authorizing token lacks the scope for
 * it.
 */
export function isNotFound(result: ApiResult<unknown> | RetriesExhausted): result is NotFound {
  return result.kind === 'rejected' && result.reason === 'not-found' && result.isApiError;
}
