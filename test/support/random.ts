/** The randomness of tests, all derived from one seed, which the run prints. */
import fc from 'fast-check';

/** Set by vitest's configuration; `SEED=… npm test` repeats a run. */
export const SEED = Number(process.env['SEED'] ?? 1);

fc.configureGlobal({ seed: SEED });
export default fc;

/** Integers from 0 up to, not including, `below`, deterministic for a seed (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed | 0;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
