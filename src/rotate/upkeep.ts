/** The work of a run before it creates a token, or instead of creating one: the current token stays in the secret. */
import { ActionError, errorTitles } from '../action-error.ts';
import { formatDuration } from '../duration.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { InterruptedError, orInterrupted } from '../runtime/interruption.ts';
import { chainOf, findDoubtful, findDueNow, findNeverPut, findRivals } from './chain.ts';
import { type Deletions, deleteTokens } from './deletions.ts';
import { capitalize, describePlaces } from './places.ts';
import { placesWith, putCurrent, RESPONSE_GRACE_MS, storeOf } from './put.ts';
import {
  describeDeleted,
  describeFailures,
  finishUnchanged,
  leftWarning,
  nameToken,
  placeLines,
} from './report.ts';
import { type Facts, type Rotation, withoutTokens } from './rotation.ts';
import type { KnownPlace } from './secrets.ts';

/** Puts the current token into the places that never received it, and ends the run. */
export async function updatePlacesBehind(
  rotation: Rotation,
  facts: Facts,
  behind: readonly KnownPlace[],
): Promise<void> {
  const { context, inputs } = rotation;
  const { current } = facts;
  const where = describePlaces(behind);
  if (inputs.dryRun) {
    context.runner.info(
      `Dry run: would put the current token ${current.id} into ${where}, which never received it, and rotate nothing.`,
    );
    return finishUnchanged(rotation, current, []);
  }
  const deleted = await putCurrentEverywhere(rotation, facts, behind);
  context.runner.info(
    `${capitalize(where)} had an older token and received the current one, ${current.id}. Nothing was rotated; the next run does that.`,
  );
  finishUnchanged(rotation, current, deleted);
}

/**
 * Puts the current token into places.
 *
 * Before the primary place, it deletes replacements of the current token that were never put anywhere: the put changes
 * the secret's `updated_at`, which until then proves that they were never in the secret.
 *
 * @returns the ids of the deleted tokens.
 * @throws {ActionError} unless it is certain that each place has the current token.
 */
async function putCurrentEverywhere(
  rotation: Rotation,
  facts: Facts,
  places: readonly KnownPlace[],
): Promise<readonly string[]> {
  const { inputs, interrupted, options, run, policy, account } = rotation;
  const { current } = facts;
  const [primary] = facts.places;
  const work = async () => {
    let deletions: Deletions = { deleted: [], undeleted: [] };
    let rivals: readonly ListedToken[] = [];
    if (places.some(place => place === primary)) {
      deletions = await deleteTokens(rotation, account, findNeverPut(facts, policy));
      rivals = findRivals(withoutTokens(facts, deletions.deleted));
    }
    const open = rivals.length === 0 ? places : places.filter(place => place !== primary);
    const store = storeOf(rotation);
    const results = await putCurrent(inputs.token.secret, open, store);
    return { deletions, rivals, results };
  };
  const { deletions, rivals, results } = await orInterrupted(work(), interrupted, () =>
    options.clock.sleep(RESPONSE_GRACE_MS),
  ).catch(error => {
    if (!interrupted.aborted) throw error;
    throw new InterruptedError(
      `The current token ${current.id} was being put into ${describePlaces(places)}. Nothing was created; the next rotation continues.`,
    );
  });
  const { deleted } = deletions;
  const skipped = places.filter(place => !results.some(({ place: { place: put } }) => put === place.place));
  const all = [...results, ...skipped.map(place => ({ place, result: { kind: 'skipped' } as const }))];
  if (placesWith(all, 'stored').length === places.length) return deleted;
  // The other places already have the current token.
  const others = facts.places
    .filter(place => !places.includes(place))
    .map(place => ({ place, result: { kind: 'stored' } as const }));
  const blocking = rivals.map(token => {
    const failure = deletions.undeleted.find(({ token: { id } }) => id === token.id);
    const state = failure === undefined ? '' : ` It could not be deleted: ${failure.reason}`;
    return `Nothing was put into ${describePlaces(skipped)}: an interrupted run created ${nameToken(token, run)} to replace the current token, and may still put it there.${state} A later run deletes it once it is an hour old. If no secret has it, you can delete it on the Tokens page, ${TOKENS_PAGE}.`;
  });
  throw new ActionError(
    errorTitles.secretsDiffer,
    [
      'It is not certain that every secret has the current token:',
      ...placeLines(`the current token, ${current.id}`, [...others, ...all]),
      describeFailures(results, run),
      ...blocking,
      `Nothing was created, and ${describeDeleted(deleted)}. The next run tries again.`,
    ]
      .filter(line => line !== '')
      .join('\n'),
  );
}

/**
 * Keeps a token that is younger than `max-age`. If `revoke-previous` is a duration, tokens that are due are still
 * deleted, once it is certain that every place has the current one.
 */
export async function keepYoung(rotation: Rotation, facts: Facts): Promise<void> {
  const { context, policy, inputs } = rotation;
  const { runner } = context;
  const { current, listed, places } = facts;
  const age = formatDuration(Math.max(0, listed.mapbox - (current.created?.getTime() ?? listed.mapbox)));
  runner.info(
    `The token ${current.id} is ${age} old, which does not exceed \`max-age\`. Nothing was rotated.`,
  );
  const due = typeof policy.revokePrevious === 'object' ? findDueNow(facts, policy) : [];
  const isChainDue = due.length > 0 && hasLink(facts, due);
  if (!isChainDue || findRivals(facts).length > 0) return finishUnchanged(rotation, current, []);
  if (inputs.dryRun) return describeDue(rotation, facts, due);
  await putCurrentEverywhere(rotation, facts, places);
  const { deleted, undeleted } = await deleteInterruptibly(rotation, current, due);
  const warning = leftWarning([], undeleted, rotation);
  if (warning !== undefined) runner.warning(warning);
  finishUnchanged(rotation, current, deleted);
}

