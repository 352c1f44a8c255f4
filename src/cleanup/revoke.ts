import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { describeResult } from '../mapbox/describe.ts';
import { isNotFound, type Rejected } from '../mapbox/result.ts';
import type { RetriesExhausted, RetryOptions } from '../mapbox/retry.ts';
import { type Deletion, deleteTokenWithRetry } from '../mapbox/tokens.ts';
import { deleteOrphans, orphanWarning, type UndeletedToken } from './orphans.ts';
import type { CleanupState } from './state.ts';

/** What the post step has to say. */
export interface CleanupReport {
  /** For the log. */
  readonly lines: readonly string[];
  /** What is still alive, or may be. */
  readonly warning: string | undefined;
}

/**
 * A request that was under way when the main step ended may still be carried out: the pauses before each further look,
 * in milliseconds.
 */
const RECHECK_DELAYS_MS = [2_000, 3_000, 5_000];

/**
 * Deletes what the main step made: the token of the job, or one that never got as far as being handed on, and
 * whatever lost requests left behind. Never fails: a release that went well is not to be run twice.
 */
export async function revoke(
  state: CleanupState,
  account: Account,
  options: RetryOptions,
): Promise<CleanupReport> {
  const { marker, id, note, orphans } = state;
  const own = id === undefined ? undefined : { id, result: await deleteTokenWithRetry(account, id, options) };
  const search =
    marker === undefined || orphans === 0 ? undefined : await searchOrphans(account, marker, state, options);
  const unsure =
    marker === undefined && orphans > 0 ? await orphanWarning(account, state, options) : undefined;
  const alive = [
    ...(own !== undefined && own.result.kind !== 'deleted' && !found(search, own.id)
      ? [{ id: own.id, reason: own.result }]
      : []),
    ...(search?.alive ?? []),
  ];
  const warnings = [warningOf(alive, search?.cause, note), unsure].filter(text => text !== undefined);
  return {
    lines: logLines(own, search),
    warning: warnings.length > 0 ? warnings.join('\n') : undefined,
  };
}

/** What several looks at the account came to. */
interface Search {
  readonly deleted: readonly string[];
  readonly alive: readonly UndeletedToken[];
  /** Why it could not be looked any further. */
  readonly cause: Rejected | RetriesExhausted | undefined;
}

/**
 * Looks for what lost requests made: once where a token is known, whose making came after them, else until as many are
 * found as there can be, or none can be late any more.
 */
async function searchOrphans(
  account: Account,
  marker: string,
  { id, orphans }: CleanupState,
  options: RetryOptions,
): Promise<Search> {
  const { clock, deadline } = options;
  const deleted = new Set<string>();
  let alive: readonly UndeletedToken[] = [];
  for (const pause of [0, ...(id === undefined ? RECHECK_DELAYS_MS : [])]) {
    if (pause > 0) {
      if (deleted.size + alive.length >= orphans || clock.monotonic() + pause >= deadline) break;
      await clock.sleep(pause);
    }
    const look = await deleteOrphans(account, marker, options);
    if (look.kind !== 'searched') return { deleted: [...deleted], alive, cause: look };
    // A list that is stale shows a token again that is deleted.
    for (const gone of look.deleted) deleted.add(gone);
    alive = look.alive;
  }
  return { deleted: [...deleted], alive, cause: undefined };
}

function found(search: Search | undefined, id: string): boolean {
  return search !== undefined && [...search.deleted, ...search.alive.map(token => token.id)].includes(id);
}

function logLines(
  own: { readonly id: string; readonly result: Deletion } | undefined,
  search: Search | undefined,
): string[] {
  const lines: string[] = [];
  if (own?.result.kind === 'deleted') {
    lines.push(own.result.found ? `Deleted the token ${own.id}.` : `The token ${own.id} was gone already.`);
  }
  if (search === undefined) return lines;
  for (const id of search.deleted) {
    if (id !== own?.id) lines.push(`Deleted the token ${id}, which a lost request had made.`);
    else if (own.result.kind !== 'deleted') lines.push(`Deleted the token ${id}.`);
  }
  const nothing = search.deleted.length + search.alive.length === 0 && search.cause === undefined;
  if (own === undefined && nothing) {
    lines.push('No token was found that the main step could have left behind.');
  }
  return lines;
}

function warningOf(
  alive: readonly UndeletedToken[],
  cause: Rejected | RetriesExhausted | undefined,
  note: string,
): string | undefined {
  const parts = alive.map(
    ({ id, reason }) => `The token ${id} with the note "${note}" is still alive. ${describeReason(reason)}`,
  );
  if (cause !== undefined) {
    parts.push(
      `A request for a token was interrupted and may have made one with the note "${note}". ${
        isNotFound(cause)
          ? 'The authorizing token lacks `tokens:read`, so it could not be looked for.'
          : describeReason(cause)
      }`,
    );
  }
  if (parts.length === 0) return undefined;
  return `${parts.join('\n')}\nLook on the Tokens page, ${TOKENS_PAGE}, and delete it there. The job's result stands.`;
}

function describeReason(reason: Rejected | RetriesExhausted): string {
  if (reason.kind === 'retries-exhausted') return describeResult(reason.last);
  if (reason.reason === 'unauthorized') return 'Mapbox does not accept the authorizing token any more (401).';
  return `Mapbox refused with ${reason.status}.`;
}
