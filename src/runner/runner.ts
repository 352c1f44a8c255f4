import { appendFileSync } from 'node:fs';
import * as core from '@actions/core';
import type { ErrorTitle } from '../action-error.ts';
import { MIN_TOKEN_LENGTH, type Secret } from '../secret.ts';
import { maskTexts } from './masks.ts';
import { findMissingFile, writeAllOrNothing } from './result-files.ts';
import { sanitize } from './sanitize.ts';
import { type Cell, formatTable } from './summary-table.ts';

/** What the step says to the runner, and the runner to the step. */
export interface Runner {
  /** An input as written, empty where unset. */
  getInput(name: string): string;
  /**
   * Hides a text, and its base64 in any surroundings, in every line from the next one on, in this step and all later
   * ones.
   *
   * @param minLength a shorter text is not hidden; by default it is one that could not be a token.
   */
  mask(secret: Secret, minLength?: number): void;
  info(text: string): void;
  debug(text: string): void;
  warning(text: string): void;
  /** The one annotation that a failed step ends with. Sets the exit code. The runner does not mask titles. */
  fail(title: ErrorTitle, text: string): void;
  /** Saves the post step's state, in place of what was saved before. Throws where it cannot be written. */
  saveState(state: string): void;
  /** The state that the main step saved, empty where it saved none. */
  getState(): string;
  /**
   * Why this step's results could not be written, or `undefined`. Checked before a token is created.
   *
   * @param variables whether environment variables are to be set.
   */
  findMissingFile(variables: boolean): string | undefined;
  /**
   * Sets outputs and environment variables, and `state` as {@link saveState} does if it is given: all of it, or, when it
   * throws, nothing.
   */
  writeResults(
    outputs: Readonly<Record<string, string | Secret>>,
    variables: Readonly<Record<string, Secret>>,
    state?: string,
  ): void;
  /**
   * Adds a table to the job's summary page: with `columns` at its head, or, without, with the first cell of each
   * row as the row's own head. Rejects where the page cannot be written.
   */
  writeSummary(
    heading: string,
    rows: readonly (readonly Cell[])[],
    columns?: readonly string[],
  ): Promise<void>;
}

/** The runner that reads what this process writes. */
export interface ActionsRunner extends Runner {
  /** Bytes written for the log that the runner has not read yet. */
  unreadOutput(): number;
}

/** The process's standard output, which the toolkit writes to. */
export interface OutputStream {
  readonly writableLength: number;
  on(event: 'error', listener: () => void): unknown;
}

const STATE_KEY = 'cleanup';

/**
 * The GitHub Actions runner, as the process finds it.
 *
 * @param env the process's environment, where the toolkit reads the names of the runner's files.
 * @param stdout called before the first line only: a step that says nothing need not open it.
 */
export function actionsRunner(
  env: Readonly<Record<string, string | undefined>>,
  stdout: () => OutputStream,
): ActionsRunner {
  const secrets = new Set<string>();
  const clean = (text: string) => sanitize(text, secrets);
  let output: OutputStream | undefined;
  let isClosed = false;
  /** Where the runner is gone, writing fails, and the step goes on without words. */
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
    saveState: state => core.saveState(STATE_KEY, state),
    getState: () => core.getState(STATE_KEY),
    findMissingFile: variables => findMissingFile(env, variables),
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
