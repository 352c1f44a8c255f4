import { spoken } from '../duration.ts';
import type { Trouble } from '../github/runs.ts';
import { phrase } from '../http/error-codes.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { oneLine, runInNote } from '../note.ts';
import { type Run, runUrl } from '../runtime/workflow-run.ts';
import type { Fate } from './delete-tokens.ts';
import type { Reason } from './rule.ts';

/** A token of this repository, and what became of it in a few words. */
export interface Entry {
  readonly token: ListedToken;
  readonly verdict: string;
}

/** One line of the log. `now`: the runner's clock, milliseconds. */
export function lineOf({ token, verdict }: Entry, now: number): string {
  return `${token.id} "${oneLine(token.note)}", ${ageOf(token, now)}: ${verdict}`;
}

/** The page is dropped as a whole when it is over 1 MiB; a row takes 1.6 KiB at the very most. */
const MOST_ROWS = 500;

export const COLUMNS = ['Token', 'Note', 'Age', 'Verdict'];

/** The rows of the summary page's table. */
export function rowsOf(entries: readonly Entry[], now: number): string[][] {
  const rows = entries
    .slice(0, MOST_ROWS)
    .map(({ token, verdict }) => [token.id, oneLine(token.note), ageOf(token, now), verdict]);
  const more = entries.length - rows.length;
  return more === 0 ? rows : [...rows, ['…', `${more} more, see the log`, '', '']];
}

const DAY = 24 * 3_600_000;

function ageOf({ created }: ListedToken, now: number): string {
  if (created === undefined) return 'of unknown age';
  const age = Math.max(0, now - created.getTime());
  return age < 2 * DAY ? `${spoken(age)} old` : `${Math.floor(age / DAY)} days old`;
}

/** What is said of a token that is kept. */
export function wordsFor(why: Reason): string {
  switch (why.kind) {
    case 'default token':
      return "kept, it is the account's default token";
    case 'other usage':
      return 'kept, it is neither public nor secret';
    case 'authorizing token':
      return 'kept, it is the authorizing token';
    case 'this run':
      return 'kept, it belongs to the run that sweeps';
    case 'not asked':
      return 'kept, GitHub was not asked about its run any more';
    case 'going on':
      return `kept, its run is not over (${why.status.slice(0, 40)})`;
    case 'unknown':
      return `kept, GitHub could not be asked about its run: ${troubleWords(why.trouble)}`;
  }
}

/** What is said of a token whose run is over. */
export function wordsForFate(fate: Fate): string {
  switch (fate.kind) {
    case 'gone':
      return 'deleted, its run is over';
    case 'left':
      return 'kept, its run is over, but its deletion was not tried any more';
    case 'refused':
      return `kept, its run is over, but Mapbox refused its deletion (${fate.status})`;
    case 'gave up':
      return 'kept, its run is over, but its deletion was given up';
  }
}

function troubleWords(trouble: Trouble): string {
  switch (trouble.kind) {
    case 'limited':
      return 'the rate limit of `github-token` is reached';
    case 'status':
      return `it answered ${trouble.status}`;
    case 'unreadable':
      return `it answered ${trouble.status}, but not with that run attempt`;
    case 'no answer':
      return `no answer, ${phrase(trouble.code)}`;
  }
}

/** An annotation is to be read by a person; all the others stand in the log. */
const MOST_NAMED = 20;

/** A token that is kept because nobody knows about its run. */
export interface Doubt {
  readonly token: ListedToken;
  readonly why: Extract<Reason, { kind: 'unknown' | 'not asked' }>;
}

/** The warning that names the tokens which are kept for want of an answer; `undefined` where there are none. */
export function doubtsIn(doubts: readonly Doubt[], here: Run): string | undefined {
  if (doubts.length === 0) return undefined;
  const named = doubts.slice(0, MOST_NAMED).map(({ token, why }) => {
    const run = runInNote(token.note, here);
    const words = why.kind === 'unknown' ? troubleWords(why.trouble) : 'not asked any more';
    return `- ${token.id}${run === undefined ? '' : ` of ${runUrl(run)}`}: ${words}`;
  });
  const more = doubts.length - named.length;
  const statuses = doubts.flatMap(({ why }) =>
    why.kind === 'unknown' && why.trouble.kind === 'status' ? [why.trouble.status] : [],
  );
  const advice = [
    ...(statuses.some(status => status === 403 || status === 404)
      ? ['A job that may not read runs needs `permissions: actions: read`.']
      : []),
    ...(statuses.includes(404)
      ? [`If a run was deleted on GitHub (404), delete its token on the Tokens page, ${TOKENS_PAGE}.`]
      : []),
    'The next sweep asks again.',
  ];
  return [
    `Kept ${counted(doubts.length, 'token')}, because GitHub did not say whether the run is over:`,
    ...named,
    ...(more > 0 ? [`- and ${more} more, see the log`] : []),
    advice.join(' '),
  ].join('\n');
}

/** `1 token`, `2 tokens`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
