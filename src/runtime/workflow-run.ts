import { ActionError, errorTitles } from '../errors/action-error.ts';
import type { Environment } from './context.ts';

/** What a note names: the run attempt that made the token. */
export interface WorkflowRun {
  /** For example `https://github.com`, without a slash at its end. */
  readonly server: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly id: string;
  readonly attempt: string;
}

/** The page of a run attempt, as GitHub links to it. */
export function runUrl(run: WorkflowRun): string {
  return `${run.server}/${run.repository}/actions/runs/${run.id}/attempts/${run.attempt}`;
}

/**
 * The run attempt that the step belongs to, from the runner's default variables.
 *
 * @throws {ActionError} where one is missing: without it a token could not be found again.
 */
export function currentRun(env: Environment): WorkflowRun {
  const read = (name: string) => {
    const value = env[name]?.trim();
    if (!value)
      throw new ActionError(
        errorTitles.notOnGithubActions,
        `${name} is not set. This action has to be run by a GitHub Actions runner.`,
      );
    return value;
  };
  return {
    server: read('GITHUB_SERVER_URL').replace(/\/+$/, ''),
    repository: read('GITHUB_REPOSITORY'),
    id: read('GITHUB_RUN_ID'),
    attempt: read('GITHUB_RUN_ATTEMPT'),
  };
}
