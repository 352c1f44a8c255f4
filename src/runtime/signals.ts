/** What signals come from. */
export interface SignalSource {
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/** The runner sends SIGTERM 7.5 s after SIGINT: the last words need some of it. */
export const STOP_LIMIT_MS = 7_000;

/** What a step does at a signal. */
export interface SignalActions {
  /** Whether no signal has interrupted the step yet. */
  isRunning(): boolean;
  /** Stops the step. */
  interrupt(): void;
  /** Leaves at once. */
  terminate(): void;
}

/**
 * The runner cancels with SIGINT, and SIGTERM 7.5 s later [actions/runner, ProcessInvoker.cs]. The first signal interrupts
 * the step; SIGTERM ends at once what another signal has interrupted.
 */
export function handleSignals(
  process: SignalSource,
  { isRunning, interrupt, terminate }: SignalActions,
): void {
  process.on('SIGINT', () => {
    if (isRunning()) interrupt();
  });
  process.on('SIGTERM', () => {
    if (isRunning()) interrupt();
    else terminate();
  });
}
