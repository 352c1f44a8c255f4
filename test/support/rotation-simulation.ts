/**
 * A simulation of rotations: Mapbox's and GitHub's stand-ins without their servers, a common time with clocks that may
 * differ, a runner in memory, and a process that can be killed at any moment.
 */
import { setImmediate } from 'node:timers/promises';
import { ActionError } from '../../src/action-error.ts';
import { postStep } from '../../src/cleanup/step.ts';
import type { HttpRequest } from '../../src/http/client.ts';
import type { HttpResponse, NoResponse } from '../../src/http/response.ts';
import { rotateStep } from '../../src/rotate/step.ts';
import type { Context } from '../../src/runtime/context.ts';
import { InterruptedError } from '../../src/runtime/interruption.ts';
import type { Processes } from '../../src/runtime/processes.ts';
import { Secret } from '../../src/secret.ts';
import { FakeRunner, type LogLine } from './fake-runner.ts';
import { Github } from './github/github.ts';
import { bodyText } from './github/message.ts';
import { Account } from './mapbox/account.ts';
import type { ApiResponse } from './mapbox/messages.ts';
import { tokensApiOptions } from './mapbox/options.ts';
import { answerTokens } from './mapbox/tokens-api.ts';
import { NO_PROCESSES } from './processes.ts';
import { SEED, seeded } from './random.ts';

export const REPOSITORY = 'octo-org/maps';
export const GITHUB_TOKEN = ['ghs', 'a1B2c3D4e5F6g7H8i9J0'.repeat(2)].join('_');

const MAPBOX_URL = 'https://api.mapbox.com';
const GITHUB_URL = 'https://api.github.com';
const OTHER_URL = 'https://code.example.org';

/** The environment of a step on {@link RotationSimulation.otherGithub}. */
export const OTHER_SERVER = { GITHUB_SERVER_URL: OTHER_URL, GITHUB_API_URL: `${OTHER_URL}/api/v3` };

/** Faults of a request to either service. `processed`: carried out, although the client never learns of it. */
export type SimulatedFault =
  | { readonly kind: 'not-sent' }
  | { readonly kind: 'lost'; readonly processed: boolean }
  /** Carried out before the request after `after` others. */
  | { readonly kind: 'late'; readonly after: number }
  /** Carried out `ms` milliseconds later. */
  | { readonly kind: 'delayed'; readonly ms: number }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'server-error'; readonly processed: boolean }
  /** A proxy's page, or an empty object, whether carried out or not. */
  | { readonly kind: 'proxy' | 'empty'; readonly status: number; readonly processed: boolean }
  | { readonly kind: 'refused'; readonly status: 401 | 403 | 404 | 422 }
  | { readonly kind: 'rate-limited' };

/** Returns the fault of the request with this index, counted from 0 in a step. */
export type SimulatedFaults = (request: SimulatedRequest, index: number) => SimulatedFault | undefined;

