import { ActionError, errorTitles, stackOf } from '../action-error.ts';
import type { Clock } from '../clock.ts';
import type { ActionsRunner } from '../runner/runner.ts';
import { drainOutput, type ExitingProcess, exit } from './exit.ts';
import { InterruptedError } from './interruption.ts';

/** The process that a step runs in. */
export interface Process extends ExitingProcess {
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
}

/** The runner sends SIGTERM 7.5 s after SIGINT; a main step's last log lines need some of that time. */
export const STOP_LIMIT_MS = 7_000;

/** The parts of the context that {@link runStep} uses. */
export interface StepContext {
  readonly runner: Pick<ActionsRunner, 'info' | 'debug' | 'fail' | 'unreadOutput'>;
  readonly clock: Clock;
}

export interface Step {
  /** `interrupted` is aborted when the step must stop. */
  run(interrupted: AbortSignal): Promise<void>;
  /** Logs what an early exit leaves undone. */
  onInterrupt?(reason: string): void;
  /** Milliseconds that {@link run} may take after a signal. Without it, the step exits at once. */
  readonly stopLimitMs?: number;
  /** The exit code after a signal or a bug; 1 by default. With 0, a bug gets no annotation. */
  readonly interruptedExitCode?: 0;
}

/**
 * Runs a step and exits once its log is flushed, with at most one error annotation and no stack trace unless debug
 * logging is on.
 */
export async function runStep({ runner, clock }: StepContext, process: Process, step: Step): Promise<void> {
  let stage: 'running' | 'interrupted' | 'leaving' = 'running';
  const interruption = new AbortController();
  const { interruptedExitCode = 1 } = step;
  const leave = async (unfinished?: string) => {
    if (stage === 'leaving') return;
    stage = 'leaving';
    if (unfinished !== undefined) step.onInterrupt?.(unfinished);
    await drainOutput(runner.unreadOutput, clock);
    exit(process);
  };
  const interrupt = async () => {
    stage = 'interrupted';
    process.exitCode = interruptedExitCode;
    runner.info('Cancelled.');
    interruption.abort(new InterruptedError());
    if (step.stopLimitMs !== undefined) await clock.sleep(step.stopLimitMs);
    await leave('The step was cancelled before it was done.');
  };
  // The runner cancels with SIGINT, and SIGTERM 7.5 s later [actions/runner, ProcessInvoker.cs].
  process.on('SIGINT', () => {
    if (stage === 'running') void interrupt();
  });
  process.on('SIGTERM', () => {
    if (stage === 'running') void interrupt();
    else exit(process);
  });
  // Node would print the whole error, which may contain a secret. [startup.ts] handled this until now.
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', error => {
    if (stage === 'leaving') return;
    if (interruptedExitCode === 1) fail(runner, error);
    else runner.debug(stackOf(error));
    void leave('The action itself failed.');
  });
  try {
    await step.run(interruption.signal);
  } catch (error) {
    if (interruption.signal.aborted) describeStop(runner, error);
    else fail(runner, error);
  }
  await leave();
}

/** Logs what an interrupted step leaves behind, without an annotation: the runner reports the cancellation itself. */
function describeStop(runner: StepContext['runner'], error: unknown): void {
  if (!(error instanceof ActionError || error instanceof InterruptedError)) runner.debug(stackOf(error));
  else if (error.message !== '') runner.info(error.message);
}

function fail(runner: StepContext['runner'], error: unknown): void {
  if (error instanceof ActionError) {
    runner.fail(error.title, error.message);
    return;
  }
  const name = error instanceof Error ? error.name : typeof error;
  runner.debug(stackOf(error));
  runner.fail(
    errorTitles.internalError,
    `The action itself failed (${name}). Run the job again with debug logging to see where, and please report it.`,
  );
}
