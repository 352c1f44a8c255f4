/** Delayed work of a stand-in, by the machine's clock or by its own. */
export class Timers {
  readonly #now: () => number;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #deferred = new Set<{ readonly due: number; readonly work: () => void }>();

  /** `now` returns the stand-in's milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Like setTimeout, cancelled by {@link clear}. */
  readonly later = (work: () => void, ms: number): void => {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  };

  /**
   * Runs `work` once the stand-in's clock has advanced by `ms`: at a {@link catchUp}, or after `ms` of real time if the
   * clock is real.
   */
  readonly defer = (work: () => void, ms: number): void => {
    const entry = { due: this.#now() + ms, work };
    this.#deferred.add(entry);
    const look = (): void => {
      this.catchUp();
      if (this.#deferred.has(entry)) this.later(look, Math.max(1, entry.due - this.#now()));
    };
    this.later(look, ms);
  };

  /** Runs the work that is due, in order. */
  catchUp(): void {
    const due = [...this.#deferred].filter(entry => entry.due <= this.#now());
    for (const entry of due.sort((a, b) => a.due - b.due)) {
      this.#deferred.delete(entry);
      entry.work();
    }
  }

  /** Cancels everything. */
  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#deferred.clear();
  }
}
