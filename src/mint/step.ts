import { ActionError, errorTitles, stackOf } from '../action-error.ts';
import type { RetryOptions } from '../api/retry.ts';
import { type CleanupState, PostStepState } from '../cleanup/state.ts';
import { type MainInputs, parseMainInputs } from '../inputs/main-inputs.ts';
import { maskTokenInputs } from '../inputs/masking.ts';
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
 * @param interrupted aborted when the step must stop.
 * @throws {ActionError} before any output is written; a created token is deleted or left to the post step.
 * @throws {InterruptedError} likewise.
 */
export async function mainStep(context: Context, interrupted: AbortSignal): Promise<void> {
  const nonce = newNonce(context.randomInt);
  const postStep = PostStepState.begin(context, 'mint', nonce);
  try {
    await mint({ ...context, nonce, postStep }, interrupted);
  } finally {
    postStep.finish();
  }
}

/** The context that all parts of the main step share. */
interface MintContext extends Context {
  readonly nonce: string;
  readonly postStep: PostStepState;
}

async function mint(context: MintContext, interrupted: AbortSignal): Promise<void> {
  const { runner, env, clock } = context;
  maskTokenInputs(runner, ['authorizing-token']);
  const inputs = parseMainInputs(runner.getInput, env, clock.now());
  if (inputs.exportEnv.length > 0) checkFiles(runner, true, 'No token was created.');
  for (const warning of inputs.warnings) runner.warning(warning);
  const options = retryOptions(context, inputs.connection.timeout);
  await withAccount(context, inputs.connection, options.budget, async account => {
    const mint = await mintToken(context, inputs, account, options, interrupted);
    if (interrupted.aborted) throw new InterruptedError(await discardMint(context, account, mint, options));
    await writeResults(context, inputs, account, mint, options);
  });
}

/** A token, and the state for the post step once the token is in use. */
interface Mint {
  readonly token: MintedToken;
  readonly cleanup: CleanupState | undefined;
}

async function mintToken(
  context: MintContext,
  { request }: MainInputs,
  account: Account,
  options: RetryOptions,
  interrupted: AbortSignal,
): Promise<Mint> {
  const { runner, env, nonce, postStep } = context;
  if (request.kind === 'temporary') {
    postStep.finish();
    // A token that expires on its own needs no clean-up, so an interrupt ends the wait at once.
    const token = await orInterrupted(mintTemporaryToken(account, request, options), interrupted);
    return { token, cleanup: undefined };
  }
  return mintStoredToken(account, request, {
    run: currentRun(env),
    purpose: { kind: request.untilJobEnds ? 'until-job-ends' : 'until-deleted' },
    actionPath: env['GITHUB_ACTION_PATH'] ?? '',
    nonce,
    options,
    interrupted,
    saveState: cleanup => postStep.update({ cleanup }),
    warn: runner.warning,
  });
}

/** Deletes a token that will not be used, and describes the result. */
async function discardMint(
  context: MintContext,
  account: Account,
  { token, cleanup }: Mint,
  options: RetryOptions,
): Promise<string> {
  const discarded = await discardMinted(account, token, options);
  if (discarded.deleted) {
    context.postStep.update({ cleanup: cleanup && { ...cleanup, token: undefined } });
  }
  return discarded.message;
}

async function writeResults(
  context: MintContext,
  inputs: MainInputs,
  account: Account,
  mint: Mint,
  options: RetryOptions,
): Promise<void> {
  const { runner, env, postStep } = context;
  const { token, cleanup } = mint;
  const variables = Object.fromEntries(inputs.exportEnv.map(name => [name, token.secret]));
  try {
    postStep.finishWith(cleanup, state => runner.writeResults(toOutputs(token), variables, state));
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
    runner.warning('The outputs were written, but the summary page could not be written.');
  }
}
