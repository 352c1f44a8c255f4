/**
 * Matches tokens in a text. The usage and the beginning of the payload are enough to match a Mapbox token, even a
 * truncated one: the payload is base64url JSON and begins with `{"` [Mapbox, Tokens API: token format]. Names such as
 * `sk.wikipedia.org` do not match. GitHub tokens match because people paste them into the wrong input too [GitHub Docs:
 * GitHub's token formats].
 */
export const TOKENS =
  /[pst]k\.eyJ[\w-]*(?:\.[\w-]*)?|(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{20,}/g;

/** Returns every token in a text. */
export function extractTokens(text: string): string[] {
  return text.match(TOKENS) ?? [];
}

/** The payload of a token, even without the usage or with an encoded dot before it, but no name such as `joeyJackson`. */
const PAYLOAD = /(?<![a-z])eyJ[\w-]{6,}|eyJ[\w-]{30,}/;

/** Whether a text has a token in it or, judging by its payload, a part of one. Ordinary words never match. */
export function looksSecret(text: string): boolean {
  return extractTokens(text).length > 0 || PAYLOAD.test(text);
}

/** A shorter text cannot be a token, and masking it would make logs unreadable. */
export const MIN_TOKEN_LENGTH = 8;

/**
 * Matches parts of tokens up to the end of the word: tokens with encoded dots or without their beginning, truncated
 * GitHub tokens, and long hex strings.
 */
const TOKEN_PARTS = /(?:eyJ[\w-]{6,}|(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_)|[0-9A-Fa-f]{32,})[^\s"'`]*/g;

/**
 * Makes a text safe to quote in a message. Replaces with `***` anything that may be secret: tokens and parts of them;
 * long words that mix lower case, upper case and digits, as signatures and base64 do; and every part of `secrets` of at
 * least {@link MIN_TOKEN_LENGTH} characters.
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
 * A text that must not be shown. If it is converted to a string by accident, in a template, in JSON or in an inspected
 * error, it becomes `***`. Only `reveal` returns the text, and a test lists its callers [test/docs/layout.test.ts].
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Returns the text. SECURITY.md lists where it may go. */
  reveal(): string {
    return this.#text;
  }

  /** Whether both hold the same text. */
  equals(other: Secret): boolean {
    return this.#text === other.#text;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  /** Called by `util.inspect`. `Symbol.for` avoids importing `node:util`. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***';
  }
}
