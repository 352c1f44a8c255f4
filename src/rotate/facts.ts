import { ActionError, errorTitles } from '../action-error.ts';
import { formatDuration } from '../duration.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import { apiError, describeStatus } from '../mapbox/errors.ts';
import { isNotFound } from '../mapbox/response.ts';
import { findTokens } from '../mapbox/tokens.ts';
import { orInterrupted } from '../runtime/interruption.ts';
import { findLater, REST_MS, timeToRest } from './chain.ts';
import { clocksError, explainOldRun, notListedError, notRestingError, outdatedError } from './errors.ts';
import { type Facts, findToken, type Rotation } from './rotation.ts';
import { lookUpPlaces } from './secrets.ts';

/** The step gives up after this many waits. */
const MAX_WAITS = 3;

/**
 * Lists the account's tokens and reads every place, repeatedly until nothing has changed for two minutes. Changes
 * nothing itself.
 *
 * @returns the facts, and the rotation with its deadline extended by the waits.
 * @throws {ActionError} if the token or a place is not found, clocks differ, or this run is outdated.
 * @throws {InterruptedError} if the step was interrupted.
 */
export async function gatherFacts(
  rotation: Rotation,
): Promise<{ readonly facts: Facts; readonly rotation: Rotation }> {
  const { context, inputs, interrupted } = rotation;
  const { clock, runner } = context;
  let { options } = rotation;
  for (let waits = 0; ; waits++) {
    const facts = await orInterrupted(readFacts({ ...rotation, options }), interrupted);
    checkClocks(facts);
    const left = timeToRest(facts);
    if (left === 0 || inputs.dryRun) {
      const later = findLater(facts);
      if (later !== undefined) throw outdatedError(facts.current, later, facts.places);
      return { facts, rotation: { ...rotation, options } };
    }
    if (waits === MAX_WAITS) throw notRestingError();
    const pause = Math.min(Math.ceil(left / 1000) * 1000, REST_MS);
    runner.info(
      `The token or its secret changed less than two minutes ago. Waiting ${formatDuration(pause)}, in case another run is still rotating it.`,
    );
    const start = clock.monotonic();
    await orInterrupted(clock.sleep(pause), interrupted);
    options = { ...options, deadline: options.deadline + clock.monotonic() - start };
  }
}

/** Lists the tokens, finds the current one, and reads every place. */
async function readFacts(rotation: Rotation): Promise<Facts> {
  const { inputs, run, github, account, options, deadline } = rotation;
  const search = await findTokens(account, options, () => true);
  if (search.kind !== 'found') {
    if (isNotFound(search)) {
      throw new ActionError(
        errorTitles.notFound,
        `Mapbox responded with ${describeStatus(search.status)} to the request for the list of tokens: the authorizing token lacks \`tokens:read\`. Create one with \`tokens:read\`, \`tokens:write\` and every scope of the token to rotate on ${TOKENS_PAGE}, and save it in the secret.`,
      );
    }
    const error = await apiError(search, [], account, options);
    const isDeleted = error.title === errorTitles.unauthorized && !inputs.isSeparate;
    throw isDeleted ? explainOldRun(error) : error;
  }
  const { tokens, complete, serverDate, received } = search;
  if (!complete) {
    throw new ActionError(
      errorTitles.unexpectedResponse,
      "Mapbox's list of tokens could not be read completely. It is unclear which tokens may be deleted, so nothing was changed. Start a new run later.",
    );
  }
  deadline.restart({ ...received, ids: new Set(tokens.map(({ id }) => id)) });
  const current = findToken(tokens, inputs.token.id);
  if (current === undefined) throw notListedError(inputs.token);
  const places = await lookUpPlaces(github, inputs.places, run, options);
  const listed = { mapbox: serverDate?.getTime() ?? received.now, runner: received.now };
  return { current, tokens, places, listed };
}

/** If clocks differ by more than this, it is unclear which of two tokens is newer. */
const MAX_CLOCK_DIFFERENCE_MS = 60_000;

function checkClocks({ places, listed }: Facts): void {
  const ahead = listed.mapbox - listed.runner;
  for (const { now, readAt } of places) {
    if (Math.abs(ahead - (now - readAt)) > MAX_CLOCK_DIFFERENCE_MS) {
      throw clocksError(readAt + ahead, now, readAt);
    }
  }
}
