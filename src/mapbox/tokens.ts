import type { Account } from './account.ts';
import { deleteToken } from './delete.ts';
import { type ListedToken, listPage, type Page } from './list.ts';
import { isMissing, type Refused } from './result.ts';
import { type GaveUp, type Patience, persist } from './retry.ts';

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
