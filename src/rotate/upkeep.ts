/** What a run does before it creates a token, or in place of that: the current token stays in the secret. */
import { ActionError, errorTitles } from '../action-error.ts';
import { formatDuration } from '../duration.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { InterruptedError, orInterrupted } from '../runtime/interruption.ts';
import { chainOf, findDueNow, findNeverPut, findRivals } from './chain.ts';
import { type Deletions, deleteTokens } from './deletions.ts';
import { capitalize, describePlaces } from './places.ts';
import { placesWith, putCurrent, RESPONSE_GRACE_MS, storeOf } from './put.ts';
import { describeFailures, finishUnchanged, leftWarning, nameToken, placeLines } from './report.ts';
import { type Facts, type Rotation, withoutTokens } from './rotation.ts';
import type { KnownPlace } from './secrets.ts';

/** Puts the current token into the places that never got it, which ends the run. */
export async function bringUp(
  rotation: Rotation,
  facts: Facts,
  behind: readonly KnownPlace[],
): Promise<void> {
  const { context, inputs } = rotation;
  const { current } = facts;
  const where = describePlaces(behind);
  if (inputs.dryRun) {
    context.runner.info(
      `Dry run: would put the current token ${current.id} into ${where}, which missed it, and rotate nothing.`,
    );
    return finishUnchanged(rotation, current, []);
  }
  const deleted = await putCurrentEverywhere(rotation, facts, behind);
  context.runner.info(
    `${capitalize(where)} had an older token and got the current one, ${current.id}. Nothing was rotated; the next run does.`,
  );
  finishUnchanged(rotation, current, deleted);
}

/**
 * Puts the current token into places.
 *
 * Before it is put into the primary place, what replaces it and was put nowhere is deleted: afterwards it would look as if
 * the secret had it.
 *
 * @returns the ids of these.
 * @throws {ActionError} unless each place has it for certain.
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
      `The current token ${current.id} was being put into ${describePlaces(places)}. Nothing was created; the next rotation goes on there.`,
    );
  });
  const { deleted } = deletions;
  const skipped = places.filter(place => !results.some(({ place: { place: put } }) => put === place.place));
  const all = [...results, ...skipped.map(place => ({ place, result: { kind: 'skipped' } as const }))];
  if (placesWith(all, 'stored').length === places.length) return deleted;
  // What is not behind has the current token.
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
      'Not every secret is certain to have the current token:',
      ...placeLines(`the current token, ${current.id}`, [...others, ...all]),
      describeFailures(results, run),
      ...blocking,
      `Nothing was created, and ${deleted.length === 0 ? 'nothing was deleted' : `only ${deleted.join(', ')}, which no secret had, was deleted`}. The next run tries again.`,
    ]
      .filter(line => line !== '')
      .join('\n'),
  );
}

/** A token under `max-age` stays. What a duration makes due is still deleted, once every place has the token. */
export async function keepYoung(rotation: Rotation, facts: Facts): Promise<void> {
  const { context, policy, inputs } = rotation;
  const { runner } = context;
  const { current, listed, places } = facts;
  const age = formatDuration(Math.max(0, listed.mapbox - (current.created?.getTime() ?? listed.mapbox)));
  runner.info(`The token ${current.id} is ${age} old, which is not over \`max-age\`. Nothing was rotated.`);
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

/** Whether one of the tokens is of the chain, not an orphan. */
function hasLink(facts: Facts, due: readonly ListedToken[]): boolean {
  const chain = new Set(chainOf(facts.current, facts.tokens).map(({ id }) => id));
  return due.some(({ id }) => chain.has(id));
}

function describeDue(rotation: Rotation, { current, places }: Facts, due: readonly ListedToken[]): void {
  const { runner } = rotation.context;
  runner.info(`Dry run: would put the current token ${current.id} once more into ${describePlaces(places)}.`);
  for (const { id } of due) runner.info(`Dry run: would delete the token ${id}.`);
  finishUnchanged(rotation, current, []);
}

/** Deletes what earlier rotations should have deleted, in place of creating another token. */
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
  const { runner: runnerTime, mapbox } = facts.listed;
  const show = (time: number) => new Date(time).toISOString();
  throw new ActionError(
    errorTitles.secretNotUpdated,
    [
      'Tokens of earlier rotations could not be deleted, and nothing was rotated, so that they do not become more:',
      ...undeleted.map(({ token, reason }) => `- ${nameToken(token, run)}: ${reason}`),
      ...young.map(
        token =>
          `- ${nameToken(token, run)}: too young by this machine's clock, which says ${show(runnerTime)} (Mapbox's says ${show(mapbox)}). Correct the clock.`,
      ),
      `A person can delete them on the Tokens page, ${TOKENS_PAGE}.`,
    ].join('\n'),
  );
}

/** Deletes with the current or the authorizing token, while no replacement exists. */
async function deleteInterruptibly(
  rotation: Rotation,
  current: ListedToken,
  due: readonly ListedToken[],
): Promise<Deletions> {
  const { interrupted, account, context } = rotation;
  const deletions = await orInterrupted(deleteTokens(rotation, account, due), interrupted).catch(error => {
    if (!interrupted.aborted) throw error;
    throw new InterruptedError(
      `Every secret has the token ${current.id}. Older tokens were being deleted; the next rotation goes on there.`,
    );
  });
  for (const id of deletions.deleted) context.runner.info(`Deleted the token ${id}.`);
  return deletions;
}

/**
 * Deletes what runs that were cut off created in place of the current token and put nowhere.
 *
 * @returns the facts without them.
 * @throws {ActionError} if one is left: another must not be created beside it.
 */
export async function deleteNeverPut(
  rotation: Rotation,
  facts: Facts,
): Promise<{ readonly facts: Facts; readonly deleted: readonly string[] }> {
  const { context, policy, inputs, run, account, interrupted } = rotation;
  const orphans = findNeverPut(facts, policy);
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
    context.runner.info(`Deleted the token ${id}, which a run that was cut off put nowhere.`);
  }
  if (undeleted.length === 0) return { facts: withoutTokens(facts, deleted), deleted };
  throw new ActionError(
    errorTitles.secretNotUpdated,
    [
      'Tokens of runs that were cut off could not be deleted. No secret has them, and nothing was created, so that they do not become more:',
      ...undeleted.map(({ token, reason }) => `- ${nameToken(token, run)}: ${reason}`),
      `A person can delete them on the Tokens page, ${TOKENS_PAGE}.`,
    ].join('\n'),
  );
}
