import { appendFileSync } from 'node:fs';
import * as core from '@actions/core';
import type { ErrorTitle } from '../action-error.ts';
import { MIN_TOKEN_LENGTH, type Secret } from '../secret.ts';
import { maskTexts } from './masks.ts';
import { type FileProblem, findFileProblem, writeAllOrNothing, writeFile } from './result-files.ts';
import { sanitize } from './sanitize.ts';
import { type Cell, formatTable } from './summary-table.ts';

/** The runner's commands, inputs and files, for a step. */
export interface Runner {
  /** An input as written, empty if unset. */
  getInput(name: string): string;
  /**
   * Masks the texts of {@link maskTexts} from now on, in this step's log and in those of all later steps.
   *
   * @param minLength shorter lines are not masked; by default, those too short for a token.
   */
  mask(secret: Secret, minLength?: number): void;
  info(text: string): void;
  debug(text: string): void;
  warning(text: string): void;
  /** Writes the only annotation of a failed step and sets the exit code. The runner does not mask titles. */
  fail(title: ErrorTitle, text: string): void;
  /**
   * Saves the state for the post step, replacing any saved before.
   *
   * @throws {ActionError} if it cannot be written.
   */
  saveState(state: string): void;
  /** The state that the main step saved; empty if it saved none. */
  getState(): string;
  /**
   * Why this step's results cannot be written; `undefined` if they can. Checked before a token is created.
   *
   * @param variables whether the step sets environment variables.
   */
  findFileProblem(variables: boolean): FileProblem | undefined;
  /** Sets outputs, environment variables and, if given, the state. If it throws, none of them are set. */
  writeResults(
    outputs: Readonly<Record<string, string | Secret>>,
    variables: Readonly<Record<string, Secret>>,
    state?: string,
  ): void;
  /**
   * Adds a table to the job's summary page. Without `columns`, the first cell of each row is its heading. Rejects if the
   * page cannot be written.
   */
  writeSummary(
    heading: string,
    rows: readonly (readonly Cell[])[],
    columns?: readonly string[],
  ): Promise<void>;
}

/** The runner that reads this process's output. */
export interface ActionsRunner extends Runner {
  /** Bytes of the log that the runner has not read yet. */
  unreadOutput(): number;
}

/** The process's standard output, which the toolkit writes to. */
export interface OutputStream {
  readonly writableLength: number;
  on(event: 'error', listener: () => void): unknown;
}

const STATE_KEY = 'cleanup';

/**
 * The GitHub Actions runner of this process.
 *
 * @param env the process's environment, which names the runner's files.
 * @param stdout called before the first line is written, so that a step without output does not open it.
 */
export function actionsRunner(
  env: Readonly<Record<string, string | undefined>>,
  stdout: () => OutputStream,
): ActionsRunner {
  const secrets = new Set<string>();
  const clean = (text: string) => sanitize(text, secrets);
  let output: OutputStream | undefined;
  let isClosed = false;
  /** Once the runner is gone, writes fail and the step continues silently. */
  const print = (write: () => void) => {
    if (output === undefined) {
      output = stdout();
      output.on('error', () => {
        isClosed = true;
      });
    }
    write();
  };
  return {
    getInput: name => core.getInput(name, { trimWhitespace: false }),
    mask(secret, minLength = MIN_TOKEN_LENGTH) {
      for (const text of maskTexts(secret.reveal(), minLength)) {
        if (secrets.has(text)) continue;
        secrets.add(text);
        print(() => core.setSecret(text));
      }
    },
    info: text => print(() => core.info(clean(text))),
    debug: text => print(() => core.debug(clean(text))),
    warning: text => print(() => core.warning(clean(text), { title: 'Mapbox token' })),
    fail(title, text) {
      process.exitCode = core.ExitCode.Failure;
      print(() => core.error(clean(text), { title }));
    },
    unreadOutput: () => (output === undefined || isClosed ? 0 : output.writableLength),
    saveState(state) {
      writeFile(env, 'GITHUB_STATE', process.getuid?.(), () =>
        writeAllOrNothing(env, () => core.saveState(STATE_KEY, state)),
      );
    },
    getState: () => core.getState(STATE_KEY),
    findFileProblem: variables => findFileProblem(env, variables, process.getuid?.()),
    writeResults(outputs, variables, state) {
      writeAllOrNothing(env, () => {
        for (const [name, value] of Object.entries(variables)) core.exportVariable(name, value.reveal());
        for (const [name, value] of Object.entries(outputs)) {
          core.setOutput(name, typeof value === 'string' ? value : value.reveal());
        }
        if (state !== undefined) core.saveState(STATE_KEY, state);
      });
    },
    async writeSummary(heading, rows, columns) {
      const cleanRows = rows.map(cells => cells.map(cell => (typeof cell === 'string' ? clean(cell) : cell)));
      appendFileSync(env['GITHUB_STEP_SUMMARY'] ?? '', formatTable(clean(heading), cleanRows, columns));
    },
  };
}
