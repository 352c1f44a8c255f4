import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';
import { START } from './fake-clock.ts';

/** One clock for all jobs: it advances when all of them sleep. */
export class SharedClock implements Clock {
  #elapsed = 0;
  readonly #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  now(): number {
    return START + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(milliseconds: number): Promise<void> {
    const until = this.#elapsed + milliseconds;
    return new Promise(wake => this.#sleepers.push({ until, wake }));
  }

  /** Lets time pass until no job sleeps any more. */
  async run(): Promise<void> {
    for (await setImmediate(); this.#sleepers.length > 0; await setImmediate()) {
      this.#sleepers.sort((a, b) => b.until - a.until);
      const next = this.#sleepers.pop();
      this.#elapsed = Math.max(this.#elapsed, next?.until ?? 0);
      next?.wake();
    }
  }
}
