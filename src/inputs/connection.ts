import { errorTitles } from '../action-error.ts';
import { parseDuration } from '../duration.ts';
import type { AuthorizingToken } from '../mapbox/account.ts';
import { looksSecret } from '../secret.ts';
import type { InputProblems } from './problems.ts';

/** The account, the API's address, the authorizing token, and the time limit. */
export interface ConnectionInputs {
  readonly authorizingToken: AuthorizingToken;
  readonly username: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly api: URL;
}

/** Longer than any account name, in characters. */
const MAX_USERNAME_LENGTH = 100;

/**
 * Whether a text can be the name of a Mapbox account. It becomes a segment of every request's path, so it must not have
 * characters that have a meaning in paths, cannot be percent-encoded (half a surrogate pair), or are invisible.
 */
export function isAccountName(text: string): boolean {
  return (
    text !== '' &&
    text.length <= MAX_USERNAME_LENGTH &&
    !/[\s/?#%\\\p{C}]|^\.+$/u.test(text) &&
    !looksSecret(text)
  );
}

/** Parses the `username` input. Empty means the account of the authorizing token. */
export function parseUsername(
  input: string,
  authorizingToken: AuthorizingToken | undefined,
  problems: InputProblems,
): string {
  const username = input.trim();
  if (username === '') return authorizingToken?.username ?? '';
  // It appears in messages and in the state, so a token pasted here must be rejected.
  if (!isAccountName(username)) {
    problems.add(
      errorTitles.invalidInput,
      '`username` cannot be the name of a Mapbox account. Leave it out: it is read from the authorizing token.',
    );
  }
  // Account names are in lower case, and Mapbox's responses are compared with them.
  const owner = authorizingToken?.username;
  return owner?.toLowerCase() === username.toLowerCase() ? owner : username;
}

/** A longer time-out is a mistake: no GitHub-hosted job runs that long. */
const MAX_TIMEOUT_SECONDS = 24 * 3600;

/** Parses the `timeout` input into milliseconds. */
export function parseTimeout(input: string, problems: InputProblems): number | undefined {
  const text = input.trim() || '5m';
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS) return seconds * 1000;
  return problems.add(
    errorTitles.invalidInput,
    `\`timeout\` is ${problems.quote(text)}. Use a duration with its unit, such as \`5m\` or \`90s\`, from one second to 24 hours.`,
  );
}

/** Parses the `api-url` input. Its path is kept as the base of all requests. */
export function parseApiUrl(input: string, problems: InputProblems): URL | undefined {
  const url = URL.parse(input.trim() || 'https://api.mapbox.com');
  const invalid = (words: string) => problems.add(errorTitles.invalidInput, `\`api-url\` ${words}`);
  if (url === null) return invalid('is not a URL. Leave it out for https://api.mapbox.com.');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return invalid(
      'must begin with `https:`; `http:` is for loopback only, because the token is part of the URL.',
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return invalid('must not have credentials, a query or a fragment.');
  }
  // It appears in messages and in the state.
  if (looksSecret(url.href)) return invalid('has a token in it. Write only the address.');
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** Parses an input that is `true`, `false` or empty, which means `false`. */
export function parseFlag(name: string, input: string, problems: InputProblems): boolean {
  const word = input.trim().toLowerCase();
  if (word !== '' && word !== 'true' && word !== 'false') {
    problems.add(
      errorTitles.invalidInput,
      `\`${name}\` is ${problems.quote(input.trim())}. Use \`true\` or \`false\`.`,
    );
  }
  return word === 'true';
}
