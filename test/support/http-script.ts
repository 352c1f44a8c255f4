/** Stand-ins for what the logic talks to: time that passes when told, and a wire that answers from a script. */
import type { Clock } from '../../src/clock.ts';
import type { HttpAnswer, NoAnswer } from '../../src/http/client.ts';
import type { Account, Authorizer } from '../../src/mapbox/account.ts';
import type { Exchange, HttpRequest } from '../../src/mapbox/client.ts';
import type { Limited, Refused, Unknown, Unsent } from '../../src/mapbox/result.ts';
import type { Patience } from '../../src/mapbox/retry.ts';
import type { Run } from '../../src/runtime/workflow-run.ts';
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

  ticks(): number {
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
  fraction: () => number = () => 0.5,
  lines: string[] = [],
): Patience {
  return {
    clock,
    fraction,
    deadline: clock.ticks() + milliseconds,
    report: line => void lines.push(line),
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

export const authorizer: Authorizer = {
  secret: new Secret(authorizerText),
  usage: 'sk',
  username: OWNER,
  id: AUTHORIZER_ID,
  expiresAt: undefined,
};

export const run: Run = {
  server: 'https://github.com',
  repository: 'octo-org/maps',
  id: '4711',
  attempt: '1',
};

export function answer(status: number, text: string, headers: Record<string, string> = {}): HttpAnswer {
  return { kind: 'answer', status, headers, body: { kind: 'whole', text: new Secret(text) } };
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return answer(status, JSON.stringify(value), { 'content-type': 'application/json', ...headers });
}

export const html = (status: number) =>
  answer(status, '<!DOCTYPE html><p>Sign in</p>', { 'content-type': 'text/html' });

export const notFound = () => json(404, { message: 'Not Found' });

export const deleted = () => answer(204, '');

/** The request left, and nothing came back. */
export const lostAnswer = (code = 'ECONNRESET'): NoAnswer => ({ kind: 'no answer', sent: true, code });

/** The request never left. */
export const noConnection = (code = 'ECONNREFUSED'): NoAnswer => ({ kind: 'no answer', sent: false, code });

export interface Listed {
  readonly id: string;
  readonly note?: string | null;
  readonly scopes?: readonly string[];
}

/** A page of the token list; `next` is the query of the page after it. */
export function page(tokens: readonly Listed[], next?: string): HttpAnswer {
  return json(
    200,
    tokens.map(token => ({ usage: 'sk', client: 'api', default: false, ...token })),
    next === undefined ? {} : { link: `<https://api.mapbox.com/tokens/v2/${OWNER}?${next}>; rel="next"` },
  );
}

export type Step = HttpAnswer | NoAnswer | ((request: HttpRequest, limit: number) => HttpAnswer | NoAnswer);

export interface Wire {
  readonly exchange: Exchange;
  /** `METHOD path?query`, without the token. */
  readonly asked: string[];
  readonly requests: HttpRequest[];
  readonly limits: number[];
  /** Answers that nobody fetched. */
  readonly left: () => number;
}

/** Answers one request after another; a request that the script does not foresee fails the test. */
export function scripted(...steps: readonly Step[]): Wire {
  const asked: string[] = [];
  const requests: HttpRequest[] = [];
  const limits: number[] = [];
  let next = 0;
  return {
    asked,
    requests,
    limits,
    left: () => steps.length - next,
    async exchange(request, limit) {
      const query = new URLSearchParams(request.query ?? {}).toString();
      asked.push(`${request.method} ${request.path}${query === '' ? '' : `?${query}`}`);
      requests.push(request);
      limits.push(limit);
      const step = steps[next++];
      if (step === undefined) throw new Error(`unforeseen request: ${asked.join(', ')}`);
      return typeof step === 'function' ? step(request, limit) : step;
    },
  };
}

export function accountOn(wire: Pick<Wire, 'exchange'>, changes: Partial<Account> = {}): Account {
  return {
    exchange: wire.exchange,
    authorizer: authorizer.secret,
    username: OWNER,
    api: new URL('https://api.mapbox.com'),
    now: () => START,
    seen: () => {},
    ...changes,
  };
}

export const TOKENS = `/tokens/v2/${OWNER}`;

export const POST = `POST ${TOKENS}`;

export const LIST = `GET ${TOKENS}`;

/** The first page of the list. */
export const GET = `${LIST}?limit=100`;

export const DELETE = (id: string) => `DELETE ${TOKENS}/${id}`;

export const unsent = (code = 'ECONNREFUSED'): Unsent => ({ kind: 'unsent', code });

export const limited = (wait: number, interval = 60_000): Limited => ({
  kind: 'limited',
  wait,
  interval,
  guessed: false,
});

export const failing = (status = 503): Unknown => ({
  kind: 'unknown',
  trouble: { kind: 'failing', status, form: 'an empty answer' },
});

export const unanswered = (code = 'ECONNRESET'): Unknown => ({
  kind: 'unknown',
  trouble: { kind: 'no answer', code },
});

export const unreadable = (status = 200): Unknown => ({
  kind: 'unknown',
  trouble: { kind: 'unreadable', status, form: 'an HTML page' },
});

export function refused(changes: Partial<Refused> = {}): Refused {
  return {
    kind: 'refused',
    why: 'other',
    status: 422,
    documented: true,
    form: 'JSON that Mapbox does not document',
    date: undefined,
    ...changes,
  };
}
