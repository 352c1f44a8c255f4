import { readDuration } from '../duration.ts';
import { titles } from '../errors/action-error.ts';
import type { Authorizer } from '../mapbox/account.ts';
import { tokensIn } from '../secret.ts';
import type { Fault } from './problems.ts';

/** Where and how long to ask: what main and post have in common. */
export interface Access {
  readonly authorizer: Authorizer;
  readonly username: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly api: URL;
}

/** Reads the `username` input; the account of the authorizing token where it is empty. */
export function readUsername(input: string, authorizer: Authorizer | undefined, faults: Fault[]): string {
  const username = input.trim() || authorizer?.username || '';
  // It stands in the state and in messages: a token that was put here by mistake must not get that far.
  if (tokensIn(username).length > 0 || /[\s/?#%\\\p{Cc}]|^\.+$/u.test(username)) {
    faults.push({
      title: titles.badInput,
      text: '`username` is not the name of a Mapbox account. Leave it out: it is read from the authorizing token.',
    });
  }
  return username;
}

/** More than a day is a slip: no job that GitHub hosts runs as long as that. */
const LONGEST_TIMEOUT = 24 * 3600;

/** Reads the `timeout` input into milliseconds. */
export function readTimeout(input: string, faults: Fault[]): number | undefined {
  const seconds = readDuration(input.trim() || '5m');
  if (seconds !== undefined && seconds > 0 && seconds <= LONGEST_TIMEOUT) return seconds * 1000;
  faults.push({
    title: titles.badInput,
    text: `\`timeout\` is \`${input.trim().slice(0, 40)}\`. Write a duration with its unit, such as \`5m\` or \`90s\`, from one second to 24 hours.`,
  });
  return undefined;
}

/** Reads the `api-url` input. */
export function readApiUrl(input: string, faults: Fault[]): URL | undefined {
  const url = URL.parse(input.trim() || 'https://api.mapbox.com');
  const fault = (words: string) => {
    faults.push({ title: titles.badInput, text: `\`api-url\` ${words}` });
    return undefined;
  };
  if (url === null) return fault('is not a URL. Leave it out for https://api.mapbox.com.');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return fault(
      'must begin with `https:`; `http:` is for loopback only, since the token travels in the URL.',
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return fault('must have neither credentials nor a query nor a fragment.');
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** Reads an input that is `true`, `false` or empty, which means `false`. */
export function readFlag(name: string, input: string, faults: Fault[]): boolean {
  const word = input.trim().toLowerCase();
  if (word !== '' && word !== 'true' && word !== 'false') {
    faults.push({ title: titles.badInput, text: `\`${name}\` must be \`true\` or \`false\`.` });
  }
  return word === 'true';
}
