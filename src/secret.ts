import { inspect } from 'node:util';

/** What could be a token of Mapbox, also where it is cut off or the text around it is broken. */
export const TOKENS = /\b[pst]k\.[\w-]{8,}(?:\.[\w-]*)?/g;

/** Everything in a text that could be a token. */
export function extractTokens(text: string): string[] {
  return text.match(TOKENS) ?? [];
}

/**
 * A text that must not be seen. It shows itself as `***` wherever a string is made of it by accident: in a
 * template, in JSON, in an inspected error. `reveal` is the only way out, and a test names all who call it [test/layout.test.ts].
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

  /** Whether both hide the same text. */
  equals(other: Secret): boolean {
    return this.#text === other.#text;
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
