/** One step of the job or of a composite action: its condition, its kind, and its result [StepsRunner.cs]. */
import { readAction } from './action-file.ts';
import { type Places, type RunStep, runComposite } from './composite.ts';
import { fillAll, holds } from './expressions.ts';
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
import { runNode, runScript } from './program-steps.ts';

export const runStep: RunStep = async (step, index, scope, places, job) => {
  const name = step.name ?? `Run ${step.uses ?? step.run?.trim().split('\n')[0]}`;
  const context = step.id ?? `__${step.uses ?? 'run'}_${index}`;
  const log = newLog(job.setting);
  let ending: Ending;
  try {
    const own = fillAll(step.env, contextsOf(job, scope), statusOf(job, scope));
    const isTaken = (status = statusOf(job, scope)) => holds(step.if, contextsOf(job, scope, own), status);
    const isSpared = () => scope.isSpared() && isTaken({ failed: scope.hasFailed(), cancelled: true });
    if (job.control.isOver || !isTaken()) {
      ending = { outcome: 'skipped', outputs: {} };
    } else {
      job.say(`  ▸ ${name}`);
      const running = { step, context, scope, own, isSpared, log, job };
      ending = await inTime(running, () => runWhatItIs(running, places));
    }
  } catch (error) {
    ending = failure(error, log);
  }
  const { outcome, outputs, result } = ending;
  const conclusion = outcome === 'failure' && step['continue-on-error'] === true ? 'success' : outcome;
  if (step.id !== undefined) stepsOf(scope, job)[step.id] = { outputs, outcome, conclusion };
  job.report({
    id: idOf(step, context, scope),
    name,
    outcome,
    phase: result,
    annotations: log.annotations,
  });
  return conclusion;
};

function runWhatItIs(running: Running, places: Places): Promise<Ending> {
  const { step, job } = running;
  if (step.uses === undefined) return runScript(step.run ?? '', running);
  const action = readAction(job.folderOf(step.uses));
  return action.kind === 'node'
    ? runNode(action, step.uses, places.own, running)
    : runComposite(action, step.uses, places, running, runStep);
}

/** Limits a step to its `timeout-minutes`: it is signalled like a cancel, and has failed. */
async function inTime({ step, job, log }: Running, run: () => Promise<Ending>): Promise<Ending> {
  const minutes = step['timeout-minutes'];
  if (minutes === undefined) return run();
  let isLate = false;
  const timer = setTimeout(
    () => {
      isLate = true;
      job.control.interrupt();
    },
    minutes * 60_000 * job.setting.timeScale,
  );
  try {
    const ending = await run();
    if (!isLate) return ending;
    log.annotate(
      'error',
      `The action '${step.name ?? step.uses ?? step.run}' has timed out after ${minutes} minutes.`,
    );
    return { ...ending, outcome: 'failure' };
  } finally {
    clearTimeout(timer);
  }
}

function stepsOf({ name }: Scope, job: JobState) {
  const steps = job.steps.get(name) ?? {};
  job.steps.set(name, steps);
  return steps;
}
