import { RequestBudget } from '../api/request-budget.ts';
import type { RetryOptions } from '../api/retry.ts';
import { githubApiUrl, withGithub } from '../github/connect.ts';
import { type AttemptToCheck, getRunStates, isTokenRejected, type RunState } from '../github/runs.ts';
import { maskTokenInputs } from '../inputs/masking.ts';
import type { Account } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { findTokens } from '../mapbox/tokens.ts';
import { checkFiles } from '../runner/result-files.ts';
import type { Runner } from '../runner/runner.ts';
import { retryOptions, withAccount } from '../runtime/connect.ts';
import type { Context } from '../runtime/context.ts';
import { currentRun, type WorkflowRun } from '../runtime/workflow-run.ts';
import { deleteTokens, type SweepDeletion } from './deletions.ts';
import {
  checkOwnScopes,
  cutNoteWarning,
  deletionError,
  githubTokenError,
  isGone,
  leftoverWarning,
  listError,
  uncheckedWarning,
} from './errors.ts';
import { maskGithubToken, parseSweepInputs, type SweepInputs } from './inputs.ts';
import {
  describeDeleteReason,
  describeDeletion,
  describeKeepReason,
  pluralize,
  SweepReport,
} from './report.ts';
import { type DeleteReason, decide, runsToCheck, type SweepRules, type SweptToken } from './rule.ts';

export const sweepOutputNames = ['deleted', 'kept'] as const;

/** What every part of a sweep needs. */
interface Sweep {
  readonly context: Context;
  readonly inputs: SweepInputs;
  /** The sweep's own run. */
  readonly run: WorkflowRun;
  readonly githubApi: URL;
  readonly account: Account;
  readonly options: RetryOptions;
}

/** A token that is due for deletion. */
interface DueToken extends SweptToken {
  readonly reason: DeleteReason;
}

/**
 * Deletes this repository's tokens whose jobs are over and whose post steps never ran, and permanent tokens that the
 * inputs define as superseded.
 *
 * @throws {ActionError} if the sweep fails. The log and the summary page show what was deleted before.
 */
export async function sweepStep(context: Context): Promise<void> {
  const { runner, env, clock } = context;
  maskTokenInputs(runner, ['authorizing-token']);
  maskGithubToken(runner);
  const inputs = parseSweepInputs(runner.getInput, clock.now());
  const run = currentRun(env);
  const githubApi = githubApiUrl(env);
  checkFiles(runner, false, 'Nothing was deleted.');
  const budget = new RequestBudget(Number.POSITIVE_INFINITY);
  const options = { ...retryOptions(context, inputs.connection.timeout), budget };
  await withAccount(context, inputs.connection, budget, account =>
    runSweep({ context, inputs, run, githubApi, account, options }),
  );
}

async function runSweep(sweep: Sweep): Promise<void> {
  const { context, inputs, run, account, options } = sweep;
  const { runner, clock } = context;
  const { listed, rules } = await listTokens(sweep);
  const unchecked = decide(listed, rules, new Map());
  runner.info(
    `The account ${account.username} has ${pluralize(listed.length, 'token')}. The sweep of ${run.repository} looks at ${unchecked.length} of them.`,
  );
  const states = await checkRuns(sweep, runsToCheck(unchecked, rules));
  const tokens = decide(listed, rules, states);

  const report = new SweepReport(runner, rules.now ?? clock.now());
  reportKept(sweep, report, tokens);
  const due = tokens.flatMap(swept =>
    swept.decision.kind === 'delete' ? [{ ...swept, reason: swept.decision.reason }] : [],
  );
  if (inputs.dryRun) {
    for (const swept of due) report.add(swept, `would be deleted, ${describeDeleteReason(swept.reason)}`);
    await writeSummary(runner, report, 'Sweep of Mapbox tokens (dry run)');
    runner.info(
      `Dry run: would delete ${pluralize(due.length, 'token')} and keep ${tokens.length - due.length}. Nothing was deleted.`,
    );
    return writeOutputs(runner, 0, tokens.length);
  }
  const deletions = await deleteTokens(account, due, options, (swept, deletion) =>
    report.add(swept, describeDeletion(deletion, swept.reason)),
  );
  await writeSummary(runner, report, 'Sweep of Mapbox tokens');
  await finish(sweep, tokens, deletions);
}

