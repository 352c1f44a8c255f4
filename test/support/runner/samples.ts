/** Small actions and workflows for tests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowOptions } from './workflow.ts';

export interface SampleAction extends Disposable {
  readonly folder: string;
}

export interface NodeSample {
  /** JavaScript of the main program. */
  readonly main?: string;
  /** JavaScript of the post step; without it, the action has none. */
  readonly post?: string;
  /** The mapping `inputs:` of action.yml, as YAML or, without defaults, as names. */
  readonly inputs?: string | readonly string[];
  readonly using?: string;
}

/** A program action. Its JavaScript has `append(variable, text)` for the runner's files, and `see(...names)`. */
export function nodeAction({ main = '', post, inputs = [], using = 'node24' }: NodeSample): SampleAction {
  const runs = [`using: ${using}`, 'main: main.mjs', ...(post === undefined ? [] : ['post: post.mjs'])];
  return newFolder({
    'action.yml': `name: Sample\n${inputsOf(inputs)}runs:\n${indent(runs.join('\n'), 2)}\n`,
    'main.mjs': PRELUDE + main,
    'post.mjs': PRELUDE + (post ?? ''),
  });
}

export interface CompositeSample {
  readonly inputs?: string | readonly string[];
  /** The list `steps:`, as YAML. */
  readonly steps: string;
  /** The mapping `outputs:`, as YAML. */
  readonly outputs?: string;
}

/** A composite action. */
export function compositeAction({ inputs = [], steps, outputs }: CompositeSample): SampleAction {
  const out = outputs === undefined ? '' : `outputs:\n${indent(outputs, 2)}\n`;
  return newFolder({
    'action.yml': `name: Sample\n${inputsOf(inputs)}${out}runs:\n  using: composite\n  steps:\n${indent(steps, 4)}\n`,
  });
}

/** A workflow with one job of these steps, as YAML. `job`: more keys of the job. */
export function workflowOf(
  steps: string,
  { job = '', ...options }: Partial<WorkflowOptions> & { readonly job?: string } = {},
): WorkflowOptions {
  const head = `on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n`;
  const workflow = `${head}${indent(job, 4)}\n    steps:\n${indent(steps, 6)}\n`;
  return { workflow, actions: {}, ...options };
}

const PRELUDE = `import { appendFileSync } from 'node:fs';
const append = (variable, text) => appendFileSync(process.env[variable], text + '\\n');
const see = (...names) => console.log(JSON.stringify(names.map(name => process.env[name] ?? null)));
`;

function inputsOf(inputs: string | readonly string[]): string {
  if (typeof inputs === 'string') return `inputs:\n${indent(inputs, 2)}\n`;
  return inputs.length === 0 ? '' : `inputs:\n${inputs.map(name => `  ${name}: {}\n`).join('')}`;
}

function indent(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}

function newFolder(files: Readonly<Record<string, string>>): SampleAction {
  const folder = mkdtempSync(join(tmpdir(), 'action-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
