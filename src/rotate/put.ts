import type { RetriesExhausted } from '../api/result.ts';
import { type RetryOptions, retry } from '../api/retry.ts';
import type { GithubClient, GithubRejection, GithubResult } from '../github/client.ts';
import type { Secret } from '../secret.ts';
import { type Deadline, TOO_LATE } from './deadline.ts';
import { githubRetryOptions } from './errors.ts';
import type { Rotation } from './rotation.ts';
import { sealBox } from './sealed-box.ts';
import { getPublicKey, getSecret, type KnownPlace, putSecret, timesOf } from './secrets.ts';

/**
 * Why it is not certain that a place has a token. `changed`: someone else updated the secret. `too-late`: the {@link
 * Deadline} has passed.
 */
export type PutFailure = GithubRejection | RetriesExhausted | { readonly kind: 'changed' | 'too-late' };

/**
 * The result of a put into one place. `not-stored`: the secret is certainly unchanged. `unknown`: the token may have
 * been stored. `skipped`: nothing was sent.
 */
export type PutResult =
  | { readonly kind: 'stored' }
  | { readonly kind: 'not-stored' | 'unknown'; readonly reason: PutFailure }
  | { readonly kind: 'skipped' };

export interface PlaceResult {
  readonly place: KnownPlace;
  readonly result: PutResult;
}

/** Everything that puts need. */
export interface Store {
  readonly github: GithubClient;
  readonly options: RetryOptions;
  readonly deadline: Deadline;
  /** Returns 32 new unpredictable bytes each time. */
  readonly randomBytes: () => Uint8Array;
  /** Whether only 201 and 204 prove that the token was stored, and a newer `updated_at` does not. */
  readonly isStrict: boolean;
}

const RANDOM_BYTES = 32;

/** The store of a rotation, strict with `revoke-previous: now`. */
export function storeOf({
  github,
  options,
  deadline,
  context,
  policy,
}: Pick<Rotation, 'github' | 'options' | 'deadline'> & {
  readonly context: Pick<Rotation['context'], 'randomInt'>;
  readonly policy: Pick<Rotation['policy'], 'revokePrevious'>;
}): Store {
  const randomBytes = () => Uint8Array.from({ length: RANDOM_BYTES }, () => context.randomInt(256));
  return { github, options, deadline, randomBytes, isStrict: policy.revokePrevious === 'now' };
}

/** How long an interrupted step waits for the response to a put: only the response shows which token the secret has. */
export const RESPONSE_GRACE_MS = 5_000;

/**
 * Puts a replacement into every place, the primary one first. Skips the others unless the primary one certainly has it.
 */
export async function putReplacement(
  token: Secret,
  places: readonly KnownPlace[],
  store: Store,
): Promise<PlaceResult[]> {
  const results: PlaceResult[] = [];
  for (const place of places) {
    const stop = results[0] !== undefined && results[0].result.kind !== 'stored';
    results.push({ place, result: stop ? { kind: 'skipped' } : await putInto(token, place, store) });
  }
  return results;
}

/** Puts the current token into places. A failure does not stop the others. */
export async function putCurrent(
  token: Secret,
  places: readonly KnownPlace[],
  store: Store,
): Promise<PlaceResult[]> {
  const results: PlaceResult[] = [];
  for (const place of places) results.push({ place, result: await putInto(token, place, store) });
  return results;
}

/** The places whose result is of one of these kinds. */
export function placesWith(
  results: readonly PlaceResult[],
  ...kinds: readonly PutResult['kind'][]
): KnownPlace[] {
  return results.filter(({ result }) => kinds.includes(result.kind)).map(({ place }) => place);
}

/**
 * How much time may pass by GitHub's clock between the first read of a place and a put. The clocks of a paused machine
 * stand still.
 */
const MAX_PAUSE_MS = 1_800_000;

/** How long the last check of a secret after a put of unknown outcome may take, even if no time is left. */
const LAST_CHECK_MS = 5_000;

/** Puts a token into one place, unless the secret has changed since it was last read. */
async function putInto(token: Secret, place: KnownPlace, store: Store): Promise<PutResult> {
  const { github } = store;
  const options = githubRetryOptions(store.options);
  const again = await retry(timeoutMs => getSecret(github, place.place, timeoutMs), options);
  if (again.kind !== 'success') return { kind: 'not-stored', reason: again };
  const { updatedAt } = again.value;
  if (updatedAt.getTime() !== place.updatedAt.getTime()) {
    return { kind: 'not-stored', reason: { kind: 'changed' } };
  }
  if (timesOf(again.value, options.clock).now - place.now > MAX_PAUSE_MS) {
    return { kind: 'not-stored', reason: { kind: 'too-late' } };
  }
  return putUntilKnown(token, place, store, options);
}

/**
 * Repeats puts of unknown outcome, since they are idempotent, until the secret's `updated_at` shows that one was
 * stored.
 *
 * @param options retry options for requests to GitHub.
 */
async function putUntilKnown(
  token: Secret,
  place: KnownPlace,
  store: Store,
  options: RetryOptions,
): Promise<PutResult> {
  const { github, isStrict } = store;
  let isUncertain = false;
  let isStored = false;
  const put = putter(token, place, store);
  const check = async (timeoutMs: number) => {
    if (isStrict) return;
    const secret = await getSecret(github, place.place, timeoutMs);
    isStored ||= secret.kind === 'success' && secret.value.updatedAt.getTime() > place.updatedAt.getTime();
  };
  const result = await retry<'stored' | 'too-late', GithubRejection>(
    async timeoutMs => {
      if (isStored) return { kind: 'success', value: 'stored' };
      const result = await put(timeoutMs);
      if (result.kind === 'indeterminate') isUncertain = true;
      const isTooLate = result.kind === 'not-sent' && result.code === TOO_LATE;
      return isTooLate ? { kind: 'success', value: 'too-late' } : result;
    },
    // A proxy's page proves nothing about the put, so the put is repeated, as after any other unknown outcome.
    { ...options, maxUnreadable: Number.POSITIVE_INFINITY },
    () => check(Math.max(0, options.deadline - options.clock.monotonic())),
  );
  if (result.kind === 'success' && result.value === 'stored') return { kind: 'stored' };
  if (isUncertain) await check(LAST_CHECK_MS);
  if (isStored) return { kind: 'stored' };
  const reason: PutFailure = result.kind === 'success' ? { kind: 'too-late' } : result;
  return { kind: isUncertain || !isCertain(reason) ? 'unknown' : 'not-stored', reason };
}

/** Whether the last failure proves that it stored nothing: GitHub itself rejected the put, or no request was sent. */
function isCertain(reason: PutFailure): boolean {
  return reason.kind !== 'rejected' || (reason.isApiError && [401, 403, 404, 422].includes(reason.status));
}

/** GitHub's status for a value encrypted to an outdated key, among other errors. */
const UNPROCESSABLE = 422;

/** Sends puts, each newly encrypted. After the first 422 it reads the key again, in case it has changed. */
function putter(
  token: Secret,
  { place, key: firstKey, access }: KnownPlace,
  { github, randomBytes }: Store,
): (timeoutMs: number) => Promise<GithubResult<'stored'>> {
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
    const fresh = await getPublicKey(github, place, timeoutMs);
    if (fresh.kind !== 'success') return result;
    key = fresh.value;
    return send(timeoutMs);
  };
}
