import { getOctokit } from '@actions/github';
import type { Rejection, Retryable, Success } from '../api/result.ts';
import type { HttpClient } from '../http/client.ts';
import type { HttpResponse, NoResponse } from '../http/response.ts';
import { type Secret, TOKENS } from '../secret.ts';

/** The result of a request to GitHub. */
export type GithubResult<T> = Success<T> | GithubRejection | Retryable;

/** GitHub rejected or redirected the request: nothing was done. */
export interface GithubRejection extends Rejection {
  /** GitHub's own reason: one line, truncated, without control characters or tokens. `undefined` if it gave none. */
  readonly reason: string | undefined;
  /** The permissions that would suffice, as GitHub lists them, such as `actions=read`. */
  readonly acceptedPermissions: string | undefined;
  /** Whether an organization requires single sign-on for the token (`x-github-sso`). */
  readonly needsSso: boolean;
}

/** One request to GitHub's REST API. */
export interface GithubRequest {
  readonly method: 'GET' | 'PUT';
  /** The path's unencoded segments: each is percent-encoded once. */
  readonly path: readonly string[];
  /** The query of a GET, the JSON body of a PUT. */
  readonly parameters?: Readonly<Record<string, string | number | boolean | readonly number[]>>;
}

/** A successful response. */
export interface GithubResponse {
  readonly status: number;
  /** The parsed body, to be checked before it is used; `undefined` if it is empty. */
  readonly data: unknown;
  /** When GitHub responded, by its own clock. */
  readonly date: Date | undefined;
}

/** Sends requests to GitHub's REST API. */
export interface GithubClient {
  /**
   * Sends one request, without following redirects or retrying. Never rejects for network errors.
   *
   * @param read parses a successful response; returns `undefined` if it is not what GitHub documents.
   * @param timeoutMs milliseconds that the request may take.
   * @throws {RangeError} if a segment of the path is empty, `.` or `..`: callers check external input first.
   */
  send<T>(
    request: GithubRequest,
    read: (response: GithubResponse) => T | undefined,
    timeoutMs: number,
  ): Promise<GithubResult<T>>;
}

/** Keeps the toolkit from writing to the log. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Creates a client for the API at `api`, which may have a path: GitHub Enterprise Server's is `/api/v3`. GitHub's
 * toolkit builds the requests and `client` sends them: the toolkit's own fetch follows redirects and lets
 * NODE_TLS_REJECT_UNAUTHORIZED disable certificate checks.
 */
export function createGithubClient(client: HttpClient, api: URL, token: Secret): GithubClient {
  const base = api.pathname.replace(/\/+$/, '');
  const { request: octokit } = getOctokit(token.reveal(), { log: SILENT });
  return {
    async send({ method, path, parameters = {} }, read, timeoutMs) {
      if (path.some(segment => /^\.{0,2}$/.test(segment))) throw new RangeError('not a path segment');
      const { promise, resolve } = Promise.withResolvers<HttpResponse | NoResponse>();
      const fetch = async (target: string, { method, headers, body }: FetchOptions) => {
        resolve(await client.send({ method, path: base + target, headers, body }, timeoutMs));
        // The response is parsed below. The toolkit gets one without a body.
        return { status: 204, url: target, headers: [] };
      };
      await octokit({
        ...parameters,
        method,
        url: `/${path.map(encodeURIComponent).join('/')}`,
        baseUrl: '',
        headers: { accept: 'application/vnd.github+json', 'user-agent': 'create-mapbox-token' },
        request: { fetch },
      });
      return toGithubResult(await promise, read);
    },
  };
}

/** The options that the toolkit passes to `fetch`. */
interface FetchOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

