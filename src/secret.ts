/**
 * A Mapbox token, also where it is cut off or the text around it is broken: the usage, and a payload of base64url JSON,
 * which begins with `{"` [Mapbox, Tokens API: token format]. Names such as `sk.wikipedia.org` are none.
 */
export const TOKENS = /[pst]k\.eyJ[\w-]*(?:\.[\w-]*)?/g;

/** Every Mapbox token in a text. */
export function extractTokens(text: string): string[] {
  return text.match(TOKENS) ?? [];
}

/**
 * A text that must not be seen. It shows itself as `***` wherever a string is made of it by accident: in a
 * template, in JSON, in an inspected error. `reveal` is the only way out, and a test lists all callers [test/docs/layout.test.ts].
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. SECURITY.md names the places it may go to. */
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

  /** What `util.inspect` calls; its own name for it would have to be imported. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***';
  }
}
