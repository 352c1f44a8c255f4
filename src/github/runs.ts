import type { Clock } from '../clock.ts';
import { attemptKey } from '../runtime/workflow-run.ts';
import type { GithubClient, GithubResponse, GithubResult } from './client.ts';

/** One attempt of a workflow run. */
export interface RunAttempt {
  readonly id: string;
  readonly attempt: string;
}

/** A run attempt to look up. */
export interface AttemptToCheck extends RunAttempt {
  /** Whether to read its jobs if GitHub reports that it is not over; off by default. */
  readonly mayHang?: boolean;
}

/** The state of a run attempt, as far as it could be determined. */
export type RunState =
  | { readonly kind: 'completed' }
  /** GitHub does not report the attempt as completed, but all of its jobs completed more than a day ago. */
  | { readonly kind: 'jobs-completed' }
  /** GitHub cannot find the attempt, but can find the sweep's own run. Only a completed run can be deleted. */
  | { readonly kind: 'deleted' }
  /** `status`: as GitHub reports it, such as `in_progress` or `queued`. */
  | { readonly kind: 'in-progress'; readonly status: string }
  /** The state could not be determined. */
  | { readonly kind: 'unknown'; readonly cause: LookupError };

/** Why the state of a run attempt is unknown. */
export type LookupError = Exclude<GithubResult<unknown>, { readonly kind: 'success' }>;

/** Which runs to look up, and with which client. */
export interface RunQuery {
  readonly github: GithubClient;
  /** The repository's current `owner/name`. Runs move with it when it is renamed or transferred. */
  readonly repository: string;
  readonly runs: readonly AttemptToCheck[];
  /**
   * The run that this step belongs to. If it is readable, a run that is not found was deleted; if not, a permission is
   * missing.
   */
  readonly ownRun: RunAttempt;
}

/** Concurrent requests: GitHub's secondary limit is a hundred [GitHub, REST API: rate limits]. */
const MAX_CONCURRENCY = 5;

/**
 * Looks up each run attempt once; needs `actions: read`. Stops early if every other request would fail too: the token
 * is rejected, its rate limit is exceeded, or time is up. Never rejects.
 *
 * @param deadline when to stop, by the clock's monotonic time.
 * @returns the states by {@link attemptKey}, without the attempts that were not looked up.
 */
export async function getRunStates(
  query: RunQuery,
  clock: Clock,
  deadline: number,
): Promise<ReadonlyMap<string, RunState>> {
  const states = new Map<string, RunState>();
  const queue = query.runs.values();
  let stop = false;
  const lookUp = (run: AttemptToCheck) => getRunState(query, run, clock, deadline);
  const worker = async () => {
    for (const run of queue) {
      if (stop || clock.monotonic() >= deadline) return;
      const state = await lookUp(run);
      states.set(attemptKey(run), state);
      stop ||= isFinal(state);
    }
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENCY }, worker));

  // GitHub also responds with 404 if the token cannot read runs at all.
  const missing = [...states].filter(([, state]) => hasStatus(state, 404));
  if (missing.length > 0 && !stop && clock.monotonic() < deadline) {
    const own = await lookUp(query.ownRun);
    if (own.kind !== 'unknown') for (const [key] of missing) states.set(key, { kind: 'deleted' });
  }
  return states;
}

/** Whether GitHub rejected the token itself. */
export function isTokenRejected(state: RunState): boolean {
  return hasStatus(state, 401);
}

/** Whether GitHub would respond to every other request in the same way. */
function isFinal(state: RunState): boolean {
  return isTokenRejected(state) || (state.kind === 'unknown' && state.cause.kind === 'rate-limited');
}

/** Whether GitHub itself responded with this status. */
function hasStatus(state: RunState, status: number): boolean {
  if (state.kind !== 'unknown' || state.cause.kind !== 'rejected') return false;
  return state.cause.status === status && state.cause.isApiError;
}

/** Runs can hang in these statuses for weeks after their last job has completed [actions/runner, issue 3872]. */
const HANGING_STATUSES = new Set(['in_progress', 'queued']);

