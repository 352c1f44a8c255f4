/**
 * Runs one action like GitHub's runner: `main` and `post` as child processes on Node 24, with their inputs, files,
 * state and masks. The rules are those of actions/runner 2.336.0; each is named where it is kept.
 */
import { readNodeAction, resolveInputs } from './action-file.ts';
import type { Texts } from './expressions.ts';
import { type GithubFacts, githubOf, NO_MATRIX, type Strategy } from './github.ts';
import { newMachine } from './machine.ts';
import { Masks } from './masks.ts';
import type { Phase, PhaseResult } from './phase.ts';
import { baseContexts, newLog, type Setting, startNode, warnOfUnexpected } from './program.ts';

export type { PhaseResult } from './phase.ts';
export type { Annotation } from './step-log.ts';

export interface ActionRunOptions {
  /** The folder of `action.yml`. */
  readonly action: string;
  readonly inputs?: Texts;
  /** Variables of the step. They override even the runner's own, except the state, so that a test can break one. */
  readonly env?: Texts;
  /**
   * The post step's values instead of `inputs` and `env`, which the runner evaluates again at the end of the job; and
   * instead of `node`, if a runner uses the first one on PATH.
   */
  readonly atEnd?: { readonly inputs?: Texts; readonly env?: Texts; readonly node?: string };
  /** Values that are masked before the step starts, like the repository's secrets. */
  readonly secrets?: readonly string[];
  readonly github?: GithubFacts;
  readonly strategy?: Strategy;
  readonly debug?: boolean;
  readonly node?: string;
  /** Arguments before the program; called with the folder of the runner's files. */
  readonly nodeArgs?: (temp: string) => readonly string[];
  /** The factor for the runner's own 7.5 s, 2.5 s and 5 s. */
  readonly timeScale?: number;
  readonly onLine?: (line: string) => void;
  /**
   * The step is in a job container: `cancel` and `shutdown` take the current files, and do not reach the process, which
   * lives on until the job ends.
   */
  readonly container?: boolean;
  /** Called when a process has been started. */
  readonly onStart?: (stage: 'main' | 'post') => void;
  /** Awaited before the post step, and before the job ends: the work of other steps. Called with main's result. */
  readonly before?: (moment: 'post' | 'end', main: PhaseResult) => void | Promise<void>;
  /** `false`: the machine dies before the post step. */
  readonly post?: boolean;
}

export interface ActionRun {
  readonly main: PhaseResult;
  /** For an action without a post step, or if none ran, an empty result. */
  readonly post: PhaseResult;
}

export interface StartedAction {
  readonly done: Promise<ActionRun>;
  /** The job is cancelled: main is signalled, a post step is not. */
  cancel(): void;
  /** The runner shuts down: the running process is signalled, and no post step follows. */
  shutdown(): void;
  /** The Worker dies: the running process lives on with its output closed, and no post step follows. */
  crash(): void;
  /** Sends SIGTERM to the running process. */
  terminate(): void;
  /** Kills the running process; a post step follows. */
  kill(): void;
}

/** Starts an action; the post step follows main, however main ended. */
export function startAction(options: ActionRunOptions): StartedAction {
  const { inputs = {}, env = {}, atEnd = {}, post: wantsPost = true, onStart, before } = options;
  const setting = settingOf(options);
  const action = readNodeAction(options.action);
  let stage: 'main' | 'post' = 'main';
  const start = (given: Texts, state: Texts, variables: Texts, overrides: Texts): Phase => {
    const log = newLog(setting);
    const contexts = { ...baseContexts(setting), job: { status: 'success' } };
    const { values, unexpected } = resolveInputs(action, given, contexts);
    warnOfUnexpected(unexpected, action, log);
    const begun = stage;
    // In a later turn, so that the callback can use the value returned here.
    queueMicrotask(() => onStart?.(begun));
    return startNode(
      action,
      { stage, log, inputs: values, state, env: { ...variables, ...overrides }, overrides },
      { ...setting, node: (begun === 'post' ? atEnd.node : undefined) ?? setting.node },
    );
  };

  let running = start(inputs, {}, {}, env);
  let isOver = !wantsPost;
  const run = async (): Promise<ActionRun> => {
    using _ = setting.machine;
    const main = await running.done;
    if (!isOver) await before?.('post', main);
    if (action.post === undefined || isOver) return { main, post: nothing };
    stage = 'post';
    running = start(atEnd.inputs ?? inputs, main.state, main.env, { ...env, ...atEnd.env });
    const post = await running.done;
    await before?.('end', main);
    return { main, post };
  };
  return {
    done: run(),
    cancel() {
      if (stage === 'main') running.interrupt();
    },
    shutdown() {
      isOver = true;
      running.interrupt();
    },
    crash() {
      isOver = true;
      running.abandon();
    },
    terminate: () => running.terminate(),
    kill: () => running.kill(),
  };
}

export function runAction(options: ActionRunOptions): Promise<ActionRun> {
  return startAction(options).done;
}

function settingOf(options: ActionRunOptions): Setting {
  const { github, strategy = NO_MATRIX, debug = false, node = process.execPath, timeScale = 1 } = options;
  const facts = githubOf(github);
  const masks = new Masks();
  for (const secret of [...(options.secrets ?? []), facts.token]) masks.add(secret);
  return {
    machine: newMachine(),
    masks,
    github: facts,
    strategy,
    matrix: {},
    debug,
    node,
    nodeArgs: options.nodeArgs,
    timeScale,
    container: options.container ?? false,
    onLine: options.onLine,
  };
}

const nothing: PhaseResult = {
  exitCode: 0,
  signal: null,
  stdout: '',
  stderr: '',
  header: '',
  shown: '',
  annotations: [],
  masks: [],
  outputs: {},
  env: {},
  state: {},
  summary: '',
  files: {},
  newFiles: [],
  durationMs: 0,
};
