/** The clock of the tests. Waiting takes no time: it advances the clock and is recorded. */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

/** The initial time of a stopped clock. */
export const START = Date.UTC(2026, 0, 2, 3, 4, 5);

export class FakeClock implements Clock {
  /** Every wait, in milliseconds. */
  readonly sleeps: number[] = [];
  /** Called before every wait. */
  onSleep: (milliseconds: number) => void = () => {};
  /** Milliseconds that this clock is ahead of Mapbox's. */
  readonly skew: number;
  readonly #isRunning: boolean;
  #advanced = 0;

  /** A clock that only advances by the waits of the test and the code under test. */
  constructor({ isRunning = false, skew = 0 } = {}) {
    this.#isRunning = isRunning;
    this.skew = skew;
  }

  /**
   * A running clock, for tests with a real server.
   *
   * @param skew milliseconds that it is ahead of Mapbox's clock.
   */
  static running(skew = 0): FakeClock {
    return new FakeClock({ isRunning: true, skew });
  }

  readonly now = (): number => this.mapboxTime() + this.skew;

  readonly monotonic = (): number => (this.#isRunning ? performance.now() : 0) + this.#advanced;

  readonly sleep = async (milliseconds: number): Promise<void> => {
    this.sleeps.push(milliseconds);
    this.onSleep(milliseconds);
    this.advance(Math.max(0, milliseconds));
    // Lets a running server do its work meanwhile.
    if (this.#isRunning) await setImmediate();
  };

  /** The time by Mapbox's clock. */
  mapboxTime(): number {
    return (this.#isRunning ? Date.now() : START) + this.#advanced;
  }

  advance(milliseconds: number): void {
    this.#advanced += milliseconds;
  }
}
