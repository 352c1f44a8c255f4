/** Post steps: which there are, in which sequence they run, and what is evaluated anew for them. */
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

/** A place for a post step, made before its step runs. */
export interface PostPlace {
  /** Set when the step runs. Gives whether the post step succeeded. */
  run: ((scope: Scope) => Promise<boolean>) | undefined;
}

/** The places of a job or of a composite action. The last one is the first to be run. */
export type PostPlaces = PostPlace[];

/** Adds a place for each step of a list that may have a post step, and gives them by the steps' indices. */
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
 * Runs the post steps of a list, each in this scope: a runner that is shut down runs none; one that fails does not stop
 * the others. Gives whether all went well.
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
 * Runs the post step of a step, whatever became of the job. Its variables are evaluated anew, in the scope that it is
 * run in; a cancel does not signal it.
 *
 * @param main the step, as it was run
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
