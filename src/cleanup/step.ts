import { Failure, traceOf } from '../errors/action-error.ts';
import { maskAuthorizer } from '../inputs/authorizing-token.ts';
import { readAccess } from '../inputs/main-inputs.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import type { Runner } from '../runner/runner.ts';
import { patienceFor, withAccount } from '../runtime/connect.ts';
import type { World } from '../runtime/context.ts';
import type { Step } from '../runtime/run-step.ts';
import { revoke } from './revoke.ts';
import { readTrail, type Trail } from './state.ts';

/** The post step gives up earlier than the main step, in milliseconds: a job that is over should end. */
const PATIENCE = 60_000;

/**
 * The post step: deletes what the main step made, whatever became of the job. What it cannot delete it says in
 * one warning, also where it is interrupted, and leaves the job's result alone.
 */
export function postStep(world: World): Required<Step> {
  const { runner } = world;
  /** What is still to be cleared up. */
  let trail = readTrail(runner.kept());
  return {
    async run() {
      if (trail !== undefined) await clearUp(world, trail);
      trail = undefined;
    },
    interrupted(why) {
      if (trail !== undefined) warnOf(runner, trail, why);
      return 0;
    },
  };
}

async function clearUp(world: World, trail: Trail): Promise<void> {
  const { runner, clock } = world;
  maskAuthorizer(runner);
  try {
    const { authorizer, timeout, api } = readAccess(runner.input, clock.now());
    await withAccount(world, { authorizer, api, username: trail.username }, async account => {
      const { lines, warning } = await revoke(
        trail,
        account,
        patienceFor(world, Math.min(timeout, PATIENCE)),
      );
      for (const line of lines) runner.info(line);
      if (warning !== undefined) runner.warning(warning);
    });
  } catch (error) {
    if (!(error instanceof Failure)) runner.debug(traceOf(error));
    warnOf(runner, trail, error instanceof Failure ? error.message : 'The action itself went wrong.');
  }
}

function warnOf(runner: Runner, { id, note }: Trail, why: string): void {
  const which = id === undefined ? 'A token' : `The token ${id}`;
  runner.warning(
    `${which} with the note "${note}" may still be alive. ${why}\nLook on the Tokens page, ${TOKENS_PAGE}, and delete it there. The job's result stands.`,
  );
}
