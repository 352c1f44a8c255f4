/**
 * `npm run bench:crowd`: N jobs that mint in the same seconds, or whose tokens are deleted in the same second, against
 * the rate limit of the stand-in for Mapbox, 100 requests in 60 seconds. A simulation: events on a virtual clock, with
 * the product's own rule for waiting (src/mapbox/backoff.ts) and its own reading of headers, seeded by `SEED`.
 *
 * Beside the rule with and without `job-total` and `job-index` stand the rule of the first release and what the limit
 * alone imposes: somebody who knew everything would send each request once, as soon as there is room for it. More
 * than 256 jobs are several matrices, which GitHub does not tell of each other; a workflow may, by setting both inputs.
 */
import { ALONE, type Crowd, rateLimitDelay, type Turn } from '../src/api/backoff.ts';
import type { RateLimited } from '../src/api/result.ts';
import { toApiResult } from '../src/mapbox/response.ts';
import { Secret } from '../src/secret.ts';
import { RateLimit } from '../test/support/mapbox/rate-limit.ts';
import { SEED, seeded } from '../test/support/random.ts';

const RUNS = Number(process.argv[2] ?? 30);
const SIZES = [50, 100, 101, 150, 199, 200, 201, 256, 300, 400, 512, 768, 1000];
const LIMIT = { requests: 100, intervalSeconds: 60 };
/** GitHub's limit of jobs in one matrix. */
const MATRIX = 256;
/** With less than this left, the product makes no further attempt. */
const MIN_ATTEMPT_MS = 250;

type Rule = (limited: RateLimited, turn: Turn, crowd: Crowd) => number;
const product: Rule = (limited, turn, crowd) => rateLimitDelay(limited, crowd, turn);

/** The rule of the first release: until the reset, and up to a tenth of the interval longer. */
const before: Rule = ({ retryAfter, interval }, { remaining, random }) =>
  retryAfter + random * Math.min(interval / 10, Math.max(0, remaining - 5_000 - retryAfter));

/** All in milliseconds. */
interface Scenario {
  readonly name: string;
  /** The jobs' first requests come within this time. */
  readonly startSpread: number;
  readonly budget: number;
  readonly budgetBefore: number;
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'Create', startSpread: 3_000, budget: 300_000, budgetBefore: 300_000 },
  { name: 'Delete', startSpread: 1_000, budget: 240_000, budgetBefore: 60_000 },
];

interface Outcome {
  readonly requestsPerJob: number;
  /** The time until the last job was served, over that of somebody who knew everything; not a number without a wait. */
  readonly time: number;
  readonly left: number;
}

interface Setting {
  readonly rule: Rule;
  readonly crowdOf: CrowdOf;
  /** Milliseconds, as those of a scenario. */
  readonly startSpread: number;
  readonly budget: number;
}

interface Arrival {
  readonly at: number;
  readonly job: number;
  readonly attempt: number;
}

/** Lets `jobs` jobs meet the limit. */
function simulate(
  jobs: number,
  { rule, crowdOf, startSpread, budget }: Setting,
  random: () => number,
): Outcome {
  const start = Date.UTC(2026, 0, 2) + random() * 60_000;
  let now = start;
  const limit = new RateLimit(LIMIT, () => now);
  const latency = () => 20 + random() * 80;
  const starts = Array.from({ length: jobs }, () => start + random() * startSpread);
  const arrivals = new Queue();
  for (const [job, at] of starts.entries()) arrivals.add({ at: at + latency(), job, attempt: 1 });
  const first = arrivals.peek()?.at ?? start;
  let requests = 0;
  let served = 0;
  let last = first;
  for (let arrival = arrivals.take(); arrival !== undefined; arrival = arrivals.take()) {
    const { job, attempt } = arrival;
    now = arrival.at;
    requests++;
    if (limit.admit()) {
      served++;
      last = now;
      continue;
    }
    const heardAt = now + latency();
    const turn = {
      failures: attempt,
      remaining: (starts[job] ?? start) + budget - heardAt,
      random: random(),
    };
    const delay = rule(rateLimited(limit, now), turn, crowdOf(job, jobs));
    if (turn.remaining - delay >= MIN_ATTEMPT_MS)
      arrivals.add({ at: heardAt + delay + latency(), job, attempt: attempt + 1 });
  }
  return {
    requestsPerJob: requests / jobs,
    time: served > LIMIT.requests ? (last - first) / imposedTime(served, first) : Number.NaN,
    left: jobs - served,
  };
}

