/**
 * A stand-in for GitHub's REST API, as far as the actions use it, without a server: secrets of repositories,
 * environments and organizations for Actions, Dependabot and Codespaces, and the state of run attempts and their jobs.
 *
 * Certain (GitHub's OpenAPI description, against which every request and response is checked): paths, parameters,
 * bodies. Certain (GitHub's documentation): permissions, limits, redirects, names that are not case-sensitive. Seen in
 * public bug reports: the messages of errors, 307 for methods other than GET, a PUT without visibility or repositories,
 * links with IDs. Assumed (no source): 422 for an outdated key; an empty list of repositories if a secret is not
 * `selected`; 404 for an organization beyond the token's reach.
 */
import { type GithubState, respondTo } from './api.ts';
import { type Credential, Credentials } from './credentials.ts';
import { requestProblems, responseProblems } from './description/check.ts';
import { Directory } from './directory.ts';
import { type Fault, faultResponse, isProcessed } from './faults.ts';
import { type GithubRequest, type GithubResponse, parseTarget } from './message.ts';
import { PlainSecrets } from './plain-secrets.ts';
import { RateLimit } from './rate-limit.ts';
import type { Job } from './representations.ts';
import { parseRoute } from './routes.ts';
import { SecretStore } from './secret-store.ts';

/** One request as it arrived, and its outcome. */
export interface SeenRequest {
  readonly method: string;
  /** Without the query, as written (not decoded). */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly userAgent: string | undefined;
  readonly body: string;
  /** Milliseconds since 1970 on GitHub's clock. */
  readonly at: number;
  /** Its fault, if any. */
  fault?: Fault;
  /** The status that was sent, if any. */
  status?: number;
}

/** What the client gets. `response` of a truncated one is the whole response. */
export type Outcome =
  | { readonly kind: 'response' | 'truncated'; readonly response: GithubResponse }
  | { readonly kind: 'lost' | 'hang' };

/** The fault of a request, if any; `index` counts requests from 0. */
export type FaultPlan = (request: SeenRequest, index: number) => Fault | undefined;

/** A run attempt: its status in GitHub's words, or the response to send instead. */
export type Attempt =
  | 'queued'
  | 'in_progress'
  | 'waiting'
  | 'completed'
  | 'reset'
  | 'hang'
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    };

export interface GithubOptions {
  /** GitHub's clock in milliseconds since 1970; the machine's by default. */
  readonly now?: () => number;
  /** `/api/v3` for GitHub Enterprise Server. */
  readonly basePath?: string;
  /** The repository whose runs are in `attempts`. It need not be added. */
  readonly repository?: string;
}

type Hook<T extends readonly unknown[]> = (...parts: T) => void | Promise<void>;

export class Github {
  readonly directory = new Directory();
  readonly credentials: Credentials;
  readonly rateLimit: RateLimit;
  /** The secrets as users and jobs see them: in plain text. */
  readonly secrets: PlainSecrets;
  /** By `<run id>/<attempt>`; others are not found. */
  readonly attempts = new Map<string, Attempt>();
  /**
   * The jobs of an attempt, likewise; none by default. A run can hang: `in_progress`, with all of its jobs completed.
   */
  readonly jobs = new Map<string, readonly Job[]>();
  /** Every request, in order of arrival. */
  readonly requests: SeenRequest[] = [];
  /** Milliseconds that the `Date` of responses is ahead of GitHub's clock; `undefined`: no `Date`. */
  dateSkew: number | undefined = 0;
  /** May be changed at any time. */
  fault: FaultPlan | undefined;
  /** Called before GitHub handles a request: users' actions in between. */
  before: Hook<[request: SeenRequest, index: number]> | undefined;
  /** Called once a request has been carried out, or not, and before the client learns of it. */
  after: Hook<[request: SeenRequest, outcome: Outcome, index: number]> | undefined;

  readonly #now: () => number;
  readonly #basePath: string;
  readonly #state: GithubState;
  readonly #late: { readonly request: GithubRequest; readonly due: number }[] = [];
  readonly #delayed: { readonly request: GithubRequest; readonly due: number }[] = [];
  /** Carries out the delayed requests that are due by now. */
  #past: number | undefined;
  #problems: string[] = [];

