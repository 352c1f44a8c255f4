import { formatDuration } from '../duration.ts';
import type { LookupError } from '../github/runs.ts';
import { describeErrorCode } from '../http/error-codes.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { oneLine } from '../note.ts';
import { runUrl, type WorkflowRun } from '../runtime/workflow-run.ts';
import type { SweepDeletion } from './delete-tokens.ts';
import { type KeepReason, runOfToken } from './rule.ts';

/** A token of this repository, and what became of it in a few words. */
export interface Entry {
  readonly token: ListedToken;
  readonly decision: string;
}

/** One line of the log. `now`: the runner's clock, milliseconds. */
export function entryLine({ token, decision }: Entry, now: number): string {
  return `${token.id} "${oneLine(token.note)}", ${ageOf(token, now)}: ${decision}`;
}

/** The page is dropped as a whole when it is over 1 MiB; a row takes 1.6 KiB at the very most. */
const MAX_ROWS = 500;

export const COLUMNS = ['Token', 'Note', 'Age', 'Verdict'];

/** The rows of the summary page's table. */
export function entryRows(entries: readonly Entry[], now: number): string[][] {
  const rows = entries
    .slice(0, MAX_ROWS)
    .map(({ token, decision }) => [token.id, oneLine(token.note), ageOf(token, now), decision]);
  const more = entries.length - rows.length;
  return more === 0 ? rows : [...rows, ['…', `${more} more, see the log`, '', '']];
}

const DAY = 24 * 3_600_000;

function ageOf({ created }: ListedToken, now: number): string {
  if (created === undefined) return 'of unknown age';
  const age = Math.max(0, now - created.getTime());
  return age < 2 * DAY ? `${formatDuration(age)} old` : `${Math.floor(age / DAY)} days old`;
}

/** What is said of a token that is kept. */
export function describeKeepReason(reason: KeepReason): string {
  switch (reason.kind) {
    case 'default-token':
      return "kept, it is the account's default token";
    case 'other-usage':
      return 'kept, it is neither public nor secret';
    case 'authorizing-token':
      return 'kept, it is the authorizing token';
    case 'this-run':
      return 'kept, it belongs to the run that sweeps';
    case 'not-checked':
      return 'kept, GitHub was not asked about its run any more';
    case 'in-progress':
      return `kept, its run is not over (${reason.status.slice(0, 40)})`;
    case 'unknown':
      return `kept, GitHub could not be asked about its run: ${describeLookupError(reason.cause)}`;
  }
}

/** What is said of a token whose run is over. */
export function describeDeletion(deletion: SweepDeletion): string {
  switch (deletion.kind) {
    case 'deleted':
      return 'deleted, its run is over';
    case 'skipped':
      return 'kept, its run is over, but its deletion was not tried any more';
    case 'rejected':
      return `kept, its run is over, but Mapbox refused its deletion (${deletion.status})`;
    case 'retries-exhausted':
      return 'kept, its run is over, but its deletion was given up';
  }
}

function describeLookupError(cause: LookupError): string {
  switch (cause.kind) {
    case 'rate-limited':
      return 'the rate limit of `github-token` is reached';
    case 'status':
      return `it answered ${cause.status}`;
    case 'unreadable':
      return `it answered ${cause.status}, but not with that run attempt`;
    case 'no-response':
      return `no answer, ${describeErrorCode(cause.code)}`;
  }
}

/** An annotation is to be read by a person; all the others stand in the log. */
const MAX_NAMED = 20;

/** A token that is kept because nobody knows about its run. */
export interface UncheckedToken {
  readonly token: ListedToken;
  readonly reason: Extract<KeepReason, { kind: 'unknown' | 'not-checked' }>;
}

/** The warning that names the tokens which are kept for want of an answer; `undefined` where there are none. */
export function uncheckedWarning(
  unchecked: readonly UncheckedToken[],
  here: WorkflowRun,
): string | undefined {
  if (unchecked.length === 0) return undefined;
  const named = unchecked.slice(0, MAX_NAMED).map(({ token, reason }) => {
    const run = runOfToken(token, here);
    const words = reason.kind === 'unknown' ? describeLookupError(reason.cause) : 'not asked any more';
    return `- ${token.id}${run === undefined ? '' : ` of ${runUrl(run)}/attempts/${run.attempt}`}: ${words}`;
  });
  const more = unchecked.length - named.length;
  const statuses = unchecked.flatMap(({ reason }) =>
    reason.kind === 'unknown' && reason.cause.kind === 'status' ? [reason.cause.status] : [],
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
    `Kept ${pluralize(unchecked.length, 'token')}, because GitHub did not say whether the run is over:`,
    ...named,
    ...(more > 0 ? [`- and ${more} more, see the log`] : []),
    advice.join(' '),
  ].join('\n');
}

/** `1 token`, `2 tokens`. */
export function pluralize(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
