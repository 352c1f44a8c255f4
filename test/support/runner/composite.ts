/** Steps that use a composite action [CompositeActionHandler.cs]. */
import { type CompositeAction, readAction, type StepFile } from './action-file.ts';
import { fillAll } from './expressions.ts';
import {
  contextsOf,
  type Ending,
  innerScope,
  inputsOf,
  isLocal,
  type JobState,
  type Outcome,
  type Running,
  type Scope,
  statusOf,
} from './job-state.ts';
import { addPlaces, type PostPlace, type PostPlaces, runPost, runPosts } from './post-steps.ts';

/** Where a step's post steps are added. */
export interface Places {
  readonly own: PostPlace | undefined;
  /** The post steps of the outermost composite action around the step. */
  readonly outermost: PostPlaces | undefined;
}

export type RunStep = (
  step: StepFile,
  index: number,
  scope: Scope,
  places: Places,
  job: JobState,
) => Promise<Outcome>;

export async function runComposite(
  action: CompositeAction,
  uses: string,
  { own, outermost }: Places,
  running: Running,
  runStep: RunStep,
): Promise<Ending> {
  const { job } = running;
  // The runner registers the actions that a local action in a composite one uses under the job's step
  // [ActionRunner.cs]: their post steps run as if they were the outermost action's own [runner issues 2009, 2030, 2800,
  // 3514].
  const inherited = isLocal(uses) ? outermost : undefined;
  const list = inherited ?? [];
  const children = addPlaces(action.steps, list);
  if (inherited === undefined && own !== undefined && list.length > 0)
    own.run = scope => runPost(running, scope, post => runPostsOf(uses, list, post));

  let outcome: Outcome = 'success';
  const composite = { inputs: inputsOf(action, running), folder: action.folder };
  const scope = innerScope(running, composite, () => outcome !== 'success');
  for (const [index, child] of action.steps.entries()) {
    const places = { own: children[index], outermost: outermost ?? list };
    const ended = await runStep(child, index, scope, places, job);
    if (ended === 'failure' || (ended === 'cancelled' && outcome === 'success')) outcome = ended;
  }
  const outputs = fillAll(Object.fromEntries(action.outputs), contextsOf(job, scope), statusOf(job, scope));
  return { outcome, outputs };
}

async function runPostsOf(uses: string, list: PostPlaces, post: Running): Promise<Ending> {
  const action = readAction(post.job.folderOf(uses));
  const composite = { inputs: inputsOf(action, post), folder: action.folder };
  const scope = innerScope(post, composite, () => false);
  const isWell = await runPosts(list, scope, post.job);
  return { outcome: isWell ? 'success' : 'failure', outputs: {} };
}
