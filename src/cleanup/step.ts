import { ActionError, stackOf } from '../action-error.ts';
import { maskAuthorizingToken } from '../inputs/masking.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import type { Runner } from '../runner/runner.ts';
import { retryOptions, withAccount } from '../runtime/connect.ts';
import type { Context } from '../runtime/context.ts';
import type { Step } from '../runtime/run-step.ts';
import { checkAuthorizingToken } from './authorizing-token.ts';
import { revoke } from './revoke.ts';
import { type CleanupState, parseState } from './state.ts';

/**
 * How long the post step waits for a rate limit: other jobs end at the same time. After a cancel GitHub gives a job
 * five minutes.
 */
const RATE_LIMIT_BUDGET_MS = 240_000;

/** How long it keeps trying otherwise. A job that is over should end, so this does not depend on `timeout`. */
const FAILURE_BUDGET_MS = 60_000;

interface PostStep extends Step {
  run(): Promise<void>;
  onInterrupt(reason: string): number;
}

/**
 * The post step: deletes what the main step created, whatever became of the job. What it cannot delete it names in one
 * warning, also where it is interrupted, and leaves the job's result alone.
 */
export function postStep(context: Context): PostStep {
  const { runner } = context;
  /** What is still to be done. */
  let state = parseState(runner.getState());
  return {
    async run() {
      if (state !== undefined) await deleteCreated(context, state);
      state = undefined;
    },
    onInterrupt(reason) {
      if (state !== undefined) warnNotDeleted(runner, state, reason);
      return 0;
    },
  };
}

async function deleteCreated(context: Context, state: CleanupState): Promise<void> {
  const { runner } = context;
  maskAuthorizingToken(runner);
  const problem = await cleanUp(context, state, runner.getInput('authorizing-token'));
  if (problem !== undefined) warnNotDeleted(runner, state, problem);
}

/**
 * Deletes what a main step created, and says in the log what became of it.
 *
 * @param input the authorizing token as the post step got it.
 * @returns why it could not be tried, if so.
 */
export async function cleanUp(
  context: Context,
  state: CleanupState,
  input: string,
): Promise<string | undefined> {
  const { runner, clock, env } = context;
  try {
    const actionPath = env['GITHUB_ACTION_PATH'] ?? '';
    const authorizingToken = checkAuthorizingToken(input, state, actionPath, clock.now());
    if ('unusable' in authorizingToken) return authorizingToken.unusable;
    const connection = { authorizingToken, api: new URL(state.apiUrl), username: state.username };
    const options = {
      ...retryOptions(context, RATE_LIMIT_BUDGET_MS, FAILURE_BUDGET_MS),
      // A proxy's page in place of the list may be Mapbox's list a few seconds later.
      maxUnreadable: Number.POSITIVE_INFINITY,
    };
    await withAccount(context, connection, options.budget, async account => {
      const report = await revoke(state, account, options);
      for (const line of report.lines) runner.info(line);
      if (report.warning !== undefined) runner.warning(report.warning);
    });
    return undefined;
  } catch (error) {
    if (error instanceof ActionError) return error.message;
    runner.debug(stackOf(error));
    return 'The action itself failed.';
  }
}

function warnNotDeleted(runner: Runner, { token, note }: CleanupState, reason: string): void {
  const which = token === undefined || token.keep ? 'A token' : `The token ${token.id}`;
  runner.warning(
    `${which} with the note "${note}" may still be alive. ${reason}\nDelete it on the Tokens page, ${TOKENS_PAGE}. The job's result is not affected.`,
  );
}
