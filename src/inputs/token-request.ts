import { errorTitles } from '../action-error.ts';
import { HOUR, parseAge } from '../duration.ts';
import { looksSecret } from '../secret.ts';
import type { InputProblems } from './problems.ts';

/** The requested token. */
export type TokenRequest =
  | {
      readonly kind: 'stored';
      readonly scopes: readonly string[];
      readonly untilJobEnds: boolean;
      /** The text before the marker, as the workflow wrote it. */
      readonly note: string;
      readonly allowedUrls: readonly string[];
    }
  | { readonly kind: 'temporary'; readonly scopes: readonly string[]; readonly seconds: number };

/** How long the token should live. */
export type Lifetime =
  | { readonly kind: 'job' }
  | { readonly kind: 'temporary'; readonly seconds: number }
  | { readonly kind: 'permanent' };

/** Parses the `lifetime` input. Empty means `job`. */
export function parseLifetime(input: string, problems: InputProblems): Lifetime | undefined {
  const text = input.trim() || 'job';
  const word = text.toLowerCase();
  if (word === 'job' || word === 'permanent') return { kind: word };
  const is = `\`lifetime\` is ${problems.quote(text)}`;
  const orJob = 'or `job`, which keeps the token until the job ends, however long that takes.';
  const invalid = (message: string) => problems.add(errorTitles.invalidLifetime, message);
  // Also parses days, so that the error can state the limit of one hour.
  const seconds = parseAge(word);
  if (seconds === undefined) {
    return invalid(
      `${is}, which is neither \`job\`, nor \`permanent\`, nor a duration. Use a duration of at most one hour with its unit, such as \`20m\`, ${orJob}`,
    );
  }
  if (seconds === 0) {
    return invalid(`\`lifetime\` is zero. Use a duration of at most one hour, such as \`20m\`, ${orJob}`);
  }
  if (seconds > HOUR) {
    return invalid(`${is}, but Mapbox limits temporary tokens to one hour. Use at most \`1h\`, ${orJob}`);
  }
  return { kind: 'temporary', seconds };
}

/** Parses the `note` input. Empty means the workflow's name. */
export function parseNote(input: string, workflow: string, problems: InputProblems): string {
  const note = input.trim();
  const [text, source] =
    note === ''
      ? [workflow.trim(), "The workflow's name, which is the default of `note`,"]
      : [note, '`note`'];
  if (looksSecret(text)) {
    problems.add(
      errorTitles.invalidInput,
      `${source} has a token in it. Anyone who can list the account's tokens can read notes.`,
    );
  }
  return text;
}

/** A stored token has at most 100 URLs, a temporary one none [Mapbox, Tokens API]. */
const MAX_ALLOWED_URLS = 100;

/** The URL length that browsers, proxies and servers all accept, in characters. */
const MAX_URL_LENGTH = 2048;

/**
 * Parses the `allowed-urls` input: one address per line, as written, without duplicates. Mapbox accepts addresses with
 * or without a scheme, with schemes other than `https:`, and with `*` for a port, so only text that cannot be an
 * address is rejected.
 */
export function parseAllowedUrls(
  input: string,
  lifetime: Lifetime | undefined,
  problems: InputProblems,
): string[] {
  const lines = input.split(/\r\n|[\r\n]/).map(line => line.trim());
  const urls = [...new Set(lines.filter(line => line !== ''))];
  const invalid = (message: string) => problems.add(errorTitles.invalidInput, message);
  if (urls.length > 0 && lifetime?.kind === 'temporary') {
    invalid(
      '`allowed-urls` cannot be used with a temporary token: Mapbox restricts only stored tokens. Remove it, or use `lifetime: job` or `lifetime: permanent`.',
    );
  }
  if (urls.length > MAX_ALLOWED_URLS) {
    invalid(`\`allowed-urls\` has ${urls.length} URLs; Mapbox accepts at most ${MAX_ALLOWED_URLS}.`);
  }
  for (const url of urls) {
    const problem = describeUrlProblem(url);
    if (problem !== undefined) invalid(`\`allowed-urls\` has ${problems.quote(url, 80)}${problem}`);
  }
  return urls;
}

/** A comma in place of a part of the host, or before another address. */
const JOINED = /^(?:[a-z][\w+.-]*:\/\/)?[^/?#]*,|^[^?#]*,[a-z][\w+.-]*:\/\//i;

function describeUrlProblem(url: string): string | undefined {
  // Anyone who can list the account's tokens can read these addresses.
  if (looksSecret(url)) return ', which has a token in it. Write only the address.';
  const example = 'Write one address per line, such as `https://example.com`.';
  if (/\s/.test(url)) return `, which has white space in it. ${example}`;
  // Some domain names contain zero-width joiners.
  if (/(?![\u200c\u200d])\p{C}/u.test(url)) return `, which has an invisible character in it. ${example}`;
  if (/^["'`]/.test(url)) return `, which is in quotes. ${example}`;
  if (JOINED.test(url)) return `, which has several addresses in one line. ${example}`;
  if (/^\/|^https?:\/\/(?:[/?#:]|$)/i.test(url)) return `, which has no host. ${example}`;
  if (url.length > MAX_URL_LENGTH) {
    return `, which has ${url.length} characters; an address has at most ${MAX_URL_LENGTH}.`;
  }
  return undefined;
}
