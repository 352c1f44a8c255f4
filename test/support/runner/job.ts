/**
 * Runs a workflow file as GitHub's runner does, as far as this project's workflows go: jobs one after the other in
 * the order of their `needs`, steps with `run` (bash) or `uses` of a local action, outputs, `if`,
 * `continue-on-error`, exported variables, masks, and post steps in reverse order whatever became of the job.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type ActionFile, readAction } from './action-file.ts';
import { type Contexts, fill, holds, type Status } from './expressions.ts';
import { type GithubFacts, githubOf, newMachine } from './machine.ts';
import { Masks } from './masks.ts';
import { type KillDelays, type Phase, type PhaseResult, startPhase } from './phase.ts';
import { type StepSetting, startProgram } from './step.ts';

export interface WorkflowOptions {
  /** The text of the workflow file. */
  readonly workflow: string;
  /** Which folder each `uses` stands for. */
  readonly actions: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly github?: GithubFacts;
  readonly debug?: boolean;
  /** Told every line of the log as it comes. */
  readonly onLine?: (line: string) => void;
  readonly killDelays?: KillDelays;
}

export interface StepReport {
  /** A post step has that of its step. */
  readonly id: string | undefined;
  readonly name: string;
  readonly outcome: 'success' | 'failure' | 'cancelled' | 'skipped';
  /** The process; a skipped step had none. */
  readonly phase: PhaseResult | undefined;
}

export interface JobReport {
  readonly result: 'success' | 'failure' | 'cancelled' | 'skipped';
  readonly steps: readonly StepReport[];
  /** Post steps in the order in which they ran. */
  readonly posts: readonly StepReport[];
  readonly outputs: Readonly<Record<string, string>>;
}

export interface WorkflowReport {
  readonly result: 'success' | 'failure' | 'cancelled';
  readonly jobs: Readonly<Record<string, JobReport>>;
  /** The whole log as shown. */
  readonly log: string;
}

export interface StartedWorkflow {
  readonly done: Promise<WorkflowReport>;
  /** What the button on GitHub does. */
  cancel(): void;
  /** What happens when the machine dies: no post step runs any more. */
  kill(): void;
}

type Texts = Readonly<Record<string, string>>;

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly 'continue-on-error'?: boolean;
}

interface Job {
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
}

/** What is asked of a running workflow from outside. */
interface Control {
  running: Phase | undefined;
  cancelled: boolean;
  dead: boolean;
}

/** Starts a workflow. */
export function startWorkflow(options: WorkflowOptions): StartedWorkflow {
  const control: Control = { running: undefined, cancelled: false, dead: false };
  return {
    done: runJobs(options, control),
    cancel() {
      control.cancelled = true;
      control.running?.cancel();
    },
    kill() {
      control.dead = true;
      control.running?.kill();
    },
  };
}

/** Runs a workflow to its end. */
export function runWorkflow(options: WorkflowOptions): Promise<WorkflowReport> {
  return startWorkflow(options).done;
}

async function runJobs(options: WorkflowOptions, control: Control): Promise<WorkflowReport> {
  const file: { name?: string; env?: Job['env']; jobs: Record<string, Job> } = parse(options.workflow);
  const log: string[] = [];
  const say = (line: string) => {
    log.push(line);
    options.onLine?.(line);
  };
  const reports: Record<string, JobReport> = {};
  const open = new Map(Object.entries(file.jobs));
  while (open.size > 0) {
    const next = [...open].find(([, job]) => needsOf(job).every(name => reports[name] !== undefined));
    if (next === undefined) throw new Error('the jobs need each other in a circle');
    const [name, job] = next;
    open.delete(name);
    say(`Job ${name}`);
    const needs = Object.fromEntries(needsOf(job).map(needed => [needed, reports[needed]] as const));
    const failed = Object.values(needs).some(report => report?.result !== 'success');
    const github = githubOf({
      ...(file.name === undefined ? {} : { workflow: file.name }),
      ...options.github,
      job: name,
    });
    const contexts = {
      github,
      needs: Object.fromEntries(
        Object.entries(needs).map(([needed, report]) => [
          needed,
          { result: report?.result, outputs: report?.outputs },
        ]),
      ),
      secrets: options.secrets ?? {},
      env: {},
    };
    const runs = !control.dead && holds(job.if, contexts, { failed, cancelled: control.cancelled });
    reports[name] = runs
      ? await runJob(
          job,
          { ...options, env: { ...options.env, ...texts(file.env, contexts) } },
          contexts,
          control,
          say,
        )
      : { result: 'skipped', steps: [], posts: [], outputs: {} };
  }
  const failed = Object.values(reports).some(({ result }) => result === 'failure');
  return {
    result: control.cancelled ? 'cancelled' : failed ? 'failure' : 'success',
    jobs: reports,
    log: log.join('\n'),
  };
}

