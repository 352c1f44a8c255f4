import { ActionError, errorTitles } from '../errors/action-error.ts';
import type { ConnectGithub, RunState } from '../github/runs.ts';
import { maskAuthorizingToken } from '../inputs/masking.ts';
import type { Account } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import type { RetryOptions } from '../mapbox/retry.ts';
import { findTokens } from '../mapbox/tokens.ts';
import { proxyFor, retryOptions, withAccount } from '../runtime/connect.ts';
import type { Context } from '../runtime/context.ts';
import { currentRun, type WorkflowRun } from '../runtime/workflow-run.ts';
import { Secret } from '../secret.ts';
import { deleteTokens } from './delete-tokens.ts';
import { checkOwnScopes, deletionError, listError } from './errors.ts';
import { parseSweepInputs, type SweepInputs } from './inputs.ts';
import {
  COLUMNS,
  describeDeletion,
  describeKeepReason,
  type Entry,
  entryLine,
  entryRows,
  pluralize,
  type UncheckedToken,
  uncheckedWarning,
} from './report.ts';
import { decide, runsToCheck, type Sweeper } from './rule.ts';
import { getRunStates, isRejection } from './run-states.ts';

/** The world of the sweep has GitHub in it. */
export interface SweepContext extends Context {
  readonly connectGithub: ConnectGithub;
}

export const sweepOutputNames = ['deleted', 'kept'] as const;

/**
 * The sweep: deletes the `job` tokens of this repository whose runs are over and whose post steps never ran.
 *
 * @throws {ActionError} where it cannot do what it is for. What was deleted until then stands in the log and in the
 * summary.
 */
export async function sweepStep(context: SweepContext): Promise<void> {
  const { runner, env, clock } = context;
  maskAuthorizingToken(runner);
  const githubInput = runner.getInput('github-token');
  for (const text of [githubInput, githubInput.trim()]) runner.mask(new Secret(text));
  const inputs = parseSweepInputs(runner.getInput, clock.now());
  const here = currentRun(env);
  const github = githubApi(env['GITHUB_API_URL']);
  const missingFile = runner.findMissingFile(false);
  if (missingFile !== undefined) {
    throw new ActionError(
      errorTitles.notOnGithubActions,
      `${missingFile}. Nothing was deleted. This action has to be run by a GitHub Actions runner.`,
    );
  }
  const { connection } = inputs;
  const options = retryOptions(context, connection.timeout);
  await withAccount(context, connection, account => sweep(context, inputs, here, github, account, options));
}

async function sweep(
  context: SweepContext,
  inputs: SweepInputs,
  run: WorkflowRun,
  github: URL,
  account: Account,
  options: RetryOptions,
): Promise<void> {
  const { runner, clock } = context;
  const { connection, dryRun } = inputs;
  const sweeper = { run, own: connection.authorizingToken.id };

  const found = await findTokens(account, options, () => true);
  if (found.kind !== 'found') throw await listError(found, account, clock);
  const { tokens } = found;
  if (!dryRun) checkOwnScopes(tokens.find(({ id }) => id === sweeper.own));
  const own = tokens.filter(token => decide(token, sweeper, new Map()).kind !== 'unrelated');
  runner.info(
    `The account ${connection.username} has ${pluralize(tokens.length, 'token')}; ${own.length} of them with the note of a job of ${run.repository}.`,
  );

  const states = await checkRuns(context, inputs, github, runsToCheck(own, sweeper), options);
  const { kept, unchecked, toDelete } = classify(own, sweeper, states);
  const entries: Entry[] = [];
  const tell = (token: ListedToken, decision: string) => {
    const entry = { token, decision };
    entries.push(entry);
    runner.info(entryLine(entry, clock.now()));
  };
  for (const { token, decision } of kept) tell(token, decision);
  const warning = uncheckedWarning(unchecked, run);
  if (warning !== undefined) runner.warning(warning);

  if (dryRun) for (const token of toDelete) tell(token, 'would be deleted, its run is over');
  const deletions = dryRun
    ? []
    : await deleteTokens(account, toDelete, options, (token, deletion) =>
        tell(token, describeDeletion(deletion)),
      );
  const deleted = deletions.filter(({ kind }) => kind === 'deleted').length;
  await summarize(context, entries, dryRun);

  const failure = await deletionError(deletions, account, clock);
  if (failure !== undefined) throw failure;
  if (deleted < deletions.length) runner.warning(timeoutWarning(deleted, deletions.length));
  runner.info(
    dryRun
      ? `Dry run: would delete ${pluralize(toDelete.length, 'token')} and keep ${kept.length}. Nothing was deleted.`
      : `Deleted ${pluralize(deleted, 'token')}, kept ${own.length - deleted}.`,
  );
  try {
    runner.writeResults({ deleted: String(deleted), kept: String(own.length - deleted) }, {});
  } catch {
    runner.warning('The sweep is done, but its outputs could not be written; is the disk full?');
  }
}

