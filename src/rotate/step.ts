import { ActionError, errorTitles } from '../action-error.ts';
import { PostStepState } from '../cleanup/state.ts';
import { githubApiUrl, withGithub } from '../github/connect.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { newNonce } from '../note.ts';
import type { Runner } from '../runner/runner.ts';
import { retryOptions, withAccount } from '../runtime/connect.ts';
import type { Context } from '../runtime/context.ts';
import { InterruptedError, orInterrupted } from '../runtime/interruption.ts';
import { currentRun } from '../runtime/workflow-run.ts';
import { findRivals, findStuck, isBehind, isFromElsewhere, isYoung, planDeletions } from './chain.ts';
import { Deadline } from './deadline.ts';
import { type Deletions, deleteOwnOrphans, deleteTokens } from './deletions.ts';
import { githubError } from './errors.ts';
import { gatherFacts } from './facts.ts';
import { maskRotateInputs, parseRotateInputs, protectedIdOf } from './inputs.ts';
import { capitalize, describePlaces } from './places.ts';
import {
  type PlaceResult,
  type PutFailure,
  placesWith,
  putReplacement,
  RESPONSE_GRACE_MS,
  storeOf,
} from './put.ts';
import { checkCopyable, createReplacement, discardReplacement } from './replacement.ts';
import {
  describeDeleted,
  describeFailures,
  describeKept,
  finishUnchanged,
  leftWarning,
  placeLines,
  planLine,
  resultLines,
  rotationRows,
  writeOutputs,
} from './report.ts';
import { accountAfter, type Facts, type Replacement, type Rotation } from './rotation.ts';
import type { KnownPlace } from './secrets.ts';
import { deleteNeverPut, deleteStuck, keepYoung, updatePlacesBehind } from './upkeep.ts';

/** A placeholder for the primary place's tag, the first five of a nonce's eight characters, which is not known yet. */
const TAG = '-----';

/**
 * Rotates the token in a GitHub secret: replaces it with an equivalent new one, and deletes older ones.
 *
 * @param interrupted aborted when the step must stop.
 * @throws {ActionError} if not every secret has the new token. Every secret still has a working token, except with
 * `revoke-previous: now`.
 * @throws {InterruptedError} likewise.
 */
export async function rotateStep(context: Context, interrupted: AbortSignal): Promise<void> {
  const { runner, env, clock, randomInt } = context;
  const randomPart = newNonce(randomInt, TAG).slice(TAG.length);
  const state = PostStepState.begin(context, 'rotation', randomPart);
  try {
    maskRotateInputs(runner);
    const inputs = parseRotateInputs(runner.getInput, env, clock.now());
    const run = currentRun(env);
    const githubApi = githubApiUrl(env);
    const options = retryOptions(context, inputs.timeout);
    const { api, authorizingToken, token, revokePrevious, revokeOriginal } = inputs;
    const policy = { revokePrevious, revokeOriginal, protectedId: protectedIdOf(inputs) };
    const deadline = new Deadline(clock);
    const guarded = { ...context, createHttpClient: deadline.guard(context.createHttpClient) };
    const connection = { api, authorizingToken, username: token.username };
    await withAccount(guarded, connection, options.budget, account =>
      withGithub(guarded, githubApi, inputs.githubToken, github =>
        rotate({
          ...{ context, inputs, policy, run, github, account, options },
          ...{ deadline, interrupted, state, randomPart },
        }),
      ),
    );
  } finally {
    state.finish();
  }
}

async function rotate(before: Rotation): Promise<void> {
  const { facts, rotation } = await gatherFacts(before);
  const { inputs, policy, context } = rotation;
  const { current, places } = facts;
  const isNow = policy.revokePrevious === 'now';
  const behind = isNow ? [] : places.filter(place => isBehind(place, current));
  if (behind.length > 0) return updatePlacesBehind(rotation, facts, behind);
  if (!isNow && inputs.maxAge !== undefined && isYoung(facts, inputs.maxAge))
    return keepYoung(rotation, facts);
  const stuck = findStuck(facts, policy);
  if (stuck.length > 1 && findRivals(facts).length === 0) return deleteStuck(rotation, facts, stuck);
  checkCopyable(inputs, facts);
  const { facts: ready, deleted } = await deleteNeverPut(rotation, facts);
  context.runner.info(planLine(rotation, ready));
  if (isFromElsewhere(ready)) warnElsewhere(context.runner, ready);
  if (inputs.dryRun) return finishDryRun(rotation, ready);
  const replacement = await createReplacement(rotation, ready);
  const results = await storeReplacement(rotation, ready, replacement, deleted);
  await finish(rotation, ready, replacement, results, deleted);
}

