/** The runner of in-process tests, which keeps everything in memory. */
import { ActionError, errorTitles } from '../../src/action-error.ts';
import type { FileProblem } from '../../src/runner/result-files.ts';
import type { Runner } from '../../src/runner/runner.ts';
import type { Secret } from '../../src/secret.ts';

export interface LogLine {
  readonly kind: 'info' | 'debug' | 'warning' | 'error';
  /** As the product wrote it; an error starts with its title. */
  readonly text: string;
}

export interface FakeRunnerOptions {
  readonly inputs?: Readonly<Record<string, string>>;
  /** The state saved by an earlier step. */
  readonly state?: string | undefined;
  /** Why results cannot be written, as found in the check beforehand. */
  readonly missingFile?: string;
  /** Fails the writing of results, like a full disk; with a text, of states too, from the first one that contains it. */
  readonly diskFull?: boolean | string;
  /** Called before everything the step does with the runner; may throw. */
  readonly beforeCall?: () => void;
}

export class FakeRunner implements Runner {
  readonly log: LogLine[] = [];
  readonly masks: string[] = [];
  outputs: Readonly<Record<string, string>> = {};
  variables: Readonly<Record<string, string>> = {};
  /** Heading, columns and rows of each table, one after another. */
  readonly summary: (readonly string[])[] = [];
  /** The last state that the step saved; before that, the state of an earlier step. */
  savedState: string;
  readonly #options: FakeRunnerOptions;
  #isDiskFull: boolean;

  constructor(options: FakeRunnerOptions = {}) {
    this.#options = options;
    this.#isDiskFull = options.diskFull === true;
    this.savedState = options.state ?? '';
  }

  readonly getInput = (name: string): string => this.#options.inputs?.[name] ?? '';

  readonly mask = (secret: Secret): void => {
    this.#options.beforeCall?.();
    if (secret.reveal().trim() !== '') this.masks.push(secret.reveal());
  };

  readonly info = (text: string): void => this.#write('info', text);
  readonly debug = (text: string): void => this.#write('debug', text);
  readonly warning = (text: string): void => this.#write('warning', text);
  readonly fail = (title: string, text: string): void => this.#write('error', `${title}: ${text}`);

  readonly saveState = (state: string): void => {
    this.#options.beforeCall?.();
    const { diskFull } = this.#options;
    if (typeof diskFull === 'string') {
      this.#isDiskFull ||= state.includes(diskFull);
      if (this.#isDiskFull) throw new ActionError(errorTitles.filesNotWritable, 'GITHUB_STATE: ENOSPC.');
    }
    this.savedState = state;
  };

  readonly getState = (): string => this.#options.state ?? '';

  readonly findFileProblem = (): FileProblem | undefined => {
    const { missingFile } = this.#options;
    if (missingFile === undefined) return undefined;
    return { title: errorTitles.notOnGithubActions, problem: `${missingFile}.`, advice: 'Use a runner.' };
  };

  readonly writeResults: Runner['writeResults'] = (outputs, variables, state) => {
    this.#options.beforeCall?.();
    if (this.#isDiskFull) throw new Error('ENOSPC');
    this.outputs = texts(outputs);
    this.variables = texts(variables);
    if (state !== undefined) this.savedState = state;
  };

  readonly writeSummary: Runner['writeSummary'] = async (heading, rows, columns) => {
    this.#options.beforeCall?.();
    this.summary.push(
      [heading],
      ...(columns === undefined ? [] : [columns]),
      ...rows.map(cells => cells.map(String)),
    );
  };

  /** The lines of one kind. */
  lines(kind: LogLine['kind']): string[] {
    return this.log.filter(line => line.kind === kind).map(({ text }) => text);
  }

  #write(kind: LogLine['kind'], text: string): void {
    this.#options.beforeCall?.();
    this.log.push({ kind, text });
  }
}

function texts(values: Readonly<Record<string, string | Secret>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? value : value.reveal()]),
  );
}
