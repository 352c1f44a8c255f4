/**
 * A world for the two steps in which nothing is real but HTTP: the runner writes into memory, waiting takes no
 * time, and the machine can die at any moment. The wire is the product's own, with limits that suit a test.
 */
import { setImmediate } from 'node:timers/promises';
import { postStep } from '../../src/cleanup/step.ts';
import type { Clock } from '../../src/clock.ts';
import { ActionError, errorTitles } from '../../src/errors/action-error.ts';
import { createHttpClient, type HttpLimits } from '../../src/http/client.ts';
import { mainStep } from '../../src/mint/step.ts';
import type { Runner } from '../../src/runner/runner.ts';
import type { Context } from '../../src/runtime/context.ts';
import { SEED, seeded } from './random.ts';

/** Milliseconds that a request may take here, and the bytes that it may answer. */
export const LIMITS: HttpLimits = { connect: 400, idle: 300, total: 300, maxBytes: 256 * 1024 };

/** Waiting moves its hands and nothing else. */
export class VirtualClock implements Clock {
  #ahead = 0;
  /** How far the runner's clock is ahead of the true time, which `Mapbox` keeps. Milliseconds. */
  readonly skew: number;

  constructor(skew = 0) {
    this.skew = skew;
  }

  now(): number {
    return this.truth() + this.skew;
  }

  /** What Mapbox's clock shows. */
  truth(): number {
    return Date.now() + this.#ahead;
  }

  monotonic(): number {
    return performance.now() + this.#ahead;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.#ahead += Math.max(0, milliseconds);
    await setImmediate();
  }
}

/** What one step left behind. */
export interface Ended {
  /** `dead`: the process was killed. */
  readonly end: 'success' | 'failure' | 'dead';
  /** Every line, warning, error and debug line, in order and as the product said it. */
  readonly said: readonly { readonly kind: 'info' | 'debug' | 'warning' | 'error'; readonly text: string }[];
  readonly masks: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly state: string;
  /** Milliseconds, waiting included. */
  readonly took: number;
}

export interface StepOptions {
  readonly inputs: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly state?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Kills the process at its n-th dealing with the world, counted from 0. */
  readonly dieAt?: number | undefined;
  /** Fails the hand-over, as a full disk does. */
  readonly diskFull?: boolean;
  readonly limits?: HttpLimits;
  /** What the step's own randomness begins with. */
  readonly chance?: number;
  /** Why the n-th request never leaves, counted from 0. */
  readonly unsent?: readonly (string | undefined)[];
}

class Dead extends Error {}

export const ENV = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'octo-org/maps',
  GITHUB_REPOSITORY_ID: '123456789',
  GITHUB_RUN_ID: '4711',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_WORKFLOW: 'Release',
};

export const main = (options: StepOptions) => runStep(mainStep, options);
export const post = (options: StepOptions) => runStep(context => postStep(context).run(), options);

async function runStep(step: (context: Context) => Promise<void>, options: StepOptions): Promise<Ended> {
  const { inputs, clock, dieAt, diskFull = false, limits = LIMITS, unsent = [] } = options;
  let requests = 0;
  const said: { kind: 'info' | 'debug' | 'warning' | 'error'; text: string }[] = [];
  const masks: string[] = [];
  let outputs: Record<string, string> = {};
  let variables: Record<string, string> = {};
  let summary = '';
  let state = options.state ?? '';
  let dealings = 0;
  let dead = false;
  const death = Promise.withResolvers<'dead'>();

  /** Every dealing with the world goes through here; after death nothing does. */
  const live = () => {
    if (dealings++ === dieAt) {
      dead = true;
      death.resolve('dead');
    }
    if (dead) throw new Dead();
  };
  const say = (kind: (typeof said)[number]['kind']) => (text: string) => {
    live();
    said.push({ kind, text });
  };
  const runner: Runner = {
    getInput: name => inputs[name] ?? '',
    mask(secret) {
      live();
      if (secret.reveal().trim() !== '') masks.push(secret.reveal());
    },
    info: say('info'),
    debug: say('debug'),
    warning: say('warning'),
    fail: (title, text) => say('error')(`${title}: ${text}`),
    saveState(kept) {
      live();
      state = kept;
    },
    getState: () => options.state ?? '',
    findMissingFile: () => undefined,
    writeResults(given, exported) {
      live();
      if (diskFull) throw new Error('ENOSPC');
      outputs = Object.fromEntries(
        Object.entries(given).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : value.reveal(),
        ]),
      );
      variables = Object.fromEntries(Object.entries(exported).map(([name, value]) => [name, value.reveal()]));
    },
    async writeSummary(heading, rows) {
      live();
      summary += [heading, ...rows.flat()].join('\n');
    },
  };
  const closing: (() => Promise<void>)[] = [];
  const context: Context = {
    runner,
    env: { ...ENV, ...options.env },
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      async sleep(milliseconds) {
        live();
        await clock.sleep(milliseconds);
        live();
      },
    },
    randomInt: seeded(options.chance ?? SEED),
    async createHttpClient(url, proxies) {
      const client = createHttpClient(url, proxies, limits);
      closing.push(client.close);
      return {
        async send(request, limit) {
          live();
          const code = unsent[requests++];
          if (code !== undefined) return { kind: 'no-response', sent: false, code };
          const answer = client.send(request, limit);
          // Between sending and the answer there is a moment to die in, with the request under way.
          if (dealings++ === dieAt) {
            await setImmediate();
            dead = true;
            death.resolve('dead');
          }
          const end = await answer;
          live();
          return end;
        },
        close: client.close,
      };
    },
  };

  const start = clock.monotonic();
  const ended = step(context).then(
    () => 'success' as const,
    error => {
      if (dead) return 'dead' as const;
      if (error instanceof ActionError) runner.fail(error.title, error.message);
      else
        runner.fail(errorTitles.internalError, error instanceof Error ? (error.stack ?? '') : String(error));
      return 'failure' as const;
    },
  );
  const end = await Promise.race([ended, death.promise]);
  for (const close of closing) await close();
  return {
    end: dead ? 'dead' : end,
    said,
    masks,
    outputs,
    variables,
    summary,
    state,
    took: clock.monotonic() - start,
  };
}
