/**
 * A token in a text. Of Mapbox, also one that is cut off or has broken text around it: the usage, and a payload of
 * base64url JSON, which begins with `{"` [Mapbox, Tokens API: token format]; names such as `sk.wikipedia.org` do not
 * match. Of GitHub, which people paste into the wrong input too [GitHub Docs: GitHub's token formats].
 */
export const TOKENS =
  /[pst]k\.eyJ[\w-]*(?:\.[\w-]*)?|(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{20,}/g;

/** Every token in a text. */
export function extractTokens(text: string): string[] {
  return text.match(TOKENS) ?? [];
}

/** A shorter text cannot be a token, and hiding it would make every log unreadable. */
export const MIN_TOKEN_LENGTH = 8;

/** A part of a token: encoded dots, no beginning, GitHub's tokens cut off, hex. Up to the end of the word. */
const TOKEN_PARTS = /(?:eyJ[\w-]{6,}|(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_)|[0-9a-f]{32,})[^\s"'`]*/g;

/**
 * A text for a message, with `***` in place of what may be secret: tokens and parts of them; words that mix small
 * letters, capitals and digits, as signatures and base64 do; and every part of `secrets` of at least
 * {@link MIN_TOKEN_LENGTH} characters.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  return hideParts(text, secrets)
    .replace(TOKENS, '***')
    .replace(TOKEN_PARTS, '***')
    .replace(/[\w-]{16,}/g, word =>
      /[a-z]/.test(word) && /[A-Z]/.test(word) && /\d/.test(word) ? '***' : word,
    );
}

function hideParts(text: string, secrets: readonly string[]): string {
  const parts = new Set(
    secrets.flatMap(secret =>
      Array.from({ length: Math.max(secret.length - MIN_TOKEN_LENGTH + 1, 0) }, (_, at) =>
        secret.slice(at, at + MIN_TOKEN_LENGTH),
      ),
    ),
  );
  let shown = '';
  let hiddenUntil = 0;
  for (let at = 0; at < text.length; at++) {
    if (parts.has(text.slice(at, at + MIN_TOKEN_LENGTH))) {
      if (at >= hiddenUntil) shown += '***';
      hiddenUntil = at + MIN_TOKEN_LENGTH;
    }
    if (at >= hiddenUntil) shown += text.charAt(at);
  }
  return shown;
}

/**
 * A text that must not be seen. It becomes `***` wherever it is turned into a string by accident: in a template, in
 * JSON, in an inspected error. `reveal` is the only way out, and a test lists its callers [test/docs/layout.test.ts].
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

  /** Called by `util.inspect`. Written this way, `node:util` need not be imported. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***';
  }
}
