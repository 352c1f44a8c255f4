import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { explain } from '../mapbox/describe.ts';
import { isMissing, type Refused } from '../mapbox/result.ts';
import type { GaveUp, Patience } from '../mapbox/retry.ts';
import { type Deletion, removeToken } from '../mapbox/tokens.ts';
import { type Alive, clearLost, whatIsLeft } from './orphans.ts';
import type { Trail } from './state.ts';

/** What the post step has to say. */
export interface Revoked {
  /** For the log. */
  readonly lines: readonly string[];
  /** What is still alive, or may be. */
  readonly warning: string | undefined;
}

/**
 * A request that was under way when the main step ended may still be carried out: the pauses before each further look,
 * in milliseconds.
 */
const LOOK_AGAIN = [2_000, 3_000, 5_000];

/**
 * Deletes what the main step made: the token of the job, or one that never got as far as being handed on, and
 * whatever lost requests left behind. Never fails: a release that went well is not to be run twice.
 */
export async function revoke(trail: Trail, account: Account, patience: Patience): Promise<Revoked> {
  const { mark, id, note, lost } = trail;
  const own = id === undefined ? undefined : { id, end: await removeToken(account, id, patience) };
  const search = mark === undefined || lost === 0 ? undefined : await clear(account, mark, trail, patience);
  const unsure = mark === undefined && lost > 0 ? await whatIsLeft(account, trail, patience) : undefined;
  const alive = [
    ...(own !== undefined && own.end.kind !== 'gone' && !found(search, own.id)
      ? [{ id: own.id, why: own.end }]
      : []),
    ...(search?.alive ?? []),
  ];
  const warnings = [warningOf(alive, search?.trouble, note), unsure].filter(text => text !== undefined);
  return {
    lines: linesOf(own, search),
    warning: warnings.length > 0 ? warnings.join('\n') : undefined,
  };
}

/** What several looks at the account came to. */
interface Search {
  readonly deleted: readonly string[];
  readonly alive: readonly Alive[];
  /** Why it could not be looked any further. */
  readonly trouble: Refused | GaveUp | undefined;
}

/**
 * Looks for what lost requests made: once where a token is known, whose making came after them, else until as many are
 * found as there can be, or none can be late any more.
 */
async function clear(
  account: Account,
  mark: string,
  { id, lost }: Trail,
  patience: Patience,
): Promise<Search> {
  const { clock, deadline } = patience;
  const deleted = new Set<string>();
  let alive: readonly Alive[] = [];
  for (const pause of [0, ...(id === undefined ? LOOK_AGAIN : [])]) {
    if (pause > 0) {
      if (deleted.size + alive.length >= lost || clock.ticks() + pause >= deadline) break;
      await clock.sleep(pause);
    }
    const look = await clearLost(account, mark, patience);
    if (look.kind !== 'cleared') return { deleted: [...deleted], alive, trouble: look };
    // A list that is stale shows a token again that is deleted.
    for (const gone of look.deleted) deleted.add(gone);
    alive = look.alive;
  }
  return { deleted: [...deleted], alive, trouble: undefined };
}

function found(search: Search | undefined, id: string): boolean {
  return search !== undefined && [...search.deleted, ...search.alive.map(token => token.id)].includes(id);
}

function linesOf(
  own: { readonly id: string; readonly end: Deletion } | undefined,
  search: Search | undefined,
): string[] {
  const lines: string[] = [];
  if (own?.end.kind === 'gone') {
    lines.push(own.end.found ? `Deleted the token ${own.id}.` : `The token ${own.id} was gone already.`);
  }
  if (search === undefined) return lines;
  for (const id of search.deleted) {
    if (id !== own?.id) lines.push(`Deleted the token ${id}, which a lost request had made.`);
    else if (own.end.kind !== 'gone') lines.push(`Deleted the token ${id}.`);
  }
  const nothing = search.deleted.length + search.alive.length === 0 && search.trouble === undefined;
  if (own === undefined && nothing) {
    lines.push('No token was found that the main step could have left behind.');
  }
  return lines;
}

function warningOf(
  alive: readonly Alive[],
  trouble: Refused | GaveUp | undefined,
  note: string,
): string | undefined {
  const parts = alive.map(
    ({ id, why }) => `The token ${id} with the note "${note}" is still alive. ${reason(why)}`,
  );
  if (trouble !== undefined) {
    parts.push(
      `A request for a token was interrupted and may have made one with the note "${note}". ${
        isMissing(trouble)
          ? 'The authorizing token lacks `tokens:read`, so it could not be looked for.'
          : reason(trouble)
      }`,
    );
  }
  if (parts.length === 0) return undefined;
  return `${parts.join('\n')}\nLook on the Tokens page, ${TOKENS_PAGE}, and delete it there. The job's result stands.`;
}

function reason(why: Refused | GaveUp): string {
  if (why.kind === 'gave up') return explain(why.last);
  if (why.why === 'unauthorized') return 'Mapbox does not accept the authorizing token any more (401).';
  return `Mapbox refused with ${why.status}.`;
}
