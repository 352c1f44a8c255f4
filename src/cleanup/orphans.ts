import type { RetriesExhausted } from '../api/result.ts';
import type { RetryOptions } from '../api/retry.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import type { Rejected } from '../mapbox/response.ts';
import { deleteTokenWithRetry, findTokens } from '../mapbox/tokens.ts';
import { hasNonce } from '../note.ts';
import type { CleanupState } from './state.ts';

/** The result of a search for orphaned tokens. */
export type OrphanSearch =
  | {
      readonly kind: 'searched';
      readonly deleted: readonly string[];
      readonly undeleted: readonly UndeletedToken[];
      /** Whether the list was read completely. Otherwise, a token that was not found may exist. */
      readonly complete: boolean;
    }
  | Rejected
  | RetriesExhausted;

/** A token that could not be deleted, and why. */
export interface UndeletedToken {
  readonly id: string;
  readonly reason: RetriesExhausted;
}

/** The tokens that one step created. `keep`: the id of the token that is in use. */
export interface StepTokens {
  readonly nonce: string;
  readonly keep: string | undefined;
  /** Ids that this step has deleted already: a stale list may still show them. */
  readonly deleted?: ReadonlySet<string>;
  /** The id of the authorizing token that created them. */
  readonly createdBy: string | undefined;
}

/** Searches the account for the tokens of one step, and deletes all but the one to keep. */
export async function deleteOrphans(
  account: Account,
  { nonce, keep, deleted: gone, createdBy }: StepTokens,
  options: RetryOptions,
): Promise<OrphanSearch> {
  const skipped = new Set([keep, account.authorizingToken.id, ...(gone ?? [])]);
  const found = await findTokens(
    account,
    options,
    token => hasNonce(token.note, nonce) && !skipped.has(token.id),
  );
  if (found.kind !== 'found') return found;
  const deleted: string[] = [];
  const undeleted: UndeletedToken[] = [];
  for (const { id } of found.tokens) {
    const result = await deleteTokenWithRetry(account, id, createdBy, options);
    if (result.kind === 'retries-exhausted') undeleted.push({ id, reason: result });
    else deleted.push(id);
  }
  return { kind: 'searched', deleted, undeleted, complete: found.complete };
}

/**
 * The warning about requests that may have created tokens that cannot be identified, because the account cannot be
 * searched or because Mapbox does not store notes as sent.
 *
 * @param storedNote the note of a later token as Mapbox stored it, if the nonce is missing there.
 */
export async function orphanWarning(
  account: Account,
  { note, token }: Pick<CleanupState, 'note' | 'token'>,
  storedNote: string | undefined,
  options: RetryOptions,
): Promise<string> {
  const cause = 'A request for a token had no usable response, and may have created an unknown token.';
  const look = `Search for the note "${storedNote ?? note}" on the Tokens page, ${TOKENS_PAGE}, and delete tokens that are not in use`;
  if (storedNote === undefined) {
    return `${cause} The authorizing token lacks \`tokens:read\`, so it could not be searched for. ${look}.`;
  }
  const found = await findTokens(
    account,
    options,
    other => other.note === storedNote && other.id !== token?.id,
  );
  const inUse = token === undefined ? '' : ` (${token.id} is in use)`;
  if (found.kind !== 'found') return `${cause} ${look}${inUse}.`;
  if (found.tokens.length === 0) return `${cause} None was found so far. ${look}${inUse}.`;
  return `${cause} Tokens with its note: ${found.tokens.map(({ id }) => id).join(', ')}. ${look}${inUse}.`;
}