function warnElsewhere(runner: Runner, { current }: Facts): void {
  runner.warning(
    `The token ${current.id} was created by the rotation of another secret and copied into this one. That rotation may delete tokens that are in use here: rotate both secrets in one step (\`repositories\`, \`app\`), or give this one its own token.`,
  );
}

function finishDryRun(rotation: Rotation, facts: Facts): void {
  const { context, policy } = rotation;
  const { due, kept } = planDeletions(facts, policy);
  for (const { id } of due) context.runner.info(`Dry run: would delete the token ${id}.`);
  for (const one of kept) context.runner.info(describeKept(one, rotation));
  context.runner.info('Dry run: nothing was created, stored or deleted.');
  finishUnchanged(rotation, facts.current, []);
}

/**
 * Puts the replacement into every place.
 *
 * @param deletedBefore the ids of tokens deleted before the replacement was created.
 * @returns the result for each place. With `revoke-previous: now`, only the primary place is certain to have it.
 * @throws {ActionError} if it is not certain that every place has it. The replacement is deleted only if no place can
 * have it.
 * @throws {InterruptedError} likewise.
 */
async function storeReplacement(
  rotation: Rotation,
  facts: Facts,
  replacement: Replacement,
  deletedBefore: readonly string[],
): Promise<readonly PlaceResult[]> {
  const { options, interrupted, state, run, policy } = rotation;
  const { current, places } = facts;
  const { token, orphans } = replacement;
  if (interrupted.aborted) throw new InterruptedError(await discardReplacement(rotation, replacement));
  try {
    state.update({
      cleanup: undefined,
      rotation: { phase: 'putting', replacement: token.id, previous: current.id },
    });
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    throw new ActionError(error.title, `${error.message} ${await discardReplacement(rotation, replacement)}`);
  }
  const results = await orInterrupted(
    putReplacement(token.secret, places, storeOf(rotation)),
    interrupted,
    () => options.clock.sleep(RESPONSE_GRACE_MS),
  ).catch(error => {
    if (!interrupted.aborted) throw error;
    throw new InterruptedError(
      `The new token was being stored: the secret has either ${token.id} or ${current.id}. Both are alive; the next rotation finds out which it is.`,
    );
  });
  const stored = placesWith(results, 'stored');
  const isPrimaryStored = results[0]?.result.kind === 'stored';
  if (stored.length === places.length) return results;
  if (isPrimaryStored && policy.revokePrevious === 'now') return results;
  if (stored.length + placesWith(results, 'unknown').length === 0) {
    throw await notStoredError(rotation, replacement, results);
  }
  // The error below reports both tokens, so the post step must not.
  state.tryUpdate({ cleanup: orphans, rotation: undefined });
  const older = (place: KnownPlace) =>
    isPrimaryStored || isBehind(place, current) ? 'an older token' : `the old one, ${current.id}`;
  const lines = placeLines(`the new token, ${token.id}`, results, older);
  throw new ActionError(
    isPrimaryStored ? errorTitles.secretsDiffer : errorTitles.secretNotUpdated,
    `It is not certain that every secret has the new token:\n${lines.join('\n')}\n${describeFailures(results, run)}\n` +
      `${token.id} and ${current.id} are both alive and ${describeDeleted(deletedBefore)}, so every job works. Start a new run (not a re-run) to bring every secret up to date.`,
  );
}

async function notStoredError(
  rotation: Rotation,
  replacement: Replacement,
  results: readonly PlaceResult[],
): Promise<ActionError> {
  const { run } = rotation;
  const [primary] = results;
  const reason = primary?.result.kind === 'not-stored' ? primary.result.reason : undefined;
  const { title, message } =
    primary !== undefined && (reason?.kind === 'rejected' || reason?.kind === 'retries-exhausted')
      ? githubError(reason, primary.place.place, 'put', run.repository)
      : { title: errorTitles.secretNotUpdated, message: describeFailures(results, run) };
  const isKnown = !results.some(({ result }) => result.kind === 'not-stored' && isChanged(result.reason));
  return new ActionError(title, `${message} ${await discardReplacement(rotation, replacement, isKnown)}`);
}

