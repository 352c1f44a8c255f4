/** One job: its setup, steps, post steps in reverse order after any outcome, and outputs. */
import { readAction, type StepFile } from './action-file.ts';
import type { Control } from './control.ts';
import { type Contexts, fillAll, type Texts } from './expressions.ts';
import type { Github, Strategy } from './github.ts';
import { contextsOf, isLocal, type JobState, jobScope, type StepReport, statusOf } from './job-state.ts';
import { newMachine } from './machine.ts';
import { Masks } from './masks.ts';
import { addPlaces, type PostPlaces, runPosts } from './post-steps.ts';
import { newLog, type Setting } from './program.ts';
import { runStep } from './run-step.ts';
import type { Annotation } from './step-log.ts';

/** A job as written in the workflow file. */
export interface JobFile {
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly strategy?: { readonly matrix?: Readonly<Record<string, readonly unknown[]>> };
  readonly 'timeout-minutes'?: number;
  /** The image is irrelevant: the steps are processes of this machine that a cancel does not reach. */
  readonly container?: string;
  readonly steps: readonly StepFile[];
}

export interface JobReport {
  readonly result: 'success' | 'failure' | 'cancelled' | 'skipped';
  /** In order of completion: a composite action's steps before itself. */
  readonly steps: readonly StepReport[];
  /** Post steps, likewise. */
  readonly posts: readonly StepReport[];
  readonly outputs: Texts;
  /** The runner's own messages about the whole job. */
  readonly annotations: readonly Annotation[];
}

export interface JobOptions {
  readonly job: JobFile;
  readonly control: Control;
  readonly github: Github;
  readonly strategy: Strategy;
  readonly matrix: Readonly<Record<string, unknown>>;
  readonly needs: Contexts;
  readonly secrets: Texts;
  /** The workflow's. */
  readonly env: Texts;
  readonly actions: Texts;
  readonly debug: boolean;
  readonly timeScale: number;
  readonly say: (line: string) => void;
}

export async function runJob(options: JobOptions): Promise<JobReport> {
  const { job: file, control, github, say } = options;
  using machine = newMachine();
  const masks = new Masks();
  for (const secret of [...Object.values(options.secrets), github.token]) masks.add(secret);
  const setting: Setting = {
    ...options,
    machine,
    masks,
    node: process.execPath,
    container: file.container !== undefined,
    onLine: line => say(`    ${line}`),
  };
  let reports: StepReport[] = [];
  const job: JobState = {
    setting,
    control,
    fromWorkflow: { needs: options.needs, secrets: options.secrets },
    folderOf: uses => options.actions[uses] ?? unknownAction(uses),
    report: report => void reports.push(report),
    say,
    env: options.env,
    hasFailed: false,
    steps: new Map(),
  };
  const scope = jobScope(job);
  const log = newLog({ ...setting, onLine: line => say(`  ${line}`) });
  try {
    prepareActions(file.steps, job);
    job.env = { ...job.env, ...fillAll(file.env, contextsOf(job, scope)) };
  } catch (error) {
    log.annotate('error', error instanceof Error ? error.message : String(error));
    return { result: 'failure', steps: [], posts: [], outputs: {}, annotations: log.annotations };
  }

  const places: PostPlaces = [];
  const own = addPlaces(file.steps, places);
  using _ = timeLimit(file, control, setting.timeScale);
  for (const [index, step] of file.steps.entries()) {
    const outcome = await runStep(step, index, scope, { own: own[index], outermost: undefined }, job);
    if (outcome === 'failure') job.hasFailed = true;
  }
  const steps = reports;
  reports = [];
  const isWell = await runPosts(places, scope, job);
  if (!isWell) job.hasFailed = true;

  const outputs = fillAll(file.outputs, contextsOf(job, scope), statusOf(job, scope));
  const shown = Object.entries(outputs).filter(([output, value]) => {
    const isSecret = masks.touches(value);
    if (isSecret) log.annotate('warning', `Skip output '${output}' since it may contain secret.`);
    return !isSecret;
  });
  return {
    result: control.isCancelled || control.isOver ? 'cancelled' : job.hasFailed ? 'failure' : 'success',
    steps,
    posts: reports,
    outputs: Object.fromEntries(shown),
    annotations: log.annotations,
  };
}

/**
 * Reads the actions that are downloaded before the job starts, including those that they use. Local ones are read when
 * their step starts. Throws if one is rejected: the job fails in "Set up job".
 */
function prepareActions(steps: readonly StepFile[], job: JobState): void {
  for (const { uses } of steps) {
    if (uses === undefined || isLocal(uses)) continue;
    const action = readAction(job.folderOf(uses));
    if (action.kind === 'composite') prepareActions(action.steps, job);
  }
}

/** Cancels the job after its `timeout-minutes`. */
function timeLimit(file: JobFile, control: Control, timeScale: number): Disposable {
  const minutes = file['timeout-minutes'];
  const timer =
    minutes === undefined ? undefined : setTimeout(() => control.cancel(), minutes * 60_000 * timeScale);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

function unknownAction(uses: string): never {
  throw new Error(`this runner knows no folder for ${uses}`);
}
