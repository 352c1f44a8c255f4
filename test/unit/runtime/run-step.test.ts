import { describe, expect, it } from 'vitest';
import { ActionError, errorTitles } from '../../../src/errors/action-error.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { type Process, runStep, type Step } from '../../../src/runtime/run-step.ts';

/** Runs a step in a process that only notes what becomes of it. */
function started(step: Step) {
  const said: string[] = [];
  const exits: (number | undefined)[] = [];
  const exited = Promise.withResolvers<void>();
  const listeners = new Map<string, (error?: unknown) => void>();
  const unused = () => {
    throw new Error('not for an ending');
  };
  const runner: Runner = {
    getInput: unused,
    mask: unused,
    info: text => said.push(text),
    debug: text => said.push(`debug: ${text.split('\n')[0]}`),
    warning: unused,
    fail: (title, text) => said.push(`${title}: ${text}`),
    saveState: unused,
    getState: unused,
    findMissingFile: unused,
    writeResults: unused,
    writeSummary: unused,
  };
  const process: Process = {
    on: (event: string, listener: (error?: unknown) => void) => listeners.set(event, listener),
    exit(code) {
      exits.push(code);
      exited.resolve();
    },
  };
  const done = runStep(runner, process, step);
  const send = (event: string, error?: unknown) => listeners.get(event)?.(error);
  return { done, said, exits, exited: exited.promise, send };
}

const forEver = () => new Promise<void>(() => {});

it('tells a failure under its title, without a trace', async () => {
  const { done, said } = started({
    run: () => Promise.reject(new ActionError(errorTitles.rateLimited, 'Wait.')),
  });
  await done;
  expect(said).toEqual(['Mapbox rate limit exceeded: Wait.']);
});

it('calls any other error a defect, names its kind, and leaves its words to debug logging', async () => {
  const { done, said } = started({ run: () => Promise.reject(new TypeError('secret words')) });
  await done;
  expect(said[0]).toBe('debug: TypeError: secret words');
  expect(said[1]).toMatch(/^Internal error: .*\(TypeError\)/);
  expect(said[1]).not.toContain('secret words');
});

describe.each(['SIGINT', 'SIGTERM'])('at %s', signal => {
  it('leaves at once, with a failure', () => {
    const { said, exits, send } = started({ run: forEver });
    send(signal);
    expect([said, exits]).toEqual([['Cancelled.'], [1]]);
  });

  it('lets the step have the last word, and its exit code', () => {
    const { exits, send } = started({ run: forEver, onInterrupt: () => 0 });
    send(signal);
    expect(exits).toEqual([0]);
  });
});

it('tells of an error that nobody caught, and leaves', () => {
  const { said, exits, send } = started({ run: forEver });
  send('uncaughtException', new Error('lost'));
  expect(said.at(-1)).toMatch(/^Internal error/);
  expect(exits).toEqual([1]);
});

it('lets a step have the last word on such an error, too, and fails nothing', () => {
  const words: string[] = [];
  const { said, exits, send } = started({
    run: forEver,
    onInterrupt(why) {
      words.push(why);
      return 0;
    },
  });
  send('uncaughtException', new Error('lost'));
  expect(words).toEqual(['The action itself went wrong.']);
  expect([said, exits]).toEqual([['debug: Error: lost'], [0]]);
});

it('does not wait for what still goes on when the step is done, and keeps the exit code that was set', async () => {
  const { done, exits, exited } = started({ run: async () => {} });
  await done;
  await exited;
  expect(exits).toEqual([undefined]);
});
