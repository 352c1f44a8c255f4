import { ActionError, errorTitles, stackOf } from '../errors/action-error.ts';
import type { Runner } from '../runner/runner.ts';

/** The process, as far as a step ends with it. */
export interface Process {
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
  exit(code?: number): unknown;
}

/** A step. */
export interface Step {
  run(): Promise<void>;
  /**
   * The last word of a step that has to leave before it is done, for this reason, and the exit code to leave with.
   * Where there is none, it leaves with 1, and an error with an annotation.
   */
  onInterrupt?(why: string): number;
}

/** What still goes on when the step is done, such as connecting to a host that does not answer, gets this long. */
const EXIT_DELAY_MS = 250;

/**
 * Runs a step to whatever end it comes to: at most one error annotation, an exit code that tells, no stack
 * trace unless debug logging is on.
 *
 * The runner cancels with SIGINT, and SIGTERM 7.5 s later [actions/runner, ProcessInvoker.cs]: the step leaves
 * at once, and with it every request that is under way.
 */
export async function runStep(runner: Runner, process: Process, step: Step): Promise<void> {
  const cancelled = () => {
    runner.info('Cancelled.');
    process.exit(step.onInterrupt?.('The step was cancelled before it was done.') ?? 1);
  };
  process.on('SIGINT', cancelled);
  process.on('SIGTERM', cancelled);
  // Node would print the error whole, whatever it holds.
  process.on('uncaughtException', error => {
    if (step.onInterrupt === undefined) {
      fail(runner, error);
      process.exit(1);
      return;
    }
    runner.debug(stackOf(error));
    process.exit(step.onInterrupt('The action itself went wrong.'));
  });
  try {
    await step.run();
  } catch (error) {
    fail(runner, error);
  }
  setTimeout(() => process.exit(), EXIT_DELAY_MS).unref();
}

function fail(runner: Runner, error: unknown): void {
  if (error instanceof ActionError) {
    runner.fail(error.title, error.message);
    return;
  }
  const name = error instanceof Error ? error.name : typeof error;
  runner.debug(stackOf(error));
  runner.fail(
    errorTitles.internalError,
    `The action itself went wrong (${name}). Run the job again with debug logging to have the place in the log, and report it, please.`,
  );
}
