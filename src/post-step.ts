import { Failure, traceOf } from './failure.ts';
import { readAccess } from './inputs.ts';
import { TOKENS_PAGE } from './mapbox/account.ts';
import { revoke } from './revoke.ts';
import type { Runner } from './runner/runner.ts';
import { readTrail, type Trail } from './trail.ts';
import { maskAuthorizer, patienceFor, type World, withAccount } from './world.ts';

/** The post step gives up earlier than the main step, in milliseconds: a job that is over should end. */
const PATIENCE = 60_000;

/**
 * The post step: deletes what the main step made, whatever became of the job. What it cannot delete it says in
 * one warning, and leaves the job's result alone.
 */
export async function postStep(world: World): Promise<void> {
  const { runner, clock } = world;
  const trail = readTrail(runner.kept());
  if (trail === undefined) return;
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

/**
 * The last word of a post step that is cancelled before it is done, as when a run is cancelled for a second time.
 *
 * @returns the exit code: the job's result stands.
 */
export function postCancelled({ runner }: World): number {
  const trail = readTrail(runner.kept());
  if (trail !== undefined) warnOf(runner, trail, 'The post step was cancelled before it was done.');
  return 0;
}

function warnOf(runner: Runner, { id, note }: Trail, why: string): void {
  const which = id === undefined ? 'A token' : `The token ${id}`;
  runner.warning(
    `${which} with the note "${note}" may still be alive. ${why}\nLook on the Tokens page, ${TOKENS_PAGE}, and delete it there. The job's result stands.`,
  );
}