/** Whether any of the tokens is in the chain rather than an orphan. */
function hasLink(facts: Facts, due: readonly ListedToken[]): boolean {
  const chain = new Set(chainOf(facts.current, facts.tokens).map(({ id }) => id));
  return due.some(({ id }) => chain.has(id));
}

function describeDue(rotation: Rotation, { current, places }: Facts, due: readonly ListedToken[]): void {
  const { runner } = rotation.context;
  runner.info(`Dry run: would put the current token ${current.id} into ${describePlaces(places)} again.`);
  for (const { id } of due) runner.info(`Dry run: would delete the token ${id}.`);
  finishUnchanged(rotation, current, []);
}

/** Deletes tokens that earlier rotations failed to delete, instead of creating another one. */
export async function deleteStuck(
  rotation: Rotation,
  facts: Facts,
  stuck: readonly ListedToken[],
): Promise<void> {
  const { context, policy, inputs, run } = rotation;
  const { current, places } = facts;
  const { runner } = context;
  runner.info(
    `Earlier rotations did not delete ${stuck.map(token => nameToken(token, run)).join(', ')}. This run deletes them and rotates nothing.`,
  );
  if (inputs.dryRun) return describeDue(rotation, facts, stuck);
  await putCurrentEverywhere(rotation, facts, places);
  const dueNow = new Set(findDueNow(facts, policy).map(({ id }) => id));
  const due = stuck.filter(({ id }) => dueNow.has(id));
  const young = stuck.filter(({ id }) => !dueNow.has(id));
  const { deleted, undeleted } = await deleteInterruptibly(rotation, current, due);
  if (undeleted.length === 0 && young.length === 0) return finishUnchanged(rotation, current, deleted);
  throw new ActionError(
    errorTitles.secretNotUpdated,
    [
      'Tokens of earlier rotations could not be deleted. Nothing was rotated, so that no more of them pile up:',
      ...undeleted.map(({ token, reason }) => `- ${nameToken(token, run)}: ${reason}`),
      ...young.map(token => describeYoung(token, rotation, facts)),
      `You can delete them on the Tokens page, ${TOKENS_PAGE}.`,
    ].join('\n'),
  );
}

function describeYoung(token: ListedToken, { run }: Rotation, { listed }: Facts): string {
  const show = (time: number) => new Date(time).toISOString();
  return `- ${nameToken(token, run)}: too young by this machine's clock, which says ${show(listed.runner)} (Mapbox's says ${show(listed.mapbox)}). Correct the clock.`;
}

/** Deletes tokens with the current or the authorizing token, while there is no replacement. */
async function deleteInterruptibly(
  rotation: Rotation,
  current: ListedToken,
  due: readonly ListedToken[],
): Promise<Deletions> {
  const { interrupted, account, context } = rotation;
  const deletions = await orInterrupted(deleteTokens(rotation, account, due), interrupted).catch(error => {
    if (!interrupted.aborted) throw error;
    throw new InterruptedError(
      `Every secret has the token ${current.id}. Older tokens were being deleted; the next rotation continues.`,
    );
  });
  for (const id of deletions.deleted) context.runner.info(`Deleted the token ${id}.`);
  return deletions;
}

/**
 * Deletes replacements of the current token that interrupted runs created and never put anywhere.
 *
 * @returns the facts without them.
 * @throws {ActionError} if one cannot be deleted, or if several are too young by a wrong clock: creating another would
 * let them pile up.
 */
export async function deleteNeverPut(
  rotation: Rotation,
  facts: Facts,
): Promise<{ readonly facts: Facts; readonly deleted: readonly string[] }> {
  const { context, policy, inputs, run, account, interrupted } = rotation;
  const orphans = findNeverPut(facts, policy);
  const doubtful = findDoubtful(facts, policy);
  if (doubtful.length > 1) {
    throw new ActionError(
      errorTitles.secretNotUpdated,
      [
        'Earlier runs created tokens that no secret has. Nothing was created, so that no more of them pile up:',
        ...doubtful.map(token => describeYoung(token, rotation, facts)),
        `You can delete them on the Tokens page, ${TOKENS_PAGE}.`,
      ].join('\n'),
    );
  }
  if (inputs.dryRun) {
    for (const { id } of orphans) context.runner.info(`Dry run: would delete the token ${id}.`);
    const left = withoutTokens(
      facts,
      orphans.map(({ id }) => id),
    );
    return { facts: left, deleted: [] };
  }
  const { deleted, undeleted } = await orInterrupted(deleteTokens(rotation, account, orphans), interrupted);
  for (const id of deleted) {
    context.runner.info(`Deleted the token ${id}, which an interrupted run created and put nowhere.`);
  }
  if (undeleted.length === 0) return { facts: withoutTokens(facts, deleted), deleted };
  throw new ActionError(
    errorTitles.secretNotUpdated,
    [
      'Tokens of interrupted runs could not be deleted. No secret has them. Nothing was created, so that no more of them pile up:',
      ...undeleted.map(({ token, reason }) => `- ${nameToken(token, run)}: ${reason}`),
      `You can delete them on the Tokens page, ${TOKENS_PAGE}.`,
    ].join('\n'),
  );
}
