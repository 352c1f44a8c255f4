import { ActionError, errorTitles } from '../action-error.ts';
import { describeExhausted } from '../api/describe.ts';
import { InterruptedError, orInterrupted } from '../runtime/interruption.ts';
import { discardReplacement } from './create-replacement.ts';
import { githubError } from './github-errors.ts';
import { describePlaces } from './report.ts';
import type { Facts, Replacement, Rotation } from './rotation.ts';
import { type PlaceResult, storeEverywhere } from './store-everywhere.ts';

const RANDOM_BYTES = 32;

/** An interrupted step waits this long for the response to a put: only the response tells what the secret has. */
const RESPONSE_GRACE_MS = 5_000;

/**
 * Puts the replacement into every place.
 *
 * @throws {ActionError} where not every place has it for certain. It is deleted only where no place can have it.
 * @throws {InterruptedError} likewise.
 */
export async function storeReplacement(
  rotation: Rotation,
  facts: Facts,
  replacement: Replacement,
): Promise<void> {
  const { context, github, options, interrupted, saveState } = rotation;
  const { current, places } = facts;
  const { token } = replacement;
  if (interrupted.aborted) throw new InterruptedError(await discardReplacement(rotation, replacement));
  saveState({ phase: 'storing', replacement: token.id, previous: current.id });
  const randomBytes = () => Uint8Array.from({ length: RANDOM_BYTES }, () => context.randomInt(256));
  const results = await orInterrupted(
    storeEverywhere(token.secret, places, { github, options, randomBytes }),
    interrupted,
    () => options.clock.sleep(RESPONSE_GRACE_MS),
  ).catch(error => {
    if (!interrupted.aborted) throw error;
    const ids = `${token.id} and ${current.id}`;
    throw new InterruptedError(
      `The new token was being stored: the secret has one of ${ids}. Both are alive; the next rotation finds out.`,
    );
  });
  const of = (...kinds: readonly PlaceResult['result']['kind'][]) =>
    results.filter(({ result }) => kinds.includes(result.kind)).map(({ place }) => place);
  const [stored, unknown] = [of('stored'), of('unknown')];
  if (stored.length === places.length) return;
  if (stored.length + unknown.length === 0) throw await notStoredError(rotation, replacement, results);
  // This is told now, so the post step need not tell it again.
  saveState(replacement.orphans);
  throw partlyStoredError(facts, replacement, results);
}

async function notStoredError(
  rotation: Rotation,
  replacement: Replacement,
  [primary]: readonly PlaceResult[],
): Promise<ActionError> {
  if (primary?.result.kind !== 'not-stored') throw new Error('no place');
  const { title, message } = githubError(primary.result.reason, primary.place.place, 'put');
  return new ActionError(title, `${message} ${await discardReplacement(rotation, replacement)}`);
}

function partlyStoredError(
  { current }: Facts,
  { token }: Replacement,
  results: readonly PlaceResult[],
): ActionError {
  const of = (...kinds: readonly PlaceResult['result']['kind'][]) =>
    results.filter(({ result }) => kinds.includes(result.kind)).map(({ place }) => place);
  const [stored, unknown, old] = [of('stored'), of('unknown'), of('not-stored', 'skipped')];
  const reasons = new Set(
    results.flatMap(({ place, result }) => {
      if (result.kind !== 'unknown' && result.kind !== 'not-stored') return [];
      const { reason } = result;
      return reason.kind === 'retries-exhausted'
        ? [describeExhausted(reason)]
        : [githubError(reason, place.place, 'put').message];
    }),
  );
  const lines = [
    ...(stored.length > 0 ? [`- The new token, ${token.id}: ${describePlaces(stored)}`] : []),
    ...(old.length > 0 ? [`- Still the old one, ${current.id}: ${describePlaces(old)}`] : []),
    ...(unknown.length > 0 ? [`- Either ${token.id} or ${current.id}: ${describePlaces(unknown)}`] : []),
  ];
  return new ActionError(
    stored.length > 0 ? errorTitles.secretsDiffer : errorTitles.secretNotUpdated,
    `Not every secret has the new token for certain:\n${lines.join('\n')}\n${[...reasons].join(' ')}\n` +
      'Both tokens are alive and nothing was deleted, so every job works. Start a new run (not a re-run): it finds out, and brings them together.',
  );
}
