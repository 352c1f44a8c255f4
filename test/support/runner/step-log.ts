/** What the log of one process shows, and what the runner reads out of its lines [ActionCommandManager.cs]. */
import { type Command, readCommand } from './commands.ts';
import type { Masks } from './masks.ts';

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  /** In no log, and not masked. */
  readonly title: string | undefined;
  readonly message: string;
}

export interface StepLogOptions {
  readonly masks: Masks;
  readonly debug: boolean;
  /** Told every line that the log shows, as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export class StepLog {
  /** What the runner says before the process starts. */
  readonly header: string[] = [];
  /** What it shows of the process, its own words on it included. */
  readonly shown: string[] = [];
  readonly annotations: Annotation[] = [];
  /** What the process set by commands among its lines, as old actions do. */
  readonly outputs: Record<string, string> = {};
  readonly state: Record<string, string> = {};
  readonly #options: StepLogOptions;
  #stopped: string | undefined;
  #echo: boolean;

  constructor(options: StepLogOptions) {
    this.#options = options;
    this.#echo = options.debug;
  }

  /** Writes lines before the process starts: masked, as every line, by what is masked so far. */
  writeHeader(lines: readonly string[]): void {
    if (lines.length > 0) this.#write(this.header, lines.join('\n'));
  }

  show(text: string): void {
    this.#write(this.shown, text);
  }

  /** A word of the runner's own that is shown only with debug logging. */
  debug(text: string): void {
    if (this.#options.debug) this.show(`##[debug]${text}`);
  }

  annotate(level: Annotation['level'], message: string, title?: string): void {
    this.annotations.push({ level, title, message: this.#options.masks.hide(message) });
    this.show(`${level[0]?.toUpperCase()}${level.slice(1)}: ${message}`);
  }

  /** Takes a line of the process: a command is obeyed, everything else is shown. */
  take(line: string): void {
    if (this.#stopped === undefined) {
      const command = readCommand(line);
      if (command === undefined) this.show(line);
      else this.#obey(command, line);
    } else {
      if (line.trim() === `::${this.#stopped}::`) this.#stopped = undefined;
      this.show(line);
    }
  }

  #obey({ name, properties, data }: Command, line: string): void {
    switch (name) {
      case 'add-mask':
        this.#options.masks.add(data);
        if (this.#echo) this.show('::add-mask::***');
        break;
      case 'debug':
        this.debug(data);
        break;
      case 'error':
      case 'warning':
      case 'notice':
        this.annotate(name, data, properties['title']);
        break;
      case 'group':
        this.show(`▸ ${data}`);
        break;
      case 'echo':
        this.#echo = data.trim().toLowerCase() === 'on';
        break;
      case 'stop-commands':
        this.#stopped = data;
        this.show(line);
        break;
      case 'set-env':
      case 'add-path':
        this.annotate('error', `The \`${name}\` command is disabled.`);
        break;
      case 'set-output':
        this.outputs[properties['name'] ?? ''] = data;
        break;
      case 'save-state':
        this.state[properties['name'] ?? ''] = data;
        break;
    }
  }

  #write(into: string[], text: string): void {
    for (const line of this.#options.masks.hide(text).split('\n')) {
      into.push(line);
      this.#options.onLine?.(line);
    }
  }
}

/** What the runner prints of a step before its process starts: nothing in it is hidden that is not masked yet. */
export function stepHeader(inputs: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>) {
  const indented = (pairs: [string, string][]) => pairs.map(([name, value]) => `  ${name}: ${value}`);
  const given = Object.entries(inputs).filter(([, value]) => value !== '');
  const variables = Object.entries(env);
  return [
    ...(Object.keys(inputs).length === 0 ? [] : ['with:', ...indented(given)]),
    ...(variables.length === 0 ? [] : ['env:', ...indented(variables)]),
  ];
}