function toGithubResult<T>(
  response: HttpResponse | NoResponse,
  read: (response: GithubResponse) => T | undefined,
): GithubResult<T> {
  if (response.kind === 'no-response') {
    const { sent, code, peer } = response;
    return sent
      ? { kind: 'indeterminate', cause: { kind: 'no-response', code, peer } }
      : { kind: 'not-sent', code, peer };
  }
  const { status, headers } = response;
  const json = parseBody(response.body);
  const requestId = requestIdOf(headers);
  const unexpected = (kind: 'server-error' | 'unreadable', bodyDescription: string): Retryable => ({
    kind: 'indeterminate',
    cause: { kind, status, bodyDescription, requestId },
  });
  if (status < 300) {
    const date = parseDate(headers['date']);
    const value = json === undefined ? undefined : read({ status, data: json.data, date });
    return value === undefined ? unexpected('unreadable', UNEXPECTED_BODY) : { kind: 'success', value };
  }
  const message = json === undefined ? undefined : messageIn(json.data);
  if (isRateLimit(response, message)) {
    const wait = retryAfter(headers);
    return {
      kind: 'rate-limited',
      status,
      retryAfter: wait,
      interval: wait,
      estimated: false,
      requestId,
    };
  }
  if (status >= 500 || RETRYABLE_STATUSES.has(status)) return unexpected('server-error', 'an error');
  if (message === undefined && status >= 400) return unexpected('unreadable', UNEXPECTED_BODY);
  return {
    kind: 'rejected',
    status,
    isApiError: message !== undefined,
    bodyDescription: 'an error',
    requestId,
    reason: message === undefined ? undefined : ownWords(message),
    acceptedPermissions: headers['x-accepted-github-permissions']?.replace(/[^\w=,; -]/g, '').slice(0, 100),
    needsSso: headers['x-github-sso'] !== undefined,
  };
}

const UNEXPECTED_BODY = 'an unexpected body';

/** Request timeout, conflict, and too early: retrying may help, as after a 5xx [RFC 9110, RFC 8470]. */
const RETRYABLE_STATUSES = new Set([408, 409, 425]);

/** Parses a body; `undefined` if it is incomplete or not JSON. An empty body has the data `undefined`. */
function parseBody(body: HttpResponse['body']): { readonly data: unknown } | undefined {
  if (body.kind !== 'complete') return undefined;
  const text = body.text.reveal();
  try {
    return { data: text === '' ? undefined : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/**
 * The id by which GitHub's support can find the request. A text with a dot, such as a token, is not accepted as an id.
 */
function requestIdOf(headers: HttpResponse['headers']): string | undefined {
  return /^[\w:-]{1,100}$/.exec(headers['x-github-request-id'] ?? '')?.[0];
}

function parseDate(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The message that every GitHub error has. */
function messageIn(data: unknown): string | undefined {
  const isObject = typeof data === 'object' && data !== null;
  return isObject && 'message' in data && typeof data.message === 'string' ? data.message : undefined;
}

/** How many characters of GitHub's message are shown. */
const MAX_REASON = 200;

/** GitHub's message, sanitized for use within a line. URLs are removed, because they may contain a session id. */
function ownWords(message: string): string | undefined {
  const line = message
    .replace(TOKENS, '***')
    .replace(/https?:\S+/g, '…')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\s]+/gu, ' ')
    .trim();
  const characters = [...line];
  if (characters.length > MAX_REASON) return `${characters.slice(0, MAX_REASON).join('')}…`;
  return line === '' ? undefined : line;
}

/** The hourly limits and the secondary ones, formerly called abuse detection [GitHub, REST API: rate limits]. */
function isRateLimit({ status, headers }: HttpResponse, message = ''): boolean {
  if (status === 429) return true;
  return (
    status === 403 &&
    (headers['x-ratelimit-remaining'] === '0' ||
      headers['retry-after'] !== undefined ||
      /secondary rate limit|abuse detection/i.test(message))
  );
}

/** How long to wait if no header says how long [GitHub, REST API: best practices]. */
const DEFAULT_RETRY_AFTER_MS = 60_000;

/** Resets are given in whole seconds. */
const MIN_RETRY_AFTER_MS = 1_000;

/** The interval of the primary limit. */
const MAX_RETRY_AFTER_MS = 3_600_000;

function retryAfter(headers: HttpResponse['headers']): number {
  const {
    'retry-after': seconds = '',
    'x-ratelimit-remaining': remaining,
    'x-ratelimit-reset': reset,
    date = '',
  } = headers;
  if (/^\d+$/.test(seconds)) return withinLimits(Number(seconds) * 1000);
  if (remaining !== '0') return DEFAULT_RETRY_AFTER_MS;
  // By GitHub's own clock, since the runner's may be wrong.
  const wait = Number(reset) * 1000 - Date.parse(date);
  return wait >= 0 ? withinLimits(wait) : MAX_RETRY_AFTER_MS;
}

function withinLimits(milliseconds: number): number {
  return Math.min(Math.max(milliseconds, MIN_RETRY_AFTER_MS), MAX_RETRY_AFTER_MS);
}
