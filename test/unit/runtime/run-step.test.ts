import { describe, expect, it } from 'vitest';
import { ActionError, errorTitles } from '../../../src/action-error.ts';
import { InterruptedError, orInterrupted } from '../../../src/runtime/interruption.ts';
import { type Process, runStep, STOP_LIMIT_MS, type Step } from '../../../src/runtime/run-step.ts';

/** Runs a step in a process that records its end. Time passes only while something waits for it. */
function start(step: Step, unread: () => number = () => 0) {
  const log: string[] = [];
  const exits: unknown[] = [];
  const exited = Promise.withResolvers<void>();
  const removed: string[] = [];
  const listeners = new Map<string, (error?: unknown) => void>();
  let ms = 0;
  const runner = {
    info: (text: string) => void log.push(text),
    debug: (text: string) => void log.push(`debug: ${text.split('\n')[0]}`),
    fail(title: string, text: string) {
      process.exitCode = 1;
      log.push(`${title}: ${text}`);
    },
    unreadOutput: () => unread(),
  };
  const clock = {
    now: () => ms,
    monotonic: () => ms,
    async sleep(milliseconds: number) {
      await new Promise(setImmediate);
      ms += milliseconds;
    },
  };
  const process: Process = {
    exitCode: undefined,
    execPath: 'node',
    getActiveResourcesInfo: () => [],
    on: (event: string, listener: (error?: unknown) => void) => listeners.set(event, listener),
    removeAllListeners: event => removed.push(event),
    exit() {
      exits.push(process.exitCode ?? 0);
      exited.resolve();
    },
  };
  const done = runStep({ runner, clock }, process, step);
  const send = (event: string, error?: unknown) => listeners.get(event)?.(error);
  return { done, log, exits, exited: exited.promise, send, elapsed: () => ms, removed };
}

const forEver = () => new Promise<void>(() => {});

describe('a finished step', () => {
  it('exits with 0', async () => {
    const { done, log, exits } = start({ run: async () => {} });
    await done;
    expect([log, exits]).toEqual([[], [0]]);
  });

  it('reports an error under its title, without a stack, and exits with 1', async () => {
    const { done, log, exits } = start({
      run: () => Promise.reject(new ActionError(errorTitles.rateLimited, 'Wait.')),
    });
    await done;
    expect([log, exits]).toEqual([['Mapbox rate limit exceeded: Wait.'], [1]]);
  });

  it.each([
    [new TypeError('secret words'), 'TypeError'],
    ['secret words', 'string'],
  ])(
    'calls any other error internal, names its class, and shows its message in debug logging only',
    async (error, name) => {
      const { done, log, exits } = start({ run: () => Promise.reject(error) });
      await done;
      expect(log[0]).toBe(error instanceof Error ? 'debug: TypeError: secret words' : 'debug: ');
      expect(log[1]).toMatch(new RegExp(`^Internal error: .*\\(${name}\\)`));
      expect(log[1]).not.toContain('secret words');
      expect(exits).toEqual([1]);
    },
  );

  it('exits after the log was read', async () => {
    let unread = 500_000;
    const step = start({ run: async () => {} }, () => {
      unread -= 1_000;
      return unread;
    });
    await step.done;
    expect(unread).toBe(0);
    expect(step.exits).toEqual([0]);
  });

  it('exits after five seconds if the log is not read', async () => {
    const { done, exits, elapsed } = start({ run: async () => {} }, () => 1);
    await done;
    expect(exits).toEqual([0]);
    expect(elapsed()).toBe(5_000);
  });

  it('ignores an interrupt while the log is read, and exits at once on SIGTERM', async () => {
    const { done, log, exits, send, exited } = start({ run: async () => {} }, () => 1);
    await new Promise(setImmediate);
    send('SIGINT');
    expect(exits).toEqual([]);
    send('SIGTERM');
    await exited;
    expect([log, exits]).toEqual([[], [0]]);
    await done;
  });
});