export interface SimulatedRequest {
  readonly to: 'mapbox' | 'github';
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/** The machine on which a step runs. */
export interface SimulatedMachine {
  /** Lets time pass without advancing its clocks: a virtual machine is paused. */
  pause(milliseconds: number): void;
  /** The state that the step has saved so far. */
  savedState(): string;
  /** Sends the step a signal. */
  interrupt(): void;
}

export interface SimulatedStep {
  readonly inputs: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly state?: string;
  readonly runId?: string;
  readonly attempt?: string;
  readonly faults?: SimulatedFaults | undefined;
  /** Kills the process at its n-th interaction with the simulation, counted from 0. */
  readonly dieAt?: number | undefined;
  /** Kills the process after such a request was sent, and before its response. */
  readonly dieAfter?: (request: SimulatedRequest) => boolean;
  /** Called before each request. */
  readonly before?:
    | ((request: SimulatedRequest, index: number, machine: SimulatedMachine) => void | Promise<void>)
    | undefined;
  /** The processes that the step sees; none by default. */
  readonly processes?: Processes;
  /** The seed of the step's randomness. */
  readonly chance?: number;
  /** Interrupts the step during its n-th request, counted from 0. */
  readonly interruptAt?: number | undefined;
  /** Fails the writing of outputs. */
  readonly diskFull?: boolean | string;
}

export interface SimulatedEnd {
  readonly end: 'success' | 'failure' | 'dead' | 'interrupted';
  readonly said: readonly LogLine[];
  readonly masks: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly state: string;
  readonly requests: readonly SimulatedRequest[];
  /** How often the step interacted with the simulation. */
  readonly dealings: number;
}

class Dead extends Error {}

export class RotationSimulation {
  /** The true time in milliseconds since 1970. */
  time = Date.UTC(2026, 9, 5, 4, 17);
  readonly account: Account;
  readonly github: Github;
  /** Another server, with a repository of the same name and ID. */
  readonly otherGithub: Github;
  /** How far each clock is ahead of the true time, in milliseconds. May be changed at any time. */
  readonly skews: { runner: number; github: number; mapbox: number };
  /** The view of a token in Mapbox's list; the row unchanged by default. */
  row: (row: Readonly<Record<string, unknown>>) => unknown = row => row;
  #late: { due: number; work: () => void }[] = [];
  /** Mapbox's delayed work, by the true time. */
  #delayed: { due: number; work: () => void }[] = [];

  constructor(skews: Partial<RotationSimulation['skews']> = {}) {
    this.skews = { runner: 0, github: 0, mapbox: 0, ...skews };
    this.account = new Account('octo', () => this.time + this.skews.mapbox);
    const now = () => this.time + this.skews.github;
    this.github = new Github({ now, repository: REPOSITORY });
    this.otherGithub = new Github({ now, repository: REPOSITORY, basePath: '/api/v3' });
    for (const server of [this.github, this.otherGithub]) {
      server.addCredential(GITHUB_TOKEN, {
        permissions: {
          actions: 'read',
          secrets: 'write',
          environments: 'write',
          dependabot_secrets: 'write',
          codespaces_secrets: 'write',
          organization_secrets: 'write',
          organization_dependabot_secrets: 'write',
        },
      });
    }
  }

  /** Lets time pass, and carries out what is delayed until then. */
  pass(milliseconds: number): void {
    const end = this.time + milliseconds;
    const due = this.#delayed.filter(delayed => delayed.due <= end).sort((a, b) => a.due - b.due);
    this.#delayed = this.#delayed.filter(delayed => !due.includes(delayed));
    for (const delayed of due) {
      this.time = Math.max(this.time, delayed.due);
      delayed.work();
    }
    this.time = end;
    this.github.carryOutLate(-1);
  }

  /** Whether the token with this text works. */
  isAlive(text: string | undefined): boolean {
    // Without its signature, because this is called at every request.
    return this.account.tokens().some(({ token }) => token === text);
  }

  rotate(step: SimulatedStep): Promise<SimulatedEnd> {
    return this.#run(step, (context, interrupted) => rotateStep(context, interrupted));
  }

  post(step: SimulatedStep): Promise<SimulatedEnd> {
    return this.#run(step, context => postStep(context).run());
  }

