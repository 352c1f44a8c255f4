import { ActionError, errorTitles } from '../action-error.ts';
import type { Environment } from './context.ts';

/** The run attempt that a step belongs to. Every field is safe in a note. */
export interface WorkflowRun {
  /** For example `https://github.com`, without a final slash. */
  readonly server: string;
  /** `owner/name`. */
  readonly repository: string;
  /** `undefined` if the runner does not set it; GitHub's runner does. */
  readonly repositoryId: string | undefined;
  /** Digits, at most 15: exact as a JavaScript number. */
  readonly id: string;
  /** Digits. */
  readonly attempt: string;
}

/** The URL of a run's page. */
export function runUrl(run: Pick<WorkflowRun, 'server' | 'repository' | 'id'>): string {
  return `${run.server}/${run.repository}/actions/runs/${run.id}`;
}

/** A key for a run attempt within one repository. */
export function attemptKey(run: Pick<WorkflowRun, 'id' | 'attempt'>): string {
  return `${run.id}.${run.attempt}`;
}

/**
 * Reads the run attempt that the step belongs to from the runner's default variables.
 *
 * @throws {ActionError} if one is missing or malformed: without it, a token could not be found again.
 */
export function currentRun(env: Environment): WorkflowRun {
  const read = (name: string, isValid: (value: string) => boolean, missing?: string): string => {
    const value = env[name]?.trim() || missing;
    if (value === undefined) throw notOnGithubActions(`${name} is not set.`);
    if (!isValid(value)) throw notOnGithubActions(`${name} has an unexpected value.`);
    return value;
  };
  return {
    server: read('GITHUB_SERVER_URL', isServer).replace(/\/+$/, ''),
    repository: read('GITHUB_REPOSITORY', value => /^(?!\.{1,2}\/)[\w.-]+\/(?!\.{1,2}$)[\w.-]+$/.test(value)),
    repositoryId: /^[1-9]\d{0,17}$/.exec(env['GITHUB_REPOSITORY_ID']?.trim() ?? '')?.[0],
    id: read('GITHUB_RUN_ID', value => /^[1-9]\d{0,14}$/.test(value)),
    // Gitea's and Forgejo's runners do not set it.
    attempt: read('GITHUB_RUN_ATTEMPT', value => /^[1-9]\d{0,8}$/.test(value), '1'),
  };
}

function notOnGithubActions(problem: string): ActionError {
  return new ActionError(
    errorTitles.notOnGithubActions,
    `${problem} This action has to be run by a GitHub Actions runner.`,
  );
}

/** A server's address may have a path, as with Gitea, but no query, fragment or credentials. */
function isServer(value: string): boolean {
  return /^https?:\/\/[^\s/?#@]+(?:\/[\w.~/-]*)?$/.test(value) && URL.canParse(value);
}
