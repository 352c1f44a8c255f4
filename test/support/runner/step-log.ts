/** The log of one process, and the commands in its output [ActionCommandManager.cs]. */
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
  /** Called with every line that the log shows. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export class StepLog {
  /** The runner's output before the process starts. */
  readonly header: string[] = [];
  /** The log of the process, including the runner's messages about it. */
  readonly shown: string[] = [];
  readonly annotations: Annotation[] = [];
  /** Values that the process set by commands in its output, as old actions do. */
  readonly outputs: Record<string, string> = {};
  readonly state: Record<string, string> = {};
  readonly #options: StepLogOptions;
  #stopped: string | undefined;
  #echo: boolean;

  constructor(options: StepLogOptions) {
    this.#options = options;
    this.#echo = options.debug;
  }

  /** Writes lines before the process starts, hiding what is masked so far. */
  writeHeader(lines: readonly string[]): void {
    if (lines.length > 0) this.#write(this.header, lines.join('\n'));
  }

  show(text: string): void {
    this.#write(this.shown, text);
  }

  /** A runner message that only debug logging shows. */
  debug(text: string): void {
    if (this.#options.debug) this.show(`##[debug]${text}`);
  }

  annotate(level: Annotation['level'], message: string, title?: string): void {
    this.annotations.push({ level, title, message: this.#options.masks.hide(message) });
    this.show(`${level[0]?.toUpperCase()}${level.slice(1)}: ${message}`);
  }

  /** Handles a line of the process: a command is executed, everything else is shown. */
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

/** The runner's output before a step's process starts: only known masks are hidden. */
export function stepHeader(inputs: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>) {
  const indented = (pairs: [string, string][]) => pairs.map(([name, value]) => `  ${name}: ${value}`);
  const given = Object.entries(inputs).filter(([, value]) => value !== '');
  const variables = Object.entries(env);
  return [
    ...(Object.keys(inputs).length === 0 ? [] : ['with:', ...indented(given)]),
    ...(variables.length === 0 ? [] : ['env:', ...indented(variables)]),
  ];
}
