import { hrtime } from 'node:process';

/** Time, as a parameter. */
export interface Clock {
  /** Milliseconds since 1970, as the runner believes. */
  now(): number;
  /** Milliseconds since some moment; never set back, so it measures how long things take. */
  monotonic(): number;
  /** Milliseconds to wait. */
  sleep(milliseconds: number): Promise<void>;
}

/** The machine's own clock. */
export const clock: Clock = {
  now: () => Date.now(),
  // `performance.now` would do the same, after a millisecond of loading.
  monotonic: () => Number(hrtime.bigint()) / 1e6,
  sleep: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
};
