import { Failure, titles } from '../errors/action-error.ts';
import type { ReachGithub, RunState } from '../github/runs.ts';
import { maskAuthorizer } from '../inputs/authorizing-token.ts';
import type { Account } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import type { Patience } from '../mapbox/retry.ts';
import { findTokens } from '../mapbox/tokens.ts';
import { patienceFor, proxiesTo, withAccount } from '../runtime/connect.ts';
import type { World } from '../runtime/context.ts';
import { type Run, runOf } from '../runtime/workflow-run.ts';
import { Secret } from '../secret.ts';
import { removeTokens } from './delete-tokens.ts';
import { checkOwnScopes, deletionFailure, listFailure } from './errors.ts';
import { readSweep, type SweepOrder } from './inputs.ts';
import {
  COLUMNS,
  counted,
  type Doubt,
  doubtsIn,
  type Entry,
  lineOf,
  rowsOf,
  wordsFor,
  wordsForFate,
} from './report.ts';
import { runsToAsk, type Sweeper, verdictOn } from './rule.ts';
import { askRuns, isRejection } from './run-states.ts';

/** The world of the sweep has GitHub in it. */
export interface SweepWorld extends World {
  readonly reachGithub: ReachGithub;
}

export const sweepOutputNames = ['deleted', 'kept'] as const;

/**
 * The sweep: deletes the `job` tokens of this repository whose runs are over and whose post steps never ran.
 *
 * @throws {Failure} where it cannot do what it is for. What was deleted until then stands in the log and in the
 * summary.
 */
export async function sweepStep(world: SweepWorld): Promise<void> {
  const { runner, env, clock } = world;
  maskAuthorizer(runner);
  const githubInput = runner.input('github-token');
  for (const text of [githubInput, githubInput.trim()]) runner.mask(new Secret(text));
  const order = readSweep(runner.input, clock.now());
  const here = runOf(env);
  const github = githubApi(env['GITHUB_API_URL']);
  const obstacle = runner.obstacle(false);
  if (obstacle !== undefined) {
    throw new Failure(
      titles.noRunner,
      `${obstacle}. Nothing was deleted. This action has to be run by a GitHub Actions runner.`,
    );
  }
  const { access } = order;
  const patience = patienceFor(world, access.timeout);
  await withAccount(world, access, account => sweep(world, order, here, github, account, patience));
}

async function sweep(
  world: SweepWorld,
  order: SweepOrder,
  run: Run,
  github: URL,
  account: Account,
  patience: Patience,
): Promise<void> {
  const { runner, clock } = world;
  const { access, dryRun } = order;
  const sweeper = { run, own: access.authorizer.id };

  const found = await findTokens(account, patience, () => true);
  if (found.kind !== 'found') throw await listFailure(found, access, account, clock);
  const { tokens } = found;
  if (!dryRun) checkOwnScopes(tokens.find(({ id }) => id === sweeper.own));
  const ours = tokens.filter(token => verdictOn(token, sweeper, new Map()).kind !== 'not ours');
  runner.info(
    `The account ${access.username} has ${counted(tokens.length, 'token')}; ${ours.length} of them with the note of a job of ${run.repository}.`,
  );

  const states = await ask(world, order, github, runsToAsk(ours, sweeper), patience);
  const { kept, doubts, doomed } = sort(ours, sweeper, states);
  const entries: Entry[] = [];
  const tell = (token: ListedToken, verdict: string) => {
    const entry = { token, verdict };
    entries.push(entry);
    runner.info(lineOf(entry, clock.now()));
  };
  for (const { token, verdict } of kept) tell(token, verdict);
  const doubt = doubtsIn(doubts, run);
  if (doubt !== undefined) runner.warning(doubt);

  if (dryRun) for (const token of doomed) tell(token, 'would be deleted, its run is over');
  const fates = dryRun
    ? []
    : await removeTokens(account, doomed, patience, (token, fate) => tell(token, wordsForFate(fate)));
  const deleted = fates.filter(({ kind }) => kind === 'gone').length;
  await summarize(world, entries, dryRun);

  const failure = await deletionFailure(fates, access, account, clock);
  if (failure !== undefined) throw failure;
  if (deleted < fates.length) runner.warning(timeIsUp(deleted, fates.length));
  runner.info(
    dryRun
      ? `Dry run: would delete ${counted(doomed.length, 'token')} and keep ${kept.length}. Nothing was deleted.`
      : `Deleted ${counted(deleted, 'token')}, kept ${ours.length - deleted}.`,
  );
  try {
    runner.handOver({ deleted: String(deleted), kept: String(ours.length - deleted) }, {});
  } catch {
    runner.warning('The sweep is done, but its outputs could not be written; is the disk full?');
  }
}

function githubApi(text: string | undefined): URL {
  const url = URL.parse(text?.trim() ?? '');
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new Failure(
    titles.noRunner,
    'GITHUB_API_URL is not set to a URL. This action has to be run by a GitHub Actions runner.',
  );
}

/** The most that GitHub may answer: a run's JSON has some 30 KiB. */
const RUN_BYTES = 1024 * 1024;

/** Asking may take half of the time that is left; the other half is for deleting. */
async function ask(
  world: SweepWorld,
  { githubToken }: SweepOrder,
  api: URL,
  runs: readonly Run[],
  { deadline }: Patience,
): Promise<Map<string, RunState>> {
  if (runs.length === 0) return new Map();
  const { clock, open, reachGithub } = world;
  const wire = await open(api, proxiesTo(api, world), { bytes: RUN_BYTES });
  try {
    const askGithub = reachGithub(api, githubToken, wire);
    const now = clock.ticks();
    const states = await askRuns(runs, askGithub, clock, now + (deadline - now) / 2);
    if ([...states.values()].some(isRejection)) {
      throw new Failure(
        titles.githubRejects,
        "GitHub answered 401: `github-token` is not valid, or not any more. Leave it out: the job's own token is used, which needs `permissions: actions: read`. Nothing was deleted.",
      );
    }
    return states;
  } finally {
    await wire.close();
  }
}

interface Sorted {
  readonly kept: readonly Entry[];
  readonly doubts: readonly Doubt[];
  readonly doomed: readonly ListedToken[];
}

function sort(
  tokens: readonly ListedToken[],
  sweeper: Sweeper,
  states: ReadonlyMap<string, RunState>,
): Sorted {
  const kept: Entry[] = [];
  const doubts: Doubt[] = [];
  const doomed: ListedToken[] = [];
  for (const token of tokens) {
    const verdict = verdictOn(token, sweeper, states);
    if (verdict.kind === 'delete') doomed.push(token);
    if (verdict.kind !== 'keep') continue;
    const { why } = verdict;
    kept.push({ token, verdict: wordsFor(why) });
    if (why.kind === 'unknown' || why.kind === 'not asked') doubts.push({ token, why });
  }
  return { kept, doubts, doomed };
}

async function summarize(
  { runner, clock }: World,
  entries: readonly Entry[],
  dryRun: boolean,
): Promise<void> {
  if (entries.length === 0) return;
  const heading = dryRun ? 'Sweep of Mapbox tokens (dry run)' : 'Sweep of Mapbox tokens';
  try {
    await runner.summarize(heading, rowsOf(entries, clock.now()), COLUMNS);
  } catch {
    runner.warning('The summary page could not be written.');
  }
}

function timeIsUp(deleted: number, all: number): string {
  return (
    `Time is up: deleted ${deleted} of ${counted(all, 'token')} whose runs are over. ` +
    'The next sweep goes on with the others; raise `timeout` to have them deleted in one.'
  );
}