async function runJob(
  job: Job,
  options: WorkflowOptions,
  fromRun: Contexts & { readonly github: ReturnType<typeof githubOf> },
  control: Control,
  say: (line: string) => void,
): Promise<JobReport> {
  using machine = newMachine();
  const masks = new Masks();
  for (const secret of Object.values(options.secrets ?? {})) masks.add(secret);
  const { debug = false, killDelays } = options;
  const setting: StepSetting = {
    machine,
    masks,
    debug,
    killDelays,
    github: fromRun.github,
    node: process.execPath,
    onLine: line => say(`    ${line}`),
  };
  let env: Texts = { ...options.env, ...texts(job.env, { ...fromRun, env: options.env ?? {} }) };
  const steps: Record<string, { outputs: Texts; outcome: string; conclusion: string }> = {};
  const reports: StepReport[] = [];
  const posts: (() => Promise<StepReport>)[] = [];
  let failed = false;
  const contextsNow = () => ({ ...fromRun, env, steps, job: { status: failed ? 'failure' : 'success' } });
  const statusNow = (): Status => ({ failed, cancelled: control.cancelled });
  const finish = async (phase: Phase): Promise<PhaseResult> => {
    control.running = phase;
    if (control.dead) phase.kill();
    const result = await phase.done;
    control.running = undefined;
    return result;
  };

  for (const step of job.steps) {
    if (control.dead) break;
    const name =
      step.name ?? (step.uses === undefined ? `Run ${step.run?.trim().split('\n')[0]}` : `Run ${step.uses}`);
    if (!holds(step.if, contextsNow(), statusNow())) {
      reports.push({ id: step.id, name, outcome: 'skipped', phase: undefined });
      if (step.id !== undefined) steps[step.id] = { outputs: {}, outcome: 'skipped', conclusion: 'skipped' };
      continue;
    }
    say(`  ▸ ${name}`);
    const contexts = contextsNow();
    const own = { ...env, ...texts(step.env, contexts) };
    const startedCancelled = control.cancelled;
    let result: PhaseResult;
    if (step.uses === undefined) {
      result = await finish(startScript(fill(step.run ?? '', contexts), own, setting));
    } else {
      const action = readAction(options.actions[step.uses] ?? missing(step.uses));
      const inputs = texts(step.with, contexts);
      const main = await finish(startProgram(action.main, action, inputs, {}, own, setting));
      if (action.post !== undefined)
        posts.unshift(
          postOf(action, action.post, step.id, name, inputs, main.state, () => ({
            ...env,
            ...texts(step.env, contexts),
          })),
        );
      result = main;
    }
    env = { ...env, ...result.env };
    const outcome =
      result.exitCode === 0 ? 'success' : control.cancelled && !startedCancelled ? 'cancelled' : 'failure';
    const forgiven = outcome === 'failure' && step['continue-on-error'] === true;
    if (outcome === 'failure' && !forgiven) failed = true;
    if (step.id !== undefined) {
      steps[step.id] = { outputs: result.outputs, outcome, conclusion: forgiven ? 'success' : outcome };
    }
    reports.push({ id: step.id, name, outcome, phase: result });
  }

  function postOf(
    action: ActionFile,
    program: string,
    id: string | undefined,
    of: string,
    inputs: Texts,
    state: Texts,
    envNow: () => Texts,
  ) {
    return async (): Promise<StepReport> => {
      const name = `Post ${of}`;
      say(`  ▸ ${name}`);
      const phase = await finish(startProgram(program, action, inputs, state, envNow(), setting));
      return { id, name, outcome: phase.exitCode === 0 ? 'success' : 'failure', phase };
    };
  }

  const postReports: StepReport[] = [];
  for (const post of posts) {
    if (control.dead) break;
    const report = await post();
    if (report.outcome === 'failure') failed = true;
    postReports.push(report);
  }
  const outputs = Object.entries(texts(job.outputs, contextsNow())).filter(([output, value]) => {
    const secret = masks.touches(value);
    if (secret) say(`  Warning: Skip output '${output}' since it may contain secret.`);
    return !secret;
  });
  return {
    result: control.cancelled || control.dead ? 'cancelled' : failed ? 'failure' : 'success',
    steps: reports,
    posts: postReports,
    outputs: Object.fromEntries(outputs),
  };
}

/** `run:` with the runner's default shell, `bash -e` on a file [ScriptHandler.cs]. */
function startScript(script: string, env: Texts, setting: StepSetting): Phase {
  const { machine, masks, github, debug, node, killDelays, onLine } = setting;
  const folder = join(machine.temp, '_scripts');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${process.hrtime.bigint()}.sh`);
  writeFileSync(path, script);
  return startPhase({
    machine,
    masks,
    debug,
    killDelays,
    onLine,
    command: 'bash',
    args: ['-e', path],
    env: { ...machine.environment(github, debug, node), ...env },
  });
}

function needsOf({ needs = [] }: Job): readonly string[] {
  return typeof needs === 'string' ? [needs] : needs;
}

function texts(values: Readonly<Record<string, unknown>> | undefined, contexts: Contexts): Texts {
  return Object.fromEntries(
    Object.entries(values ?? {}).map(([name, value]) => [name, fill(String(value ?? ''), contexts)]),
  );
}

function missing(uses: string): never {
  throw new Error(`this runner knows no folder for ${uses}`);
}
