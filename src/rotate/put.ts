import type { RetriesExhausted } from '../api/result.ts';
import { type RetryOptions, retry } from '../api/retry.ts';
import type { GithubClient, GithubRejection, GithubResult } from '../github/client.ts';
import type { Secret } from '../secret.ts';
import { type Deadline, TOO_LATE } from './deadline.ts';
import { githubRetryOptions } from './errors.ts';
import type { Rotation } from './rotation.ts';
import { sealBox } from './sealed-box.ts';
import { getPublicKey, getSecret, type KnownPlace, putSecret, timesOf } from './secrets.ts';

/** Why a place does not have a token for certain. `changed`: somebody updated the secret. `too-late`: see {@link Deadline}. */
export type PutFailure = GithubRejection | RetriesExhausted | { readonly kind: 'changed' | 'too-late' };

/**
 * What became of the put at one place. `not-stored`: certain, the secret is as it was. `unknown`: it may have been stored.
 * `skipped`: nothing was sent.
 */
export type PutResult =
  | { readonly kind: 'stored' }
  | { readonly kind: 'not-stored' | 'unknown'; readonly reason: PutFailure }
  | { readonly kind: 'skipped' };

export interface PlaceResult {
  readonly place: KnownPlace;
  readonly result: PutResult;
}

/** What putting works with. */
export interface Store {
  readonly github: GithubClient;
  readonly options: RetryOptions;
  readonly deadline: Deadline;
  /** 32 bytes that are unpredictable, others each time. */
  readonly randomBytes: () => Uint8Array;
  /** Whether only GitHub's 201 or 204 counts, not a secret that has changed. */
  readonly isStrict: boolean;
}

const RANDOM_BYTES = 32;

/** What a rotation puts with. */
export function storeOf({ github, options, deadline, context, policy }: Rotation): Store {
  const randomBytes = () => Uint8Array.from({ length: RANDOM_BYTES }, () => context.randomInt(256));
  return { github, options, deadline, randomBytes, isStrict: policy.revokePrevious === 'now' };
}

/** An interrupted step waits this long for the response to a put: only the response tells what the secret has. */
export const RESPONSE_GRACE_MS = 5_000;

/** Puts a replacement into every place, the primary one first. Unless that one has it for certain, no other gets it. */
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

/** Puts the current token into places. A refusal does not stop the others. */
export async function putCurrent(
  token: Secret,
  places: readonly KnownPlace[],
  store: Store,
): Promise<PlaceResult[]> {
  const results: PlaceResult[] = [];
  for (const place of places) results.push({ place, result: await putInto(token, place, store) });
  return results;
}

/** The places where a put came to one of these. */
export function placesWith(
  results: readonly PlaceResult[],
  ...kinds: readonly PutResult['kind'][]
): KnownPlace[] {
  return results.filter(({ result }) => kinds.includes(result.kind)).map(({ place }) => place);
}

/** How much time may pass at GitHub between its first word about a place and a put. A paused machine's clocks stand still. */
const MAX_PAUSE_MS = 1_800_000;

/** The last look at a secret whose put is unknown gets this long, whatever time is left. */
const LAST_LOOK_MS = 5_000;

/** Puts a token into one place, unless the place has changed since it was looked up. */
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
  return putAfterLook(token, place, store, options);
}

/**
 * Putting is idempotent, so what is of unknown outcome is repeated, unless the secret shows that it has changed.
 *
 * @param options those of requests to GitHub.
 */
async function putAfterLook(
  token: Secret,
  place: KnownPlace,
  store: Store,
  options: RetryOptions,
): Promise<PutResult> {
  const { github, isStrict } = store;
  let isUncertain = false;
  let isStored = false;
  const put = putter(token, place, store);
  const look = async (timeoutMs: number) => {
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
    // A proxy's page in place of GitHub's response says nothing: it is repeated like everything of unknown outcome.
    { ...options, maxUnreadable: Number.POSITIVE_INFINITY },
    () => look(Math.max(0, options.deadline - options.clock.monotonic())),
  );
  if (result.kind === 'success' && result.value === 'stored') return { kind: 'stored' };
  if (isUncertain) await look(LAST_LOOK_MS);
  if (isStored) return { kind: 'stored' };
  const reason: PutFailure = result.kind === 'success' ? { kind: 'too-late' } : result;
  return { kind: isUncertain || !isCertain(reason) ? 'unknown' : 'not-stored', reason };
}

/** Whether nothing was stored for certain, no attempt being uncertain: GitHub itself said no, or no request left. */
function isCertain(reason: PutFailure): boolean {
  return reason.kind !== 'rejected' || (reason.isApiError && [401, 403, 404, 422].includes(reason.status));
}

/** GitHub's response to a box for a key that it has replaced, among other faults. */
const UNPROCESSABLE = 422;

/** Sends puts, each with a new box. The key may have changed since it was read: it is read again, once. */
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