function githubApi(text: string | undefined): URL {
  const url = URL.parse(text?.trim() ?? '');
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new ActionError(
    errorTitles.notOnGithubActions,
    'GITHUB_API_URL is not set to a URL. This action has to be run by a GitHub Actions runner.',
  );
}

/** The most that GitHub may answer: a run's JSON has some 30 KiB. */
const RUN_BYTES = 1024 * 1024;

/** Asking may take half of the time that is left; the other half is for deleting. */
async function checkRuns(
  context: SweepContext,
  { githubToken }: SweepInputs,
  api: URL,
  runs: readonly WorkflowRun[],
  { deadline }: RetryOptions,
): Promise<Map<string, RunState>> {
  if (runs.length === 0) return new Map();
  const { clock, createHttpClient, connectGithub } = context;
  const client = await createHttpClient(api, proxyFor(api, context), { maxBytes: RUN_BYTES });
  try {
    const askGithub = connectGithub(api, githubToken, client);
    const now = clock.monotonic();
    const states = await getRunStates(runs, askGithub, clock, now + (deadline - now) / 2);
    if ([...states.values()].some(isRejection)) {
      throw new ActionError(
        errorTitles.githubTokenRejected,
        "GitHub answered 401: `github-token` is not valid, or not any more. Leave it out: the job's own token is used, which needs `permissions: actions: read`. Nothing was deleted.",
      );
    }
    return states;
  } finally {
    await client.close();
  }
}

interface Classified {
  readonly kept: readonly Entry[];
  readonly unchecked: readonly UncheckedToken[];
  readonly toDelete: readonly ListedToken[];
}

function classify(
  tokens: readonly ListedToken[],
  sweeper: Sweeper,
  states: ReadonlyMap<string, RunState>,
): Classified {
  const kept: Entry[] = [];
  const unchecked: UncheckedToken[] = [];
  const toDelete: ListedToken[] = [];
  for (const token of tokens) {
    const decision = decide(token, sweeper, states);
    if (decision.kind === 'delete') toDelete.push(token);
    if (decision.kind !== 'keep') continue;
    const { reason } = decision;
    kept.push({ token, decision: describeKeepReason(reason) });
    if (reason.kind === 'unknown' || reason.kind === 'not-checked') unchecked.push({ token, reason });
  }
  return { kept, unchecked, toDelete };
}

async function summarize(
  { runner, clock }: Context,
  entries: readonly Entry[],
  dryRun: boolean,
): Promise<void> {
  if (entries.length === 0) return;
  const heading = dryRun ? 'Sweep of Mapbox tokens (dry run)' : 'Sweep of Mapbox tokens';
  try {
    await runner.writeSummary(heading, entryRows(entries, clock.now()), COLUMNS);
  } catch {
    runner.warning('The summary page could not be written.');
  }
}

function timeoutWarning(deleted: number, all: number): string {
  return (
    `Time is up: deleted ${deleted} of ${pluralize(all, 'token')} whose runs are over. ` +
    'The next sweep goes on with the others; raise `timeout` to have them deleted in one.'
  );
}
