import { ActionError, stackOf } from '../errors/action-error.ts';
import { maskAuthorizingToken } from '../inputs/authorizing-token.ts';
import { parseConnection } from '../inputs/main-inputs.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import type { Runner } from '../runner/runner.ts';
import { retryOptions, withAccount } from '../runtime/connect.ts';
import type { Context } from '../runtime/context.ts';
import type { Step } from '../runtime/run-step.ts';
import { revoke } from './revoke.ts';
import { type CleanupState, parseState } from './state.ts';

/** The post step gives up earlier than the main step, in milliseconds: a job that is over should end. */
const CLEANUP_BUDGET_MS = 60_000;

/**
 * The post step: deletes what the main step made, whatever became of the job. What it cannot delete it says in
 * one warning, also where it is interrupted, and leaves the job's result alone.
 */
export function postStep(context: Context): Required<Step> {
  const { runner } = context;
  /** What is still to be cleared up. */
  let state = parseState(runner.getState());
  return {
    async run() {
      if (state !== undefined) await cleanUp(context, state);
      state = undefined;
    },
    onInterrupt(reason) {
      if (state !== undefined) warnNotDeleted(runner, state, reason);
      return 0;
    },
  };
}

async function cleanUp(context: Context, state: CleanupState): Promise<void> {
  const { runner, clock } = context;
  maskAuthorizingToken(runner);
  try {
    const { authorizingToken, timeout, api } = parseConnection(runner.getInput, clock.now());
    await withAccount(context, { authorizingToken, api, username: state.username }, async account => {
      const { lines, warning } = await revoke(
        state,
        account,
        retryOptions(context, Math.min(timeout, CLEANUP_BUDGET_MS)),
      );
      for (const line of lines) runner.info(line);
      if (warning !== undefined) runner.warning(warning);
    });
  } catch (error) {
    if (!(error instanceof ActionError)) runner.debug(stackOf(error));
    warnNotDeleted(
      runner,
      state,
      error instanceof ActionError ? error.message : 'The action itself went wrong.',
    );
  }
}

function warnNotDeleted(runner: Runner, { id, note }: CleanupState, reason: string): void {
  const which = id === undefined ? 'A token' : `The token ${id}`;
  runner.warning(
    `${which} with the note "${note}" may still be alive. ${reason}\nLook on the Tokens page, ${TOKENS_PAGE}, and delete it there. The job's result stands.`,
  );
}
