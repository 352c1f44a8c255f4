/** How the runner starts the programs of steps: an action's Node, and the shell of `run:`. */
import { type ActionFile, inputVariables, type NodeAction } from './action-file.ts';
import type { Texts } from './expressions.ts';
import type { Github, Strategy } from './github.ts';
import type { Machine } from './machine.ts';
import type { Masks } from './masks.ts';
import { type Phase, startPhase } from './phase.ts';
import { StepLog, stepHeader } from './step-log.ts';

/** The common data of a job's processes. */
export interface Setting {
  readonly machine: Machine;
  readonly masks: Masks;
  readonly github: Github;
  readonly strategy: Strategy;
  readonly matrix: Readonly<Record<string, unknown>>;
  readonly debug: boolean;
  readonly node: string;
  readonly nodeArgs?: ((temp: string) => readonly string[]) | undefined;
  readonly timeScale: number;
  /** The steps are in a job container. */
  readonly container?: boolean;
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface ProgramOptions {
  readonly log: StepLog;
  /** The variables of the step: the job's, those from the file that earlier steps wrote, its own. */
  readonly env: Texts;
  /** GITHUB_ACTION_PATH, within a composite action. */
  readonly actionPath?: string | undefined;
}

export interface NodeOptions extends ProgramOptions {
  readonly stage: 'main' | 'post';
  readonly inputs: Texts;
  readonly state: Texts;
  /** Overrides everything, even the runner's own variables, like a broken runner. */
  readonly overrides?: Texts;
}

/** The contexts for every expression of a step, except `env`, `inputs`, `steps` and those of the workflow. */
export function baseContexts({ machine, github, strategy, matrix }: Setting, actionPath?: string) {
  return {
    ...machine.contexts(github, actionPath),
    strategy: { 'fail-fast': true, 'max-parallel': strategy['job-total'], ...strategy },
    matrix,
  };
}

export function newLog({ masks, debug, onLine }: Setting): StepLog {
  return new StepLog({ masks, debug, onLine });
}

/** Warns about inputs that `action.yml` lacks: in the main step, and again in the post step. */
export function warnOfUnexpected(unexpected: readonly string[], action: ActionFile, log: StepLog): void {
  if (unexpected.length === 0) return;
  const valid = [...action.inputs.keys()].join("', '");
  log.annotate('warning', `Unexpected input(s) '${unexpected.join("', '")}', valid inputs are ['${valid}']`);
}

/**
 * Starts one of an action's two programs. Its variables are overridden by the runner's own, by INPUT_, and by STATE_ of
 * the saved state; a STATE_ variable of another name gets through [NodeScriptActionHandler.cs].
 */
export function startNode(action: NodeAction, options: NodeOptions, setting: Setting): Phase {
  const { log, env, stage, inputs, state, actionPath, overrides = {} } = options;
  const { machine, github, debug, node, nodeArgs } = setting;
  if (action.warning !== undefined) log.annotate('warning', action.warning);
  log.writeHeader(stage === 'post' ? ['Post job cleanup.'] : stepHeader(inputs, env));
  const program = stage === 'post' ? action.post : action.main;
  return startPhase({
    ...setting,
    log,
    command: node,
    args: [...(nodeArgs?.(machine.temp) ?? []), program ?? ''],
    env: {
      ...machine.ownEnvironment(node),
      ...env,
      ...inputVariables(inputs),
      ...machine.runnerVariables(github, debug, actionPath),
      ...overrides,
      ...Object.fromEntries(Object.entries(state).map(([key, value]) => [`STATE_${key}`, value])),
    },
  });
}

/** Starts `run:` with the runner's default shell, `bash -e` on a file [ScriptHandler.cs]. */
export function startScript(script: string, { log, env, actionPath }: ProgramOptions, setting: Setting) {
  const { machine, github, debug, node } = setting;
  const path = machine.writeFile(`_scripts/${process.hrtime.bigint()}.sh`, script);
  log.writeHeader([...script.trimEnd().split('\n'), ...stepHeader({}, env)]);
  return startPhase({
    ...setting,
    log,
    command: 'bash',
    args: ['-e', path],
    env: { ...machine.ownEnvironment(node), ...env, ...machine.runnerVariables(github, debug, actionPath) },
  });
}
