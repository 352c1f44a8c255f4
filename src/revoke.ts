import { explain } from './explain.ts';
import { type Alive, type Cleared, clearLost, type Deletion, removeToken, whatIsLeft } from './lost.ts';
import { type Account, TOKENS_PAGE } from './mapbox/account.ts';
import type { Refused } from './mapbox/outcome.ts';
import type { Patience } from './persist.ts';
import type { GaveUp } from './setback.ts';
import type { Trail } from './trail.ts';

/** What the post step has to say. */
export interface Revoked {
  /** For the log. */
  readonly lines: readonly string[];
  /** What is still alive, or may be. */
  readonly warning: string | undefined;
}

/** A request that was under way when the main step ended may still be carried out: look again after this long. */
const SECOND_LOOK = 2_000;

/**
 * Deletes what the main step made: the token of the job, or one that never got as far as being handed on, and
 * whatever lost requests left behind. Never fails: a release that went well is not to be run twice.
 */
export async function revoke(trail: Trail, account: Account, patience: Patience): Promise<Revoked> {
  const { mark, id, note, lost } = trail;
  const own = id === undefined ? undefined : { id, end: await removeToken(account, id, patience) };
  const cleared = mark === undefined ? undefined : await clear(account, mark, trail, patience);
  const unsure =
    mark === undefined && (id === undefined || lost) ? await whatIsLeft(account, trail, patience) : undefined;
  const alive = [
    ...(own !== undefined && own.end.kind !== 'gone' && !found(cleared, own.id)
      ? [{ id: own.id, why: own.end }]
      : []),
    ...(cleared?.kind === 'cleared' ? cleared.alive : []),
  ];
  const warnings = [warningOf(alive, cleared, note), unsure].filter(text => text !== undefined);
  return {
    lines: linesOf(own, cleared),
    warning: warnings.length > 0 ? warnings.join('\n') : undefined,
  };
}

/** Looks for what lost requests made, where there can have been one. */
async function clear(
  account: Account,
  mark: string,
  { id, lost }: Trail,
  patience: Patience,
): Promise<Cleared | undefined> {
  if (id === undefined) return clearTwice(account, mark, patience);
  return lost ? clearLost(account, mark, patience) : undefined;
}

async function clearTwice(account: Account, mark: string, patience: Patience): Promise<Cleared> {
  const first = await clearLost(account, mark, patience);
  if (first.kind !== 'cleared' || first.deleted.length + first.alive.length > 0) return first;
  await patience.clock.sleep(SECOND_LOOK);
  return clearLost(account, mark, patience);
}

function found(cleared: Cleared | undefined, id: string): boolean {
  return (
    cleared?.kind === 'cleared' &&
    (cleared.deleted.includes(id) || cleared.alive.some(token => token.id === id))
  );
}

function linesOf(
  own: { readonly id: string; readonly end: Deletion } | undefined,
  cleared: Cleared | undefined,
): string[] {
  const lines: string[] = [];
  if (own?.end.kind === 'gone') lines.push(`Deleted the token ${own.id}.`);
  if (cleared?.kind === 'cleared') {
    for (const lost of cleared.deleted)
      lines.push(`Deleted the token ${lost}, which a lost request had made.`);
    if (own === undefined && cleared.deleted.length + cleared.alive.length === 0) {
      lines.push('The main step left no token behind.');
    }
  }
  return lines;
}

function warningOf(alive: readonly Alive[], cleared: Cleared | undefined, note: string): string | undefined {
  const parts = alive.map(
    ({ id, why }) => `The token ${id} with the note "${note}" is still alive. ${reason(why)}`,
  );
  if (cleared !== undefined && cleared.kind !== 'cleared') {
    const want = cleared.kind === 'refused' && cleared.why === 'not found';
    parts.push(
      `A request for a token was interrupted and may have made one with the note "${note}". ${
        want ? 'The authorizing token lacks `tokens:read`, so it could not be looked for.' : reason(cleared)
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
