/**
 * Random schedules of faults in the main step and the post step, and of processes killed at any moment, on an account
 * that has other steps' and hand-made tokens. `SCHEDULES` sets their number; `npm run test:soak` runs 1,000. The run
 * prints its seed, and a failure prints its smallest schedule.
 */
import { expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import type { StoredToken } from '../support/mapbox/account.ts';
import { foreignResponse } from '../support/mapbox/creation-faults.ts';
import type { Fault } from '../support/mapbox/faults.ts';
import { interveningFaults, replicaBehind } from '../support/mapbox/intervening-faults.ts';
import { cutLinks } from '../support/mapbox/link-faults.ts';
import type { SeenRequest } from '../support/mapbox/messages.ts';
import { startMapbox } from '../support/mapbox/server.ts';
import fc from '../support/random.ts';
import {
  addBystanders,
  faultPlanOf,
  isBystander,
  QUIET,
  type Schedule,
  SIBLINGS_NOTE,
  schedules,
  waitFor,
} from '../support/schedule.ts';
import { runMain, runPost, type StepResult } from '../support/steps.ts';

const SCHEDULES = Number(process.env['SCHEDULES'] ?? (process.env['MODE'] === 'soak' ? 1000 : 48));
const TIMEOUT_MS = 30_000;
/** How long the post step retries while Mapbox fails. */
const POST_LIMIT_MS = 60_000;
/** How long a step may exceed its limit: for its last request, and to discard a created token. */
const GRACE_MS = 12_000;
const MAX_REQUESTS_A_MINUTE = 12;

/**
 * Schedules that always run in addition to the random ones, so that finding these mistakes does not depend on chance.
 * An earlier version of this test found none: the account had no other tokens, no response named one, a 404 to a DELETE
 * was always true, and requests were not counted.
 */
const ALWAYS: Readonly<Record<string, Schedule>> = {
  // Another step's token is written to the outputs, and deleted by the post step.
  'any token that a response names is taken for the created one': creating(
    foreignResponse({ scopes: 'same', note: SIBLINGS_NOTE }),
  ),
  // Its scopes do not match, so it is discarded at once.
  'any token that a response names is deleted': creating(
    foreignResponse({ scopes: 'other', note: SIBLINGS_NOTE }),
  ),
  // The search for the lost request's token also finds the other step's.
  'orphans are identified by their run, or by their form only': creating({
    kind: 'reset',
    processed: true,
  }),
  // The next request is sent before the limit has reset, or at once if the response says 0.
  'a 429 is not waited for': creating(rateLimit('3')),
  'a 429 that asks for no wait is repeated at once': creating(rateLimit('0')),
  // The token stays alive without a warning. A readable list would show the token.
  'a 404 that is not from Mapbox is believed': {
    ...deleting(interveningFaults['404 with HTML']),
    mayRead: false,
  },
  'any 404 is believed': deleting(replicaBehind),
  'any 2xx is taken for a deletion': deleting(interveningFaults['202 without a body']),
  // Thirteen in a minute.
  'the requests that check a deletion do not count': {
    ...QUIET,
    faults: {
      POST: [
        { kind: 'hang', processed: true },
        { kind: 'reset', processed: true },
      ],
      GET: [
        undefined,
        { kind: 'garbage', processed: false },
        { kind: 'html', status: 502, processed: false },
      ],
      DELETE: [{ kind: 'reset', processed: true }],
    },
  },
  // Rejected by a stale replica while the account cannot be searched.
  'one 404 is believed': { ...deleting(replicaBehind, 1), mayRead: false },
  // The lost request's token is on a page that was not read.
  'a truncated list is taken for the whole': {
    ...QUIET,
    pageSize: 2,
    faults: {
      POST: [{ kind: 'reset', processed: true }],
      GET: Array(8).fill(cutLinks['at its beginning']),
      DELETE: [],
    },
  },
  ...Object.fromEntries(
    [1, 5, 8].flatMap(leaveAt =>
      [true, false].map(endsBefore => [
        `a main step abandoned at ${leaveAt} is forgotten${endsBefore ? ', which has ended' : ''}`,
        { ...QUIET, main: { leaveAt }, endsBefore },
      ]),
    ),
  ),
  'more than one request is sent when all is well': QUIET,
};

function rateLimit(seconds: string): Fault {
  return { kind: 'status', status: 429, processed: false, headers: { 'Retry-After': seconds } };
}

function creating(fault: Fault): Schedule {
  return { ...QUIET, faults: { POST: [fault], GET: [], DELETE: [] } };
}

function deleting(fault: Fault, times = 3): Schedule {
  return { ...QUIET, faults: { POST: [], GET: [], DELETE: Array(times).fill(fault) } };
}

it(
  `holds every promise under ${SCHEDULES} random schedules of faults`,
  async () => {
    const conclusions = { success: 0, failure: 0, killed: 0, left: 0 };
    let busiest = 0;
    await fc.assert(
      fc.asyncProperty(schedules, async schedule => {
        const ended = await runSchedule(schedule);
        conclusions[ended.main.conclusion]++;
        if (ended.main.conclusion !== 'left')
          busiest = Math.max(busiest, ...ended.requests.map(mostInAMinute));
        expectNoSecret(ended);
        expectOneEnd(ended);
        expectInTime(ended);
        expectFewRequests(ended, schedule);
        expectBystandersUntouched(ended);
        expectNothingLeft(ended, schedule);
      }),
      { numRuns: SCHEDULES, examples: Object.values(ALWAYS).map(schedule => [schedule]) },
    );
    const total = Object.values(conclusions).reduce((sum, count) => sum + count, 0);
    console.info(
      `${total} schedules held. Main steps: ${JSON.stringify(conclusions)}. At most ${busiest} requests a minute.`,
    );
    expect(
      conclusions.success / (total - conclusions.left),
      'main steps that succeed',
    ).toBeGreaterThanOrEqual(0.6);
  },
  Math.max(60_000, SCHEDULES * 4_000),
);

/** The facts after both steps have ended. */
interface Ended {
  readonly main: StepResult;
  readonly post: StepResult;
  /** The requests of the main step, and of the post step. The latter are of both while both run at once. */
  readonly requests: readonly [readonly SeenRequest[], readonly SeenRequest[]];
  /** The faults that the requests met. */
  readonly faults: ReadonlyMap<SeenRequest, Fault>;
  /** The text of every secret: the authorizing token, and every created one. */
  readonly secrets: readonly string[];
  /** Other tokens that are missing. */
  readonly lostBystanders: readonly StoredToken[];
  /** The IDs of all other tokens. */
  readonly bystanders: ReadonlySet<string>;
  /** Tokens of these steps that are still alive. */
  readonly left: readonly StoredToken[];
}

async function runSchedule(schedule: Schedule): Promise<Ended> {
  const clock = FakeClock.running(schedule.skew);
  const faults = new Map<SeenRequest, Fault>();
  const plan = faultPlanOf(schedule);
  await using mapbox = await startMapbox({
    now: () => clock.mapboxTime(),
    pageSize: schedule.pageSize,
    fault(request, index, context) {
      const fault = plan(request, index, context);
      if (fault !== undefined) faults.set(request, fault);
      return fault;
    },
  });
  const { account } = mapbox;
  addBystanders(account, clock.mapboxTime());
  const held = ['tokens:write', 'tilesets:read', 'tilesets:write'];
  const authorizingToken = account.issue({
    scopes: schedule.mayRead ? [...held, 'tokens:read'] : held,
    note: 'ci',
  });
  const before = new Set(account.tokens().map(({ id }) => id));
  const inputs = {
    'authorizing-token': authorizingToken.token,
    scopes: 'tilesets:read tilesets:write',
    lifetime: schedule.lifetime,
    timeout: `${TIMEOUT_MS / 1000}s`,
    'api-url': mapbox.url,
    'export-env': 'MAPBOX_ACCESS_TOKEN',
    summary: 'true',
  };
  const { seed } = schedule;
  const main = await runMain({ inputs, clock, seed, ...schedule.main });
  const { living } = main;
  if (schedule.endsBefore) await living?.ended;
  const sent = mapbox.requests.length;
  const processes = living?.processes;
  const post = await runPost({ inputs, clock, seed, state: main.state, processes, ...schedule.post });
  await living?.ended;
  mapbox.catchUp();
  const bystanders = account.everIssued().filter(token => before.has(token.id) || isBystander(token));
  return {
    main,
    post,
    requests: [mapbox.requests.slice(0, sent), mapbox.requests.slice(sent)],
    faults,
    secrets: [authorizingToken, ...account.everIssued().filter(({ id }) => !before.has(id))].map(
      ({ token }) => token,
    ),
    lostBystanders: bystanders.filter(({ id }) => account.find(id) === undefined),
    bystanders: new Set(bystanders.map(({ id }) => id)),
    left: account.tokens().filter(token => !before.has(token.id) && !isBystander(token)),
  };
}

/** Log, summary and state contain no token, and the token in use is masked. */
function expectNoSecret({ main, post, secrets }: Ended): void {
  for (const step of [main, post]) {
    const traces = [...step.log.map(({ text }) => text), ...step.summary.flat(), step.state];
    for (const secret of secrets) for (const trace of traces) expect(trace).not.toContain(secret);
  }
  if (main.conclusion === 'success') expect(main.masks).toContain(main.outputs['token']);
}

/** At most one error, no internal one, and no partial output. A post step never fails the job. */
function expectOneEnd({ main, post }: Ended): void {
  for (const step of [main, post]) {
    expect(step.log.filter(({ kind }) => kind === 'error').length).toBeLessThanOrEqual(1);
    expect(step.log.filter(({ text }) => text.includes('Internal error'))).toEqual([]);
  }
  expect(post.conclusion).not.toBe('failure');
  if (main.conclusion === 'failure') expect([main.outputs, main.variables]).toEqual([{}, {}]);
  if (main.conclusion === 'success')
    expect(main.variables).toEqual({ MAPBOX_ACCESS_TOKEN: main.outputs['token'] });
}

function expectInTime({ main, post, faults }: Ended): void {
  expect(main.elapsed).toBeLessThan(TIMEOUT_MS + GRACE_MS);
  const waits = [...faults.values()].reduce((sum, fault) => sum + (waitFor(fault)?.most ?? 0), 0);
  expect(post.elapsed).toBeLessThan(POST_LIMIT_MS + waits + GRACE_MS);
}

/** One request without faults; else at most a dozen a minute, and none again before its rate limit has reset. */
function expectFewRequests(
  { main, post, requests, faults }: Ended,
  { lifetime, endsBefore }: Schedule,
): void {
  const [first, second] = requests;
  if (faults.size === 0 && main.conclusion === 'success' && main.log.length === 1) {
    expect(first.map(({ method }) => method)).toEqual(['POST']);
    const isQuiet = post.conclusion === 'success' && post.log.every(({ kind }) => kind === 'info');
    if (isQuiet) expect(second.length).toBeLessThanOrEqual(lifetime === 'job' ? 1 : 0);
  }
  for (const step of main.living === undefined || endsBefore ? requests : []) {
    expect(mostInAMinute(step)).toBeLessThanOrEqual(MAX_REQUESTS_A_MINUTE);
    for (const [index, request] of step.entries()) {
      const wait = waitFor(faults.get(request))?.least;
      const isSame = ({ method, path }: SeenRequest) => method === request.method && path === request.path;
      const next = step.slice(index + 1).find(isSame);
      if (wait !== undefined && next !== undefined)
        expect(next.at - request.at, 'the wait after a 429').toBeGreaterThanOrEqual(wait);
    }
  }
}

/**
 * The highest number of these requests in one minute of Mapbox's clock. A token's first two deletions and further pages
 * of a list do not count.
 */
function mostInAMinute(requests: readonly SeenRequest[]): number {
  const counted = requests.filter(
    ({ method, path, query }, index) =>
      !query.has('start') &&
      (method !== 'DELETE' ||
        requests.slice(0, index).filter(other => other.method === method && other.path === path).length >= 2),
  );
  const counts = counted.map(
    ({ at }) => counted.filter(other => other.at >= at && other.at < at + 60_000).length,
  );
  return Math.max(0, ...counts);
}

/** Other tokens stay, and none is written to the outputs. */
function expectBystandersUntouched({ main, lostBystanders, bystanders }: Ended): void {
  expect(lostBystanders).toEqual([]);
  const id = main.outputs['token-id'];
  expect(id !== undefined && bystanders.has(id), 'the token of another step is an output').toBe(false);
}

/** Every token of the steps is deleted, or a warning says how to find it. */
function expectNothingLeft({ main, post, left, faults, requests }: Ended, schedule: Schedule): void {
  // Tokens left by a killed post step are for the sweep.
  if (post.conclusion === 'killed') return;
  const isKept = ({ id }: StoredToken) =>
    schedule.lifetime === 'permanent' && main.outputs['token-id'] === id;
  const isNamedBy =
    ({ log }: StepResult) =>
    ({ id, note }: StoredToken) =>
      log.some(
        ({ kind, text }) =>
          (kind === 'warning' || kind === 'error') &&
          (text.includes(id) || (note !== null && text.includes(note)) || namesByNonce(text, note)),
      );
  // All that is known of a main step that ended before its first request.
  const namesByNonce = (text: string, note: string | null) =>
    main.conclusion === 'left' && text.includes(/#[a-z0-9]{8}(?=\]$)/.exec(note ?? '')?.[0] ?? ' no nonce ');
  const unnamed = left.filter(token => ![isKept, isNamedBy(main), isNamedBy(post)].some(is => is(token)));
  expect(unnamed, 'tokens that were left without a warning').toEqual([]);
  const isUndisturbed =
    requests[1].every(request => !faults.has(request)) &&
    (schedule.post.notSent ?? []).every(code => code === undefined);
  if (!isUndisturbed || !schedule.mayRead) return;
  const undeleted = left.filter(token => !isKept(token) && !isNamedBy(main)(token));
  expect(undeleted, 'tokens that the post step could have deleted').toEqual([]);
}
