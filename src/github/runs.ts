import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch } from 'undici';
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
  | { readonly kind: 'over' }
  /** In GitHub's word, such as `in_progress` or `queued`. */
  | { readonly kind: 'going on'; readonly status: string }
  | { readonly kind: 'unknown'; readonly trouble: Trouble };

/** Why GitHub could not be asked. */
export type Trouble =
  | { readonly kind: 'status'; readonly status: number }
  /** The hourly limit of the token; asking on makes it worse [GitHub, REST API: rate limits]. */
  | { readonly kind: 'limited' }
  | { readonly kind: 'unreadable'; readonly status: number }
  /** What failed, as Node, OpenSSL or undici call it, or `TIMEOUT`. */
  | { readonly kind: 'no answer'; readonly code: string };

/** A way to ask GitHub about runs, and the end of it. */
export interface Runs {
  /** Asks once, `limit` milliseconds at most. Never rejects for what happens on the wire. */
  stateOf(run: RunAttempt, limit: number): Promise<RunState>;
  close(): Promise<void>;
}

/** Opens the way to GitHub's API at `api`. Nothing is sent yet. */
export type OpenRuns = (api: URL, token: Secret, proxies: GithubProxies | undefined) => Promise<Runs>;

/** In the words of undici's EnvHttpProxyAgent. An empty text means none. */
export interface GithubProxies {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/** When a single request is given up, milliseconds, and the most it may answer: a run's JSON has some 30 KiB. */
const LIMITS = { connect: 10_000, whole: 30_000, bytes: 1024 * 1024 };

/** {@link OpenRuns} with Octokit. */
export const openRuns: OpenRuns = async (api, token, proxies) => {
  // Loaded when it is called for: the module reads the proxies from the environment as it loads, and what it
  // throws over them must not get past the step.
  const { getOctokit } = await import('@actions/github');
  const dispatcher = connect(proxies);
  const octokit = getOctokit(token.reveal(), {
    baseUrl: api.href.replace(/\/+$/, ''),
    // Its own fetch knows the proxies as well, but not how long to wait, and lets NODE_TLS_REJECT_UNAUTHORIZED
    // switch the check of certificates off.
    request: { fetch: (url: string, init: object) => fetch(url, { ...init, dispatcher }) },
    // The log is ours alone.
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });

  return {
    async stateOf({ repository, id, attempt }, limit) {
      const [owner = '', repo = ''] = repository.split('/');
      const signal = AbortSignal.timeout(Math.ceil(Math.max(0, Math.min(limit, LIMITS.whole))));
      try {
        // `status` is `completed` when the attempt is over, post steps included [GitHub, REST API: get a
        // workflow run attempt]. A redirect is not followed: it would lead to another repository.
        const { status, data } = await octokit.rest.actions.getWorkflowRunAttempt({
          owner,
          repo,
          run_id: Number(id),
          attempt_number: Number(attempt),
          exclude_pull_requests: true,
          request: { redirect: 'manual', signal },
        });
        return stateIn(status, data, id, attempt);
      } catch (error) {
        return { kind: 'unknown', trouble: troubleOf(error) };
      }
    },
    close: () => dispatcher.destroy(),
  };
};

function connect(proxies: GithubProxies | undefined): Dispatcher {
  const tls = { timeout: LIMITS.connect, rejectUnauthorized: true };
  const options = { connect: tls, allowH2: false, maxResponseSize: LIMITS.bytes };
  if (proxies === undefined) return new Agent(options);
  return new EnvHttpProxyAgent({
    ...options,
    ...proxies,
    connectTimeout: LIMITS.connect,
    requestTls: tls,
    proxyTls: tls,
  });
}

/** Believes an answer only where it names the attempt that was asked about. */
function stateIn(status: number, data: unknown, id: string, attempt: string): RunState {
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
  if (!names) return { kind: 'unknown', trouble: { kind: 'unreadable', status } };
  return data.status === 'completed' ? { kind: 'over' } : { kind: 'going on', status: String(data.status) };
}

/** Octokit throws for every answer from 400 on, and for no answer a 500 of its own without a response. */
function troubleOf(error: unknown): Trouble {
  const response = error instanceof Error && 'response' in error ? error.response : undefined;
  if (typeof response !== 'object' || response === null) return { kind: 'no answer', code: codeOf(error) };
  const status = 'status' in response && typeof response.status === 'number' ? response.status : 0;
  const headers =
    'headers' in response && typeof response.headers === 'object' && response.headers !== null
      ? new Map<string, unknown>(Object.entries(response.headers))
      : new Map<string, unknown>();
  const limited =
    status === 429 ||
    (status === 403 && (headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after')));
  return limited ? { kind: 'limited' } : { kind: 'status', status };
}

/** The code of the error, or of the one behind it; never its message, which may have the request in it. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === 'TimeoutError') return 'TIMEOUT';
    const proxyStatus = /^Proxy response \((\d{3})\)/.exec(at.message)?.[1];
    if (proxyStatus !== undefined) return `PROXY_${proxyStatus}`;
    if ('code' in at && typeof at.code === 'string' && !/^UND_ERR_(?:PRX|INFO)/.test(at.code)) {
      return at.code.replace(/\W/g, '_');
    }
  }
  return 'UNKNOWN';
}
