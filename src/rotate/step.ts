import { ActionError, errorTitles, stackOf } from '../action-error.ts';
import { formatDuration } from '../duration.ts';
import { githubApiUrl, withGithub } from '../github/connect.ts';
import { checkFiles } from '../runner/result-files.ts';
import type { Runner } from '../runner/runner.ts';
import { retryOptions, withAccount } from '../runtime/connect.ts';
import type { Context } from '../runtime/context.ts';
import { InterruptedError, orInterrupted } from '../runtime/interruption.ts';
import { currentRun } from '../runtime/workflow-run.ts';
import type { Secret } from '../secret.ts';
import {
  type DeletionPlan,
  type DeletionPolicy,
  isBehind,
  isFromElsewhere,
  isOld,
  planDeletions,
} from './chain.ts';
import { createReplacement } from './create-replacement.ts';
import { type Deletions, deleteDue, deleteOwnOrphans } from './deletions.ts';
import { gatherFacts } from './gather-facts.ts';
import { maskRotateInputs, parseRotateInputs, protectedIdOf } from './inputs.ts';
import { describeLeft, failureWarning, leftWarning, planLine, resultLines, rotationRows } from './report.ts';
import type { Facts, Replacement, Rotation } from './rotation.ts';
import { type RotationState, serializeRotation } from './state.ts';
import { storeReplacement } from './store-replacement.ts';

export const rotateOutputNames = ['rotated', 'token-id', 'previous-token-id', 'deleted', 'token'] as const;

type Outputs = Readonly<Record<(typeof rotateOutputNames)[number], string | Secret>>;

/**
 * The rotation: replaces the token in a GitHub secret with a new one like it, and deletes what was replaced before.
 *
 * @param interrupted aborted when the step is to stop.
 * @throws {ActionError} where the secret does not have the new token everywhere. Every secret then holds a living token.
 * @throws {InterruptedError} likewise.
 */
export async function rotateStep(context: Context, interrupted: AbortSignal): Promise<void> {
  const { runner, env, clock } = context;
  maskRotateInputs(runner);
  const inputs = parseRotateInputs(runner.getInput, env, clock.now());
  const run = currentRun(env);
  const githubApi = githubApiUrl(env);
  checkFiles(runner, false, 'Nothing was rotated.');
  const options = retryOptions(context, inputs.timeout);
  const { api, authorizingToken, token } = inputs;
  const saveState = (state: RotationState | undefined) => save(context, state);
  await withAccount(context, { api, authorizingToken, username: token.username }, options.budget, account =>
    withGithub(context, githubApi, inputs.githubToken, github =>
      rotate({ context, inputs, run, github, account, options, interrupted, saveState }),
    ),
  );
}

function save({ runner }: Context, state: RotationState | undefined): void {
  try {
    runner.saveState(serializeRotation(state));
  } catch (error) {
    runner.debug(stackOf(error));
    throw new ActionError(
      errorTitles.outputsNotWritten,
      "The runner's state file could not be written, without which the post step could not clean up. Is the disk full?",
    );
  }
}

async function rotate(rotation: Rotation): Promise<void> {
  const { inputs, context, interrupted } = rotation;
  const facts = await orInterrupted(gatherFacts(rotation), interrupted);
  const anyBehind = facts.places.some(place => isBehind(place, facts.current));
  if (!anyBehind && isYoung(rotation, facts)) return finishUnchanged(rotation, facts);
  const policy: DeletionPolicy = {
    revokePrevious: inputs.revokePrevious,
    revokeOriginal: inputs.revokeOriginal,
    protectedId: protectedIdOf(inputs),
    anyBehind,
  };
  context.runner.info(planLine(rotation, facts));
  if (isFromElsewhere(facts)) {
    context.runner.warning(
      `The token ${facts.current.id} was created by the rotation of another secret, and copied into this one. What that rotation deletes may be in use here: rotate both secrets in one step (\`repositories\`, \`app\`), or give this one a token of its own.`,
    );
  }
  const plan = planDeletions(facts, policy, facts.reasonToKeepOrphan);
  if (inputs.dryRun) return finishDryRun(rotation, facts, plan);
  const replacement = await createReplacement(rotation, facts);
  await storeReplacement(rotation, facts, replacement);
  const deletions = await orInterrupted(deleteOld(rotation, plan, replacement), interrupted);
  await finish(rotation, facts, replacement, deletions);
}

