import type { Clock } from '../clock.ts';
import type { AskGithub, RunState } from '../github/runs.ts';
import { type Run, runUrl } from '../runtime/workflow-run.ts';

/** Requests under way at a time: GitHub's secondary limits begin at a hundred [GitHub, REST API: rate limits]. */
const AT_A_TIME = 5;

/**
 * Asks GitHub about each run attempt once, and stops early where asking on is of no use: the token is rejected, its
 * limit is reached, or the time is up. What was not asked is missing in the answer.
 *
 * @param deadline in the clock's ticks.
 */
export async function askRuns(
  runs: readonly Run[],
  ask: AskGithub,
  clock: Clock,
  deadline: number,
): Promise<Map<string, RunState>> {
  const states = new Map<string, RunState>();
  const waiting = runs.values();
  let inVain = false;
  const asker = async () => {
    for (const run of waiting) {
      const left = deadline - clock.ticks();
      if (inVain || left <= 0) return;
      const state = await ask(run, left);
      states.set(runUrl(run), state);
      inVain ||= endsAsking(state);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, asker));
  return states;
}

/** Whether GitHub will say the same to every other question. */
function endsAsking(state: RunState): boolean {
  return state.kind === 'unknown' && (state.trouble.kind === 'limited' || isRejection(state));
}

/** Whether GitHub does not accept the token at all. */
export function isRejection(state: RunState): boolean {
  return state.kind === 'unknown' && state.trouble.kind === 'status' && state.trouble.status === 401;
}
