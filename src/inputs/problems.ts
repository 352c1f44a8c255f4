import { ActionError, type ErrorTitle, errorTitles } from '../action-error.ts';
import { redact } from '../secret.ts';

interface InputProblem {
  readonly title: ErrorTitle;
  readonly message: string;
}

/** The values without `undefined`, which marks a problem. */
type Complete<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

/** Collects the problems of all inputs, so that one error reports them together. */
export class InputProblems {
  readonly #problems: InputProblem[] = [];
  readonly #secrets: readonly string[];

  /** @param secrets the inputs that hold tokens. No quoted value shows any part of them. */
  constructor(secrets: readonly string[] = []) {
    this.#secrets = secrets;
  }

  /** Returns `undefined`, so that a parser can end with `return problems.add(…)`. */
  add(title: ErrorTitle, message: string): undefined {
    this.#problems.push({ title, message });
  }

  /**
   * Formats an input's value as code for a message. Secrets are replaced before the text is cut after `length`
   * characters.
   */
  quote(text: string, length = 40): string {
    const characters = [...redact(text, this.#secrets)];
    const shown = characters.slice(0, length).join('');
    return `\`${shown}${characters.length > length ? '…' : ''}\``;
  }

  /**
   * Returns the parsed values if there is no problem.
   *
   * @param values what the parsers returned: `undefined` only if they added a problem.
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