/** Whether someone else may have changed or removed the secret, so that it is unknown which token it has. */
function isChanged(reason: PutFailure): boolean {
  return reason.kind === 'changed' || (reason.kind === 'rejected' && reason.status === 404);
}

/**
 * Deletes the tokens that are due, and reports the results.
 *
 * @param deletedBefore the ids of tokens deleted before the replacement was created.
 */
async function finish(
  rotation: Rotation,
  facts: Facts,
  replacement: Replacement,
  results: readonly PlaceResult[],
  deletedBefore: readonly string[],
): Promise<void> {
  const { context, inputs, policy, interrupted } = rotation;
  const { runner } = context;
  const { token } = replacement;
  const { due, kept } = planDeletions(facts, policy);
  const deletions = await orInterrupted(deleteOld(rotation, due, replacement), interrupted).catch(error => {
    if (!interrupted.aborted) throw error;
    throw new InterruptedError(
      `The secret has the new token ${token.id}. Older tokens were being deleted; the next rotation continues.`,
    );
  });
  const stored = placesWith(results, 'stored');
  for (const line of resultLines(rotation, facts, replacement, stored, deletions, kept)) runner.info(line);
  const warning = leftWarning(kept, deletions.undeleted, rotation);
  if (warning !== undefined) runner.warning(warning);
  if (inputs.summary) {
    try {
      const rows = rotationRows(rotation, facts, replacement, stored, deletions, kept);
      await runner.writeSummary('Rotated Mapbox token', rows);
    } catch {
      runner.warning('The token was rotated, but the summary page could not be written.');
    }
  }
  if (stored.length < results.length) {
    const isDeleted = deletions.deleted.includes(facts.current.id);
    throw deadTokenError(rotation, replacement, results, isDeleted ? undefined : facts.current.id);
  }
  writeOutputs(runner, {
    rotated: 'true',
    'token-id': token.id,
    'previous-token-id': facts.current.id,
    deleted: [...deletedBefore, ...deletions.deleted].join(' '),
    token: inputs.outputToken ? token.secret : '',
  });
}

async function deleteOld(
  rotation: Rotation,
  due: readonly ListedToken[],
  replacement: Replacement,
): Promise<Deletions> {
  const { state, policy, interrupted } = rotation;
  const { token, orphans } = replacement;
  const isLeaked = policy.revokePrevious === 'now';
  const save = (undeleted: readonly string[]) =>
    state.tryUpdate({
      cleanup: orphans,
      rotation:
        isLeaked && undeleted.length > 0
          ? { phase: 'deleting', replacement: token.id, undeleted: [...undeleted] }
          : { phase: 'put', replacement: token.id },
    });
  save(due.map(({ id }) => id));
  interrupted.throwIfAborted();
  const own = await deleteOwnOrphans(rotation, replacement);
  const account = accountAfter(rotation, replacement);
  const { deleted, undeleted } = await deleteTokens(rotation, account, due, isLeaked ? save : undefined);
  state.tryUpdate({ rotation: undefined });
  return { deleted: [...own, ...deleted], undeleted };
}

/**
 * The error for places that do not have the new token for certain.
 *
 * @param leaked the id of the leaked token, if it could not be deleted.
 */
function deadTokenError(
  { run }: Rotation,
  { token }: Replacement,
  results: readonly PlaceResult[],
  leaked: string | undefined,
): ActionError {
  const old =
    leaked === undefined
      ? 'a dead token: `revoke-previous: now` deleted the old one'
      : `a dead token, or the leaked token ${leaked}, which could not be deleted`;
  const others = results.filter(({ result }) => result.kind !== 'stored');
  return new ActionError(
    errorTitles.secretsDiffer,
    `${capitalize(describePlaces(others.map(({ place }) => place)))} may hold ${old}, and it is not certain that the new one, ${token.id}, was stored. ${describeFailures(others, run)} ` +
      'Fix that and start a new run (not a re-run), or save a token there by hand.',
  );
}
