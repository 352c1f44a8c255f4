import { ActionError, stackOf } from '../action-error.ts';
import { parseApiUrl, parseUsername } from '../inputs/connection.ts';
import { maskTokenInputs } from '../inputs/masking.ts';
import { InputProblems } from '../inputs/problems.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import { retryOptions, withAccount } from '../runtime/connect.ts';
import type { Context } from '../runtime/context.ts';
import type { ProcessIdentity } from '../runtime/processes.ts';
import type { Step } from '../runtime/run-step.ts';
import { checkAuthorizingToken, describeChange } from './authorizing-token.ts';
import { type Leftovers, revoke } from './revoke.ts';
import { parseState, type SavedState } from './state.ts';

/**
 * How long the post step waits for a rate limit: other jobs may end at the same time. After a cancellation, GitHub
 * gives a job five minutes.
 */
const RATE_LIMIT_BUDGET_MS = 240_000;

/**
 * How long the post step keeps trying otherwise. A finished job should end soon, so this does not depend on `timeout`.
 */
const FAILURE_BUDGET_MS = 60_000;

/** A signal means that the runner is shutting down. The runner sends SIGTERM 7.5 s later. */
const STOP_LIMIT_MS = 5_000;

interface PostStep extends Step {
  run(): Promise<void>;
  onInterrupt(reason: string): void;
}

/**
 * The post step of a mint or rotation: deletes the tokens that the main step left to it, even if the job failed. One
 * warning names the tokens that it could not delete, even after an interruption. The job's result does not change.
 */
export function postStep(context: Context): PostStep {
  const { runner } = context;
  /** Set to `undefined` once there is nothing left to do or to report. */
  let state = parseState(runner.getState());
  return {
    stopLimitMs: STOP_LIMIT_MS,
    interruptedExitCode: 0,
    async run() {
      if (state !== undefined) await finish(context, state);
      state = undefined;
    },
    onInterrupt(reason) {
      if (state !== undefined) runner.warning(describeLeft(state, reason));
      state = undefined;
    },
  };
}

async function finish(context: Context, state: SavedState): Promise<void> {
  const { runner } = context;
  maskTokenInputs(runner, ['authorizing-token', 'token']);
  if (state.mainStep !== undefined) await stopMainStep(context, state.mainStep);
  if (state.mainStep !== undefined && state.rotation?.phase === 'put') {
    runner.info(
      `The rotation was interrupted. The secret has the new token ${state.rotation.replacement}. Older tokens were being deleted; the next rotation continues.`,
    );
    return;
  }
  const isPossiblyPut = state.mainStep !== undefined || state.rotation?.phase === 'putting';
  if (state.action === 'rotation' && (isPossiblyPut || state.rotation?.phase === 'deleting')) {
    runner.warning(describeLeft(state, 'The rotation was interrupted.'));
    if (isPossiblyPut) return;
  }
  if (state.action === 'rotation' && state.cleanup === undefined) return;
  const problem = await cleanUp(context, state);
  if (problem !== undefined) runner.warning(describeLeft(state, problem));
}

/** How long to wait for a main step that a cancellation did not reach. */
const MAIN_STEP_LIMIT_MS = 10_000;

const POLL_MS = 100;

/**
 * Sends the main step, once, the signal that `docker exec` did not deliver [docker/cli 5309], and waits for it to end.
 * Never kills it: it may be about to delete a token.
 */
async function stopMainStep({ runner, clock, processes }: Context, main: ProcessIdentity): Promise<void> {
  if (!processes.isAlive(main)) return;
  runner.info('The main step is still running. Stopping it.');
  processes.interrupt(main);
  const deadline = clock.monotonic() + MAIN_STEP_LIMIT_MS;
  while (processes.isAlive(main) && clock.monotonic() < deadline) await clock.sleep(POLL_MS);
}

/**
 * Deletes what a main step created, and logs the results.
 *
 * @returns why nothing could be deleted; `undefined` otherwise.
 */
async function cleanUp(context: Context, state: SavedState): Promise<string | undefined> {
  const { runner, clock, env } = context;
  try {
    const { cleanup } = state;
    const given = runner.getInput('authorizing-token');
    const input = given.trim() === '' && state.action === 'rotation' ? runner.getInput('token') : given;
    const actionPath = env['GITHUB_ACTION_PATH'] ?? '';
    const authorizingToken = checkAuthorizingToken(input, cleanup, actionPath, clock.now());
    if ('unusable' in authorizingToken) return authorizingToken.unusable;
    const problems = new InputProblems();
    const api = parseApiUrl(runner.getInput('api-url'), problems);
    const username =
      cleanup?.username ?? parseUsername(runner.getInput('username'), authorizingToken, problems);
    if (api === undefined || (cleanup !== undefined && api.href !== cleanup.apiUrl)) {
      return describeChange('`api-url`', "differs from the main step's", cleanup, actionPath);
    }
    problems.throwIfAny({});
    const options = {
      ...retryOptions(context, RATE_LIMIT_BUDGET_MS, FAILURE_BUDGET_MS),
      // A proxy may return its own page first, and Mapbox's list a few seconds later.
      maxUnreadable: Number.POSITIVE_INFINITY,
    };
    const connection = { authorizingToken, api, username };
    await withAccount(context, connection, options.budget, async account => {
      const report = await revoke(toCleanUp(state, username), account, options);
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

/** A main step that did not end by itself may have sent one more request, or its first. */
function toCleanUp({ cleanup, nonce, mainStep }: SavedState, username: string): Leftovers {
  const known = cleanup ?? {
    authorizingToken: { id: undefined, username },
    username,
    note: `#${nonce}`,
    nonce,
    token: undefined,
    orphans: 0,
  };
  return mainStep === undefined ? known : { ...known, orphans: Math.max(1, known.orphans) };
}

/** Describes which tokens may still be alive, and what to do about them. */
function describeLeft(state: SavedState, reason: string): string {
  const { action, nonce, cleanup, rotation } = state;
  if (rotation?.phase === 'putting') {
    return `${reason} The secret has either the new token ${rotation.replacement} or the old one, ${rotation.previous}. Neither was deleted. Start a new run (not a re-run): the next rotation finds out which it is.`;
  }
  if (rotation?.phase === 'deleting') {
    return `${reason} The secret has the new token ${rotation.replacement}. These leaked tokens are still alive: ${rotation.undeleted.join(', ')}. Delete them on the Tokens page, ${TOKENS_PAGE}.`;
  }
  const token = cleanup?.token === undefined || cleanup.token.keep ? undefined : cleanup.token.id;
  const which = token === undefined ? 'A token' : `The token ${token}`;
  const note = cleanup?.note ?? (nonce.length < 8 ? `…${nonce}]` : `#${nonce}`);
  const described = `${which} with the note "${note}" may still be alive. ${reason}`;
  return action === 'mint'
    ? `${described}\nDelete it on the Tokens page, ${TOKENS_PAGE}. The job's result is not affected.`
    : `${described}\nNothing was deleted, because a secret may have it. Start a new run (not a re-run): the next rotation checks that, and deletes it if no secret has it.`;
}
