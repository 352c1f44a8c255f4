import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { deleteToken } from '../mapbox/delete.ts';
import { type ListedToken, listPage, type Page } from '../mapbox/list.ts';
import type { Refused } from '../mapbox/result.ts';
import { type Patience, persist } from '../mapbox/retry.ts';
import type { GaveUp, Setback } from '../setback.ts';
import type { Trail } from './state.ts';

/** What was found on the account, or why it could not be looked through. */
export type Found = { readonly kind: 'found'; readonly tokens: readonly ListedToken[] } | Refused | GaveUp;

/** More pages than any account has; ends a list that runs in circles. */
const MOST_PAGES = 10_000;

/** Goes through every page of the account's tokens and takes those that `wanted` says yes to. */
export async function findTokens(
  account: Account,
  patience: Patience,
  wanted: (token: ListedToken) => boolean,
): Promise<Found> {
  const tokens = new Map<string, ListedToken>();
  let query: Page['next'];
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const at = query;
    const page = await persist(left => listPage(account, at, left), patience);
    if (page.kind !== 'done') return page;
    for (const token of page.value.tokens) if (wanted(token)) tokens.set(token.id, token);
    query = page.value.next;
    if (query === undefined) break;
  }
  return { kind: 'found', tokens: [...tokens.values()] };
}

/** What became of a token that was to be deleted. */
export type Deletion =
  | {
      readonly kind: 'gone';
      /** `false`: Mapbox found no such token, as it does when somebody else has deleted it. */
      readonly found: boolean;
    }
  | Refused
  | GaveUp;

/** Deletes one token. A token that Mapbox itself does not find is gone, whoever deleted it. */
export async function removeToken(account: Account, id: string, patience: Patience): Promise<Deletion> {
  const end = await persist(left => deleteToken(account, id, left), patience);
  if (end.kind === 'done') return { kind: 'gone', found: true };
  return isMissing(end) ? { kind: 'gone', found: false } : end;
}

/** Whether Mapbox itself said that it finds no such thing, or that the authorizing token may not see it. */
export function isMissing(end: Refused | Setback | GaveUp): boolean {
  return end.kind === 'refused' && end.why === 'not found' && end.documented;
}

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
