import { RequestBudget } from '../api/request-budget.ts';
import type { RetryOptions } from '../api/retry.ts';
import { githubApiUrl, withGithub } from '../github/connect.ts';
import { getRunStates, isTokenRejected } from '../github/run-states.ts';
import type { RunState } from '../github/runs.ts';
import { maskTokenInputs } from '../inputs/masking.ts';
import type { Account } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { findTokens } from '../mapbox/tokens.ts';
import { checkFiles } from '../runner/result-files.ts';
import type { Runner } from '../runner/runner.ts';
import { retryOptions, withAccount } from '../runtime/connect.ts';
import type { Context } from '../runtime/context.ts';
import { currentRun, type WorkflowRun } from '../runtime/workflow-run.ts';
import { deleteTokens, type SweepDeletion } from './delete-tokens.ts';
import { checkOwnScopes, deletionError, githubTokenError, listError, timeoutWarning } from './errors.ts';
import { maskGithubToken, parseSweepInputs, type SweepInputs } from './inputs.ts';
import {
  describeDeleteReason,
  describeDeletion,
  describeKeepReason,
  pluralize,
  SweepReport,
  uncheckedWarning,
} from './report.ts';
import { type DeleteReason, decide, runsToCheck, type SweepRules, type SweptToken } from './rule.ts';

export const sweepOutputNames = ['deleted', 'kept'] as const;

/** What the parts of a sweep work with. */
interface Sweep {
  readonly context: Context;
  readonly inputs: SweepInputs;
  /** The run that sweeps. */
  readonly run: WorkflowRun;
  readonly githubApi: URL;
  readonly account: Account;
  readonly options: RetryOptions;
}

/** The result of a sweep. `deletions`: empty in a dry run. */
interface SweepResult {
  readonly tokens: readonly SweptToken[];
  readonly due: readonly DueToken[];
  readonly deletions: readonly SweepDeletion[];
}

/** A token that is due for deletion. */
interface DueToken extends SweptToken {
  readonly reason: DeleteReason;
}

/**
 * The sweep: deletes the tokens of this repository whose jobs are over and whose post steps never ran, and the permanent
 * tokens that the inputs call superseded.
 *
 * @throws {ActionError} where it cannot do what it is for. The log and the summary page tell what was deleted until then.
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
  const { context, inputs, run, account } = sweep;
  const { runner, clock } = context;
  const { listed, rules } = await listTokens(sweep);
  const unchecked = decide(listed, rules, new Map());
  runner.info(
    `The account ${account.username} has ${pluralize(listed.length, 'token')}. The sweep of ${run.repository} looks at ${unchecked.length} of them.`,
  );
  const states = await checkRuns(sweep, runsToCheck(unchecked));
  const tokens = decide(listed, rules, states);

  const report = new SweepReport(runner, rules.now ?? clock.now());
  reportKept(runner, report, tokens);
  const due = tokens.flatMap(swept =>
    swept.decision.kind === 'delete' ? [{ ...swept, reason: swept.decision.reason }] : [],
  );
  const deletions = inputs.dryRun ? reportDryRun(report, due) : await deleteDue(sweep, report, due);
  await writeSummary(runner, report, inputs.dryRun);
  await finish(sweep, { tokens, due, deletions });
}

/** Lists all tokens of the account, and completes the rules with what the list tells. */
async function listTokens({
  context: { clock },
  inputs: { connection, permanent, dryRun },
  run,
  account,
  options,
}: Sweep): Promise<{ listed: readonly ListedToken[]; rules: SweepRules }> {
  const search = await findTokens(account, options, () => true);
  if (search.kind !== 'found') throw await listError(search, account, clock);
  const authorizingTokenId = connection.authorizingToken.id;
  const listed = search.tokens;
  if (!dryRun) checkOwnScopes(listed.find(({ id }) => id === authorizingTokenId));
  const now = search.serverDate?.getTime();
  return { listed, rules: { run, authorizingTokenId, now, permanent } };
}

/** Asks GitHub about runs. This may take half of the time that is left; the other half is for deleting. */
async function checkRuns(
  { context, inputs, run, githubApi, options: { clock, deadline } }: Sweep,
  runs: readonly WorkflowRun[],
): Promise<ReadonlyMap<string, RunState>> {
  if (runs.length === 0) return new Map();
  return withGithub(context, githubApi, inputs.githubToken, async github => {
    const now = clock.monotonic();
    const query = { github, repository: run.repository, runs, ownRun: run };
    const states = await getRunStates(query, clock, now + (deadline - now) / 2);
    if ([...states.values()].some(isTokenRejected)) throw githubTokenError();
    return states;
  });
}

function reportKept(runner: Runner, report: SweepReport, tokens: readonly SweptToken[]): void {
  for (const swept of tokens) {
    const { decision } = swept;
    if (decision.kind === 'keep') report.add(swept, `kept, ${describeKeepReason(decision.reason)}`);
  }
  const warning = uncheckedWarning(tokens);
  if (warning !== undefined) runner.warning(warning);
}

function reportDryRun(report: SweepReport, due: readonly DueToken[]): [] {
  for (const swept of due) report.add(swept, `would be deleted, ${describeDeleteReason(swept.reason)}`);
  return [];
}

async function deleteDue(
  { account, options }: Sweep,
  report: SweepReport,
  due: readonly DueToken[],
): Promise<readonly SweepDeletion[]> {
  return deleteTokens(account, due, options, (swept, deletion) =>
    report.add(swept, describeDeletion(deletion, swept.reason)),
  );
}

async function writeSummary(runner: Runner, report: SweepReport, dryRun: boolean): Promise<void> {
  try {
    await report.writeSummary(`Sweep of Mapbox tokens${dryRun ? ' (dry run)' : ''}`);
  } catch {
    runner.warning('The summary page could not be written.');
  }
}

/** The last words, and the outputs. */
async function finish(
  { context: { runner, clock }, inputs: { dryRun }, account }: Sweep,
  { tokens, due, deletions }: SweepResult,
): Promise<void> {
  const error = await deletionError(deletions, account, clock);
  if (error !== undefined) throw error;
  const count = (kind: SweepDeletion['kind']) => deletions.filter(deletion => deletion.kind === kind).length;
  const deleted = count('deleted');
  const already = count('already-deleted');
  const kept = tokens.length - deleted - already;
  const warning = timeoutWarning(deletions);
  if (warning !== undefined) runner.warning(warning);
  runner.info(
    dryRun
      ? `Dry run: would delete ${pluralize(due.length, 'token')} and keep ${tokens.length - due.length}. Nothing was deleted.`
      : `Deleted ${pluralize(deleted, 'token')}, kept ${kept}.${already > 0 ? ` ${already} had been deleted already.` : ''}`,
  );
  try {
    runner.writeResults({ deleted: String(deleted), kept: String(kept) }, {});
  } catch {
    runner.warning('The sweep is done, but its outputs could not be written; is the disk full?');
  }
}
