import { inspect } from 'node:util';

/**
 * A text that must not be seen. It shows itself as `***` wherever a string is made of it by accident: in a
 * template, in JSON, in an inspected error. `reveal` is the only way out, and a test counts who calls it.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Contract section 8 names the four places it may go. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}
