/** Publish jobs of the Tiling Service, without tiles. */

import type { Recipe } from './tiling-recipe.ts';

export interface Job {
  readonly id: string;
  readonly created: number;
  readonly recipe: Recipe;
  readonly errors: string[];
  stage: 'queued' | 'processing' | 'success' | 'failed';
}

/** Advances a job by one stage, so that a polling client sees all of them without waiting. */
export function advance(job: Job): Job {
  const seen = { ...job };
  if (job.stage === 'queued') job.stage = 'processing';
  else if (job.stage === 'processing') job.stage = job.errors.length > 0 ? 'failed' : 'success';
  return seen;
}

export function describeJob(tilesetId: string, job: Job): unknown {
  return {
    id: job.id,
    stage: job.stage,
    created: job.created,
    created_nice: new Date(job.created).toUTCString(),
    published: job.created,
    tilesetId,
    errors: job.stage === 'failed' ? job.errors : [],
    warnings: [],
    recipe: job.recipe,
  };
}