describe.each(['SIGINT', 'SIGTERM'])('on %s', signal => {
  it('a step exits at once, with a failure', async () => {
    const { log, exits, send, exited, elapsed } = start({ run: forEver });
    send(signal);
    await exited;
    expect([log, exits, elapsed()]).toEqual([['Cancelled.'], [1], 0]);
  });

  it('a step can log a last message and set its own exit code', async () => {
    const reasons: string[] = [];
    const { exits, send, exited } = start({
      run: forEver,
      onInterrupt: reason => void reasons.push(reason),
      interruptedExitCode: 0,
    });
    send(signal);
    await exited;
    expect([reasons, exits]).toEqual([['The step was cancelled before it was done.'], [0]]);
  });

  it('a step can exit with 0, reports what is left undone, and exits once', async () => {
    const reasons: string[] = [];
    const { done, exits, send } = start({
      run: interrupted => orInterrupted(forEver(), interrupted).catch(() => {}),
      onInterrupt: reason => void reasons.push(reason),
      interruptedExitCode: 0,
    });
    send(signal);
    await done;
    expect(exits).toEqual([0]);
    expect(reasons).toEqual(['The step was cancelled before it was done.']);
  });

  it('a step that finishes in time leaves nothing undone', async () => {
    const work = Promise.withResolvers<void>();
    const reasons: string[] = [];
    const { done, exits, send } = start({
      run: () => work.promise,
      onInterrupt: reason => void reasons.push(reason),
      interruptedExitCode: 0,
      stopLimitMs: 5_000,
    });
    send(signal);
    work.resolve();
    await done;
    expect([reasons, exits]).toEqual([[], [0]]);
  });

  it('a step that stops is waited for, and its last error is logged', async () => {
    const work = Promise.withResolvers<void>();
    const { done, log, exits, send } = start({
      async run(interrupted) {
        await orInterrupted(forEver(), interrupted, () => work.promise).catch(() => {
          throw new ActionError(errorTitles.tokenMismatch, 'The token was deleted.');
        });
      },
      stopLimitMs: STOP_LIMIT_MS,
    });
    send(signal);
    expect(exits).toEqual([]);
    work.resolve();
    await done;
    expect([log, exits]).toEqual([['Cancelled.', 'The token was deleted.'], [1]]);
  });

  it('a step that just stops logs nothing else', async () => {
    const { done, log, exits, send } = start({
      run: interrupted => orInterrupted(forEver(), interrupted),
      stopLimitMs: STOP_LIMIT_MS,
    });
    send(signal);
    await done;
    expect([log, exits]).toEqual([['Cancelled.'], [1]]);
  });

  it('a step that finished despite the signal has failed', async () => {
    const { done, log, exits, send } = start({
      run: interrupted => orInterrupted(forEver(), interrupted).catch(() => {}),
      stopLimitMs: STOP_LIMIT_MS,
    });
    send(signal);
    await done;
    expect([log, exits]).toEqual([['Cancelled.'], [1]]);
  });

  it('an internal error goes to debug logging', async () => {
    const { done, log, exits, send } = start({
      run: interrupted =>
        orInterrupted(forEver(), interrupted).catch(() => {
          throw new TypeError('odd');
        }),
      stopLimitMs: STOP_LIMIT_MS,
    });
    send(signal);
    await done;
    expect([log, exits]).toEqual([['Cancelled.', 'debug: TypeError: odd'], [1]]);
  });

  it('a step that does not stop is abandoned half a second before the runner sends SIGTERM', async () => {
    const { exits, send, exited, elapsed } = start({ run: forEver, stopLimitMs: STOP_LIMIT_MS });
    send(signal);
    await exited;
    expect([exits, elapsed()]).toEqual([[1], 7_000]);
  });

  it('a step that is stopping ends at once on SIGTERM, but not on another SIGINT', async () => {
    const { log, exits, send } = start({ run: forEver, stopLimitMs: STOP_LIMIT_MS });
    send(signal);
    send('SIGINT');
    expect(exits).toEqual([]);
    send('SIGTERM');
    expect([log, exits]).toEqual([['Cancelled.'], [1]]);
  });

  it('aborts the step’s signal, with the reason', async () => {
    let reason: unknown;
    const { send } = start({
      run(interrupted) {
        interrupted.addEventListener('abort', () => {
          ({ reason } = interrupted);
        });
        return forEver();
      },
    });
    send(signal);
    expect(reason).toBeInstanceOf(InterruptedError);
  });
});

describe('an uncaught error', () => {
  it('is reported, and the step exits with 1', async () => {
    const { log, exits, send, exited } = start({ run: forEver });
    send('uncaughtException', new Error('lost'));
    await exited;
    expect(log.at(-1)).toMatch(/^Internal error: .*\(Error\)/);
    expect(exits).toEqual([1]);
  });

  it('is reported by the step’s interrupt handler, if any, and does not fail the step', async () => {
    const reasons: string[] = [];
    const { log, exits, send, exited } = start({
      run: forEver,
      onInterrupt: reason => void reasons.push(reason),
      interruptedExitCode: 0,
    });
    send('uncaughtException', new Error('lost'));
    await exited;
    expect(reasons).toEqual(['The action itself failed.']);
    expect([log, exits]).toEqual([['debug: Error: lost'], [0]]);
  });

  it('changes nothing once the step is exiting', async () => {
    const { done, log, exits, send } = start({ run: async () => {} }, () => 1);
    await new Promise(setImmediate);
    send('uncaughtException', new Error('lost'));
    await done;
    expect([log, exits]).toEqual([[], [0]]);
  });

  it('has no other listeners', () => {
    const { removed } = start({ run: forEver });
    expect(removed).toEqual(['uncaughtException']);
  });
});
