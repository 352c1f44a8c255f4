/**
 * The main step and the post step in this process, with real HTTP only: the runner keeps everything in memory, waiting
 * takes no time, and the process can be killed at any moment. The HTTP client is the product's own, with limits that
 * suit a test.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { ActionError, errorTitles } from '../../src/action-error.ts';
import { postStep } from '../../src/cleanup/step.ts';
import type { Clock } from '../../src/clock.ts';
import { createHttpClient, type HttpLimits } from '../../src/http/client.ts';
import { mainStep } from '../../src/mint/step.ts';
import type { Context } from '../../src/runtime/context.ts';
import { InterruptedError } from '../../src/runtime/interruption.ts';
import type { Processes } from '../../src/runtime/processes.ts';
import { FakeRunner, type LogLine } from './fake-runner.ts';
import { oneProcess } from './processes.ts';
import { SEED, seeded } from './random.ts';
import { RUN_ENV } from './workflow-run.ts';

/** The time limit of a request in milliseconds, and the size limit of its response in bytes. */
export const TEST_LIMITS: HttpLimits = { connect: 400, idle: 300, total: 300, maxBytes: 256 * 1024 };

/** The results of one step. */
export interface StepResult {
  /** `left`: the runner continued without the step, which lives on. */
  readonly conclusion: 'success' | 'failure' | 'killed' | 'left';
  readonly log: readonly LogLine[];
  readonly masks: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly summary: readonly (readonly string[])[];
  readonly state: string;
  /** Milliseconds, including waits. */
  readonly elapsed: number;
  /** An abandoned step; its log continues. */
  readonly living?: LivingStep;
}

/** A main step that a cancel did not reach, as in a job container. */
export interface LivingStep {
  /** With this step's process, for the post step to find. */
  readonly processes: Processes;
  readonly ended: Promise<unknown>;
}

export interface StepOptions {
  readonly inputs: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly state?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Kills the process at its n-th external action, counted from 0. */
  readonly killAt?: number | undefined;
  /** Interrupts the main step at its n-th external action, counted from 0. */
  readonly interruptAt?: number | undefined;
  /** Abandons the main step at its n-th external action, counted from 0: the runner takes its state and outputs. */
  readonly leaveAt?: number | undefined;
  /** The processes that the step sees: none alive by default. */
  readonly processes?: Processes | undefined;
  /** Fails the writing of results. */
  readonly diskFull?: boolean;
  readonly limits?: HttpLimits;
  /** The seed of the step's own randomness. */
  readonly seed?: number;
  /** Why the n-th request is never sent, counted from 0. */
  readonly notSent?: readonly (string | undefined)[];
}

class Killed extends Error {}

/**
 * The moment at which a process is killed, interrupted or abandoned. After its death, nothing it does has an effect.
 */
class Kill {
  readonly killed: Promise<'killed'>;
  readonly left: Promise<'left'>;
  isKilled = false;
  readonly #interruption = new AbortController();
  readonly interrupted = this.#interruption.signal;
  readonly #at: number | undefined;
  readonly #interruptAt: number | undefined;
  readonly #leaveAt: number | undefined;
  readonly #onLeave: () => void;
  readonly #resolve: (value: 'killed') => void;
  readonly #leave: (value: 'left') => void;
  #calls = 0;

  /** @param onLeave called when the process is abandoned. */
  constructor(
    { killAt, interruptAt, leaveAt }: Pick<StepOptions, 'killAt' | 'interruptAt' | 'leaveAt'>,
    onLeave: () => void,
  ) {
    this.#at = killAt;
    this.#interruptAt = interruptAt;
    this.#leaveAt = leaveAt;
    this.#onLeave = onLeave;
    const left = Promise.withResolvers<'left'>();
    this.left = left.promise;
    this.#leave = left.resolve;
    const { promise, resolve } = Promise.withResolvers<'killed'>();
    this.killed = promise;
    this.#resolve = resolve;
  }

