/** Stand-ins for what the logic talks to: time that passes when told, and a wire that answers from a script. */
import type { Clock } from '../../src/clock.ts';
import type { HttpResponse, NoResponse } from '../../src/http/client.ts';
import type { Account, AuthorizingToken } from '../../src/mapbox/account.ts';
import type { ApiRequest, SendRequest } from '../../src/mapbox/client.ts';
import type { Indeterminate, NotSent, RateLimited, Rejected } from '../../src/mapbox/result.ts';
import type { RetryOptions } from '../../src/mapbox/retry.ts';
import type { WorkflowRun } from '../../src/runtime/workflow-run.ts';
import { Secret } from '../../src/secret.ts';

/** The moment at which every fake clock starts. */
export const START = Date.UTC(2026, 0, 2, 3, 4, 5);

export class FakeClock implements Clock {
  /** Every wait, in milliseconds. */
  readonly slept: number[] = [];
  /** Told of every wait before it begins. */
  onSleep: (milliseconds: number) => void = () => {};
  #elapsed = 0;

  now(): number {
    return START + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.slept.push(milliseconds);
    this.onSleep(milliseconds);
    this.pass(milliseconds);
  }

  pass(milliseconds: number): void {
    this.#elapsed += milliseconds;
  }
}

/** Patience with `milliseconds` left, which reports into `lines`. */
export function patience(
  clock: FakeClock,
  milliseconds = 300_000,
  random: () => number = () => 0.5,
  lines: string[] = [],
): RetryOptions {
  return {
    clock,
    random,
    deadline: clock.monotonic() + milliseconds,
    log: line => void lines.push(line),
  };
}

/** Built when the test runs, so that no file holds anything that looks like a token. */
export function tokenText(usage: string, claims: object): string {
  return [usage, Buffer.from(JSON.stringify(claims)).toString('base64url'), 'S'.repeat(22)].join('.');
}

export const OWNER = 'octo';

/** The `n`-th token id of a test. */
export const idOf = (n: number) => `c${String(n).padStart(24, '0')}`;

export const AUTHORIZER_ID = idOf(0);

export const authorizerText = tokenText('sk', { u: OWNER, a: AUTHORIZER_ID });

export const authorizingToken: AuthorizingToken = {
  secret: new Secret(authorizerText),
  usage: 'sk',
  username: OWNER,
  id: AUTHORIZER_ID,
  expiresAt: undefined,
  scopes: undefined,
};

export const run: WorkflowRun = {
  server: 'https://github.com',
  repository: 'octo-org/maps',
  repositoryId: '123456789',
  id: '4711',
  attempt: '1',
};

export function answer(status: number, text: string, headers: Record<string, string> = {}): HttpResponse {
  return { kind: 'response', status, headers, body: { kind: 'complete', text: new Secret(text) } };
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): HttpResponse {
  return answer(status, JSON.stringify(value), { 'content-type': 'application/json', ...headers });
}

export const html = (status: number) =>
  answer(status, '<!DOCTYPE html><p>Sign in</p>', { 'content-type': 'text/html' });

export const notFound = () => json(404, { message: 'Not Found' });

export const deleted = () => answer(204, '');

/** The request left, and nothing came back. */
export const lostAnswer = (code = 'ECONNRESET'): NoResponse => ({ kind: 'no-response', sent: true, code });

/** The request never left. */
export const noConnection = (code = 'ECONNREFUSED'): NoResponse => ({
  kind: 'no-response',
  sent: false,
  code,
});

export interface Listed {
  readonly id: string;
  readonly note?: string | null;
  readonly scopes?: readonly string[];
}

/** A page of the token list; `next` is the query of the page after it. */
export function page(tokens: readonly Listed[], next?: string): HttpResponse {
  return json(
    200,
    tokens.map(token => ({ usage: 'sk', client: 'api', default: false, ...token })),
    next === undefined ? {} : { link: `<https://api.mapbox.com/tokens/v2/${OWNER}?${next}>; rel="next"` },
  );
}

type Response = HttpResponse | NoResponse;

export type Step = Response | Always | ((request: ApiRequest, limit: number) => Response);

/** Responds to every further request the same way. */
export interface Always {
  readonly always: Response;
}

export interface Wire {
  readonly send: SendRequest;
  /** `METHOD path?query`, without the token. */
  readonly asked: string[];
  readonly requests: ApiRequest[];
  readonly limits: number[];
  /** Answers that nobody fetched. */
  readonly left: () => number;
}

/** Answers one request after another; a request that the script does not foresee fails the test. */
export function scripted(...steps: readonly Step[]): Wire {
  const asked: string[] = [];
  const requests: ApiRequest[] = [];
  const limits: number[] = [];
  let next = 0;
  return {
    asked,
    requests,
    limits,
    left: () =>
      steps.slice(next).filter(step => !('always' in step)).length - Math.max(0, next - steps.length),
    async send(request, limit) {
      const query = new URLSearchParams(request.query ?? {}).toString();
      asked.push(`${request.method} ${request.path}${query === '' ? '' : `?${query}`}`);
      requests.push(request);
      limits.push(limit);
      const step = steps[next];
      if (step === undefined || !('always' in step)) next++;
      if (step === undefined) throw new Error(`unforeseen request: ${asked.join(', ')}`);
      if (typeof step === 'function') return step(request, limit);
      return 'always' in step ? step.always : step;
    },
  };
}

export function accountOn(client: Pick<Wire, 'send'>, changes: Partial<Account> = {}): Account {
  return {
    send: client.send,
    authorizingToken,
    username: OWNER,
    api: new URL('https://api.mapbox.com'),
    now: () => START,
    mask: () => {},
    ...changes,
  };
}

export const TOKENS = `/tokens/v2/${OWNER}`;

export const POST = `POST ${TOKENS}`;

export const LIST = `GET ${TOKENS}`;

/** The first page of the list. */
export const GET = `${LIST}?limit=100`;

export const DELETE = (id: string) => `DELETE ${TOKENS}/${id}`;

export const unsent = (code = 'ECONNREFUSED'): NotSent => ({ kind: 'not-sent', code });

export const limited = (retryAfter: number, interval = 60_000): RateLimited => ({
  kind: 'rate-limited',
  retryAfter,
  interval,
  estimated: false,
});

export const failing = (status = 503): Indeterminate => ({
  kind: 'indeterminate',
  cause: { kind: 'server-error', status, form: 'an empty answer' },
});

export const unanswered = (code = 'ECONNRESET'): Indeterminate => ({
  kind: 'indeterminate',
  cause: { kind: 'no-response', code },
});

export const unreadable = (status = 200): Indeterminate => ({
  kind: 'indeterminate',
  cause: { kind: 'unreadable', status, form: 'an HTML page' },
});

export function refused(changes: Partial<Rejected> = {}): Rejected {
  return {
    kind: 'rejected',
    reason: 'other',
    status: 422,
    isMapboxError: true,
    bodyDescription: 'JSON that Mapbox does not document',
    serverDate: undefined,
    ...changes,
  };
}
