import { formatDuration, HOUR } from '../duration.ts';
import { ActionError, errorTitles } from '../errors/action-error.ts';
import { apiError } from '../errors/api-error.ts';
import type { TokenRequest } from '../inputs/token-request.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { type CreatedToken, createTemporaryToken } from '../mapbox/create.ts';
import type { Rejected, Success } from '../mapbox/result.ts';
import { type RetriesExhausted, type RetryOptions, retry } from '../mapbox/retry.ts';
import { isTokenId } from '../mapbox/token.ts';
import { isDiscarded } from './discard.ts';
import {
  isLifetimeRequested,
  lifetimesOf,
  type MintedTemporaryToken,
  provenTokenId,
  verifyTemporaryToken,
} from './verify.ts';

/**
 * Mints a token that expires on its own. One request when all is well; repeating it does no harm. Where the runner's
 * clock is wrong, the lifetime is still the requested one by Mapbox's clock.
 *
 * @throws {ActionError} when there is no token to use.
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

/** `skewMs`: what to add to the runner's clock. */
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
  return Math.min(seconds, HOUR - 15);
}

interface ClockCorrection {
  /** Mapbox's time less the runner's. */
  readonly differenceMs: number;
  /** What to add to the runner's clock. */
  readonly skewMs: number;
  readonly reason: 'rejected' | 'wrong-lifetime';
}

/** Below this the clocks agree: `Date` is cut to whole seconds, and a request takes its time. */
const CLOCKS_AGREE_MS = 2_000;

/** The correction, where Mapbox rejected the expiry or the token would not live as long as requested. */
function clockCorrection(
  result: Success<CreatedToken> | Rejected | RetriesExhausted,
  seconds: number,
  elapsedMs: number,
  now: number,
): ClockCorrection | undefined {
  if (result.kind === 'rejected') {
    const { reason, serverDate } = result;
    if (serverDate === undefined || (reason !== 'expires-in-past' && reason !== 'expires-too-late'))
      return undefined;
    const differenceMs = serverDate.getTime() - now;
    const skewMs = differenceMs - (reason === 'expires-too-late' ? 1000 : 0);
    return { differenceMs, skewMs, reason: 'rejected' };
  }
  if (result.kind !== 'success') return undefined;
  const { issuedAt, claims, serverDate } = result.value;
  const mapboxNow = issuedAt ?? claims?.issuedAt ?? serverDate;
  const [lifetime] = lifetimesOf(result.value);
  if (mapboxNow === undefined || lifetime === undefined) return undefined;
  if (isLifetimeRequested(lifetime, seconds, elapsedMs)) return undefined;
  const differenceMs = mapboxNow.getTime() - now;
  if (Math.abs(differenceMs) < CLOCKS_AGREE_MS) return undefined;
  return { differenceMs, skewMs: differenceMs, reason: 'wrong-lifetime' };
}

function describeCorrection({ differenceMs, reason }: ClockCorrection): string {
  if (Math.abs(differenceMs) < CLOCKS_AGREE_MS)
    return "Mapbox rejected the expiry. Retrying by Mapbox's clock.";
  const difference = `The runner's clock is ${formatDuration(Math.abs(differenceMs))} ${differenceMs < 0 ? 'ahead of' : 'behind'} Mapbox's`;
  return reason === 'rejected'
    ? `${difference}. Retrying by Mapbox's clock.`
    : `${difference}, so the token would not live as long as requested. Creating another one by Mapbox's clock; the first expires on its own.`;
}
