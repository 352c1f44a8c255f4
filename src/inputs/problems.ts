import { ActionError, type ErrorTitle, errorTitles } from '../action-error.ts';

interface InputProblem {
  readonly title: ErrorTitle;
  readonly message: string;
}

/** The values without `undefined`, which stands for "there was a problem". */
type Complete<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

/** Collects what is wrong with the inputs, so that one run reports all of it. */
export class InputProblems {
  readonly #problems: InputProblem[] = [];

  /** Returns `undefined`, so that a parser can end with `return problems.add(…)`. */
  add(title: ErrorTitle, message: string): undefined {
    this.#problems.push({ title, message });
  }

  /**
   * Gives the parsed values back once nothing is wrong.
   *
   * @param values what the parsers returned: `undefined` only where they added a problem.
   * @throws {ActionError} that lists every problem.
   */
  throwIfAny<T extends object>(values: T): Complete<T> {
    if (this.#problems.length > 0 || !isComplete(values)) throw this.#toError();
    return values;
  }

  #toError(): ActionError {
    const [only, ...others] = this.#problems;
    if (only !== undefined && others.length === 0) return new ActionError(only.title, only.message);
    const list = this.#problems.map(({ message }) => `- ${message}`);
    return new ActionError(errorTitles.invalidInputs, list.join('\n'));
  }
}

function isComplete<T extends object>(values: T): values is T & Complete<T> {
  return Object.values(values).every(value => value !== undefined);
}
