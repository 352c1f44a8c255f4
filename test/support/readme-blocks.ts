/** The fenced blocks of the pages for users. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Block {
  readonly language: string;
  /** Without the fence's indentation. */
  readonly text: string;
  readonly line: number;
}

/** A page for users of the actions. */
export interface Page {
  /** Its path in the repository, with `/`. */
  readonly name: string;
  readonly text: string;
}

/** The README first, then the other pages for users, by name. */
export function userPages(root: string): Page[] {
  const others = globSync(['docs/*.md', 'sweep/README.md', 'rotate/README.md'], { cwd: root }).sort();
  return ['README.md', ...others].map(name => ({
    name: name.replaceAll('\\', '/'),
    text: readFileSync(join(root, name), 'utf8'),
  }));
}

export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map(
    ({ 1: indent = '', 2: language = '', 3: text = '', index }) => ({
      language,
      text: text.replace(new RegExp(`^${indent}`, 'gm'), ''),
      line: markdown.slice(0, index).split('\n').length,
    }),
  );
}

/** A whole workflow around a block, `undefined` if it has neither a workflow nor jobs nor steps. */
export function workflowFrom(text: string): string | undefined {
  if (/^on:/m.test(text)) return text;
  if (/^jobs:/m.test(text)) return `on: push\npermissions: {}\n${text}`;
  if (!text.startsWith('- ')) return undefined;
  const steps = text.replace(/^(?=.)/gm, '      ');
  return `on: push\npermissions: {}\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n${steps}`;
}
