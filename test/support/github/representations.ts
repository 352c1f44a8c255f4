/** Repositories, runs and jobs as GitHub shows them: its own examples, with other names, IDs and states. */
import { exampleText } from './description/check.ts';
import type { Repository } from './directory.ts';
import { isRecord, parseJson } from './message.ts';

/** The examples use both schemes. */
const EXAMPLE_API = /https?:\/\/api\.github\.com/g;

/** A repository in a list; `api` is the API's URL without a trailing slash. */
export function repositoryJson(repository: Repository, api: string): object {
  const list = rewritten('public-repository-paginated', repository, api);
  const [example] = Array.isArray(list['repositories']) ? list['repositories'] : [];
  const { fullName } = repository;
  return {
    ...example,
    id: repository.id,
    name: fullName.slice(fullName.indexOf('/') + 1),
    private: repository.private,
    archived: repository.archived,
    visibility: repository.private ? 'private' : 'public',
  };
}

/** One attempt of a workflow run; `status` in GitHub's words. */
export function runAttemptJson(
  repository: Repository,
  { run, attempt, status }: { readonly run: number; readonly attempt: number; readonly status: string },
  api: string,
): object {
  return {
    ...rewritten('workflow-run', repository, api),
    id: run,
    run_attempt: attempt,
    status,
    conclusion: status === 'completed' ? 'failure' : null,
    repository: repositoryJson(repository, api),
    head_repository: repositoryJson(repository, api),
    previous_attempt_url: null,
  };
}

/** A job of a run attempt; times in milliseconds since 1970. */
export interface Job {
  readonly status: 'queued' | 'in_progress' | 'completed' | 'waiting' | 'requested' | 'pending';
  /** Absent for a job in progress. */
  readonly completedAt?: number;
}

/** A job in the list of an attempt. */
export function jobJson(
  repository: Repository,
  { run, attempt, id, job }: { readonly run: number; readonly attempt: number; id: number; job: Job },
  api: string,
): object {
  const list = rewritten('job-paginated', repository, api);
  const [example] = Array.isArray(list['jobs']) ? list['jobs'] : [];
  return {
    ...example,
    id,
    run_id: run,
    run_attempt: attempt,
    status: job.status,
    conclusion: job.status === 'completed' ? 'success' : null,
    // Required by the description, but missing in the example.
    created_at: example?.started_at,
    completed_at: job.completedAt === undefined ? null : timestamp(job.completedAt),
    steps: [],
  };
}

/** `2020-01-10T14:59:22Z`. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** GitHub's example with this repository's and server's names instead of its own. */
function rewritten(
  example: string,
  { fullName }: Repository,
  api: string,
): Readonly<Record<string, unknown>> {
  const text = exampleText(example)
    .replaceAll('octocat/Hello-World', fullName)
    .replaceAll('octo-org/octo-repo', fullName)
    .replaceAll('"login":"octocat"', `"login":${JSON.stringify(fullName.split('/')[0])}`)
    .replaceAll(EXAMPLE_API, api);
  const value = parseJson(text);
  if (!isRecord(value)) throw new Error(`GitHub's example ${example} is no JSON object`);
  return value;
}
