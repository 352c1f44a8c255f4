/**
 * The certainty of an assumption's substance, rather than its wording:
 *
 * - `D` documented by Mapbox, on its Tokens API page or in its OpenAPI description of 2026
 * - `C` read from code that uses the real API, or from a recorded response
 * - `H` reported without proof
 * - `?` unknown
 */
export type Certainty = 'D' | 'C' | 'H' | '?';

export interface Assumption {
  readonly question: string;
  /** The stand-in's behavior, in the words of the conformance program's findings. */
  readonly assumed: string;
  readonly certainty: Certainty;
  /** Mapbox's reported behavior if the stand-in is deliberately stricter. Finding it is not a difference. */
  readonly reported?: string;
}

export type Assumptions = Readonly<Record<string, Assumption>>;
