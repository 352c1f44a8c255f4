import type { Limited, Unknown, Unsent } from './mapbox/result.ts';

/** What an attempt came to that may be made again. */
export type Setback = Limited | Unsent | Unknown;

/** Nothing came of it in time, or no further try could help. */
export interface GaveUp {
  readonly kind: 'gave up';
  readonly last: Setback;
  readonly attempts: number;
  /** How long it was tried, in milliseconds. */
  readonly spent: number;
}
