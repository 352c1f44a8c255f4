import { Failure } from './failure.ts';
import { readAccess } from './inputs.ts';
import { TOKENS_PAGE } from './mapbox/account.ts';
import { revoke } from './revoke.ts';
import { readTrail } from './trail.ts';
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
    if (!(error instanceof Failure)) runner.debug(error instanceof Error ? (error.stack ?? '') : '');
    const why = error instanceof Failure ? error.message : 'The action itself went wrong.';
    const which = trail.id === undefined ? 'A token' : `The token ${trail.id}`;
    runner.warning(
      `${which} with the note "${trail.note}" may still be alive. ${why}\nLook on the Tokens page, ${TOKENS_PAGE}, and delete it there. The job's result stands.`,
    );
  }
}
