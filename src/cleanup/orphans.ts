import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import type { Refused } from '../mapbox/result.ts';
import type { GaveUp, Patience } from '../mapbox/retry.ts';
import { findTokens, removeToken } from '../mapbox/tokens.ts';
import type { Trail } from './state.ts';

/** What a search for lost tokens came to. */
export type Cleared =
  | { readonly kind: 'cleared'; readonly deleted: readonly string[]; readonly alive: readonly Alive[] }
  | Refused
  | GaveUp;

/** A token that could not be deleted, and why. */
export interface Alive {
  readonly id: string;
  readonly why: Refused | GaveUp;
}

/** Deletes every token whose note ends with `mark`, the mark of one single step. */
export async function clearLost(account: Account, mark: string, patience: Patience): Promise<Cleared> {
  const found = await findTokens(account, patience, ({ note }) => note.endsWith(mark));
  if (found.kind !== 'found') return found;
  const deleted: string[] = [];
  const alive: Alive[] = [];
  for (const { id } of found.tokens) {
    const end = await removeToken(account, id, patience);
    if (end.kind === 'gone') deleted.push(id);
    else alive.push({ id, why: end });
  }
  return { kind: 'cleared', deleted, alive };
}

/**
 * The warning for requests that may have made tokens which cannot be told from others: the account cannot be
 * searched, or the tokens were to stay and carry no mark of their own.
 */
export async function whatIsLeft(
  account: Account,
  { note, mark, id }: Trail,
  patience: Patience,
): Promise<string> {
  const look = `Look for the note "${note}" on the Tokens page, ${TOKENS_PAGE}, and delete what nobody uses`;
  const cause = 'Mapbox did not answer a request for a token, and may have made one that nobody holds.';
  if (mark !== undefined) {
    return `${cause} The authorizing token lacks \`tokens:read\`, so it could not be looked for. ${look}.`;
  }
  const found = await findTokens(account, patience, token => token.note === note && token.id !== id);
  if (found.kind !== 'found') return `${cause} ${look}${id === undefined ? '' : ` (${id} is in use)`}.`;
  if (found.tokens.length === 0) return `${cause} None is to be seen now. ${look}, should one turn up.`;
  return `${cause} With its note there are: ${found.tokens.map(token => token.id).join(', ')}. ${look}.`;
}
