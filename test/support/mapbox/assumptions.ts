/**
 * Assumptions about Mapbox that the action depends on, with the certainty of each. `npm run conformance` checks all of
 * them: against the stand-in in the tests, and against the real Mapbox with an account.
 */

import { accessAssumptions } from './assumptions/access.ts';
import type { Assumptions } from './assumptions/assumption.ts';
import { creationAssumptions } from './assumptions/creation.ts';
import { listAssumptions } from './assumptions/list.ts';
import { serviceAssumptions } from './assumptions/services.ts';

export type { Assumption, Certainty } from './assumptions/assumption.ts';

/** All assumptions in the order of their probes: the one that uses up the rate limit is last. */
export const assumptions = {
  ...creationAssumptions,
  ...listAssumptions,
  ...accessAssumptions,
  ...serviceAssumptions,
} as const satisfies Assumptions;

export type AssumptionId = keyof typeof assumptions;