  /** Counts an external action of the process; returns whether it is the last. */
  isDue(): boolean {
    if (this.#calls === this.#interruptAt) this.interrupt();
    if (this.#calls === this.#leaveAt) {
      this.#onLeave();
      this.#leave('left');
    }
    return this.#calls++ === this.#at;
  }

  interrupt(): void {
    this.#interruption.abort(new InterruptedError());
  }

  kill(): void {
    this.isKilled = true;
    this.#resolve('killed');
  }

  /** @throws {Killed} once the process is dead. */
  readonly check = (): void => {
    if (this.isDue()) this.kill();
    if (this.isKilled) throw new Killed();
  };

  /** For asynchronous actions: never settles once the process is dead. */
  async pass(): Promise<void> {
    if (this.isDue()) this.kill();
    if (this.isKilled) await new Promise<never>(() => {});
  }
}

export const runMain = (options: StepOptions) =>
  runStep((context, interrupted) => mainStep(context, interrupted), options);

export const runPost = (options: StepOptions) => runStep(context => postStep(context).run(), options);

async function runStep(
  step: (context: Context, interrupted: AbortSignal) => Promise<void>,
  options: StepOptions,
): Promise<StepResult> {
  const { inputs, clock, state, diskFull = false } = options;
  const kill = new Kill(options, () => {
    taken = takeFrom(runner);
  });
  const runner: FakeRunner = new FakeRunner({ inputs, state, diskFull, beforeCall: kill.check });
  let taken: Taken | undefined;
  const closing: (() => Promise<void>)[] = [];
  const start = clock.monotonic();
  const ended = step(contextOf(options, runner, kill, closing), kill.interrupted).then(
    () => 'success' as const,
    error => {
      if (kill.isKilled) return 'killed' as const;
      // The runner knows why: there is no annotation.
      if (kill.interrupted.aborted) return 'failure' as const;
      if (error instanceof ActionError) runner.fail(error.title, error.message);
      else
        runner.fail(errorTitles.internalError, error instanceof Error ? (error.stack ?? '') : String(error));
      return 'failure' as const;
    },
  );
  let isAlive = true;
  const over = Promise.race([ended, kill.killed]).finally(async () => {
    isAlive = false;
    for (const close of closing) await close();
  });
  const conclusion = await Promise.race([over, kill.left]);
  const { log, masks, summary } = runner;
  return {
    conclusion: kill.isKilled ? 'killed' : conclusion,
    ...{ log, masks, summary },
    ...(taken ?? takeFrom(runner)),
    elapsed: clock.monotonic() - start,
    ...(conclusion === 'left' && {
      living: {
        processes: { ...oneProcess(() => isAlive).processes, interrupt: () => kill.interrupt() },
        ended: over,
      },
    }),
  };
}

/** What the runner takes from a step's files when it continues. */
type Taken = Pick<StepResult, 'outputs' | 'variables' | 'state'>;

function takeFrom({ outputs, variables, savedState }: FakeRunner): Taken {
  return { outputs, variables, state: savedState };
}

function contextOf(
  { clock, env, seed = SEED, limits = TEST_LIMITS, notSent = [], processes }: StepOptions,
  runner: FakeRunner,
  kill: Kill,
  closing: (() => Promise<void>)[],
): Context {
  let requests = 0;
  return {
    runner,
    env: { ...RUN_ENV, ...env },
    clock: {
      now: clock.now,
      monotonic: clock.monotonic,
      async sleep(milliseconds) {
        await kill.pass();
        // Responses awaited after an interruption take real time to arrive.
        if (kill.interrupted.aborted) await setTimeout(50);
        // So does the work of another process.
        if (processes !== undefined) await setTimeout(20);
        await clock.sleep(milliseconds);
        await kill.pass();
      },
    },
    randomInt: seeded(seed),
    processes: processes ?? oneProcess(() => false).processes,
    async createHttpClient(url, proxies) {
      const client = createHttpClient(url, proxies, limits);
      closing.push(client.close);
      return {
        async send(request, timeoutMs) {
          await kill.pass();
          const code = notSent[requests++];
          if (code !== undefined) return { kind: 'no-response', sent: false, code };
          const response = client.send(request, timeoutMs);
          // Between a request and its response, the process can be killed with the request in progress.
          if (kill.isDue()) {
            await setImmediate();
            kill.kill();
          }
          const result = await response;
          await kill.pass();
          return result;
        },
        close: client.close,
      };
    },
  };
}
