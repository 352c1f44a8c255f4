import type { Clock } from '../clock.ts';
import { attemptKey } from '../runtime/workflow-run.ts';
import type { GithubClient } from './client.ts';
import { getRunState, type RunAttempt, type RunState } from './runs.ts';

/** Requests under way at a time: GitHub's secondary limits begin at a hundred [GitHub, REST API: rate limits]. */
const MAX_CONCURRENCY = 5;

/** Which runs to ask about, and who asks. */
export interface RunQuery {
  readonly github: GithubClient;
  /** `owner/name`, as the repository is called now. Runs move with it when it is renamed or transferred. */
  readonly repository: string;
  readonly runs: readonly RunAttempt[];
  /** The run that asks. Whether it is readable tells a deleted run from a missing permission. */
  readonly ownRun: RunAttempt;
}

/**
 * Asks GitHub once about each run attempt, and stops early where asking on is of no use: the token is rejected, its rate
 * limit is reached, or time is up.
 *
 * @param deadline when to stop, by the clock's monotonic time.
 * @returns the states by {@link attemptKey}, without the attempts that were not asked about.
 */
export async function getRunStates(
  query: RunQuery,
  clock: Clock,
  deadline: number,
): Promise<ReadonlyMap<string, RunState>> {
  const states = new Map<string, RunState>();
  const queue = query.runs.values();
  let stop = false;
  const ask = (run: RunAttempt) =>
    getRunState(query.github, query.repository, run, deadline - clock.monotonic());
  const worker = async () => {
    for (const run of queue) {
      if (stop || clock.monotonic() >= deadline) return;
      const state = await ask(run);
      states.set(attemptKey(run), state);
      stop ||= isFinal(state);
    }
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENCY }, worker));

  // GitHub also says 404 to a token that may not read runs at all.
  const missing = [...states].filter(([, state]) => hasStatus(state, 404));
  if (missing.length > 0 && !stop && clock.monotonic() < deadline) {
    const own = await ask(query.ownRun);
    if (own.kind !== 'unknown') for (const [key] of missing) states.set(key, { kind: 'deleted' });
  }
  return states;
}

/** Whether GitHub does not accept the token at all. */
export function isTokenRejected(state: RunState): boolean {
  return hasStatus(state, 401);
}

/** Whether GitHub would say the same to every other request. */
function isFinal(state: RunState): boolean {
  return isTokenRejected(state) || (state.kind === 'unknown' && state.cause.kind === 'rate-limited');
}

/** Whether GitHub itself answered with this status. */
function hasStatus(state: RunState, status: number): boolean {
  if (state.kind !== 'unknown' || state.cause.kind !== 'rejected') return false;
  return state.cause.status === status && state.cause.isApiError;
}
