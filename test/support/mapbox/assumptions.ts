/**
 * What the stand-in assumes of Mapbox wherever the action depends on it, with the certainty of each point. `npm run
 * conformance` asks all of it: of the stand-in in the tests, and of the real Mapbox by whoever has an account.
 */

import { accessAssumptions } from './assumptions/access.ts';
import type { Assumptions } from './assumptions/assumption.ts';
import { creationAssumptions } from './assumptions/creation.ts';
import { listAssumptions } from './assumptions/list.ts';
import { serviceAssumptions } from './assumptions/services.ts';

export type { Assumption, Certainty } from './assumptions/assumption.ts';

/** All of them, in the order in which they are asked: the one that uses up the rate limit is the last. */
export const assumptions = {
  ...creationAssumptions,
  ...listAssumptions,
  ...accessAssumptions,
  ...serviceAssumptions,
} as const satisfies Assumptions;

export type AssumptionId = keyof typeof assumptions;