/** Lists all tokens of the account, and completes the rules from the list. */
async function listTokens({
  context: { runner, clock },
  inputs: { connection, jobMaxAge, permanent, dryRun },
  run,
  account,
  options,
}: Sweep): Promise<{ listed: readonly ListedToken[]; rules: SweepRules }> {
  const runnerNow = clock.now();
  const search = await findTokens(account, options, () => true);
  if (search.kind !== 'found') throw await listError(search, account, clock);
  const authorizingTokenId = connection.authorizingToken.id;
  const { tokens: listed, complete, serverDate } = search;
  if (!dryRun) checkOwnScopes(listed.find(({ id }) => id === authorizingTokenId));
  if (!complete)
    runner.warning(
      "Mapbox's list of tokens could not be read completely. The sweep does not cover the missing ones.",
    );
  const now = serverDate && Math.min(serverDate.getTime(), runnerNow);
  return { listed, rules: { run, authorizingTokenId, now, jobMaxAge, permanent } };
}

/** Looks up runs on GitHub. This may take half of the remaining time; the other half is for deletions. */
async function checkRuns(
  { context, inputs, run, githubApi, options: { clock, deadline } }: Sweep,
  runs: readonly AttemptToCheck[],
): Promise<ReadonlyMap<string, RunState>> {
  if (runs.length === 0) return new Map();
  return withGithub(context, githubApi, inputs.githubToken, async github => {
    const now = clock.monotonic();
    const query = { github, repository: run.repository, runs, ownRun: run };
    const states = await getRunStates(query, clock, now + (deadline - now) / 2);
    const isRejected = [...states.values()].some(isTokenRejected);
    // With `job-max-age` the sweep does not depend on GitHub.
    if (isRejected && inputs.jobMaxAge === undefined) throw githubTokenError();
    return states;
  });
}

function reportKept(
  { context: { runner }, inputs: { jobMaxAge } }: Sweep,
  report: SweepReport,
  tokens: readonly SweptToken[],
): void {
  for (const swept of tokens) {
    const { decision } = swept;
    if (decision.kind === 'keep') report.add(swept, `kept, ${describeKeepReason(decision.reason)}`);
  }
  const warnings = [jobMaxAge === undefined ? uncheckedWarning(tokens) : undefined, cutNoteWarning(tokens)];
  for (const warning of warnings) if (warning !== undefined) runner.warning(warning);
}

async function writeSummary(runner: Runner, report: SweepReport, heading: string): Promise<void> {
  try {
    await report.writeSummary(heading);
  } catch {
    runner.warning('The summary page could not be written.');
  }
}

/** Writes the last line and the outputs. */
async function finish(
  { context: { runner, clock }, account }: Sweep,
  tokens: readonly SweptToken[],
  deletions: ReadonlyMap<DueToken, SweepDeletion>,
): Promise<void> {
  const results = [...deletions.values()];
  const error = await deletionError(results, account, clock);
  if (error !== undefined) throw error;
  const gone = results.filter(isGone).length;
  const deleted = results.filter(({ kind }) => kind === 'deleted').length;
  const kept = tokens.length - gone;
  const warning = leftoverWarning(deletions);
  if (warning !== undefined) runner.warning(warning);
  const already = gone > deleted ? ` Already gone: ${gone - deleted}.` : '';
  runner.info(`Deleted ${pluralize(deleted, 'token')}, kept ${kept}.${already}`);
  writeOutputs(runner, deleted, kept);
}

function writeOutputs(runner: Runner, deleted: number, kept: number): void {
  try {
    runner.writeResults({ deleted: String(deleted), kept: String(kept) }, {});
  } catch {
    runner.warning('The sweep is done, but its outputs could not be written; is the disk full?');
  }
}
