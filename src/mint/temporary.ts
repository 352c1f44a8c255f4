import { ActionError, errorTitles } from '../action-error.ts';
import { type RetryOptions, retry } from '../api/retry.ts';
import { HOUR } from '../duration.ts';
import type { TokenRequest } from '../inputs/token-request.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { type CreatedToken, createTemporaryToken } from '../mapbox/create.ts';
import { apiError } from '../mapbox/errors.ts';
import { isTokenId } from '../mapbox/token.ts';
import { clockCorrection, describeCorrection } from './clock-correction.ts';
import { isDiscarded } from './discard.ts';
import { type MintedTemporaryToken, provenTokenId, verifyTemporaryToken } from './verify.ts';

/**
 * Mints a token that expires on its own, normally with one request, which is safe to retry. If the runner's clock is
 * wrong, the token is created again with the requested lifetime by Mapbox's clock.
 *
 * @throws {ActionError} if there is no token to use.
 */
export async function mintTemporaryToken(
  account: Account,
  request: TokenRequest & { kind: 'temporary' },
  options: RetryOptions,
): Promise<MintedTemporaryToken> {
  const { clock, log } = options;
  let { result, elapsedMs } = await create(account, request, 0, options);
  const correction = clockCorrection(result, request.seconds, elapsedMs, clock.now());
  if (correction !== undefined) {
    log(describeCorrection(correction));
    ({ result, elapsedMs } = await create(account, request, correction.skewMs, options));
  }
  if (result.kind !== 'success') throw await apiError(result, request.scopes, account, options);
  const verified = verifyTemporaryToken(result.value, request, elapsedMs, account);
  if (!('mismatch' in verified)) return verified;
  const discarded = await discardUnexpected(account, result.value, options);
  throw new ActionError(
    errorTitles.tokenMismatch,
    `Mapbox created a token, but ${verified.mismatch}. It was not used. ${discarded}`,
  );
}

/** @param skewMs milliseconds to add to the runner's clock. */
async function create(
  account: Account,
  { scopes, seconds }: TokenRequest & { kind: 'temporary' },
  skewMs: number,
  options: RetryOptions,
) {
  const { clock } = options;
  let sentAt = clock.monotonic();
  const result = await retry(timeoutMs => {
    sentAt = clock.monotonic();
    const expires = new Date(clock.now() + skewMs + maxSeconds(seconds) * 1000);
    return createTemporaryToken(account, { scopes, expires }, timeoutMs);
  }, options);
  return { result, elapsedMs: clock.monotonic() - sentAt };
}

/**
 * Deletes a stored token that Mapbox returned instead of a temporary one, if the token is proved to be this step's, and
 * describes the result.
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
  return `It may still be alive: check on the Tokens page, ${TOKENS_PAGE}, whether ${which} created just now.`;
}

/** Mapbox counts the hour from the arrival of the request, by its own clock, so a full hour would often be rejected. */
function maxSeconds(seconds: number): number {
  return Math.min(seconds, HOUR - 15);
}
