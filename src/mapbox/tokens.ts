import type { Account } from './account.ts';
import { deleteToken } from './delete.ts';
import { type ListedToken, listTokenPage, type TokenPage } from './list.ts';
import { isNotFound, type Rejected } from './result.ts';
import { type RetriesExhausted, type RetryOptions, retry } from './retry.ts';

/** What was found on the account, or why it could not be looked through. */
export type TokenSearch =
  | { readonly kind: 'found'; readonly tokens: readonly ListedToken[] }
  | Rejected
  | RetriesExhausted;

/** More pages than any account has; ends a list that runs in circles. */
const MAX_PAGES = 10_000;

/** Goes through every page of the account's tokens and takes those that `request` says yes to. */
export async function findTokens(
  account: Account,
  options: RetryOptions,
  request: (token: ListedToken) => boolean,
): Promise<TokenSearch> {
  const tokens = new Map<string, ListedToken>();
  let query: TokenPage['next'];
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const at = query;
    const page = await retry(left => listTokenPage(account, at, left), options);
    if (page.kind !== 'success') return page;
    for (const token of page.value.tokens) if (request(token)) tokens.set(token.id, token);
    query = page.value.next;
    if (query === undefined) break;
  }
  return { kind: 'found', tokens: [...tokens.values()] };
}

/** What became of a token that was to be deleted. */
export type Deletion =
  | {
      readonly kind: 'deleted';
      /** `false`: Mapbox found no such token, as it does when somebody else has deleted it. */
      readonly found: boolean;
    }
  | Rejected
  | RetriesExhausted;

/** Deletes one token. A token that Mapbox itself does not find is gone, whoever deleted it. */
export async function deleteTokenWithRetry(
  account: Account,
  id: string,
  options: RetryOptions,
): Promise<Deletion> {
  const result = await retry(left => deleteToken(account, id, left), options);
  if (result.kind === 'success') return { kind: 'deleted', found: true };
  return isNotFound(result) ? { kind: 'deleted', found: false } : result;
}
