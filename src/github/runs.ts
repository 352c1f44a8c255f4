import type { GithubClient, GithubResult } from './client.ts';

/** One attempt of a workflow run. */
export interface RunAttempt {
  readonly id: string;
  readonly attempt: string;
}

/** What is known of a run attempt. */
export type RunState =
  | { readonly kind: 'completed' }
  /** Someone deleted the run on GitHub, which takes a run that is over. */
  | { readonly kind: 'deleted' }
  /** `status`: GitHub's word, such as `in_progress` or `queued`. */
  | { readonly kind: 'in-progress'; readonly status: string }
  /** Nothing may be concluded. */
  | { readonly kind: 'unknown'; readonly cause: LookupError };

/** Why GitHub did not tell the state of a run attempt. */
export type LookupError = Exclude<GithubResult<unknown>, { readonly kind: 'success' }>;

/**
 * Asks GitHub once about a run attempt; needs `actions: read`. Never rejects.
 *
 * @param repository `owner/name`, as the repository is called now.
 * @param timeoutMs milliseconds that the request may take.
 */
export async function getRunState(
  github: GithubClient,
  repository: string,
  { id, attempt }: RunAttempt,
  timeoutMs: number,
): Promise<RunState> {
  const result = await github.send(
    {
      method: 'GET',
      path: ['repos', ...repository.split('/'), 'actions', 'runs', id, 'attempts', attempt],
      parameters: { exclude_pull_requests: true },
    },
    ({ data }) => parseStatus(data, id, attempt),
    timeoutMs,
  );
  if (result.kind !== 'success') return { kind: 'unknown', cause: result };
  const status = result.value;
  // The attempt is over, post steps included [GitHub, REST API: get a workflow run attempt].
  return status === 'completed' ? { kind: 'completed' } : { kind: 'in-progress', status };
}

/** Believes a response only where it names the attempt in question. */
function parseStatus(data: unknown, id: string, attempt: string): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  if (!('id' in data) || data.id !== Number(id)) return undefined;
  if (!('run_attempt' in data) || data.run_attempt !== Number(attempt)) return undefined;
  return 'status' in data && typeof data.status === 'string' ? data.status : undefined;
}
