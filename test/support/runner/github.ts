/** The run's data that a runner passes to a job's processes and expressions. */
import type { Texts } from './expressions.ts';

/**
 * A workflow run's data, by the names of the `github` context. `null`: this runner has no such value and sets no such
 * variable, like Gitea's and Forgejo's for `repository_id` and `run_attempt`.
 */
export interface GithubFacts {
  readonly repository?: string;
  readonly repository_id?: string | null;
  readonly workflow?: string;
  readonly run_id?: string;
  readonly run_attempt?: string | null;
  readonly run_number?: string;
  readonly event_name?: string;
  readonly job?: string;
  readonly server_url?: string;
  readonly api_url?: string;
  readonly token?: string;
  /** The contents of the file that GITHUB_EVENT_PATH names. */
  readonly event?: string;
}

export type Github = Required<GithubFacts>;

/** The data of a run, with defaults. */
export function githubOf(facts: GithubFacts = {}): Github {
  return {
    repository: 'octo-org/maps',
    repository_id: '123456789',
    workflow: 'Release',
    run_id: '4711',
    run_attempt: '1',
    run_number: '1',
    event_name: 'push',
    job: 'job',
    server_url: 'https://github.com',
    api_url: 'https://api.github.com',
    token: '',
    event: '{}',
    ...facts,
  };
}

/** The `github` context, except for values of the machine and the step. */
export function githubContext(github: Github): Texts {
  const { event: _, ...rest } = github;
  const known = Object.entries(rest).filter((pair): pair is [string, string] => pair[1] !== null);
  return { ...Object.fromEntries(known), repository_owner: github.repository.split('/')[0] ?? '' };
}

/** The variables for the context: all of it except the token [GitHubContext.cs]. */
export function githubVariables(context: Texts): Texts {
  return Object.fromEntries(
    Object.entries(context)
      .filter(([name]) => name !== 'token')
      .map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, value]),
  );
}

/** A job's place in its matrix; a job without a matrix is the first of one. */
export interface Strategy {
  readonly 'job-total': number;
  /** From 0. */
  readonly 'job-index': number;
}

export const NO_MATRIX: Strategy = { 'job-total': 1, 'job-index': 0 };
