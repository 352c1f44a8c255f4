/** What the README shows between fences. */

export interface Block {
  readonly language: string;
  /** Without the indentation that the fence has in the README. */
  readonly text: string;
  readonly line: number;
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

/** A whole workflow around what a block shows, `undefined` where it shows neither a workflow nor jobs nor steps. */
export function workflowFrom(text: string): string | undefined {
  if (/^on:/m.test(text)) return text;
  if (/^jobs:/m.test(text)) return `on: push\npermissions: {}\n${text}`;
  if (!text.startsWith('- ')) return undefined;
  const steps = text.replace(/^(?=.)/gm, '      ');
  return `on: push\npermissions: {}\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n${steps}`;
}