  async #run(
    step: SimulatedStep,
    program: (context: Context, interrupted: AbortSignal) => Promise<void>,
  ): Promise<SimulatedEnd> {
    const { inputs, dieAt, chance = SEED, runId = '4711', attempt = '1' } = step;
    const requests: SimulatedRequest[] = [];
    const interruption = new AbortController();
    /** How long the machine's clocks have been paused. */
    let paused = 0;
    let dealings = 0;
    let dead = false;
    const death = Promise.withResolvers<'dead'>();
    const die = () => {
      dead = true;
      death.resolve('dead');
    };
    const deal = () => {
      if (dealings++ === dieAt) die();
    };
    const live = () => {
      deal();
      if (dead) throw new Dead();
    };
    const { state, diskFull = false } = step;
    const runner = new FakeRunner({ inputs, state, diskFull, beforeCall: live });
    /** A process that has ended gets no response. */
    const liveOrNever = async () => {
      if (!dead) deal();
      if (dead) await new Promise<never>(() => {});
    };
    const machine: SimulatedMachine = {
      pause: milliseconds => {
        paused += milliseconds;
        this.pass(milliseconds);
      },
      savedState: () => runner.savedState,
      interrupt: () => interruption.abort(new InterruptedError()),
    };
    const send = async (url: URL, request: HttpRequest, limit: number) => {
      await liveOrNever();
      const to = url.href.startsWith(MAPBOX_URL) ? 'mapbox' : 'github';
      const [path = ''] = request.path.split('?');
      const seen: SimulatedRequest = { to, method: request.method, path };
      const index = requests.push(seen) - 1;
      this.pass(50);
      await step.before?.(seen, index, machine);
      if (index === step.interruptAt) machine.interrupt();
      await setImmediate();
      // The connection is open, after any time that `before` let pass.
      if (request.mayLeave?.() === false)
        return { kind: 'no-response', sent: false, code: 'TOO_LATE' } as const;
      const result = await this.#exchange(url, request, index, limit, step.faults?.(seen, index));
      if (step.dieAfter?.(seen)) die();
      await liveOrNever();
      return result;
    };
    const context: Context = {
      runner,
      env: {
        GITHUB_SERVER_URL: 'https://github.com',
        GITHUB_API_URL: GITHUB_URL,
        GITHUB_REPOSITORY: REPOSITORY,
        GITHUB_REPOSITORY_ID: '123456789',
        GITHUB_RUN_ID: runId,
        GITHUB_RUN_ATTEMPT: attempt,
        ...step.env,
      },
      clock: {
        now: () => this.time + this.skews.runner - paused,
        monotonic: () => this.time - paused,
        sleep: async milliseconds => {
          await liveOrNever();
          this.pass(Math.max(0, milliseconds));
          await setImmediate();
          await liveOrNever();
        },
      },
      randomInt: seeded(chance),
      processes: step.processes ?? NO_PROCESSES,
      createHttpClient: async url => ({
        send: (request, limit) => send(url, request, limit),
        close: async () => {},
      }),
    };
    const ended = program(context, interruption.signal).then(
      () => 'success' as const,
      error => {
        if (dead) return 'dead' as const;
        if (error instanceof InterruptedError) {
          if (error.message !== '') runner.info(error.message);
          return 'interrupted' as const;
        }
        if (error instanceof ActionError) runner.fail(error.title, error.message);
        else runner.fail('Internal error', error instanceof Error ? (error.stack ?? '') : String(error));
        return 'failure' as const;
      },
    );
    const settled = await Promise.race([ended, death.promise]);
    const end = dead ? 'dead' : settled;
    // The process has ended, and its unfinished work with it.
    dead = true;
    this.github.carryOutLate();
    this.#carryOutLate(Number.POSITIVE_INFINITY);
    const { log: said, masks, outputs, savedState, summary: rows } = runner;
    const summary = rows.map(row => row.join(' | ')).join('\n');
    return { end, said, masks, outputs, summary, state: savedState, requests, dealings };
  }

