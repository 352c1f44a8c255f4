import { ActionError, errorTitles, stackOf } from '../action-error.ts';
import type { RetryOptions } from '../api/retry.ts';
import { type CleanupState, serializeState } from '../cleanup/state.ts';
import { type MainInputs, parseMainInputs } from '../inputs/main-inputs.ts';
import { maskAuthorizingToken } from '../inputs/masking.ts';
import type { Account } from '../mapbox/account.ts';
import { newNonce } from '../note.ts';
import { checkFiles } from '../runner/result-files.ts';
import { retryOptions, withAccount } from '../runtime/connect.ts';
import type { Context } from '../runtime/context.ts';
import { InterruptedError, orInterrupted } from '../runtime/interruption.ts';
import { currentRun, runUrl } from '../runtime/workflow-run.ts';
import { discardMinted } from './discard.ts';
import { logLine, summaryRows, toOutputs } from './outputs.ts';
import { mintStoredToken } from './stored.ts';
import { mintTemporaryToken } from './temporary.ts';
import type { MintedToken } from './verify.ts';

/**
 * The main step: parses the inputs, mints the token, writes the outputs.
 *
 * @param interrupted aborted when the step is to stop.
 * @throws {ActionError} with no output written, and what was created deleted or left to the post step.
 * @throws {InterruptedError} likewise.
 */
export async function mainStep(context: Context, interrupted: AbortSignal): Promise<void> {
  const { runner, env, clock } = context;
  maskAuthorizingToken(runner);
  const inputs = parseMainInputs(runner.getInput, env, clock.now());
  checkFiles(runner, inputs.exportEnv.length > 0, 'No token was created.');
  for (const warning of inputs.warnings) runner.warning(warning);
  const options = retryOptions(context, inputs.connection.timeout);
  await withAccount(context, inputs.connection, options.budget, async account => {
    const mint = await mintToken(context, inputs, account, options, interrupted);
    if (interrupted.aborted) throw new InterruptedError(await discardMint(context, account, mint, options));
    await writeResults(context, inputs, account, mint, options);
  });
}

/** A token, and what is left to the post step once it is in use. */
interface Mint {
  readonly token: MintedToken;
  readonly cleanup: CleanupState | undefined;
}

async function mintToken(
  context: Context,
  { request }: MainInputs,
  account: Account,
  options: RetryOptions,
  interrupted: AbortSignal,
): Promise<Mint> {
  const { runner, env, randomInt } = context;
  if (request.kind === 'temporary') {
    // Nobody has to wait for a token that expires on its own.
    const token = await orInterrupted(mintTemporaryToken(account, request, options), interrupted);
    return { token, cleanup: undefined };
  }
  return mintStoredToken(account, request, {
    run: currentRun(env),
    purpose: { kind: request.untilJobEnds ? 'until-job-ends' : 'until-deleted' },
    actionPath: env['GITHUB_ACTION_PATH'] ?? '',
    nonce: newNonce(randomInt),
    options,
    interrupted,
    saveState: state => saveState(context, state),
    warn: runner.warning,
  });
}

function saveState({ runner }: Context, state: CleanupState | undefined): void {
  try {
    runner.saveState(state === undefined ? '' : serializeState(state));
  } catch (error) {
    runner.debug(stackOf(error));
    throw new ActionError(
      errorTitles.outputsNotWritten,
      "The runner's state file could not be written, without which the token would not be deleted. Is the disk full?",
    );
  }
}

/** Deletes a token that nobody is to use, and says what became of it. */
async function discardMint(
  context: Context,
  account: Account,
  { token, cleanup }: Mint,
  options: RetryOptions,
): Promise<string> {
  const discarded = await discardMinted(account, token, options);
  if (discarded.deleted) forgetToken(context, cleanup);
  return discarded.message;
}

/** The post step would otherwise search for a token that is gone, which does no harm. */
function forgetToken({ runner }: Context, cleanup: CleanupState | undefined): void {
  const orphans = cleanup?.orphans ?? 0;
  try {
    runner.saveState(
      cleanup === undefined || orphans === 0 ? '' : serializeState({ ...cleanup, token: undefined }),
    );
  } catch {}
}

async function writeResults(
  context: Context,
  inputs: MainInputs,
  account: Account,
  mint: Mint,
  options: RetryOptions,
): Promise<void> {
  const { runner, env } = context;
  const { token, cleanup } = mint;
  const variables = Object.fromEntries(inputs.exportEnv.map(name => [name, token.secret]));
  const state = cleanup === undefined ? '' : serializeState(cleanup);
  try {
    runner.writeResults(toOutputs(token), variables, token.usage === 'tk' ? undefined : state);
  } catch (error) {
    runner.debug(stackOf(error));
    const discarded = await discardMint(context, account, mint, options);
    throw new ActionError(
      errorTitles.outputsNotWritten,
      `The runner's files could not be written; is the disk full? ${discarded}`,
    );
  }
  runner.info(logLine(token, inputs));
  if (!inputs.summary) return;
  const run = inputs.request.kind === 'stored' ? runUrl(currentRun(env)) : undefined;
  try {
    await runner.writeSummary('Mapbox token', summaryRows(token, inputs, run));
  } catch {
    runner.warning('The outputs were written, but the summary page could not be.');
  }
}
