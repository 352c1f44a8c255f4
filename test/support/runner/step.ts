/**
 * Runs one action as GitHub's runner does: `main` and `post` as child processes on Node 24, with their inputs,
 * files, state and masks. The rules are those of actions/runner 2.336.0; each is named where it is kept.
 */
import { type ActionFile, inputVariables, readAction } from './action-file.ts';
import { type Github, type GithubFacts, githubOf, type Machine, newMachine } from './machine.ts';
import { Masks } from './masks.ts';
import { type KillDelays, type Phase, type PhaseResult, startPhase } from './phase.ts';

export type { Annotation, PhaseResult } from './phase.ts';

export interface ActionRunOptions {
  /** The folder of `action.yml`. */
  readonly action: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly github?: GithubFacts;
  readonly debug?: boolean;
  readonly node?: string;
  /** Arguments before the program; given the folder where the runner's files are. */
  readonly nodeArgs?: (temp: string) => readonly string[];
  readonly killDelays?: KillDelays;
  readonly onLine?: (line: string) => void;
  /** `false`: the machine dies before the post step. */
  readonly post?: boolean;
}

export interface ActionRun {
  readonly main: PhaseResult;
  /** Of an action without a post step, and where none was run, one that did nothing. */
  readonly post: PhaseResult;
}

/** What an action's two processes have in common. */
export interface StepSetting {
  readonly machine: Machine;
  readonly masks: Masks;
  readonly github: Github;
  readonly debug: boolean;
  readonly node: string;
  readonly nodeArgs?: ((temp: string) => readonly string[]) | undefined;
  readonly killDelays?: KillDelays | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** Starts one of the two processes of an action. `env` holds the step's variables, later ones of the job included. */
export function startProgram(
  program: string,
  action: ActionFile,
  inputs: Readonly<Record<string, string>>,
  state: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  setting: StepSetting,
): Phase {
  const { machine, masks, github, debug, node, nodeArgs, killDelays, onLine } = setting;
  const states = Object.entries(state).map(([key, value]) => [`STATE_${key}`, value] as const);
  return startPhase({
    machine,
    masks,
    debug,
    killDelays,
    onLine,
    command: node,
    args: [...(nodeArgs?.(machine.temp) ?? []), program],
    env: {
      ...machine.environment(github, debug, node),
      ...inputVariables(action, inputs, { github }),
      ...Object.fromEntries(states),
      ...env,
    },
  });
}

export interface StartedAction {
  /** What the running process is asked: as long as main runs, main. */
  cancel(): void;
  terminate(): void;
  kill(): void;
  readonly done: Promise<ActionRun>;
}

/** Starts an action; the post step follows main, however main ended. */
export function startAction(options: ActionRunOptions): StartedAction {
  const { inputs = {}, env = {}, debug = false, node = process.execPath, post: wantsPost = true } = options;
  const machine = newMachine();
  const action = readAction(options.action);
  const setting: StepSetting = {
    machine,
    masks: new Masks(),
    github: githubOf(options.github),
    debug,
    node,
    nodeArgs: options.nodeArgs,
    killDelays: options.killDelays,
    onLine: options.onLine,
  };
  const start = (program: string, state: Readonly<Record<string, string>>, more = {}) =>
    startProgram(program, action, inputs, state, { ...env, ...more }, setting);
  let running = start(action.main, {});
  const run = async (): Promise<ActionRun> => {
    try {
      const main = await running.done;
      if (action.post === undefined || !wantsPost) return { main, post: nothing };
      running = start(action.post, main.state, main.env);
      return { main, post: await running.done };
    } finally {
      machine[Symbol.dispose]();
    }
  };
  return {
    done: run(),
    cancel: () => running.cancel(),
    terminate: () => running.terminate(),
    kill: () => running.kill(),
  };
}

export function runAction(options: ActionRunOptions): Promise<ActionRun> {
  return startAction(options).done;
}

const nothing: PhaseResult = {
  exitCode: 0,
  signal: null,
  stdout: '',
  stderr: '',
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