  #carryOutLate(index: number): void {
    const due = this.#late.filter(late => late.due <= index);
    this.#late = this.#late.filter(late => !due.includes(late));
    for (const { work } of due) work();
  }

  async #exchange(
    url: URL,
    request: HttpRequest,
    index: number,
    limit: number,
    fault: SimulatedFault | undefined,
  ): Promise<HttpResponse | NoResponse> {
    this.#carryOutLate(index);
    const to = url.href.startsWith(MAPBOX_URL) ? 'mapbox' : 'github';
    const github = url.href.startsWith(OTHER_URL) ? this.otherGithub : this.github;
    if (fault?.kind === 'not-sent') return { kind: 'no-response', sent: false, code: 'ECONNREFUSED' };
    const response = (status: number, body: string, headers: Readonly<Record<string, string>> = {}) => {
      const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
      return {
        kind: 'response',
        status,
        headers: Object.fromEntries(lower),
        body: { kind: 'complete', text: new Secret(body) },
      } as const;
    };
    const answer = async (): Promise<HttpResponse | NoResponse> => {
      if (to === 'mapbox') {
        const { status, headers, body } = this.#mapbox(request);
        return response(status, body === undefined ? '' : JSON.stringify(body), headers);
      }
      const { method, path: target, headers, body = '' } = request;
      const own = fault?.kind === 'delayed' ? fault : undefined;
      const outcome = await github.exchange({ method, target, headers, body }, own);
      if (!('response' in outcome)) {
        this.pass(Math.min(limit, 20_000));
        return { kind: 'no-response', sent: true, code: 'ECONNRESET' };
      }
      return response(outcome.response.status, bodyText(outcome.response), outcome.response.headers);
    };
    const date = { date: new Date(this.time + this.skews[to]).toUTCString() };
    switch (fault?.kind) {
      case undefined:
        return answer();
      case 'lost':
        if (fault.processed) await answer();
        this.pass(Math.min(limit, 20_000));
        return { kind: 'no-response', sent: true, code: 'ECONNRESET' };
      case 'late':
        this.#late.push({ due: index + 1 + fault.after, work: () => void answer() });
        this.pass(Math.min(limit, 20_000));
        return { kind: 'no-response', sent: true, code: 'TIMEOUT' };
      case 'delayed':
        // GitHub carries out delayed work by itself.
        if (to === 'github') return answer();
        this.#delayed.push({ due: this.time + fault.ms, work: () => void this.#mapbox(request) });
        this.pass(Math.min(limit, 20_000));
        return { kind: 'no-response', sent: true, code: 'TIMEOUT' };
      case 'truncated': {
        const whole = await answer();
        if (whole.kind !== 'response') return whole;
        const { status, headers, body } = whole;
        const half = body.text.reveal().slice(0, body.text.reveal().length / 2);
        return {
          kind: 'response',
          status,
          headers,
          body: { kind: 'incomplete', how: 'truncated', text: new Secret(half) },
        };
      }
      case 'server-error':
        if (fault.processed) await answer();
        return response(503, '{"message":"unavailable"}', date);
      case 'proxy':
        if (fault.processed) await answer();
        return response(fault.status, '<html>Sign in</html>', { 'content-type': 'text/html' });
      case 'empty':
        if (fault.processed) await answer();
        return response(fault.status, '{}', date);
      case 'refused':
        return response(fault.status, '{"message":"Something","documentation_url":"","status":"x"}', date);
      case 'rate-limited':
        return response(429, '{"message":"Slow down"}', { ...date, 'retry-after': '3' });
    }
  }

  #mapbox({ method, path: target, headers, body = '' }: HttpRequest): ApiResponse {
    const now = () => this.time + this.skews.mapbox;
    const url = new URL(target, MAPBOX_URL);
    const response = answerTokens(
      {
        method,
        segments: url.pathname.split('/').filter(Boolean).map(decodeURIComponent),
        path: url.pathname,
        query: url.searchParams,
        headers,
        bytes: Buffer.from(body),
        origin: MAPBOX_URL,
      },
      this.account,
      tokensApiOptions({ now }),
    );
    const { body: answered } = response;
    const shown = Array.isArray(answered) ? answered.map(row => this.row(row)) : answered;
    return {
      ...response,
      body: shown,
      headers: { ...response.headers, Date: new Date(now()).toUTCString() },
    };
  }
}