/** What a 429 comes to, headers and all. */
function rateLimited(limit: RateLimit, now: number): RateLimited {
  const headers = Object.fromEntries(
    Object.entries(limit.headers(true)).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const result = toApiResult(
    {
      kind: 'response',
      status: 429,
      headers: { ...headers, date: new Date(now).toUTCString() },
      body: { kind: 'complete', text: new Secret('') },
    },
    () => undefined,
    now,
  );
  if (result.kind !== 'rate-limited') throw new Error('429 is a rate limit');
  return result;
}

/** What a job is told of the others. */
type CrowdOf = (job: number, jobs: number) => Crowd;

const nothing: CrowdOf = () => ALONE;
const all: CrowdOf = (job, jobs) => ({ total: jobs, index: job });

/** The place of a job in its matrix: as few matrices as hold them all, as equal as can be. */
const itsMatrix: CrowdOf = (job, jobs) => {
  const matrices = Math.ceil(jobs / MATRIX);
  return { total: Math.ceil((jobs - (job % matrices)) / matrices), index: Math.floor(job / matrices) };
};

/** Milliseconds from the first request until the window begins in which the last of `jobs` can be served. */
function imposedTime(jobs: number, first: number): number {
  let begins = first;
  for (let open = jobs - LIMIT.requests; open > 0; open -= LIMIT.requests)
    begins = Math.ceil(begins / 1000 + LIMIT.intervalSeconds) * 1000;
  return begins - first;
}

/** Arrivals by time: a binary heap. */
class Queue {
  readonly #heap: Arrival[] = [];

  peek(): Arrival | undefined {
    return this.#heap[0];
  }

  add(arrival: Arrival): void {
    let at = this.#heap.push(arrival) - 1;
    while (at > 0 && this.#time(at) < this.#time((at - 1) >> 1)) at = this.#swap(at, (at - 1) >> 1);
  }

  take(): Arrival | undefined {
    this.#swap(0, this.#heap.length - 1);
    const first = this.#heap.pop();
    for (let at = 0; ; ) {
      const child = this.#time(2 * at + 2) < this.#time(2 * at + 1) ? 2 * at + 2 : 2 * at + 1;
      if (this.#time(child) >= this.#time(at)) return first;
      at = this.#swap(at, child);
    }
  }

  #time(at: number): number {
    return this.#heap[at]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): number {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one !== undefined && other !== undefined) {
      this.#heap[a] = other;
      this.#heap[b] = one;
    }
    return b;
  }
}

interface Figures {
  readonly requests: { readonly mean: number; readonly worst: number };
  readonly time: { readonly mean: number; readonly worst: number };
  readonly left: number;
}

function figures(jobs: number, setting: Setting): Figures {
  const outcomes = Array.from({ length: RUNS }, (_, run) => {
    const next = seeded(SEED + run);
    return simulate(jobs, setting, () => next(2 ** 32) / 2 ** 32);
  });
  const over = (of: (outcome: Outcome) => number) => ({
    mean: outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / RUNS,
    worst: Math.max(...outcomes.map(of)),
  });
  return { requests: over(o => o.requestsPerJob), time: over(o => o.time), left: over(o => o.left).worst };
}

/** `1.61 (1.64), 1.05 (1.06)`: means and worst runs of requests and time, and who got nothing. */
function cell({ requests, time, left }: Figures): string {
  const pair = ({ mean, worst }: Figures['time']) => `${mean.toFixed(2)} (${worst.toFixed(2)})`;
  const times = Number.isNaN(time.mean) ? '' : `, ${pair(time)}`;
  return `${pair(requests)}${times}${left > 0 ? `; ${left} left` : ''}`;
}

function row(jobs: number, { startSpread, budget, budgetBefore }: Scenario): void {
  const known = figures(jobs, { rule: product, crowdOf: itsMatrix, startSpread, budget });
  const together = figures(jobs, { rule: product, crowdOf: all, startSpread, budget });
  const unknown = figures(jobs, { rule: product, crowdOf: nothing, startSpread, budget });
  const first = figures(jobs, { rule: before, crowdOf: nothing, startSpread, budget: budgetBefore });
  const inTime = LIMIT.requests * Math.ceil(budget / 1000 / LIMIT.intervalSeconds);
  const imposed = `${imposedTime(jobs, 0) / 1000} s${jobs > inTime ? `; ${jobs - inTime} left` : ''}`;
  const cells = [known, together, unknown, first].map(cell);
  if (jobs <= MATRIX) cells[1] = 'the same';
  console.log(`| ${[`${jobs} jobs`, imposed, ...cells].join(' | ')} |`);
  if (jobs > MATRIX || (keeps(known, 1.7, 1.1) && keeps(unknown, 2, 1.2))) return;
  console.error(`${jobs} jobs need more than the contract allows.`);
  process.exitCode = 1;
}

function keeps({ requests, time, left }: Figures, mostRequests: number, mostTime: number): boolean {
  return left === 0 && requests.mean <= mostRequests && !(time.mean > mostTime);
}

console.log(`${RUNS} runs each, SEED=${SEED}. ${LIMIT.requests} requests in ${LIMIT.intervalSeconds} s.
Requests per job, and time over what the limit alone imposes; the worst run in brackets.`);
for (const scenario of SCENARIOS) {
  console.log(
    `\n| ${scenario.name} | Limit alone | Knows its matrix | Knows all jobs | Knows nothing | First release |`,
  );
  console.log('|---|---|---|---|---|---|');
  for (const jobs of SIZES) row(jobs, scenario);
}
