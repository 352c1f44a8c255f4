import { getOctokit } from '@actions/github';
import type { Endpoints } from '@octokit/types';
import type { HttpClient } from '../http/client.ts';
import type { HttpResponse, NoResponse } from '../http/response.ts';
import type { Secret } from '../secret.ts';

/** GitHub's response to one request, or why there is none. */
export type GithubResult =
  | {
      readonly kind: 'success';
      readonly status: number;
      readonly headers: HttpResponse['headers'];
      /** The parsed body, to be checked before it is used; `undefined` where it is empty. */
      readonly data: unknown;
    }
  | {
      /** A redirect or a client error. */
      readonly kind: 'rejected';
      readonly status: number;
      /** Whether the body has the form of GitHub's errors: a proxy's page has not. */
      readonly isGithubError: boolean;
      /** GitHub's own reason, as it came: not safe for the log. */
      readonly message?: string | undefined;
      /** The permissions that would do, in GitHub's words, such as `actions=read`. */
      readonly acceptedPermissions: string | undefined;
    }
  | {
      readonly kind: 'rate-limited';
      /** Milliseconds. */
      readonly retryAfter: number;
    }
  | { readonly kind: 'server-error'; readonly status: number }
  /** A success that is not JSON, or only a part of it. */
  | { readonly kind: 'unreadable'; readonly status: number }
  | NoResponse;

/** Sends requests to GitHub's REST API. */
export interface GithubClient {
  /**
   * Sends one request. Never rejects for network errors, follows no redirect, repeats nothing.
   *
   * @param route method and path, as GitHub's API description names them.
   * @param parameters for the path, which are percent-encoded, for the query and for the body.
   * @param timeoutMs milliseconds that the request may take.
   * @throws {Error} where a path parameter is `.` or `..`: what comes from outside is checked before.
   */
  send<R extends keyof Endpoints>(
    route: R,
    parameters: Endpoints[R]['parameters'],
    timeoutMs: number,
  ): Promise<GithubResult>;
}

/** The log is ours alone. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * A client for the API at `api`, which may have a path: that of GitHub Enterprise Server is `/api/v3`. GitHub's
 * toolkit builds the requests and `client` sends them: the toolkit's own fetch follows redirects and lets
 * NODE_TLS_REJECT_UNAUTHORIZED switch certificate checks off.
 */
export function createGithubClient(client: HttpClient, api: URL, token: Secret): GithubClient {
  const base = api.pathname.replace(/\/+$/, '');
  const { request: octokit } = getOctokit(token.reveal(), { baseUrl: '', log: SILENT });
  return {
    async send(route, parameters, timeoutMs) {
      const [method = '', template = ''] = route.split(' ');
      const request = octokit.endpoint({ ...parameters, method, url: template, baseUrl: '' });
      // Neither can be encoded, and servers take them for another path.
      if (/\/\.{1,2}(?=[/?]|$)/.test(request.url)) throw new Error('a path with a segment of dots');
      const response = await client.send(
        {
          method: request.method,
          path: base + request.url,
          headers: {
            accept: 'application/vnd.github+json',
            authorization: `Bearer ${token.reveal()}`,
            'user-agent': 'create-mapbox-token',
            ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          body: request.body === undefined ? undefined : JSON.stringify(request.body),
        },
        timeoutMs,
      );
      return response.kind === 'response' ? toGithubResult(response) : response;
    },
  };
}

function toGithubResult(response: HttpResponse): GithubResult {
  const { status, headers, body } = response;
  const json = parseBody(body);
  if (status < 300) {
    return json === undefined
      ? { kind: 'unreadable', status }
      : { kind: 'success', status, headers, ...json };
  }
  const message = json === undefined ? undefined : messageIn(json.data);
  if (isRateLimit(response, message)) return { kind: 'rate-limited', retryAfter: retryAfter(headers) };
  if (status >= 500) return { kind: 'server-error', status };
  return {
    kind: 'rejected',
    status,
    isGithubError: message !== undefined,
    message,
    acceptedPermissions: headers['x-accepted-github-permissions'],
  };
}

/** The data in a body, `undefined` where it is empty; nothing where it is no JSON or incomplete. */
function parseBody(body: HttpResponse['body']): { readonly data: unknown } | undefined {
  if (body.kind !== 'complete') return undefined;
  const text = body.text.reveal();
  try {
    return { data: text === '' ? undefined : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** What every error of GitHub's has. */
function messageIn(data: unknown): string | undefined {
  const isObject = typeof data === 'object' && data !== null;
  return isObject && 'message' in data && typeof data.message === 'string' ? data.message : undefined;
}

/** The limits per hour, and the secondary ones [GitHub, REST API: rate limits]. */
function isRateLimit({ status, headers }: HttpResponse, message = ''): boolean {
  if (status === 429) return true;
  return (
    status === 403 &&
    (headers['x-ratelimit-remaining'] === '0' ||
      headers['retry-after'] !== undefined ||
      /secondary rate limit/i.test(message))
  );
}

/** What to wait where no header says how long [GitHub, REST API: best practices]. */
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