async function getRunState(
  query: RunQuery,
  run: AttemptToCheck,
  clock: Clock,
  deadline: number,
): Promise<RunState> {
  const result = await query.github.send(
    { method: 'GET', path: attemptPath(query, run), parameters: { exclude_pull_requests: true } },
    ({ data }) => parseStatus(data, run),
    deadline - clock.monotonic(),
  );
  if (result.kind !== 'success') return { kind: 'unknown', cause: result };
  const status = result.value;
  // The attempt is over, post steps included [GitHub, REST API: get a workflow run attempt].
  if (status === 'completed') return { kind: 'completed' };
  const mayHang = run.mayHang === true && HANGING_STATUSES.has(status);
  if (mayHang && (await areJobsOver(query, run, clock, deadline))) return { kind: 'jobs-completed' };
  return { kind: 'in-progress', status };
}

function attemptPath({ repository }: RunQuery, { id, attempt }: RunAttempt): string[] {
  return ['repos', ...repository.split('/'), 'actions', 'runs', id, 'attempts', attempt];
}

/** The status in a response; `undefined` unless the response is about this attempt. */
function parseStatus(data: unknown, { id, attempt }: RunAttempt): string | undefined {
  if (!isObject(data) || data['id'] !== Number(id) || data['run_attempt'] !== Number(attempt))
    return undefined;
  return typeof data['status'] === 'string' ? data['status'] : undefined;
}

/** A job that completed more recently may still have requests in flight. */
const MIN_JOB_AGE_MS = 24 * 3_600_000;

/** A job takes several kilobytes, more with many steps, and the size of a response is limited. */
const JOBS_PER_PAGE = 50;

/**
 * Whether all jobs of an attempt completed more than a day ago, by GitHub's clock and the runner's. False if the list
 * of jobs is empty or cannot be read completely.
 */
async function areJobsOver(
  query: RunQuery,
  run: RunAttempt,
  clock: Clock,
  deadline: number,
): Promise<boolean> {
  const ids = new Set<number>();
  for (let page = 1; clock.monotonic() < deadline; page++) {
    const result = await query.github.send(
      {
        method: 'GET',
        path: [...attemptPath(query, run), 'jobs'],
        parameters: { per_page: JOBS_PER_PAGE, page },
      },
      response => parseJobs(response, run),
      deadline - clock.monotonic(),
    );
    if (result.kind !== 'success') return false;
    const { total, jobs, date } = result.value;
    // NaN if GitHub sent no date: then every comparison is false.
    const now = Math.min(date?.getTime() ?? Number.NaN, clock.now());
    if (!jobs.every(({ completedAt }) => now - completedAt > MIN_JOB_AGE_MS)) return false;
    const known = ids.size;
    for (const { id } of jobs) ids.add(id);
    if (ids.size === known) return false;
    if (ids.size >= total) return ids.size === total;
  }
  return false;
}

interface JobPage {
  /** How many jobs there are on all pages. */
  readonly total: number;
  /** `completedAt`: milliseconds since 1970, NaN for a job that has not completed. */
  readonly jobs: readonly { readonly id: number; readonly completedAt: number }[];
  /** When GitHub responded, by its own clock. */
  readonly date: Date | undefined;
}

/** `undefined` unless every entry is a job of this attempt. */
function parseJobs({ data, date }: GithubResponse, { id: runId, attempt }: RunAttempt): JobPage | undefined {
  if (!isObject(data) || !Array.isArray(data['jobs']) || typeof data['total_count'] !== 'number')
    return undefined;
  const jobs: { id: number; completedAt: number }[] = [];
  for (const job of data['jobs']) {
    if (!isObject(job) || job['run_id'] !== Number(runId)) return undefined;
    const { id, run_attempt: runAttempt, status, completed_at: completedAt } = job;
    // GitHub's API description does not guarantee the attempt.
    if (typeof id !== 'number' || (runAttempt ?? Number(attempt)) !== Number(attempt)) return undefined;
    const isCompleted = status === 'completed' && typeof completedAt === 'string';
    jobs.push({ id, completedAt: isCompleted ? Date.parse(completedAt) : Number.NaN });
  }
  return { total: data['total_count'], jobs, date };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
