import { getOctokit } from '@actions/github';
import type { Rejection, Retryable, Success } from '../api/result.ts';
import type { HttpClient } from '../http/client.ts';
import type { HttpResponse, NoResponse } from '../http/response.ts';
import { type Secret, TOKENS } from '../secret.ts';

/** What a request to GitHub came to. */
export type GithubResult<T> = Success<T> | GithubRejection | Retryable;

/** GitHub said no, or redirected: nothing was done. */
export interface GithubRejection extends Rejection {
  /** GitHub's own reason: one line, cut, without control characters and Mapbox tokens. `undefined` if it gave none. */
  readonly reason: string | undefined;
  /** The permissions that would do, in GitHub's words, such as `actions=read`. */
  readonly acceptedPermissions: string | undefined;
  /** Whether an organization demands single sign-on for the token (`x-github-sso`). */
  readonly needsSso: boolean;
}

/** One request to GitHub's REST API. */
export interface GithubRequest {
  readonly method: 'GET' | 'PUT';
  /** The path's segments, not encoded: each is percent-encoded once. */
  readonly path: readonly string[];
  /** The query of a GET, the JSON body of a PUT. */
  readonly parameters?: Readonly<Record<string, string | number | boolean | readonly number[]>>;
}

/** A success. */
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
   * Sends one request. Never rejects for network errors, follows no redirect, repeats nothing.
   *
   * @param read turns a success into its value, `undefined` if it is not what GitHub documents.
   * @param timeoutMs milliseconds that the request may take.
   * @throws {RangeError} if a segment of the path is empty, `.` or `..`: what comes from outside is checked before.
   */
  send<T>(
    request: GithubRequest,
    read: (response: GithubResponse) => T | undefined,
    timeoutMs: number,
  ): Promise<GithubResult<T>>;
}

/** The toolkit writes nothing to the log. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * A client for the API at `api`, which may have a path: that of GitHub Enterprise Server is `/api/v3`. GitHub's toolkit
 * builds the requests and `client` sends them: the toolkit's own fetch follows redirects and lets
 * NODE_TLS_REJECT_UNAUTHORIZED switch certificate checks off.
 */
export function createGithubClient(client: HttpClient, api: URL, token: Secret): GithubClient {
  const base = api.pathname.replace(/\/+$/, '');
  const { request: octokit } = getOctokit(token.reveal(), { baseUrl: '', log: SILENT });
  return {
    async send({ method, path, parameters = {} }, read, timeoutMs) {
      if (path.some(segment => /^\.{0,2}$/.test(segment))) throw new RangeError('not a path segment');
      const { promise, resolve } = Promise.withResolvers<HttpResponse | NoResponse>();
      const fetch = async (target: string, { method, headers, body }: FetchOptions) => {
        resolve(await client.send({ method, path: base + target, headers, body }, timeoutMs));
        // The response is read below, whole: the toolkit gets one without a body.
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

/** What the toolkit gives its fetch. */
interface FetchOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Turns a response into its meaning. */
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
    return value === undefined ? unexpected('unreadable', NOT_GITHUBS) : { kind: 'success', value };
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
  if (message === undefined && status >= 400) return unexpected('unreadable', NOT_GITHUBS);
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

const NOT_GITHUBS = 'a response that is not how GitHub responds';

/** Time-out, conflict with another change, too early: trying again may help, as after a 5xx [RFC 9110, RFC 8470]. */
const RETRYABLE_STATUSES = new Set([408, 409, 425]);

/** The data in a body, `undefined` if it is empty; nothing if it is no JSON or incomplete. */
function parseBody(body: HttpResponse['body']): { readonly data: unknown } | undefined {
  if (body.kind !== 'complete') return undefined;
  const text = body.text.reveal();
  try {
    return { data: text === '' ? undefined : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** GitHub's support finds a request by it. Nothing with a dot, such as a token, is taken for an id. */
function requestIdOf(headers: HttpResponse['headers']): string | undefined {
  return /^[\w:-]{1,100}$/.exec(headers['x-github-request-id'] ?? '')?.[0];
}

function parseDate(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** What every error of GitHub's has. */
function messageIn(data: unknown): string | undefined {
  const isObject = typeof data === 'object' && data !== null;
  return isObject && 'message' in data && typeof data.message === 'string' ? data.message : undefined;
}

/** What is shown of GitHub's message, in characters. */
const MAX_REASON = 200;

/** GitHub's message as a part of a line. Addresses may have an id of the session: they are left out. */
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

/** The limits per hour, and the secondary ones, once called abuse detection [GitHub, REST API: rate limits]. */
function isRateLimit({ status, headers }: HttpResponse, message = ''): boolean {
  if (status === 429) return true;
  return (
    status === 403 &&
    (headers['x-ratelimit-remaining'] === '0' ||
      headers['retry-after'] !== undefined ||
      /secondary rate limit|abuse detection/i.test(message))
  );
}

/** How long to wait if no header says so [GitHub, REST API: best practices]. */
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
