/** What comes over a running workflow from outside: a cancel, a shutdown of the runner, its death, the machine's. */
import type { Phase, PhaseResult } from './phase.ts';

interface Running {
  readonly phase: Phase;
  /** Whether the step's `if` holds also in a cancelled job: then a cancel does not signal it. */
  readonly isSpared: () => boolean;
  isInterrupted: boolean;
}

export class Control {
  #isCancelled = false;
  #isShutDown = false;
  #isDead = false;
  #running: Running | undefined;

  /** Whether the job counts as cancelled, which `cancelled()` and `success()` say. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Whether nothing is to be started any more, whatever its `if` says. */
  get isOver(): boolean {
    return this.#isShutDown || this.#isDead;
  }

  /** What the button on GitHub does, and a job's time-out. Steps that `if: always()` holds for are not signalled. */
  cancel(): void {
    this.#isCancelled = true;
    if (this.#running?.isSpared() === false) this.interrupt();
  }

  /** The runner is told to stop, as by its service or before the machine is taken away. */
  shutdown(): void {
    this.#isCancelled = true;
    this.#isShutDown = true;
    this.interrupt();
  }

  /** The runner's Worker dies. A running process lives on, with nobody at the other end of its output. */
  crash(): void {
    this.#isDead = true;
    this.#running?.phase.abandon();
  }

  /** The machine dies, and everything on it. */
  kill(): void {
    this.#isDead = true;
    this.#running?.phase.kill();
  }

  /** Signals the running process, whatever its `if` says: a cancel of this one step, or its time-out. */
  interrupt(): void {
    if (this.#running === undefined || this.#running.isInterrupted) return;
    this.#running.isInterrupted = true;
    this.#running.phase.interrupt();
  }

  /** Waits for a process that has been started, and answers for it meanwhile. */
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
