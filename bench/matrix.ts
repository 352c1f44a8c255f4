/**
 * `npm run bench:matrix`: a matrix of jobs that all mint in the same second, against the rate limit of the stand-in for
 * Mapbox: 100 requests, but in 15 seconds where Mapbox counts 60. How many requests does a job need, and how much longer
 * do all of them take than the limit alone imposes? The steps are the product's own and so is the wire; the runner is
 * in memory, since 256 processes at once would measure the machine.
 */
import { clock } from '../src/clock.ts';
import { LIMITS } from '../src/http/client.ts';
import { startMapbox } from '../test/support/mapbox/server.ts';
import { runMain, runPost, type StepResult } from '../test/support/steps.ts';

const JOBS = Number(process.argv[2] ?? 256);
const LIMIT = { requests: 100, intervalSeconds: 15 };

await using mapbox = await startMapbox({ rateLimit: LIMIT });
const authorizingToken = mapbox.account.issue({ scopes: ['tokens:write', 'tokens:read', 'tilesets:write'] });
const before = mapbox.account.tokens().length;
const inputs = {
  'authorizing-token': authorizingToken.token,
  scopes: 'tilesets:write',
  'api-url': mapbox.url,
};

interface Wave {
  readonly ended: readonly StepResult[];
  readonly requestsPerJob: number;
  /** Seconds. */
  readonly took: number;
  readonly imposed: number;
}

/** Lets every job take a step at once. */
async function wave(step: (job: number) => Promise<StepResult>): Promise<Wave> {
  const from = mapbox.requests.length;
  const start = clock.monotonic();
  const ended = await Promise.all(Array.from({ length: JOBS }, (_, job) => step(job)));
  const took = (clock.monotonic() - start) / 1000;
  const seen = mapbox.requests.slice(from);
  const first = (seen[0]?.at ?? 0) / 1000;
  return { ended, requestsPerJob: seen.length / JOBS, took, imposed: imposedFrom(first) };
}

/** Seconds from the first request until the window begins in which the last job can be served, one request each. */
function imposedFrom(first: number): number {
  const further = Math.ceil(JOBS / LIMIT.requests) - 1;
  // The first window ends on a full second, and the others with it.
  return further === 0
    ? 0
    : Math.ceil(first + LIMIT.intervalSeconds) + (further - 1) * LIMIT.intervalSeconds - first;
}

const inputsOf = (job: number) => ({ ...inputs, 'job-total': String(JOBS), 'job-index': String(job) });
const env = (job: number) => ({ GITHUB_RUN_ID: String(4711 + job), GITHUB_WORKFLOW: `Tiles ${job}` });
const mint = await wave(job => runMain({ inputs: inputsOf(job), clock, limits: LIMITS, env: env(job) }));
const minted = mint.ended.filter(({ outputs }) => outputs['token'] !== undefined).length;
const alive = mapbox.account.tokens().length - before;

// The jobs' own work takes them beyond the window in which the last of them minted.
await clock.sleep((LIMIT.intervalSeconds + 1) * 1000);
const end = await wave(job =>
  runPost({
    inputs: inputsOf(job),
    clock,
    limits: LIMITS,
    env: env(job),
    state: mint.ended[job]?.state ?? '',
  }),
);
const left = mapbox.account.tokens().length - before;
const warned = end.ended.filter(({ log: said }) => said.some(({ kind }) => kind === 'warning')).length;

console.log(
  `${JOBS} jobs at once, ${LIMIT.requests} requests in ${LIMIT.intervalSeconds} s allowed: Mapbox's limit, four times as fast.\n`,
);
console.log('| | mint | delete |\n|---|---|---|');
const row = (figure: string, of: (wave: Wave) => string) =>
  console.log(`| ${figure} | ${of(mint)} | ${of(end)} |`);
row('requests per job', ({ requestsPerJob }) => requestsPerJob.toFixed(2));
row('time over what the limit alone imposes', ({ took, imposed }) =>
  imposed === 0
    ? 'no limit met'
    : `${(took / imposed).toFixed(2)} (${took.toFixed(1)} s over ${imposed.toFixed(1)} s)`,
);
console.log(
  `\n${minted} of ${JOBS} minted, ${alive} tokens alive; after the post steps ${left} alive, ${warned} warnings.`,
);
if (minted < JOBS || alive !== JOBS || left > 0 || warned > 0) process.exitCode = 1;
