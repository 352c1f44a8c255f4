import { clearLost } from '../cleanup/orphans.ts';
import type { Trail } from '../cleanup/state.ts';
import type { Access } from '../inputs/connection.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import type { Created } from '../mapbox/create.ts';
import type { Patience } from '../mapbox/retry.ts';
import { isTokenId } from '../mapbox/token.ts';
import { removeToken } from '../mapbox/tokens.ts';

/** A token that is not handed on is deleted even if the step's time is up; after that the post step tries. */
export const GRACE = 10_000;

/** The id in Mapbox's answer, if it has the form of one and is not that of the token which asked. */
export function ownId({ id }: Created, authorizer: Access['authorizer']): string | undefined {
  return id !== undefined && isTokenId(id) && id !== authorizer.id ? id : undefined;
}

/**
 * The id of a token that is not handed on, if the token's own text confirms it: an answer that is wrong in one thing
 * may be wrong in its id, too, and name somebody's production key.
 */
export function confirmedId(
  created: Created,
  authorizer: Access['authorizer'],
  username: string,
): string | undefined {
  const id = ownId(created, authorizer);
  const { claims } = created;
  return claims?.id === id && claims?.username === username ? id : undefined;
}

/** Deletes a token that is not handed on, and says what became of it. */
export async function discard(
  account: Account,
  id: string | undefined,
  { mark, note }: Trail,
  patience: Patience,
): Promise<{ readonly gone: boolean; readonly words: string }> {
  const deleted = { gone: true, words: 'It was deleted.' };
  const alive = {
    gone: false,
    words: `It may still be alive: look for the note "${note}" on the Tokens page, ${TOKENS_PAGE}, and delete it there.`,
  };
  if (id !== undefined) {
    const end = await removeToken(account, id, patience);
    if (end.kind !== 'gone') return alive;
    if (end.found) return deleted;
    // Not found is not deleted: nobody but us knows of this token.
  }
  if (mark === undefined) return alive;
  const end = await clearLost(account, mark, patience);
  return end.kind === 'cleared' && end.deleted.length > 0 && end.alive.length === 0 ? deleted : alive;
}

export function graced(patience: Patience): Patience {
  return { ...patience, deadline: patience.clock.ticks() + GRACE };
}
