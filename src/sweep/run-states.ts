import type { Clock } from '../clock.ts';
import type { GetRunState, RunState } from '../github/runs.ts';
import { attemptKey, type WorkflowRun } from '../runtime/workflow-run.ts';

/** Requests under way at a time: GitHub's secondary limits begin at a hundred [GitHub, REST API: rate limits]. */
const MAX_CONCURRENCY = 5;

/**
 * Asks GitHub about each run attempt once, and stops early where asking on is of no use: the token is rejected, its
 * limit is reached, or the time is up. What was not asked is missing in the answer.
 *
 * @param deadline in the clock's ticks.
 */
export async function getRunStates(
  runs: readonly WorkflowRun[],
  ask: GetRunState,
  clock: Clock,
  deadline: number,
): Promise<Map<string, RunState>> {
  const states = new Map<string, RunState>();
  const waiting = runs.values();
  let consecutiveFailures = false;
  const asker = async () => {
    for (const run of waiting) {
      const left = deadline - clock.monotonic();
      if (consecutiveFailures || left <= 0) return;
      const state = await ask(run, left);
      states.set(attemptKey(run), state);
      consecutiveFailures ||= isFinal(state);
    }
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENCY }, asker));
  return states;
}

/** Whether GitHub will say the same to every other question. */
function isFinal(state: RunState): boolean {
  return state.kind === 'unknown' && (state.cause.kind === 'rate-limited' || isRejection(state));
}

/** Whether GitHub does not accept the token at all. */
export function isRejection(state: RunState): boolean {
  return state.kind === 'unknown' && state.cause.kind === 'status' && state.cause.status === 401;
}
