/** An action as its metadata file describes it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Contexts, fill } from './expressions.ts';

export interface ActionFile {
  readonly folder: string;
  readonly name: string;
  /** Defaults by input name, expressions not put in yet; `undefined` where there is none. */
  readonly inputs: ReadonlyMap<string, string | undefined>;
  /** Paths of the two programs; an action without a post step has one. */
  readonly main: string;
  readonly post: string | undefined;
}

/** Reads the `action.yml` in a folder. */
export function readAction(folder: string): ActionFile {
  const { name, inputs, runs } = parse(readFileSync(join(folder, 'action.yml'), 'utf8'));
  if (runs.using !== 'node24') throw new Error(`${name}: this runner runs actions for node24 only`);
  if (runs['post-if'] !== undefined) throw new Error(`${name}: this runner does not know post-if`);
  const defaults = Object.entries<{ default?: unknown } | null>(inputs ?? {}).map(
    ([input, about]) => [input, about?.default === undefined ? undefined : String(about.default)] as const,
  );
  return {
    folder,
    name,
    inputs: new Map(defaults),
    main: join(folder, runs.main),
    post: runs.post === undefined ? undefined : join(folder, runs.post),
  };
}

/** The `INPUT_` variables of a step: defaults filled in, hyphens kept [Handler.cs]. What nobody set is empty. */
export function inputVariables(
  action: ActionFile,
  given: Readonly<Record<string, string>>,
  contexts: Contexts,
): Record<string, string> {
  const byName = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const names = [...new Set([...action.inputs.keys(), ...byName.keys()])];
  return Object.fromEntries(
    names.map(name => {
      const value = byName.get(name.toLowerCase()) ?? fill(action.inputs.get(name) ?? '', contexts);
      return [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value];
    }),
  );
}
