/** External events of a running workflow: a cancel, a shutdown of the runner, its death, the machine's. */
import type { Phase, PhaseResult } from './phase.ts';

interface Running {
  readonly phase: Phase;
  /** Whether the step's `if` is also true in a cancelled job: then a cancel does not signal it. */
  readonly isSpared: () => boolean;
  isInterrupted: boolean;
}

export class Control {
  #isCancelled = false;
  #isShutDown = false;
  #isDead = false;
  #running: Running | undefined;

  /** Whether the job is cancelled, for `cancelled()` and `success()`. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Whether nothing may be started any more, whatever its `if`. */
  get isOver(): boolean {
    return this.#isShutDown || this.#isDead;
  }

  /** The button on GitHub, and a job's timeout. Steps with a true `if: always()` are not signalled. */
  cancel(): void {
    this.#isCancelled = true;
    if (this.#running?.isSpared() === false) this.interrupt();
  }

  /** The runner is told to stop, by its service or before the machine shuts down. */
  shutdown(): void {
    this.#isCancelled = true;
    this.#isShutDown = true;
    this.interrupt();
  }

  /** The runner's Worker dies. A running process lives on, with its output closed. */
  crash(): void {
    this.#isDead = true;
    this.#running?.phase.abandon();
  }

  /** The machine dies, with all of its processes. */
  kill(): void {
    this.#isDead = true;
    this.#running?.phase.kill();
  }

  /** Signals the running process, whatever its `if`: a cancel or timeout of this step only. */
  interrupt(): void {
    if (this.#running === undefined || this.#running.isInterrupted) return;
    this.#running.isInterrupted = true;
    this.#running.phase.interrupt();
  }

  /** Waits for a started process, and is its target for signals meanwhile. */
  async follow(
    phase: Phase,
    isSpared: () => boolean,
  ): Promise<{ readonly result: PhaseResult; readonly isInterrupted: boolean }> {
    const running: Running = { phase, isSpared, isInterrupted: false };
    this.#running = running;
    try {
      return { result: await phase.done, isInterrupted: running.isInterrupted };
    } finally {
      this.#running = undefined;
    }
  }
}
