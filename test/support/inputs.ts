/** Helpers for tests of input parsers. */
import { ActionError } from '../../src/action-error.ts';
import { InputProblems } from '../../src/inputs/problems.ts';

/** A parser's value, and the error with which it stops the step: no title without an error. */
export interface Parsed<T> {
  readonly value: T;
  readonly title: string | undefined;
  /** One problem as a text, several as a list. */
  readonly message: string;
}

/** Runs a parser as a step does. */
export function parseInput<T>(parse: (problems: InputProblems) => T): Parsed<T> {
  const problems = new InputProblems();
  const value = parse(problems);
  try {
    problems.throwIfAny({});
    return { value, title: undefined, message: '' };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return { value, title: error.title, message: error.message };
  }
}
