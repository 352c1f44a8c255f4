import { formatDuration } from '../duration.ts';
import { ActionError, errorTitles } from '../errors/action-error.ts';
import { apiError } from '../errors/api-error.ts';
import type { TokenRequest } from '../inputs/token-request.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { type CreatedToken, createTemporaryToken } from '../mapbox/create.ts';
import type { Rejected } from '../mapbox/result.ts';
import { type RetryOptions, retry } from '../mapbox/retry.ts';
import { isTokenId } from '../mapbox/token.ts';
import { isDiscarded } from './discard.ts';
import { type MintedTemporaryToken, provenTokenId, verifyTemporaryToken } from './verify.ts';

/**
 * Mints a token that expires on its own. One request when all is well; repeating it does no harm.
 *
 * @throws {ActionError} when there is no token to use.
 */
export async function mintTemporaryToken(
  account: Account,
  request: TokenRequest & { kind: 'temporary' },
  options: RetryOptions,
): Promise<MintedTemporaryToken> {
  const { clock, log } = options;
  const create = (skew: number) =>
    retry(timeoutMs => {
      const expires = new Date(clock.now() + skew + maxSeconds(request.seconds) * 1000);
      return createTemporaryToken(account, { scopes: request.scopes, expires }, timeoutMs);
    }, options);

  let result = await create(0);
  const skew = result.kind === 'rejected' ? clockCorrection(result, clock.now()) : undefined;
  if (skew !== undefined) {
    log(
      `The runner's clock is ${formatDuration(Math.abs(skew))} ${skew < 0 ? 'ahead of' : 'behind'} Mapbox's. Retrying by Mapbox's clock.`,
    );
    result = await create(skew);
  }
  if (result.kind !== 'success') throw await apiError(result, request.scopes, account, options);
  const verified = verifyTemporaryToken(result.value, request, account);
  if (!('mismatch' in verified)) return verified;
  const discarded = await discardUnexpected(account, result.value, options);
  throw new ActionError(
    errorTitles.tokenMismatch,
    `Mapbox created a token, but ${verified.mismatch}. It was not used. ${discarded}`,
  );
}

/**
 * Deletes a stored token that came in place of a temporary one, if it is proved to be this step's, and says what became
 * of it.
 */
async function discardUnexpected(
  account: Account,
  created: CreatedToken,
  options: RetryOptions,
): Promise<string> {
  const isStored = [created.claims?.usage, created.usage].some(usage => usage === 'pk' || usage === 'sk');
  if (!isStored) return 'A temporary token expires on its own.';
  const proven = provenTokenId(created, undefined, account);
  if (proven !== undefined && (await isDiscarded(account, proven, options))) return 'It was deleted.';
  const { id } = created;
  const named = id !== undefined && isTokenId(id) && id !== account.authorizingToken.id;
  const which = named ? `the token ${id} was` : 'a token was';
  return `It may still be alive: look on the Tokens page, ${TOKENS_PAGE}, whether ${which} created just now.`;
}

/** Mapbox measures the hour from when the request arrives, by its own clock: a full one would often be rejected. */
function maxSeconds(seconds: number): number {
  return Math.min(seconds, 3600 - 15);
}

/** More than this is no drift: the runner's clock is wrong, and other things will fail over it. */
const MAX_SKEW_MS = 3_600_000;

/** Milliseconds to add to the runner's clock, where Mapbox rejected the expiry and its `Date` explains why. */
function clockCorrection({ reason, serverDate }: Rejected, now: number): number | undefined {
  if (reason !== 'expires-in-past' && reason !== 'expires-too-late') return undefined;
  if (serverDate === undefined) return undefined;
  // `Date` is cut to whole seconds, and the next request takes its time.
  const skew = serverDate.getTime() - now - (reason === 'expires-too-late' ? 1000 : 0);
  return Math.abs(skew) <= MAX_SKEW_MS ? skew : undefined;
}
