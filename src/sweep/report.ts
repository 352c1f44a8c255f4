import { describeResult } from '../api/describe.ts';
import { formatDuration } from '../duration.ts';
import type { LookupError } from '../github/runs.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import { oneLine } from '../note.ts';
import type { Runner } from '../runner/runner.ts';
import type { Cell } from '../runner/summary-table.ts';
import { runUrl } from '../runtime/workflow-run.ts';
import type { SweepDeletion } from './deletions.ts';
import type { DeleteReason, KeepReason, SweptToken } from './rule.ts';

interface Entry extends SweptToken {
  /** What happened to the token. */
  readonly result: string;
}

/** The runner drops a summary page of more than 1 MiB as a whole; a row has at most 2 KiB. */
const MAX_ROWS = 500;

const COLUMNS = ['Token', 'Note', 'Age', 'Run', 'Result'];

/** Reports what happened to each token: immediately in the log, and at the end on the summary page. */
export class SweepReport {
  readonly #runner: Runner;
  readonly #now: number;
  readonly #entries: Entry[] = [];

  /** @param now milliseconds since 1970, for the tokens' ages. */
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

  /** @throws if the page cannot be written. */
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
      return "it belongs to the sweep's own run";
    case 'not-checked':
      return 'there was no time to ask GitHub about its run';
    case 'in-progress':
      return `its run is not over (${reason.status.slice(0, 40)})`;
    case 'run-not-found':
      return 'GitHub cannot find its run, but the token may be less than a day old';
    case 'unknown':
      return `it is unknown whether its run is over: ${describeLookupError(reason.cause)}`;
    case 'newest':
      return 'it is among the newest with its note';
    case 'too-young':
      return 'it is younger than `permanent-min-age`';
    case 'unknown-age':
      return 'Mapbox did not say how old it is';
    case 'cut-note':
      return 'its note was truncated, so tokens with the same note may have different purposes';
  }
}

/** Why a token is due for deletion. */
export function describeDeleteReason(reason: DeleteReason): string {
  switch (reason) {
    case 'run-completed':
      return 'its run is over';
    case 'jobs-completed':
      return 'all jobs of its run completed more than a day ago';
    case 'run-deleted':
      return 'its run was deleted on GitHub';
    case 'older-than-any-run':
      return 'it is older than any run can be';
    case 'older-than-job-max-age':
      return 'it is older than `job-max-age`';
    case 'superseded':
      return 'newer tokens have its note';
  }
}

/** What happened to a token that was due for deletion for this reason. */
export function describeDeletion(deletion: SweepDeletion, reason: DeleteReason): string {
  const due = describeDeleteReason(reason);
  switch (deletion.kind) {
    case 'deleted':
      return `deleted, ${due}`;
    case 'already-deleted':
      return 'already deleted';
    case 'unlisted':
      return "no longer in Mapbox's list";
    case 'unconfirmed':
      return `kept although ${due}: Mapbox responded with 404 to its deletion, and no complete list confirmed that it is gone`;
    case 'skipped':
      return `kept although ${due}: its deletion was not attempted`;
    case 'rejected':
      return `kept although ${due}: Mapbox rejected its deletion (${deletion.status})`;
    case 'retries-exhausted':
      return `kept although ${due}: its deletion failed`;
  }
}

/** Why it is unknown whether a run is over, with GitHub's own reason: a sentence without its full stop. */
export function describeLookupError(error: LookupError): string {
  const sentence = describeResult(error, 'GitHub').replace(/\.$/, '');
  if (error.kind !== 'rejected' || error.reason === undefined) return sentence;
  return `${sentence}: "${error.reason}"`;
}

/** `1 token`, `2 tokens`. */
export function pluralize(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
