/**
 * A stand-in for GitHub's API, as far as the sweep asks it: `GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/
 * {attempt_number}`, on loopback, with the runs in memory.
 *
 * Certain (documented by GitHub): the path, the fields `id`, `run_attempt`, `status` and `conclusion`, the statuses, 401
 * `Bad credentials`, 403 `Resource not accessible by integration`, 404 `Not Found` for what is not there or must not be
 * seen, 403 with `x-ratelimit-remaining: 0` when the hour's requests are used up. Left out: the many other fields.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What there is to say about an attempt: GitHub's word for its state, or an answer that is none. */
export type Attempt =
  | 'queued'
  | 'in_progress'
  | 'waiting'
  | 'completed'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  /** The connection is reset. */
  | 'reset'
  /** No answer ever. */
  | 'hang';

export interface GithubOptions {
  /** Who has another one gets 401. */
  readonly token: string;
  readonly repository?: string;
  /** How long each answer takes, in milliseconds. */
  readonly delay?: number;
}

export interface SeenQuestion {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly userAgent: string | undefined;
}

export interface GithubStandIn extends AsyncDisposable {
  readonly url: string;
  /** By `<run id>/<attempt>`; what is not in it is not found. */
  readonly attempts: Map<string, Attempt>;
  /** Every request, in the order in which they came. */
  readonly requests: readonly SeenQuestion[];
  /** The most requests that were under way at a time. */
  readonly busiest: number;
}

/** Starts a stand-in on 127.0.0.1 and gives it when it listens. */
export async function startGithub(options: GithubOptions): Promise<GithubStandIn> {
  const { token, repository = 'octo-org/maps', delay = 0 } = options;
  const attempts = new Map<string, Attempt>();
  const requests: SeenQuestion[] = [];
  let underWay = 0;
  let busiest = 0;

  const answerTo = ({ method, path, authorization }: SeenQuestion): Attempt => {
    if (authorization !== `token ${token}` && authorization !== `Bearer ${token}`)
      return { status: 401, body: { message: 'Bad credentials' } };
    const found = new RegExp(`^/repos/${repository}/actions/runs/(\\d+)/attempts/(\\d+)$`).exec(path);
    const attempt = found === null || method !== 'GET' ? undefined : attempts.get(`${found[1]}/${found[2]}`);
    if (typeof attempt !== 'string' || attempt === 'reset' || attempt === 'hang')
      return attempt ?? { status: 404, body: { message: 'Not Found' } };
    return {
      status: 200,
      body: {
        id: Number(found?.[1]),
        run_attempt: Number(found?.[2]),
        status: attempt,
        conclusion: attempt === 'completed' ? 'failure' : null,
      },
    };
  };

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const seen = {
      method: request.method ?? 'GET',
      path: (request.url ?? '/').replace(/\?.*$/, ''),
      authorization: request.headers.authorization,
      userAgent: request.headers['user-agent'],
    };
    requests.push(seen);
    busiest = Math.max(busiest, ++underWay);
    setTimeout(() => {
      underWay--;
      const answer = answerTo(seen);
      if (answer === 'hang') return;
      if (answer === 'reset' || typeof answer === 'string') {
        request.socket.resetAndDestroy();
        return;
      }
      const { status, headers, body } = answer;
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    }, delay);
  };

  const server = createServer(handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The stand-in has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    attempts,
    requests,
    get busiest() {
      return busiest;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
