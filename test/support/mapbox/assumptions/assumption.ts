/**
 * How sure an assumption is, of its substance rather than its wording:
 *
 * - `D` documented by Mapbox, on its Tokens API page or in its OpenAPI description of 2026
 * - `C` read from code that talks to the real API, or from a recorded response of it
 * - `H` hearsay: somebody reported it
 * - `?` nobody says
 */
export type Certainty = 'D' | 'C' | 'H' | '?';

export interface Assumption {
  readonly question: string;
  /** What the stand-in does, in the words in which the conformance program tells what it found. */
  readonly assumed: string;
  readonly certainty: Certainty;
  /** What Mapbox is reported to do where the stand-in is stricter on purpose. Finding it is no difference. */
  readonly reported?: string;
}

export type Assumptions = Readonly<Record<string, Assumption>>;