  constructor({ now = Date.now, basePath = '', repository = 'octo-org/maps' }: GithubOptions = {}) {
    this.#now = () => this.#past ?? now();
    this.#basePath = basePath;
    this.credentials = new Credentials(this.#now);
    this.rateLimit = new RateLimit(this.#now);
    const store = new SecretStore(this.#now);
    this.secrets = new PlainSecrets(this.directory, store);
    this.directory.addRepository(repository, { id: 123456789 });
    this.#state = {
      directory: this.directory,
      credentials: this.credentials,
      secrets: store,
      rateLimit: this.rateLimit,
      attempt: (run, attempt) => {
        const status = this.attempts.get(`${run}/${attempt}`);
        if (typeof status !== 'string') return undefined;
        return { status, jobs: this.jobs.get(`${run}/${attempt}`) ?? [] };
      },
    };
  }

  addCredential(token: string, credential: Credential): void {
    this.credentials.add(token, credential);
  }

  /** What did not match GitHub's description since the last call: requests and responses, in words. */
  takeProblems(): readonly string[] {
    const problems = this.#problems;
    this.#problems = [];
    return problems;
  }

  /**
   * Handles a request and its planned fault, and returns what the client gets.
   *
   * @param ownFault the fault of this request, whatever is planned.
   */
  async exchange(request: GithubRequest, ownFault?: Fault): Promise<Outcome> {
    const { path, query } = parseTarget(request.target);
    const { authorization, 'user-agent': userAgent } = request.headers;
    const { method, body } = request;
    const seen: SeenRequest = { method, path, query, authorization, userAgent, body, at: this.#now() };
    const index = this.requests.push(seen) - 1;
    this.carryOutLate(index);
    await this.before?.(seen, index);
    this.note(requestProblems(this.#named(request)));
    const fault = ownFault ?? this.fault?.(seen, index) ?? this.#attemptFault(seen);
    if (fault !== undefined) seen.fault = fault;
    const outcome = this.#outcome(request, fault, index);
    if ('response' in outcome) seen.status = outcome.response.status;
    await this.after?.(seen, outcome, index);
    return outcome;
  }

  /**
   * Carries out the late requests that are due at the request with this index, or all of them by default, and the
   * delayed ones that are due by now.
   */
  carryOutLate(index = Number.POSITIVE_INFINITY): void {
    const now = this.#now();
    for (const delayed of this.#delayed.filter(({ due }) => due <= now).sort((a, b) => a.due - b.due)) {
      this.#delayed.splice(this.#delayed.indexOf(delayed), 1);
      this.#past = delayed.due;
      this.#process(delayed.request);
      this.#past = undefined;
    }
    for (const late of this.#late.filter(({ due }) => due <= index)) {
      this.#late.splice(this.#late.indexOf(late), 1);
      this.#process(late.request);
    }
  }

  #outcome(request: GithubRequest, fault: Fault | undefined, index: number): Outcome {
    if (fault === undefined) return { kind: 'response', response: this.#process(request) };
    const processed = isProcessed(fault) ? this.#process(request) : undefined;
    if (fault.kind === 'late') this.#late.push({ request, due: index + fault.after + 1 });
    if (fault.kind === 'delayed') this.#delayed.push({ request, due: this.#now() + fault.ms });
    if (fault.kind === 'hang') return { kind: 'hang' };
    if (fault.kind === 'truncated' && processed) return { kind: 'truncated', response: processed };
    const response = faultResponse(fault, this.#now());
    return response === undefined ? { kind: 'lost' } : { kind: 'response', response: this.#dated(response) };
  }

  /** Carries out a request. */
  #process(request: GithubRequest): GithubResponse {
    const api = this.#api(request);
    const inner = { ...request, target: this.#withoutBase(request.target) };
    const response = this.#dated(respondTo(inner, this.#state, api));
    this.note(responseProblems(this.#named(request), response));
    return response;
  }

  #dated(response: GithubResponse): GithubResponse {
    const date =
      this.dateSkew === undefined ? {} : { date: new Date(this.#now() + this.dateSkew).toUTCString() };
    return { ...response, headers: { ...date, ...this.rateLimit.headers(), ...response.headers } };
  }

  /** A run attempt with a response of its own; without a token, nothing is revealed. */
  #attemptFault({ path, authorization }: SeenRequest): Fault | undefined {
    const route = parseRoute(this.#withoutBase(path));
    if (route?.kind !== 'run-attempt' || route.jobs || !this.credentials.find(authorization))
      return undefined;
    const attempt = this.attempts.get(`${route.run}/${route.attempt}`);
    if (attempt === 'reset') return { kind: 'lost-before' };
    if (attempt === 'hang') return { kind: 'hang', processed: false };
    return typeof attempt === 'object' ? { kind: 'status', processed: false, ...attempt } : undefined;
  }

  #api({ headers: { host } }: GithubRequest): string {
    return `${host === undefined ? 'https://api.github.com' : `http://${host}`}${this.#basePath}`;
  }

  /** The path below the base path; others are not found. */
  #withoutBase(target: string): string {
    return target.startsWith(`${this.#basePath}/`) ? target.slice(this.#basePath.length) : '/';
  }

  #named(request: GithubRequest): GithubRequest {
    return { ...request, target: this.directory.namedPath(this.#withoutBase(request.target)) };
  }

  /** Records a problem for `takeProblems`. */
  note(problems: readonly string[]): void {
    this.#problems.push(...problems);
  }
}
