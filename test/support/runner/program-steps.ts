/** Steps that are one process: a script, or a program action with its post step. */
import { type NodeAction, readNodeAction } from './action-file.ts';
import { fill, type Texts } from './expressions.ts';
import { contextsOf, type Ending, inputsOf, type Running, statusOf } from './job-state.ts';
import type { Phase } from './phase.ts';
import { type PostPlace, runPost } from './post-steps.ts';
import { startNode, startScript } from './program.ts';

export async function runScript(script: string, running: Running): Promise<Ending> {
  const { scope, own, log, job } = running;
  const text = fill(script, contextsOf(job, scope, own), statusOf(job, scope));
  const actionPath = scope.composite?.folder;
  return settle(startScript(text, { log, env: variablesOf(running), actionPath }, job.setting), running);
}

/** Runs an action's main step. From now on it has a post step, even if its `with:` cannot be evaluated. */
export async function runNode(
  action: NodeAction,
  uses: string,
  place: PostPlace | undefined,
  running: Running,
): Promise<Ending> {
  let state: Texts = {};
  if (place !== undefined && action.post !== undefined)
    place.run = scope =>
      runPost(running, scope, async post =>
        settle(startStage('post', readNodeAction(post.job.folderOf(uses)), state, post), post),
      );
  const ending = await settle(startStage('main', action, {}, running), running);
  state = ending.result?.state ?? {};
  return ending;
}

function startStage(stage: 'main' | 'post', action: NodeAction, state: Texts, running: Running): Phase {
  const { log, job, scope } = running;
  const inputs = inputsOf(action, running);
  const actionPath = scope.composite?.folder;
  return startNode(action, { stage, log, inputs, state, env: variablesOf(running), actionPath }, job.setting);
}

function variablesOf({ job, scope, own }: Running): Texts {
  return { ...job.env, ...scope.env, ...own };
}

async function settle(phase: Phase, { isSpared, job }: Running): Promise<Ending> {
  const { result, isInterrupted } = await job.control.follow(phase, isSpared);
  job.env = { ...job.env, ...result.env };
  const outcome = isInterrupted ? 'cancelled' : result.exitCode === 0 ? 'success' : 'failure';
  return { outcome, outputs: result.outputs, result };
}
