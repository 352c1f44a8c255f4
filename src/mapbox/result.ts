import type { HttpAnswer, NoAnswer } from '../http/client.ts';
import type { HttpRequest } from './client.ts';
import { dateOf, parseObject } from './token.ts';

/**
 * What an answer means for the one who asked. Whether a request may be repeated follows from the kind alone:
 * `done` and `refused` are final, after `limited` and `unsent` nothing has happened, after `unknown` nobody knows.
 */
export type Outcome<T> = Done<T> | Refused | Limited | Unsent | Unknown;

export interface Done<T> {
  readonly kind: 'done';
  readonly value: T;
}

export type Refusal =
  | 'unauthorized'
  | 'forbidden'
  | 'no such user'
  | 'not found'
  | 'scopes'
  | 'expires in the past'
  | 'expires too far ahead'
  | 'expires after the authorizing token'
  | 'redirect'
  | 'other';

/** Mapbox said no, and nothing was done. */
export interface Refused {
  readonly kind: 'refused';
  readonly why: Refusal;
  readonly status: number;
  /** Whether the answer was the JSON that Mapbox documents; `false` smells of something between us and Mapbox. */
  readonly documented: boolean;
  /** What the answer is, for people: `an HTML page`. */
  readonly form: string;
  readonly date: Date | undefined;
}

/** 429: nothing was done. */
export interface Limited {
  readonly kind: 'limited';
  /** Milliseconds until the limit resets, by Mapbox's own clock. */
  readonly wait: number;
  /** The limit's interval in milliseconds. */
  readonly interval: number;
  /** No header tells when the limit resets, so `wait` is the longest that it can take. */
  readonly guessed: boolean;
}

/** The request never left. */
export interface Unsent {
  readonly kind: 'unsent';
  readonly code: string;
}

/** The request may have been carried out. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly trouble:
    | { readonly kind: 'no answer'; readonly code: string }
    | { readonly kind: 'failing'; readonly status: number; readonly form: string }
    | { readonly kind: 'unreadable'; readonly status: number; readonly form: string };
}

/**
 * Turns what came over the wire into a meaning. The status carries the logic, since Mapbox reserves the right
 * to reword its messages; the words only tell apart what shares a status.
 *
 * @param read turns a success into its value, `undefined` where it is not what Mapbox documents.
 * @param now the runner's clock in milliseconds, for headers that count from Mapbox's.
 */
export function outcomeOf<T>(
  end: HttpAnswer | NoAnswer,
  read: (answer: HttpAnswer) => T | undefined,
  now: number,
): Outcome<T> {
  if (end.kind === 'no answer') {
    return end.sent
      ? { kind: 'unknown', trouble: { kind: 'no answer', code: end.code } }
      : { kind: 'unsent', code: end.code };
  }
  const { status } = end;
  const date = dateOf(end.headers['date'] ?? '');
  if (status < 300) {
    const value = read(end);
    return value === undefined
      ? { kind: 'unknown', trouble: { kind: 'unreadable', status, form: formOf(end) } }
      : { kind: 'done', value };
  }
  if (status === 429) return limitedBy(end, date ?? new Date(now));
  if (status >= 500) return { kind: 'unknown', trouble: { kind: 'failing', status, form: formOf(end) } };
  const message = messageOf(end);
  const documented = message !== undefined;
  return {
    kind: 'refused',
    why: refusalOf(status, message ?? ''),
    status,
    documented,
    form: formOf(end),
    date,
  };
}

/** Mapbox, Tokens API: errors. */
function refusalOf(status: number, message: string): Refusal {
  if (status < 400) return 'redirect';
  const says = (words: string) => message.toLowerCase().includes(words);
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return says('no such user') ? 'no such user' : 'not found';
    case 422:
      if (says('authorizing token')) return 'expires after the authorizing token';
      if (says('in the past')) return 'expires in the past';
      if (says('hour in the future')) return 'expires too far ahead';
      if (says('scopes')) return 'scopes';
      return 'other';
    default:
      return 'other';
  }
}

/** Where no header tells, the interval of Mapbox's limits. */
const INTERVAL = 60_000;

const LONGEST_WAIT = 3_600_000;

/** Mapbox, API guide: rate limits. `Retry-After` is no header of Mapbox's, but of what may stand before it. */
function limitedBy({ headers }: HttpAnswer, mapboxNow: Date): Limited {
  const seconds = Number(headers['x-rate-limit-interval']);
  const interval = seconds > 0 ? Math.min(seconds * 1000, LONGEST_WAIT) : INTERVAL;
  const reset = Number(headers['x-rate-limit-reset']) * 1000;
  const until = (wait: number): Limited => ({
    kind: 'limited',
    wait: Math.min(Math.max(wait, 0), LONGEST_WAIT),
    interval,
    guessed: false,
  });
  if (reset > 0) return until(reset - mapboxNow.getTime());
  const retryAfter = headers['retry-after'];
  if (retryAfter !== undefined) {
    const wait = /^\d+$/.test(retryAfter.trim())
      ? Number(retryAfter) * 1000
      : Date.parse(retryAfter) - mapboxNow.getTime();
    if (!Number.isNaN(wait)) return until(wait);
  }
  return { kind: 'limited', wait: INTERVAL, interval, guessed: true };
}

function messageOf({ body }: HttpAnswer): string | undefined {
  if (body.kind !== 'whole') return undefined;
  const message = parseObject(body.text.reveal())?.['message'];
  return typeof message === 'string' ? message : undefined;
}

/** What kind of answer it is, never its text: an answer may echo what was sent. */
function formOf({ headers, body }: HttpAnswer): string {
  if (body.kind === 'broken') {
    const how = {
      'cut off': 'that was cut off',
      'too large': 'over 256 KiB',
      'too slow': 'that never ended',
    };
    return `an answer ${how[body.how]}`;
  }
  const text = body.text.reveal().trimStart();
  if (text === '') return 'an empty answer';
  if (/^<(?:!doctype|html)/i.test(text) || headers['content-type']?.includes('html')) return 'an HTML page';
  return parseObject(text) === undefined
    ? 'an answer that is not JSON'
    : 'JSON that Mapbox does not document';
}

/** Builds the path below the account: `/tokens/v2/{username}` and what follows. */
export function accountPath(username: string, ...rest: string[]): HttpRequest['path'] {
  return ['', 'tokens', 'v2', username, ...rest].map(encodeURIComponent).join('/');
}

/** What an attempt came to that may be made again. */
export type Setback = Limited | Unsent | Unknown;

/** Whether Mapbox itself said that it finds no such thing, or that the authorizing token may not see it. */
export function isMissing(
  end: Refused | { readonly kind: string; readonly why?: never; readonly documented?: never },
): boolean {
  return end.kind === 'refused' && end.why === 'not found' && end.documented;
}
