import { parseDuration } from '../duration.ts';
import { errorTitles } from '../errors/action-error.ts';
import type { AuthorizingToken } from '../mapbox/account.ts';
import { extractTokens } from '../secret.ts';
import type { InputProblems } from './problems.ts';

/** Where and how long to ask: what main and post have in common. */
export interface ConnectionInputs {
  readonly authorizingToken: AuthorizingToken;
  readonly username: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly api: URL;
}

/** Reads the `username` input; the account of the authorizing token where it is empty. */
export function parseUsername(
  input: string,
  authorizingToken: AuthorizingToken | undefined,
  problems: InputProblems,
): string {
  const username = input.trim() || authorizingToken?.username || '';
  // It stands in the state and in messages: a token that was put here by mistake must not get that far.
  if (extractTokens(username).length > 0 || /[\s/?#%\\\p{Cc}]|^\.+$/u.test(username)) {
    problems.add(
      errorTitles.invalidInput,
      '`username` is not the name of a Mapbox account. Leave it out: it is read from the authorizing token.',
    );
  }
  return username;
}

/** More than a day is a slip: no job that GitHub hosts runs as long as that. */
const MAX_TIMEOUT_SECONDS = 24 * 3600;

/** Reads the `timeout` input into milliseconds. */
export function parseTimeout(input: string, problems: InputProblems): number | undefined {
  const seconds = parseDuration(input.trim() || '5m');
  if (seconds !== undefined && seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS) return seconds * 1000;
  return problems.add(
    errorTitles.invalidInput,
    `\`timeout\` is \`${input.trim().slice(0, 40)}\`. Write a duration with its unit, such as \`5m\` or \`90s\`, from one second to 24 hours.`,
  );
}

/** Reads the `api-url` input. */
export function parseApiUrl(input: string, problems: InputProblems): URL | undefined {
  const url = URL.parse(input.trim() || 'https://api.mapbox.com');
  const invalid = (words: string) => problems.add(errorTitles.invalidInput, `\`api-url\` ${words}`);
  if (url === null) return invalid('is not a URL. Leave it out for https://api.mapbox.com.');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return invalid(
      'must begin with `https:`; `http:` is for loopback only, since the token travels in the URL.',
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return invalid('must have neither credentials nor a query nor a fragment.');
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** Reads an input that is `true`, `false` or empty, which means `false`. */
export function parseFlag(name: string, input: string, problems: InputProblems): boolean {
  const word = input.trim().toLowerCase();
  if (word !== '' && word !== 'true' && word !== 'false') {
    problems.add(errorTitles.invalidInput, `\`${name}\` must be \`true\` or \`false\`.`);
  }
  return word === 'true';
}
