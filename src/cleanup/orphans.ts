import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import type { Rejected } from '../mapbox/result.ts';
import type { RetriesExhausted, RetryOptions } from '../mapbox/retry.ts';
import { deleteTokenWithRetry, findTokens } from '../mapbox/tokens.ts';
import type { CleanupState } from './state.ts';

/** What a search for lost tokens came to. */
export type OrphanSearch =
  | {
      readonly kind: 'searched';
      readonly deleted: readonly string[];
      readonly alive: readonly UndeletedToken[];
    }
  | Rejected
  | RetriesExhausted;

/** A token that could not be deleted, and why. */
export interface UndeletedToken {
  readonly id: string;
  readonly reason: Rejected | RetriesExhausted;
}

/** Deletes every token whose note ends with `marker`, the mark of one single step. */
export async function deleteOrphans(
  account: Account,
  marker: string,
  options: RetryOptions,
): Promise<OrphanSearch> {
  const found = await findTokens(account, options, ({ note }) => note.endsWith(marker));
  if (found.kind !== 'found') return found;
  const deleted: string[] = [];
  const alive: UndeletedToken[] = [];
  for (const { id } of found.tokens) {
    const result = await deleteTokenWithRetry(account, id, options);
    if (result.kind === 'deleted') deleted.push(id);
    else alive.push({ id, reason: result });
  }
  return { kind: 'searched', deleted, alive };
}

/**
 * The warning for requests that may have made tokens which cannot be told from others: the account cannot be
 * searched, or the tokens were to stay and carry no mark of their own.
 */
export async function orphanWarning(
  account: Account,
  { note, marker, id }: CleanupState,
  options: RetryOptions,
): Promise<string> {
  const look = `Look for the note "${note}" on the Tokens page, ${TOKENS_PAGE}, and delete what nobody uses`;
  const cause = 'Mapbox did not answer a request for a token, and may have made one that nobody holds.';
  if (marker !== undefined) {
    return `${cause} The authorizing token lacks \`tokens:read\`, so it could not be looked for. ${look}.`;
  }
  const found = await findTokens(account, options, token => token.note === note && token.id !== id);
  if (found.kind !== 'found') return `${cause} ${look}${id === undefined ? '' : ` (${id} is in use)`}.`;
  if (found.tokens.length === 0) return `${cause} None is to be seen now. ${look}, should one turn up.`;
  return `${cause} With its note there are: ${found.tokens.map(token => token.id).join(', ')}. ${look}.`;
}
