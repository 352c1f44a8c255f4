import { formatDuration } from '../duration.ts';
import { ActionError, errorTitles } from '../errors/action-error.ts';
import { apiError } from '../errors/api-error.ts';
import type { ConnectionInputs } from '../inputs/connection.ts';
import type { TokenRequest } from '../inputs/token-request.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { createTemporaryToken } from '../mapbox/create.ts';
import type { Rejected } from '../mapbox/result.ts';
import { type RetryOptions, retry } from '../mapbox/retry.ts';
import { deleteTokenWithRetry } from '../mapbox/tokens.ts';
import { confirmedTokenId, ownTokenId, withDiscardBudget } from './discard.ts';
import type { Mint } from './stored.ts';
import { judge, type MintedToken } from './verify.ts';

/**
 * Mints a token that expires by itself. One request when all is well; repeating it is harmless.
 *
 * @throws {ActionError} when there is no token to hand on.
 */
export async function mintTemporaryToken(
  { authorizingToken, username }: ConnectionInputs,
  request: TokenRequest & { kind: 'temporary' },
  { account, options }: Pick<Mint, 'account' | 'options'>,
): Promise<MintedToken> {
  const { clock, log } = options;
  const ask = (ahead: number) =>
    retry(left => {
      const expires = new Date(clock.now() + ahead + maxSeconds(request.seconds) * 1000);
      return createTemporaryToken(account, { scopes: request.scopes, expires }, left);
    }, options);

  let result = await ask(0);
  const ahead = result.kind === 'rejected' ? clockCorrection(result, clock.now()) : undefined;
  if (ahead !== undefined) {
    log(
      `The runner's clock is ${formatDuration(Math.abs(ahead))} ${ahead < 0 ? 'ahead of' : 'behind'} Mapbox's. Asking again by Mapbox's clock.`,
    );
    result = await ask(ahead);
  }
  if (result.kind !== 'success')
    throw await apiError(result, request.scopes, authorizingToken, account, options);
  const { value } = result;
  const minted = judge(value, request, username, authorizingToken);
  if (!('fault' in minted)) return minted;
  const stored = [value.claims?.usage, value.usage].some(usage => usage === 'pk' || usage === 'sk');
  const deletion = stored
    ? await discardUnexpected(
        account,
        ownTokenId(value, authorizingToken),
        confirmedTokenId(value, authorizingToken, username),
        withDiscardBudget(options),
      )
    : 'A temporary token expires by itself.';
  throw new ActionError(
    errorTitles.tokenMismatch,
    `Mapbox made a token, but ${minted.fault}. It was not handed on. ${deletion}`,
  );
}

/**
 * Deletes a stored token that came where a temporary one was asked for, and says what became of it.
 *
 * @param onResult its id as the answer says it, and `confirmed` as its own text does.
 */
async function discardUnexpected(
  account: Account,
  onResult: string | undefined,
  confirmed: string | undefined,
  options: RetryOptions,
): Promise<string> {
  const result =
    confirmed === undefined ? undefined : await deleteTokenWithRetry(account, confirmed, options);
  if (result?.kind === 'deleted' && result.found) return 'It was deleted.';
  const which = onResult === undefined ? 'a token was' : `the token ${onResult} was`;
  return `It may still be alive: look on the Tokens page, ${TOKENS_PAGE}, whether ${which} made just now.`;
}

/** Mapbox measures the hour from when the request arrives, by its own clock: a full one would often be refused. */
function maxSeconds(seconds: number): number {
  return Math.min(seconds, 3600 - 15);
}

/** More than this is no drift: the runner's clock is wrong, and other things will fail over it. */
const MAX_SKEW_MS = 3_600_000;

/** Milliseconds to add to the runner's clock, where Mapbox refused the expiry and its `Date` explains why. */
function clockCorrection({ reason, serverDate }: Rejected, now: number): number | undefined {
  if (reason !== 'expires-in-past' && reason !== 'expires-too-late') return undefined;
  if (serverDate === undefined) return undefined;
  // `Date` is cut to whole seconds, and the next request takes its time.
  const ahead = serverDate.getTime() - now - (reason === 'expires-too-late' ? 1000 : 0);
  return Math.abs(ahead) <= MAX_SKEW_MS ? ahead : undefined;
}
