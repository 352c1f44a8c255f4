import { type Trail, writeTrail } from '../cleanup/state.ts';
import { Failure, titles, traceOf } from '../errors/action-error.ts';
import { maskAuthorizer } from '../inputs/authorizing-token.ts';
import { type Order, readOrder } from '../inputs/main-inputs.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { removeToken } from '../mapbox/tokens.ts';
import { newNonce } from '../note.ts';
import { patienceFor, withAccount } from '../runtime/connect.ts';
import type { World } from '../runtime/context.ts';
import { runOf } from '../runtime/workflow-run.ts';
import { GRACE } from './discard.ts';
import { outputsOf, storyOf, summaryOf } from './outputs.ts';
import { mintStored } from './stored.ts';
import { mintTemporary } from './temporary.ts';
import type { Minted } from './verify.ts';

/**
 * The main step: reads what is wanted, mints it, hands it on.
 *
 * @throws {Failure} with nothing handed on, and what was made deleted or left to the post step.
 */
export async function mainStep(world: World): Promise<void> {
  const { runner, env, clock } = world;
  maskAuthorizer(runner);
  const order = readOrder(runner.input, { workflow: env['GITHUB_WORKFLOW'] ?? '', now: clock.now(), env });
  const obstacle = runner.obstacle(order.exportEnv.length > 0);
  if (obstacle !== undefined) {
    throw new Failure(
      titles.noRunner,
      `${obstacle}, so a token could not be handed on, and none is made. This action has to be run by a GitHub Actions runner.`,
    );
  }
  for (const warning of order.warnings) runner.warning(warning);
  await withAccount(world, order.access, async account => {
    const minted = await mint(world, order, account);
    await deliver(world, order, account, minted);
  });
}

function mint(world: World, { access, wanted }: Order, account: Account): Promise<Minted> {
  const { runner, env, random } = world;
  const patience = patienceFor(world, access.timeout);
  if (wanted.kind === 'temporary') return mintTemporary(access, wanted, { account, patience });
  const keep = (trail: Trail | undefined) => {
    try {
      runner.keep(trail === undefined ? '' : writeTrail(trail));
    } catch (error) {
      runner.debug(traceOf(error));
      throw new Failure(
        titles.handOver,
        "The runner's state file could not be written, without which the token would not be deleted. Is the disk full?",
      );
    }
  };
  const nonce = newNonce(random);
  return mintStored(access, wanted, runOf(env), nonce, { account, patience, keep, warn: runner.warning });
}

async function deliver(world: World, order: Order, account: Account, minted: Minted): Promise<void> {
  const { runner, clock } = world;
  try {
    const variables = order.exportEnv.map(name => [name, minted.secret] as const);
    // A token that is to stay was the post step's to delete only as long as nobody had it.
    const stays = order.wanted.kind === 'stored' && !order.wanted.untilJobEnds;
    runner.handOver(outputsOf(minted), Object.fromEntries(variables), stays ? '' : undefined);
  } catch (error) {
    runner.debug(traceOf(error));
    const fate = await withdraw(world, account, minted);
    throw new Failure(titles.handOver, `The runner's files could not be written; is the disk full? ${fate}`);
  }
  runner.info(storyOf(minted, order, clock.now()));
  if (!order.summary) return;
  try {
    await runner.summarize('Mapbox token', summaryOf(minted, order));
  } catch {
    runner.warning('The token was handed on, but the summary page could not be written.');
  }
}

/** Deletes a token that nobody will get, and says what became of it. */
async function withdraw(world: World, account: Account, minted: Minted): Promise<string> {
  if (minted.usage === 'tk') return 'The token was not handed on; it expires by itself.';
  const end = await removeToken(account, minted.id, patienceFor(world, GRACE));
  return end.kind === 'gone' && end.found
    ? 'The token was deleted.'
    : `The token ${minted.id} was not handed on and may still be alive: look for it on ${TOKENS_PAGE}.`;
}
