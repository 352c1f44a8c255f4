import { hrtime } from 'node:process';

/** A source of time, passed as a parameter so that tests can control it. */
export interface Clock {
  /** Milliseconds since 1970, by the runner's clock. */
  now(): number;
  /** Milliseconds since an arbitrary moment. Never goes backwards, so it is used to measure durations. */
  monotonic(): number;
  /** Waits for this many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
}

/** The system clock. */
export const clock: Clock = {
  now: () => Date.now(),
  // `performance.now` does the same but takes a millisecond to load.
  monotonic: () => Number(hrtime.bigint()) / 1e6,
  sleep: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
};
