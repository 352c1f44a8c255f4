import { getOctokit } from '@actions/github';
import type { HttpClient } from '../http/client.ts';
import type { Secret } from '../secret.ts';

/** One attempt of a workflow run. */
export interface RunAttempt {
  /** `owner/name`. */
  readonly repository: string;
  readonly id: string;
  readonly attempt: string;
}

/** What GitHub says of a run attempt. `unknown`: nothing may be concluded from it. */
export type RunState =
  | { readonly kind: 'completed' }
  /** In GitHub's word, such as `in_progress` or `queued`. */
  | { readonly kind: 'in-progress'; readonly status: string }
  | { readonly kind: 'unknown'; readonly cause: LookupError };

/** Why GitHub could not be asked. */
export type LookupError =
  | { readonly kind: 'status'; readonly status: number }
  /** The hourly limit of the token; asking on makes it worse [GitHub, REST API: rate limits]. */
  | { readonly kind: 'rate-limited' }
  | { readonly kind: 'unreadable'; readonly status: number }
  /** What failed, as Node, OpenSSL or undici call it, or `TIMEOUT`. */
  | { readonly kind: 'no-response'; readonly code: string };

/** Asks GitHub once, `limit` milliseconds at most. Never rejects for what happens on the wire. */
export type GetRunState = (run: RunAttempt, limit: number) => Promise<RunState>;

/** Gives a way to ask GitHub's API at `api` over a wire that leads there. Nothing is sent yet. */
export type ConnectGithub = (api: URL, token: Secret, client: HttpClient) => GetRunState;

/** {@link ConnectGithub} with Octokit. */
export const connectGithub: ConnectGithub = (api, token, client) => {
  const octokit = getOctokit(token.reveal(), {
    baseUrl: api.href.replace(/\/+$/, ''),
    // The log is ours alone.
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });

  return async ({ repository, id, attempt }, limit) => {
    const [owner = '', repo = ''] = repository.split('/');
    try {
      // `status` is `completed` when the attempt is over, post steps included [GitHub, REST API: get a
      // workflow run attempt].
      const { status, data } = await octokit.rest.actions.getWorkflowRunAttempt({
        owner,
        repo,
        run_id: Number(id),
        attempt_number: Number(attempt),
        exclude_pull_requests: true,
        request: { fetch: fetchOver(client, limit) },
      });
      return parseRunState(status, data, id, attempt);
    } catch (error) {
      return { kind: 'unknown', cause: toLookupError(error) };
    }
  };
};

/** A request as Octokit hands it to `fetch`. */
interface OctokitRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What Octokit calls in place of `fetch`: its own does not know how long to wait, follows a redirect to another
 * repository, and lets NODE_TLS_REJECT_UNAUTHORIZED switch the check of certificates off.
 */
function fetchOver(client: HttpClient, limit: number) {
  return async (url: string, { method, headers }: OctokitRequest): Promise<Response> => {
    const { pathname, search } = new URL(url);
    const result = await client.send({ method, path: pathname + search, headers }, limit);
    if (result.kind === 'no-response') throw Object.assign(new Error(result.code), { code: result.code });
    const { status, headers: answered, body } = result;
    // A broken body is as good as none: nothing may be concluded from it.
    const text = body.kind === 'complete' ? body.text.reveal() : '';
    return new Response(text === '' ? null : text, { status, headers: answered });
  };
}

/** Believes an answer only where it names the attempt that was asked about. */
function parseRunState(status: number, data: unknown, id: string, attempt: string): RunState {
  const names =
    status === 200 &&
    typeof data === 'object' &&
    data !== null &&
    'id' in data &&
    'run_attempt' in data &&
    'status' in data &&
    data.id === Number(id) &&
    data.run_attempt === Number(attempt) &&
    typeof data.status === 'string';
  if (!names) return { kind: 'unknown', cause: { kind: 'unreadable', status } };
  return data.status === 'completed'
    ? { kind: 'completed' }
    : { kind: 'in-progress', status: String(data.status) };
}

/** Octokit throws for every answer from 400 on, and for no answer a 500 of its own without a response. */
function toLookupError(error: unknown): LookupError {
  const response = error instanceof Error && 'response' in error ? error.response : undefined;
  if (typeof response !== 'object' || response === null) return { kind: 'no-response', code: codeOf(error) };
  const status = 'status' in response && typeof response.status === 'number' ? response.status : 0;
  const headers =
    'headers' in response && typeof response.headers === 'object' && response.headers !== null
      ? new Map<string, unknown>(Object.entries(response.headers))
      : new Map<string, unknown>();
  const limited =
    status === 429 ||
    (status === 403 && (headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after')));
  return limited ? { kind: 'rate-limited' } : { kind: 'status', status };
}

/** The code of the error, or of the one behind it; never its message, which may have the request in it. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return 'UNKNOWN';
}