function isYoung({ inputs: { maxAge, revokePrevious } }: Rotation, { current, now }: Facts): boolean {
  return maxAge !== undefined && revokePrevious !== 'now' && !isOld(current, maxAge, now);
}

function finishUnchanged({ context: { runner } }: Rotation, { current, now }: Facts): void {
  const age = formatDuration(Math.max(0, now - (current.created?.getTime() ?? now)));
  runner.info(`The token ${current.id} is ${age} old, which is not over \`max-age\`. Nothing was rotated.`);
  writeOutputs(runner, unchanged(current.id));
}

function finishDryRun({ context: { runner } }: Rotation, facts: Facts, { due, kept }: DeletionPlan): void {
  for (const { id } of due) runner.info(`Dry run: would delete the token ${id}.`);
  for (const one of kept) runner.info(describeLeft(one));
  runner.info('Dry run: nothing was created, stored or deleted.');
  writeOutputs(runner, unchanged(facts.current.id));
}

function unchanged(id: string): Outputs {
  return { rotated: 'false', 'token-id': id, 'previous-token-id': '', deleted: '', token: '' };
}

async function deleteOld(
  rotation: Rotation,
  { due, kept }: DeletionPlan,
  replacement: Replacement,
): Promise<Deletions> {
  const { saveState, inputs, interrupted } = rotation;
  const undeleted = due.map(({ id }) => id);
  const isLeaked = inputs.revokePrevious === 'now' && undeleted.length > 0;
  saveState(
    isLeaked ? { phase: 'deleting', replacement: replacement.token.id, undeleted } : replacement.orphans,
  );
  if (interrupted.aborted) {
    throw new InterruptedError(
      `The secret has the new token ${replacement.token.id}. Nothing was deleted; the next rotation goes on there.`,
    );
  }
  const own = await deleteOwnOrphans(rotation, replacement);
  const deletions = await deleteDue(rotation, replacement, due);
  if (isLeaked) saveState(replacement.orphans);
  return {
    deleted: [...own, ...deletions.deleted],
    left: [...kept, ...deletions.left],
    failure: deletions.failure,
  };
}

async function finish(
  rotation: Rotation,
  facts: Facts,
  replacement: Replacement,
  deletions: Deletions,
): Promise<void> {
  const { context, inputs } = rotation;
  const { runner } = context;
  for (const line of resultLines(rotation, facts, replacement, deletions)) runner.info(line);
  const isLeaked = inputs.revokePrevious === 'now';
  for (const warning of [failureWarning(deletions, isLeaked), leftWarning(deletions.left)]) {
    if (warning !== undefined) runner.warning(warning);
  }
  if (inputs.summary) {
    try {
      await runner.writeSummary(
        'Rotated Mapbox token',
        rotationRows(rotation, facts, replacement, deletions),
      );
    } catch {
      runner.warning('The token was rotated, but the summary page could not be written.');
    }
  }
  const { token } = replacement;
  writeOutputs(runner, {
    rotated: 'true',
    'token-id': token.id,
    'previous-token-id': facts.current.id,
    deleted: deletions.deleted.join(' '),
    token: inputs.outputToken ? token.secret : '',
  });
}

function writeOutputs(runner: Runner, outputs: Outputs): void {
  try {
    runner.writeResults(outputs, {});
  } catch (error) {
    runner.debug(stackOf(error));
    throw new ActionError(
      errorTitles.outputsNotWritten,
      outputs.rotated === 'true'
        ? `The secret has the new token ${String(outputs['token-id'])}, but the outputs could not be written; is the disk full?`
        : 'The outputs could not be written; is the disk full? Nothing was rotated.',
    );
  }
}
