/** Post steps: their existence, their order, and what is evaluated again for them. */
import type { StepFile } from './action-file.ts';
import { fillAll } from './expressions.ts';
import {
  contextsOf,
  type Ending,
  failure,
  idOf,
  type JobState,
  type Running,
  type Scope,
  statusOf,
} from './job-state.ts';
import { newLog } from './program.ts';

/** A slot for a post step, created before its step runs. */
export interface PostPlace {
  /** Set when the step runs. Returns whether the post step succeeded. */
  run: ((scope: Scope) => Promise<boolean>) | undefined;
}

/** The slots of a job or of a composite action. The last one runs first. */
export type PostPlaces = PostPlace[];

/** Adds a slot for each step of a list that may have a post step, and returns them by the steps' indices. */
export function addPlaces(
  steps: readonly StepFile[],
  places: PostPlaces,
): readonly (PostPlace | undefined)[] {
  return steps.map(({ uses }) => {
    if (uses === undefined) return undefined;
    const place: PostPlace = { run: undefined };
    places.push(place);
    return place;
  });
}

/**
 * Runs the post steps of a list in this scope: a runner that shuts down runs none; a failing one does not stop the
 * others. Returns whether all succeeded.
 */
export async function runPosts(places: PostPlaces, scope: Scope, job: JobState): Promise<boolean> {
  let isWell = true;
  for (const { run } of places.toReversed()) {
    if (run === undefined || job.control.isOver) continue;
    isWell = (await run(scope)) && isWell;
  }
  return isWell;
}

/**
 * Runs a step's post step, whatever the job's outcome. Its variables are evaluated again in its scope; a cancel does
 * not signal it.
 *
 * @param main the step, as it ran
 */
export async function runPost(
  main: Running,
  scope: Scope,
  run: (post: Running) => Promise<Ending>,
): Promise<boolean> {
  const { step, context, job } = main;
  const name = `Post ${step.name ?? `Run ${step.uses}`}`;
  const log = newLog(job.setting);
  job.say(`  ▸ ${name}`);
  let ending: Ending;
  try {
    const own = fillAll(step.env, contextsOf(job, scope), statusOf(job, scope));
    ending = await run({ ...main, scope, own, log, isSpared: () => true });
  } catch (error) {
    ending = failure(error, log);
  }
  job.report({
    id: idOf(step, context, main.scope),
    name,
    outcome: ending.outcome,
    phase: ending.result,
    annotations: log.annotations,
  });
  return ending.outcome !== 'failure';
}
