import type { RetriesExhausted } from '../api/result.ts';
import { type RetryOptions, retry } from '../api/retry.ts';
import type { GithubClient } from '../github/client.ts';
import type { Secret } from '../secret.ts';
import { githubRetryOptions } from './github-errors.ts';
import type { KnownPlace } from './lookup.ts';
import { sealBox } from './sealed-box.ts';
import {
  type GithubRejection,
  getPublicKey,
  getSecret,
  type PublicKey,
  putSecret,
  type SecretResult,
} from './secrets.ts';

/**
 * What became of the put at one place. `not-stored`: certain, the secret is as it was. `unknown`: it may have the new
 * token or the old one. `skipped`: nothing was sent.
 */
export type StoreResult =
  | { readonly kind: 'stored' }
  | { readonly kind: 'not-stored'; readonly reason: GithubRejection | RetriesExhausted }
  | { readonly kind: 'unknown'; readonly reason: GithubRejection | RetriesExhausted }
  | { readonly kind: 'skipped' };

export interface PlaceResult {
  readonly place: KnownPlace;
  readonly result: StoreResult;
}

/** What storing works with. */
export interface Store {
  readonly github: GithubClient;
  readonly options: RetryOptions;
  /** 32 bytes that nobody can guess, others each time. */
  readonly randomBytes: () => Uint8Array;
}

/** Puts a token into every place, the primary one first. Where that one certainly did not take it, no other gets it. */
export async function storeEverywhere(
  token: Secret,
  places: readonly KnownPlace[],
  store: Store,
): Promise<PlaceResult[]> {
  const results: PlaceResult[] = [];
  for (const place of places) {
    const stop = results[0]?.result.kind === 'not-stored';
    const result: StoreResult = stop ? { kind: 'skipped' } : await storeToken(token, place, store);
    results.push({ place, result });
  }
  return results;
}

/** The last look at a secret whose put is unknown gets this long, whatever time is left. */
const LAST_LOOK_MS = 5_000;

/**
 * Puts a token into one place. Putting is idempotent, so what is of unknown outcome is repeated, unless the secret shows
 * that it has changed.
 */
async function storeToken(token: Secret, place: KnownPlace, store: Store): Promise<StoreResult> {
  const { github, options } = store;
  let isUncertain = false;
  let isStored = false;
  const put = putter(token, place, store);
  const look = async (timeoutMs: number) => {
    const secret = await getSecret(github, place.place, timeoutMs);
    isStored ||= secret.kind === 'success' && secret.value.updatedAt.getTime() > place.updatedAt.getTime();
  };
  const result = await retry(
    async (timeoutMs): Promise<SecretResult<'stored'>> => {
      if (isStored) return { kind: 'success', value: 'stored' };
      const result = await put(timeoutMs);
      if (result.kind === 'indeterminate') isUncertain = true;
      return result;
    },
    githubRetryOptions(options),
    () => look(Math.max(0, options.deadline - options.clock.monotonic())),
  );
  if (result.kind === 'success') return { kind: 'stored' };
  if (isUncertain) await look(LAST_LOOK_MS);
  if (isStored) return { kind: 'stored' };
  return { kind: isUncertain || !isCertain(result) ? 'unknown' : 'not-stored', reason: result };
}

/** Whether nothing was stored for certain, no attempt being uncertain: GitHub itself said no, or no request left. */
function isCertain(result: GithubRejection | RetriesExhausted): boolean {
  return result.kind === 'retries-exhausted' || [401, 403, 404, 422].includes(result.status);
}

/** GitHub's response to a box for a key that it has replaced, among other faults. */
const UNPROCESSABLE = 422;

/** Sends puts, each with a new box. The key may have changed since it was read: it is read again, once. */
function putter(
  token: Secret,
  { place, key: firstKey, access }: KnownPlace,
  { github, randomBytes }: Store,
): (timeoutMs: number) => Promise<SecretResult<'stored'>> {
  let key = firstKey;
  let isKeyFresh = false;
  const send = (timeoutMs: number) => {
    const box = sealBox(token, key.bytes, randomBytes());
    return putSecret(github, place, { box, keyId: key.id, access }, timeoutMs);
  };
  return async timeoutMs => {
    const result = await send(timeoutMs);
    if (result.kind !== 'rejected' || result.status !== UNPROCESSABLE || isKeyFresh) return result;
    isKeyFresh = true;
    const fresh: SecretResult<PublicKey> = await getPublicKey(github, place, timeoutMs);
    if (fresh.kind !== 'success') return result;
    key = fresh.value;
    return send(timeoutMs);
  };
}
