import { formatDuration } from '../duration.ts';
import { describeLookupError } from '../github/describe.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import { oneLine } from '../note.ts';
import type { Runner } from '../runner/runner.ts';
import type { Cell } from '../runner/summary-table.ts';
import { runUrl } from '../runtime/workflow-run.ts';
import type { SweepDeletion } from './delete-tokens.ts';
import type { DeleteReason, KeepReason, SweptToken } from './rule.ts';

interface Entry extends SweptToken {
  /** What became of the token. */
  readonly result: string;
}

/** The summary page is dropped as a whole if it is over 1 MiB; a row has 2 KiB at the very most. */
const MAX_ROWS = 500;

const COLUMNS = ['Token', 'Note', 'Age', 'Run', 'Result'];

/** Reports what became of each token: at once in the log, and at the end on the summary page. */
export class SweepReport {
  readonly #runner: Runner;
  readonly #now: number;
  readonly #entries: Entry[] = [];

  /** @param now milliseconds since 1970, which the tokens' ages are counted to. */
  constructor(runner: Runner, now: number) {
    this.#runner = runner;
    this.#now = now;
  }

  add({ token, run, decision }: SweptToken, result: string): void {
    this.#entries.push({ token, run, decision, result });
    const age = this.#ageOf(token.created);
    const created = `created by ${runUrl(run)} ${age === undefined ? 'at an unknown time' : `${age} ago`}`;
    this.#runner.info(`${token.id} "${oneLine(token.note)}", ${created}: ${result}`);
  }

  /** @throws where the page cannot be written. */
  async writeSummary(heading: string): Promise<void> {
    if (this.#entries.length === 0) return;
    const rows: Cell[][] = this.#entries
      .slice(0, MAX_ROWS)
      .map(({ token, run, result }) => [
        token.id,
        oneLine(token.note),
        this.#ageOf(token.created) ?? 'unknown',
        new URL(runUrl(run)),
        result,
      ]);
    const more = this.#entries.length - rows.length;
    if (more > 0) rows.push(['…', `${more} more, see the log`, '', '', '']);
    rows.push(['Tokens page', new URL(TOKENS_PAGE), '', '', '']);
    await this.#runner.writeSummary(heading, rows, COLUMNS);
  }

  #ageOf(created: Date | undefined): string | undefined {
    if (created === undefined) return undefined;
    return formatAge(Math.max(0, this.#now - created.getTime()));
  }
}

const DAY = 24 * 3_600_000;

function formatAge(milliseconds: number): string {
  return milliseconds < 2 * DAY ? formatDuration(milliseconds) : `${Math.floor(milliseconds / DAY)} days`;
}

/** Why a token is kept. */
export function describeKeepReason(reason: KeepReason): string {
  switch (reason.kind) {
    case 'default-token':
      return "it is the account's default token";
    case 'other-usage':
      return 'it is neither public nor secret';
    case 'authorizing-token':
      return 'it is the authorizing token';
    case 'this-run':
      return 'it belongs to the run that sweeps';
    case 'not-checked':
      return 'there was no time to ask GitHub about its run';
    case 'in-progress':
      return `its run is not over (${reason.status.slice(0, 40)})`;
    case 'unknown':
      return `GitHub did not say whether its run is over: ${describeLookupError(reason.cause)}`;
    case 'newest':
      return 'it is among the newest with its note';
    case 'too-young':
      return 'it is younger than `permanent-min-age`';
    case 'unknown-age':
      return 'Mapbox did not say how old it is';
  }
}

/** Why a token is due for deletion. */
export function describeDeleteReason(reason: DeleteReason): string {
  switch (reason) {
    case 'run-completed':
      return 'its run is over';
    case 'run-deleted':
      return 'its run was deleted on GitHub';
    case 'older-than-any-run':
      return 'no run lasts as long as it has existed';
    case 'superseded':
      return 'newer tokens have its note';
  }
}

/** What became of a token that was due for deletion for this reason. */
export function describeDeletion(deletion: SweepDeletion, reason: DeleteReason): string {
  const due = describeDeleteReason(reason);
  switch (deletion.kind) {
    case 'deleted':
      return `deleted, ${due}`;
    case 'already-deleted':
      return 'already deleted';
    case 'skipped':
      return `kept although ${due}: its deletion was not attempted`;
    case 'rejected':
      return `kept although ${due}: Mapbox rejected its deletion (${deletion.status})`;
    case 'retries-exhausted':
      return `kept although ${due}: its deletion failed`;
  }
}

/** An annotation is for people to read; the log has them all. */
const MAX_NAMED = 20;

/** The warning that names the tokens whose runs nothing is known of; `undefined` where there are none. */
export function uncheckedWarning(tokens: readonly SweptToken[]): string | undefined {
  const unchecked = tokens.flatMap(({ token, run, decision }) => {
    if (decision.kind !== 'keep') return [];
    const { reason } = decision;
    return reason.kind === 'unknown' || reason.kind === 'not-checked' ? [{ token, run, reason }] : [];
  });
  if (unchecked.length === 0) return undefined;
  const named = unchecked.slice(0, MAX_NAMED).map(({ token, run, reason }) => {
    const cause = reason.kind === 'unknown' ? describeLookupError(reason.cause) : 'not asked';
    return `- ${token.id} of ${runUrl(run)} (attempt ${run.attempt}): ${cause}`;
  });
  const more = unchecked.length - named.length;
  const forbidden = unchecked.some(
    ({ reason }) =>
      reason.kind === 'unknown' &&
      reason.cause.kind === 'rejected' &&
      [403, 404].includes(reason.cause.status),
  );
  return [
    `Kept ${pluralize(unchecked.length, 'token')}, because GitHub did not say whether the run is over:`,
    ...named,
    ...(more > 0 ? [`- and ${more} more, see the log`] : []),
    `${forbidden ? 'To read runs, the job needs `permissions: actions: read`. ' : ''}The next sweep asks again.`,
  ].join('\n');
}

/** `1 token`, `2 tokens`. */
export function pluralize(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
