import { checkAuthorizingToken } from '../cleanup/authorizing-token.ts';
import { revoke } from '../cleanup/revoke.ts';
import type { CleanupState } from '../cleanup/state.ts';
import { ActionError, stackOf } from '../errors/action-error.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import { retryOptions, withAccount } from '../runtime/connect.ts';
import type { Context } from '../runtime/context.ts';
import type { Step } from '../runtime/run-step.ts';
import { maskRotateInputs } from './inputs.ts';
import { parseRotation, type RotationState } from './state.ts';

/** As in the post step of a mint: other jobs may meet the same limit, and a job that is over should end. */
const RATE_LIMIT_BUDGET_MS = 240_000;

const FAILURE_BUDGET_MS = 60_000;

/**
 * The post step of a rotation. It deletes a replacement that no secret got, and orphans of lost requests. Where a secret
 * may have the replacement it deletes nothing, and says in one warning what there is. The job's result stands.
 */
export function rotatePostStep(context: Context): Required<Pick<Step, 'run' | 'onInterrupt'>> {
  const { runner } = context;
  let state = parseRotation(runner.getState());
  return {
    async run() {
      if (state !== undefined) await finish(context, state);
      state = undefined;
    },
    onInterrupt(reason) {
      if (state !== undefined) runner.warning(describeLeft(state, reason));
      return 0;
    },
  };
}

async function finish(context: Context, state: RotationState): Promise<void> {
  const { runner } = context;
  if (!('cleanup' in state)) {
    runner.warning(describeLeft(state, 'The rotation was interrupted.'));
    return;
  }
  maskRotateInputs(runner);
  try {
    const problem = await cleanUp(context, state.cleanup);
    if (problem !== undefined) runner.warning(describeLeft(state, problem));
  } catch (error) {
    if (!(error instanceof ActionError)) runner.debug(stackOf(error));
    runner.warning(
      describeLeft(state, error instanceof ActionError ? error.message : 'The action itself failed.'),
    );
  }
}

/** Gives why nothing could be done, if so. */
async function cleanUp(context: Context, cleanup: CleanupState): Promise<string | undefined> {
  const { runner, clock, env } = context;
  const input = runner.getInput('authorizing-token').trim() || runner.getInput('token');
  const actionPath = env['GITHUB_ACTION_PATH'] ?? '';
  const authorizingToken = checkAuthorizingToken(input, cleanup, actionPath, clock.now());
  if ('unusable' in authorizingToken) return authorizingToken.unusable;
  const connection = { authorizingToken, api: new URL(cleanup.apiUrl), username: cleanup.username };
  await withAccount(context, connection, async account => {
    const options = {
      ...retryOptions(context, RATE_LIMIT_BUDGET_MS, FAILURE_BUDGET_MS),
      maxUnreadable: Number.POSITIVE_INFINITY,
    };
    const report = await revoke(cleanup, account, options);
    for (const line of report.lines) runner.info(line);
    if (report.warning !== undefined) runner.warning(report.warning);
  });
  return undefined;
}

function describeLeft(state: RotationState, reason: string): string {
  switch (state.phase) {
    case 'creating':
    case 'stored': {
      const { token, note } = state.cleanup;
      const which = token === undefined || token.keep ? 'A token' : `The token ${token.id}`;
      return `${which} with the note "${note}" is in no secret and may still be alive. ${reason}\nThe next rotation deletes it. To delete it now, use the Tokens page, ${TOKENS_PAGE}.`;
    }
    case 'storing':
      return `${reason} The secret has either the new token ${state.replacement} or still the old one, ${state.previous}. Both are alive, and neither was deleted. The next rotation finds out which it is: start a new run (not a re-run).`;
    case 'deleting':
      return `${reason} The secret has the new token ${state.replacement}. Still alive: ${state.undeleted.join(', ')}. With \`revoke-previous: now\` they have leaked: delete them on the Tokens page, ${TOKENS_PAGE}.`;
  }
}
