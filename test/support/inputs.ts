/** What a parser makes of an input. */
import { ActionError } from '../../src/action-error.ts';
import { InputProblems } from '../../src/inputs/problems.ts';

/** What a parser returned, and how it stops the step: without a title, not at all. */
export interface Parsed<T> {
  readonly value: T;
  readonly title: string | undefined;
  /** One problem as it is, several as a list. */
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
