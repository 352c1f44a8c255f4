/**
 * Runs a workflow file like GitHub's runner, as far as this project's workflows need: jobs one after the other in the
 * order of their `needs`, including those of a matrix; steps with `run` (bash) or `uses` of an action or a composite
 * action; outputs, `if`, `continue-on-error`, timeouts, exported variables, masks, and post steps in reverse order
 * after any outcome of the job. The rules are those of actions/runner 2.336.0; each is named where it is implemented.
 */
import { parse } from 'yaml';
import { Control } from './control.ts';
import { fillAll, holds, type Texts } from './expressions.ts';
import { type GithubFacts, githubContext, githubOf } from './github.ts';
import { type JobFile, type JobReport, runJob } from './job.ts';

export type { JobReport } from './job.ts';
export type { StepReport } from './job-state.ts';

export interface WorkflowOptions {
  /** The text of the workflow file. */
  readonly workflow: string;
  /** The folder of each `uses`. Those that start with `./` are local, the others are downloaded. */
  readonly actions: Texts;
  readonly secrets?: Texts;
  readonly env?: Texts;
  readonly github?: GithubFacts;
  readonly debug?: boolean;
  /** Called with every line of the log. */
  readonly onLine?: (line: string) => void;
  /** The factor for the runner's own times and all timeouts. */
  readonly timeScale?: number;
}

export interface WorkflowReport {
  readonly result: 'success' | 'failure' | 'cancelled';
  /** By name; those of a matrix as `name (value, value)`. */
  readonly jobs: Readonly<Record<string, JobReport>>;
  /** The whole log as shown. */
  readonly log: string;
}

export interface StartedWorkflow {
  readonly done: Promise<WorkflowReport>;
  /** The button on GitHub: the running step is signalled, unless it is a post step or `if: always()`. */
  cancel(): void;
  /** The runner shuts down: the running process is signalled, and nothing else runs, not even a post step. */
  shutdown(): void;
  /** The runner's Worker dies: the running process lives on with its output closed, and nothing else runs. */
  crash(): void;
  /** The machine dies with all of its processes. */
  kill(): void;
}

/** Starts a workflow. */
export function startWorkflow(options: WorkflowOptions): StartedWorkflow {
  const control = new Control();
  return {
    done: runJobs(options, control),
    cancel: () => control.cancel(),
    shutdown: () => control.shutdown(),
    crash: () => control.crash(),
    kill: () => control.kill(),
  };
}

/** Runs a workflow to its end. */
export function runWorkflow(options: WorkflowOptions): Promise<WorkflowReport> {
  return startWorkflow(options).done;
}

type Ended = Pick<JobReport, 'result' | 'outputs'>;

async function runJobs(options: WorkflowOptions, control: Control): Promise<WorkflowReport> {
  const file: { name?: string; env?: JobFile['env']; jobs: Record<string, JobFile> } = parse(
    options.workflow,
  );
  const { secrets = {}, debug = false, timeScale = 1, actions } = options;
  const log: string[] = [];
  const say = (line: string) => {
    log.push(line);
    options.onLine?.(line);
  };
  const reports: Record<string, JobReport> = {};
  const ended: Record<string, Ended> = {};
  const open = new Map(Object.entries(file.jobs));
  while (open.size > 0) {
    const next = [...open].find(([, job]) => needsOf(job).every(name => ended[name] !== undefined));
    if (next === undefined) throw new Error('the jobs need each other in a circle');
    const [name, job] = next;
    open.delete(name);
    const needs = Object.fromEntries(needsOf(job).map(needed => [needed, ended[needed]] as const));
    const failed = Object.values(needs).some(need => need?.result !== 'success');
    const workflow = file.name === undefined ? {} : { workflow: file.name };
    const github = githubOf({ ...workflow, ...options.github, job: name });
    const contexts = { github: githubContext(github), needs, secrets, env: {} };
    const places = combinations(job.strategy?.matrix);
    for (const [index, matrix] of places.entries()) {
      const values = Object.values(matrix).join(', ');
      const title = values === '' ? name : `${name} (${values})`;
      say(`Job ${title}`);
      reports[title] =
        !control.isOver && holds(job.if, contexts, { failed, cancelled: control.isCancelled })
          ? await runJob({
              job,
              control,
              github,
              matrix,
              needs,
              secrets,
              actions,
              debug,
              timeScale,
              say,
              strategy: { 'job-total': places.length, 'job-index': index },
              env: { ...options.env, ...fillAll(file.env, contexts) },
            })
          : SKIPPED;
      ended[name] = merged(ended[name], reports[title]);
    }
  }
  const failed = Object.values(reports).some(({ result }) => result === 'failure');
  return {
    result: control.isCancelled ? 'cancelled' : failed ? 'failure' : 'success',
    jobs: reports,
    log: log.join('\n'),
  };
}

const SKIPPED: JobReport = { result: 'skipped', steps: [], posts: [], outputs: {}, annotations: [] };

function needsOf({ needs = [] }: JobFile): readonly string[] {
  return typeof needs === 'string' ? [needs] : needs;
}

/** Every combination of a matrix's values; a single empty one without a matrix. */
function combinations(matrix: Readonly<Record<string, readonly unknown[]>> = {}): Record<string, unknown>[] {
  if ('include' in matrix || 'exclude' in matrix) throw new Error('this runner knows lists of values only');
  let all: Record<string, unknown>[] = [{}];
  for (const [key, values] of Object.entries(matrix))
    all = all.flatMap(one => values.map(value => ({ ...one, [key]: value })));
  return all;
}

/** A matrix's jobs as the single job that dependent jobs see. */
function merged(before: Ended | undefined, { result, outputs }: JobReport): Ended {
  if (before === undefined) return { result, outputs };
  return {
    result: before.result === 'success' ? result : before.result,
    outputs: { ...before.outputs, ...outputs },
  };
}
