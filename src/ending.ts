import { Failure, titles } from './failure.ts';
import type { Runner } from './runner/runner.ts';

/** The process, as far as a step ends with it. */
export interface Process {
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
  exit(code: number): never;
}

/**
 * Runs a step to whatever end it comes to: at most one error annotation, an exit code that tells, no stack
 * trace unless debug logging is on.
 *
 * The runner cancels with SIGINT, and SIGTERM 7.5 s later [actions/runner, ProcessInvoker.cs]: the step leaves
 * at once, and with it every request that is under way.
 */
export async function runStep(runner: Runner, process: Process, step: () => Promise<void>): Promise<void> {
  const cancelled = () => {
    runner.info('Cancelled.');
    process.exit(1);
  };
  process.on('SIGINT', cancelled);
  process.on('SIGTERM', cancelled);
  // Node would print the error whole, whatever it holds.
  process.on('uncaughtException', error => {
    fail(runner, error);
    process.exit(1);
  });
  try {
    await step();
  } catch (error) {
    fail(runner, error);
  }
}

function fail(runner: Runner, error: unknown): void {
  if (error instanceof Failure) {
    runner.fail(error.title, error.message);
    return;
  }
  const name = error instanceof Error ? error.name : typeof error;
  if (error instanceof Error) runner.debug(error.stack ?? error.message);
  runner.fail(
    titles.defect,
    `The action itself went wrong (${name}). Run the job again with debug logging to have the place in the log, and report it, please.`,
  );
}
