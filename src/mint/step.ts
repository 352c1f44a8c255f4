import { type CleanupState, serializeState } from '../cleanup/state.ts';
import { ActionError, errorTitles, stackOf } from '../errors/action-error.ts';
import { maskAuthorizingToken } from '../inputs/authorizing-token.ts';
import { type MainInputs, parseMainInputs } from '../inputs/main-inputs.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { deleteTokenWithRetry } from '../mapbox/tokens.ts';
import { newNonce } from '../note.ts';
import { retryOptions, withAccount } from '../runtime/connect.ts';
import type { Context } from '../runtime/context.ts';
import { currentRun } from '../runtime/workflow-run.ts';
import { DISCARD_BUDGET_MS } from './discard.ts';
import { logLine, summaryRows, toOutputs } from './outputs.ts';
import { mintStoredToken } from './stored.ts';
import { mintTemporaryToken } from './temporary.ts';
import type { MintedToken } from './verify.ts';

/**
 * The main step: reads what is wanted, mints it, hands it on.
 *
 * @throws {ActionError} with nothing handed on, and what was made deleted or left to the post step.
 */
export async function mainStep(context: Context): Promise<void> {
  const { runner, env, clock } = context;
  maskAuthorizingToken(runner);
  const inputs = parseMainInputs(runner.getInput, {
    workflow: env['GITHUB_WORKFLOW'] ?? '',
    now: clock.now(),
    env,
  });
  const missingFile = runner.findMissingFile(inputs.exportEnv.length > 0);
  if (missingFile !== undefined) {
    throw new ActionError(
      errorTitles.notOnGithubActions,
      `${missingFile}, so a token could not be handed on, and none is made. This action has to be run by a GitHub Actions runner.`,
    );
  }
  for (const warning of inputs.warnings) runner.warning(warning);
  await withAccount(context, inputs.connection, async account => {
    const minted = await mint(context, inputs, account);
    await writeResults(context, inputs, account, minted);
  });
}

function mint(context: Context, { connection, request }: MainInputs, account: Account): Promise<MintedToken> {
  const { runner, env, randomInt } = context;
  const options = retryOptions(context, connection.timeout);
  if (request.kind === 'temporary') return mintTemporaryToken(connection, request, { account, options });
  const saveState = (state: CleanupState | undefined) => {
    try {
      runner.saveState(state === undefined ? '' : serializeState(state));
    } catch (error) {
      runner.debug(stackOf(error));
      throw new ActionError(
        errorTitles.outputsNotWritten,
        "The runner's state file could not be written, without which the token would not be deleted. Is the disk full?",
      );
    }
  };
  const nonce = newNonce(randomInt);
  return mintStoredToken(connection, request, currentRun(env), nonce, {
    account,
    options,
    saveState,
    warn: runner.warning,
  });
}

async function writeResults(
  context: Context,
  inputs: MainInputs,
  account: Account,
  minted: MintedToken,
): Promise<void> {
  const { runner, clock } = context;
  try {
    const variables = inputs.exportEnv.map(name => [name, minted.secret] as const);
    // A token that is to stay was the post step's to delete only as long as nobody had it.
    const stays = inputs.request.kind === 'stored' && !inputs.request.untilJobEnds;
    runner.writeResults(toOutputs(minted), Object.fromEntries(variables), stays ? '' : undefined);
  } catch (error) {
    runner.debug(stackOf(error));
    const deletion = await withdraw(context, account, minted);
    throw new ActionError(
      errorTitles.outputsNotWritten,
      `The runner's files could not be written; is the disk full? ${deletion}`,
    );
  }
  runner.info(logLine(minted, inputs, clock.now()));
  if (!inputs.summary) return;
  try {
    await runner.writeSummary('Mapbox token', summaryRows(minted, inputs));
  } catch {
    runner.warning('The token was handed on, but the summary page could not be written.');
  }
}

/** Deletes a token that nobody will get, and says what became of it. */
async function withdraw(context: Context, account: Account, minted: MintedToken): Promise<string> {
  if (minted.usage === 'tk') return 'The token was not handed on; it expires by itself.';
  const result = await deleteTokenWithRetry(account, minted.id, retryOptions(context, DISCARD_BUDGET_MS));
  return result.kind === 'deleted' && result.found
    ? 'The token was deleted.'
    : `The token ${minted.id} was not handed on and may still be alive: look for it on ${TOKENS_PAGE}.`;
}
