/** An action's metadata file, and the inputs of a step that uses it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Contexts, checkExpressions, fill, type Texts } from './expressions.ts';

interface ActionBase {
  readonly folder: string;
  readonly name: string;
  /** Defaults by input name, with unevaluated expressions; `undefined` if there is none. */
  readonly inputs: ReadonlyMap<string, string | undefined>;
}

export interface NodeAction extends ActionBase {
  readonly kind: 'node';
  /** Paths of the two programs; an action without a post step has one. */
  readonly main: string;
  readonly post: string | undefined;
  /** The runner's warnings. */
  readonly warning: string | undefined;
}

export interface CompositeAction extends ActionBase {
  readonly kind: 'composite';
  readonly steps: readonly StepFile[];
  /** By name, with unevaluated expressions. */
  readonly outputs: ReadonlyMap<string, string>;
}

export type ActionFile = NodeAction | CompositeAction;

/** A step as written in a workflow or a composite action. */
export interface StepFile {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly 'continue-on-error'?: boolean;
  readonly 'timeout-minutes'?: number;
}

/** The contexts for an input's default, in addition to `hashFiles()` [action_yaml.json, `input-default-context`]. */
const DEFAULT_CONTEXTS = ['github', 'strategy', 'matrix', 'job', 'runner'];

/**
 * Reads the `action.yml` in a folder.
 *
 * @throws {Error} if there is none, or the runner rejects it: an unknown `using`, a default that uses another context.
 */
export function readAction(folder: string): ActionFile {
  const path = join(folder, 'action.yml');
  if (!existsSync(path))
    throw new Error(
      `Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under '${folder}'. Did you forget to run actions/checkout before running your local action?`,
    );
  const { name, inputs, runs, outputs } = parse(readFileSync(path, 'utf8'));
  const defaults = Object.entries<{ default?: unknown } | null>(inputs ?? {}).map(
    ([input, about]) => [input, about?.default === undefined ? undefined : String(about.default)] as const,
  );
  for (const [, text = ''] of defaults) checkExpressions(text, DEFAULT_CONTEXTS);
  const base = { folder, name, inputs: new Map(defaults) };
  if (runs['post-if'] !== undefined) throw new Error(`${name}: this runner does not know post-if`);
  switch (runs.using) {
    case 'composite': {
      const values = Object.entries<{ value: unknown }>(outputs ?? {}).map(
        ([output, { value }]) => [output, String(value)] as const,
      );
      return { kind: 'composite', ...base, steps: runs.steps, outputs: new Map(values) };
    }
    case 'node24':
    case 'node20':
      return {
        kind: 'node',
        ...base,
        main: join(folder, runs.main),
        post: runs.post === undefined ? undefined : join(folder, runs.post),
        warning: runs.using === 'node20' ? 'Node.js 20 actions run on Node.js 24.' : undefined,
      };
    default:
      throw new Error(`'using: ${runs.using}' is not supported, use 'node24' or 'composite' instead.`);
  }
}

/** Reads the `action.yml` of a program action. Throws as `readAction` does, and for a composite one. */
export function readNodeAction(folder: string): NodeAction {
  const action = readAction(folder);
  if (action.kind !== 'node') throw new Error(`${action.name} is a composite action`);
  return action;
}

export interface ResolvedInputs {
  /** By the names in the caller or `action.yml`; unset ones are empty. */
  readonly values: Texts;
  /** Set by the caller, but missing in `action.yml`. */
  readonly unexpected: readonly string[];
}

/** Fills in the defaults [ActionRunner.cs]. Throws if one cannot be evaluated. */
export function resolveInputs(action: ActionFile, given: Texts, contexts: Contexts): ResolvedInputs {
  const known = new Set([...action.inputs.keys()].map(name => name.toLowerCase()));
  const set = new Set(Object.keys(given).map(name => name.toLowerCase()));
  const defaults = [...action.inputs]
    .filter(([name]) => !set.has(name.toLowerCase()))
    .map(([name, text]) => [name, fill(text ?? '', contexts)] as const);
  return {
    values: { ...given, ...Object.fromEntries(defaults) },
    unexpected: Object.keys(given).filter(name => !known.has(name.toLowerCase())),
  };
}

/** The `INPUT_` variables: upper case, spaces become `_`, hyphens stay [Handler.cs]. */
export function inputVariables(values: Texts): Texts {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      value,
    ]),
  );
}
