import { FREE_DELETIONS } from '../api/request-budget.ts';
import type { RateLimited, RetriesExhausted, Retryable, Success } from '../api/result.ts';
import { type RetryOptions, retry } from '../api/retry.ts';
import type { Account } from './account.ts';
import { deleteToken } from './delete.ts';
import { type ListedToken, listTokenPage, type TokenPage } from './list.ts';
import { type ApiResult, isNotFound, type Rejected } from './response.ts';
import { validateToken } from './validate.ts';

/** The tokens that were found in the account, or why it could not be searched. */
export type TokenSearch =
  | {
      readonly kind: 'found';
      readonly tokens: readonly ListedToken[];
      /** Whether the whole list was read. Otherwise a token that was not found may still exist. */
      readonly complete: boolean;
      /** When Mapbox sent the first page, by its own clock. */
      readonly serverDate: Date | undefined;
      /** When the first page arrived: milliseconds since 1970 by the runner's clock, and the clock's monotonic time. */
      readonly received: { readonly now: number; readonly monotonic: number };
    }
  | Rejected
  | RetriesExhausted;

/** More pages than any account has. */
const MAX_PAGES = 10_000;

/**
 * Reads every page of the account's tokens and returns the tokens that match. Needs `tokens:read`. A rejection that is
 * not Mapbox's own is retried.
 */
export async function findTokens(
  account: Account,
  options: RetryOptions,
  matches: (token: ListedToken) => boolean,
): Promise<TokenSearch> {
  const tokens = new Map<string, ListedToken>();
  const seen = new Set<string>();
  let query: TokenPage['next'];
  let complete = true;
  let serverDate: Date | undefined;
  const { clock } = options;
  let received = { now: clock.now(), monotonic: clock.monotonic() };
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const at = query;
    const page = await retry(async timeoutMs => {
      const result = await listTokenPage(account, at, timeoutMs);
      return result.kind === 'rejected' && result.isApiError ? result : toRetryable(result);
    }, options);
    if (page.kind !== 'success') return page;
    for (const token of page.value.tokens) if (matches(token)) tokens.set(token.id, token);
    if (pages === 0) {
      serverDate = page.value.serverDate;
      received = { now: clock.now(), monotonic: clock.monotonic() };
    }
    complete &&= page.value.complete;
    query = page.value.next;
    if (query === undefined || isRepeated(seen, query)) break;
  }
  return {
    kind: 'found',
    tokens: [...tokens.values()],
    complete: complete && query === undefined,
    serverDate,
    received,
  };
}

/** Whether this query was sent before, which means that the pages loop. */
function isRepeated(seen: Set<string>, query: Readonly<Record<string, string>>): boolean {
  const key = new URLSearchParams(query).toString();
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}

/** The result of deleting a token. `already-deleted`: it no longer exists. */
export type Deletion = { readonly kind: 'deleted' } | { readonly kind: 'already-deleted' } | RetriesExhausted;

/**
 * A 404 counts only if a second deletion, at least this long after the first, gets one too: a replica may be behind.
 */
const SECOND_LOOK_MS = 2_000;

/**
 * Checking whether a token is gone takes one request for the list and, if the list cannot be read, one for a
 * validation.
 */
const LOOKUP_REQUESTS = 2;

/**
 * Deletes one token. Deleting is idempotent, so it is retried until Mapbox clearly says that the token is gone: a 403,
 * 404 or 200 may come from a proxy. It uses all of the time it has, because giving up leaves the token alive.
 *
 * @param createdBy the id of the authorizing token that created the token.
 */
export async function deleteTokenWithRetry(
  account: Account,
  id: string,
  createdBy: string | undefined,
  options: RetryOptions,
): Promise<Deletion> {
  const { clock } = options;
  let notFoundAt: number | undefined;
  const result = await retry<Exclude<Deletion['kind'], 'retries-exhausted'>, never>(
    async timeoutMs => {
      const result = await deleteToken(account, id, timeoutMs);
      // With 403, the authorizing token lacks the scope: the token is still alive.
      if (!isNotFound(result) || result.status !== 404) return toRetryable(result);
      const now = clock.monotonic();
      notFoundAt ??= now;
      if (now - notFoundAt < SECOND_LOOK_MS) {
        return { kind: 'indeterminate', cause: result, minDelay: SECOND_LOOK_MS - (now - notFoundAt) };
      }
      const gone = await isGone(account, id, createdBy, timeoutMs);
      if (gone === true) return { kind: 'success', value: 'already-deleted' };
      return gone === false ? toRetryable(result) : gone;
    },
    {
      ...options,
      maxUnreadable: Number.POSITIVE_INFINITY,
      followUps: LOOKUP_REQUESTS,
      freeAttempts: FREE_DELETIONS,
    },
  );
  return result.kind === 'success' ? { kind: result.value } : result;
}

/** For a rejection that may come from something in front of Mapbox. */
function toRetryable<T>(result: ApiResult<T>): Success<T> | Retryable {
  return result.kind === 'rejected' ? { kind: 'indeterminate', cause: result } : result;
}

/**
 * Whether a token is gone after a 404, which may also mean that the authorizing token is not allowed to delete it, or
 * that a replica is behind. The list tells which. If the list cannot be read, the token counts as gone if the
 * authorizing token is valid and created it: such an authorizing token is allowed to delete it.
 */
async function isGone(
  account: Account,
  id: string,
  createdBy: string | undefined,
  timeoutMs: number,
): Promise<boolean | RateLimited> {
  const seen = new Set<string>();
  let query: TokenPage['next'];
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await listTokenPage(account, query, timeoutMs);
    if (page.kind === 'rate-limited') return page;
    if (isNotFound(page)) return isOwnCreation(account, createdBy, timeoutMs);
    if (page.kind !== 'success' || !page.value.complete) return false;
    if (page.value.tokens.some(token => token.id === id)) return false;
    query = page.value.next;
    if (query === undefined) return true;
    if (isRepeated(seen, query)) return false;
  }
  return false;
}

async function isOwnCreation(
  account: Account,
  createdBy: string | undefined,
  timeoutMs: number,
): Promise<boolean | RateLimited> {
  if (createdBy === undefined || createdBy !== account.authorizingToken.id) return false;
  const status = await validateToken(account, timeoutMs);
  if (status.kind === 'rate-limited') return status;
  return status.kind === 'success' && status.value === 'TokenValid';
}
