import { describe, expect, it } from 'vitest';
import { createGithubClient } from '../../../src/github/client.ts';
import { type AttemptToCheck, getRunStates, isTokenRejected } from '../../../src/github/runs.ts';
import type { HttpResponse, NoResponse } from '../../../src/http/response.ts';
import { Secret } from '../../../src/secret.ts';
import { refusal } from '../../support/api-results.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { html, lostResponse } from '../../support/http-script.ts';
import { rejected, scriptedGithub, success } from '../../support/scripted-github.ts';

type Response = HttpResponse | NoResponse;

const notFound = rejected(404);

const rateLimit = rejected(403, 'API rate limit exceeded', { 'x-ratelimit-remaining': '0' });

const attempt = (id: unknown, status: string) => success({ id, run_attempt: 1, status });

const OWN = { id: '9000', attempt: '1' };

const RUN_42 = '/repos/octo-org/maps/actions/runs/42/attempts/3?exclude_pull_requests=true';

describe('one attempt', () => {
  async function stateFrom(response: Response) {
    const clock = new FakeClock();
    const github = scriptedGithub(() => {
      // So that no time is left to ask about the asking run.
      clock.advance(1234);
      return response;
    });
    const query = { github, repository: 'octo-org/maps', runs: [{ id: '42', attempt: '3' }], ownRun: OWN };
    const states = await getRunStates(query, clock, 1234);
    return { state: states.get('42.3'), github };
  }

  it('is looked up under the repository’s current name', async () => {
    const { github } = await stateFrom(success({ id: 42, run_attempt: 3, status: 'completed' }));
    expect(github.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`GET ${RUN_42}`]);
    expect(github.timeouts).toEqual([1234]);
  });

  it('is over once GitHub calls it `completed`', async () => {
    const { state } = await stateFrom(success({ id: 42, run_attempt: 3, status: 'completed' }));
    expect(state).toEqual({ kind: 'completed' });
  });

  it.each(['queued', 'in_progress', 'waiting', 'requested', 'a state that is new', ''])(
    'is not over while GitHub calls it "%s"',
    async status => {
      const { state } = await stateFrom(success({ id: 42, run_attempt: 3, status }));
      expect(state).toEqual({ kind: 'in-progress', status });
    },
  );

  it.each([
    ['another run', { id: 43, run_attempt: 3, status: 'completed' }],
    ['another attempt', { id: 42, run_attempt: 2, status: 'completed' }],
    ['a run without an id', { run_attempt: 3, status: 'completed' }],
    ['an id that is a text', { id: '42', run_attempt: 3, status: 'completed' }],
    ['a run without an attempt', { id: 42, status: 'completed' }],
    ['a run without a status', { id: 42, run_attempt: 3 }],
    ['a status that is not a string', { id: 42, run_attempt: 3, status: null }],
    ['a list', [{ id: 42, run_attempt: 3, status: 'completed' }]],
    ['null', null],
    ['nothing', undefined],
  ])('is unknown if GitHub responds with %s', async (_, data) => {
    const { state } = await stateFrom(success(data));
    expect(state).toMatchObject({ kind: 'unknown', cause: { cause: { kind: 'unreadable', status: 200 } } });
  });

  it.each([
    ['a refusal', notFound, 'rejected'],
    ['a rate limit', rateLimit, 'rate-limited'],
    ['a server error', html(502), 'indeterminate'],
    ['no response', lostResponse(), 'indeterminate'],
  ])('is unknown after %s', async (_, response, kind) => {
    expect((await stateFrom(response)).state).toMatchObject({ kind: 'unknown', cause: { kind } });
  });
});

/** Asks about the runs 1 to `count`; each response takes `cost` milliseconds. */
async function states(
  count: number,
  respond: (id: number) => Response,
  { cost = 0, milliseconds = 1000 } = {},
) {
  const clock = new FakeClock();
  const asked: number[] = [];
  const timeouts: number[] = [];
  let underWay = 0;
  let busiest = 0;
  const http = {
    async send({ path }: { path: string }, timeoutMs: number) {
      const id = Number(/runs\/(\d+)/.exec(path)?.[1]);
      asked.push(id);
      timeouts.push(timeoutMs);
      busiest = Math.max(busiest, ++underWay);
      await Promise.resolve();
      underWay--;
      clock.advance(cost);
      return respond(id);
    },
    async close() {},
  };
  const github = createGithubClient(http, new URL('https://api.github.com'), new Secret('ghs_x'));
  const runs = Array.from({ length: count }, (_, n) => ({ id: String(n + 1), attempt: '1' }));
  const found = await getRunStates({ github, repository: 'o/r', runs, ownRun: OWN }, clock, milliseconds);
  return { found, asked, timeouts, busiest };
}

it('asks about each run once, at most five at a time', async () => {
  const { found, asked, busiest } = await states(20, id => attempt(id, 'in_progress'));
  expect(asked).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  expect([...found.keys()]).toEqual(asked.map(id => `${id}.1`));
  expect(busiest).toBe(5);
});

describe('a run that GitHub does not find', () => {
  it('counts as deleted if the asking run is readable', async () => {
    const { found, asked } = await states(3, id =>
      id === 2 ? attempt(id, 'completed') : id === 9000 ? attempt(id, 'in_progress') : notFound,
    );
    expect(Object.fromEntries(found)).toEqual({
      '1.1': { kind: 'deleted' },
      '2.1': { kind: 'completed' },
      '3.1': { kind: 'deleted' },
    });
    expect(asked).toEqual([1, 2, 3, 9000]);
  });

  it.each([
    ['not found either', notFound],
    ['forbidden', rejected(403)],
    ['another run', attempt(1, 'in_progress')],
    ['a server error', html(502)],
    ['no response', lostResponse('TIMEOUT')],
  ])('is unknown if the asking run is %s', async (_, own) => {
    const { found } = await states(2, id => (id === 9000 ? own : notFound));
    expect([...found.values()]).toMatchObject(
      Array(2).fill({ kind: 'unknown', cause: { kind: 'rejected', status: 404 } }),
    );
  });

  it('is unknown if a proxy responds with 404', async () => {
    const { found, asked } = await states(1, id => (id === 9000 ? attempt(id, 'in_progress') : html(404)));
    expect(found.get('1.1')?.kind).toBe('unknown');
    expect(asked).toEqual([1]);
  });

  it('is unknown if no time is left to ask about the asking run', async () => {
    const { found, asked } = await states(1, () => notFound, { cost: 1000 });
    expect(found.get('1.1')?.kind).toBe('unknown');
    expect(asked).toEqual([1]);
  });

  it('is the only reason to ask about the asking run', async () => {
    const { asked } = await states(1, id => attempt(id, 'completed'));
    expect(asked).toEqual([1]);
  });
});

describe('stops asking', () => {
  it.each([
    ['the token is rejected', rejected(401)],
    ['its rate limit is exceeded', rateLimit],
  ])('once %s, even about the asking run', async (_, final) => {
    const { found, asked } = await states(40, id => (id === 1 ? notFound : final));
    expect(asked.length).toBeLessThanOrEqual(6);
    expect(asked).not.toContain(9000);
    expect(found.size).toBe(asked.length);
  });

  it('when time is up, and limits each request to the remaining time', async () => {
    const { found, asked, timeouts } = await states(20, id => attempt(id, 'completed'), { cost: 150 });
    expect(asked.length).toBeLessThan(15);
    expect(found.size).toBe(asked.length);
    expect(timeouts.slice(0, 5)).toEqual(Array(5).fill(1000));
    expect(Math.min(...timeouts)).toBeGreaterThan(0);
    expect(timeouts.at(-1)).toBeLessThan(1000);
  });

  it('but not after any other response', async () => {
    const { asked } = await states(20, () => rejected(403));
    expect(asked).toHaveLength(20);
  });
});

describe('the jobs of an attempt that is not completed', () => {
  const HOUR = 3_600_000;
  const DAY = 24 * HOUR;

  /** Asks about run 42, whose jobs come in these pages; GitHub's clock is `ahead` of the runner's. */
  async function ask(
    pages: readonly (Response | Parameters<typeof jobPage>)[],
    { status = 'in_progress', mayHang = true, ahead = 0, date = true } = {},
  ) {
    const clock = new FakeClock();
    const headers: Record<string, string> = date ? { date: new Date(clock.now() + ahead).toUTCString() } : {};
    const github = scriptedGithub(
      success({ id: 42, run_attempt: 3, status }),
      ...pages.map(page => ('kind' in page ? page : success(jobPage(...page), 200, headers))),
    );
    const run: AttemptToCheck = { id: '42', attempt: '3', mayHang };
    const query = { github, repository: 'octo-org/maps', runs: [run], ownRun: OWN };
    const found = await getRunStates(query, clock, 1000);
    const [first, ...paths] = github.requests.map(({ path }) => path);
    expect(first).toBe(RUN_42);
    return { state: found.get('42.3'), paths };
  }

  let ids = 0;

  /** A job that completed this many milliseconds ago by the runner's clock. */
  function job(ago: number, changes: object = {}) {
    return {
      id: ++ids,
      run_id: 42,
      run_attempt: 3,
      status: 'completed',
      conclusion: 'success',
      completed_at: new Date(new FakeClock().now() - ago).toISOString(),
      ...changes,
    };
  }

  const jobPage = (jobs: readonly unknown[], total: unknown = jobs.length) => ({ total_count: total, jobs });

  const over = { kind: 'jobs-completed' };

  it.each(['in_progress', 'queued'])(
    'are over if all completed more than a day ago, even if GitHub says "%s"',
    async status => {
      const { state, paths } = await ask([[[job(DAY + 1000), job(16 * DAY)]]], { status });
      expect(state).toEqual(over);
      expect(paths).toEqual(['/repos/octo-org/maps/actions/runs/42/attempts/3/jobs?per_page=50&page=1']);
    },
  );

  it('are over whatever their conclusion', async () => {
    const { state } = await ask([
      [
        ['failure', 'cancelled', 'skipped', 'timed_out', null].map(conclusion =>
          job(2 * DAY, { conclusion }),
        ),
      ],
    ]);
    expect(state).toEqual(over);
  });

  it('are read from all pages', async () => {
    const { state, paths } = await ask([
      [[job(2 * DAY), job(2 * DAY)], 3],
      [[job(2 * DAY)], 3],
    ]);
    expect(state).toEqual(over);
    expect(paths.map(path => path.replace(/.*&/, ''))).toEqual(['page=1', 'page=2']);
  });

  it.each([
    [300, [1000, 700, 400], 'jobs-completed'],
    [500, [1000, 500], 'in-progress'],
  ])('are read in the remaining time: %i ms for each page', async (cost, timeouts, kind) => {
    const clock = new FakeClock();
    const slow =
      (...response: Parameters<typeof success>) =>
      () => {
        clock.advance(cost);
        return success(...response);
      };
    const headers = { date: new Date(clock.now()).toUTCString() };
    const github = scriptedGithub(
      slow({ id: 42, run_attempt: 3, status: 'in_progress' }),
      slow(jobPage([job(2 * DAY)], 2), 200, headers),
      slow(jobPage([job(2 * DAY)], 2), 200, headers),
    );
    const run: AttemptToCheck = { id: '42', attempt: '3', mayHang: true };
    const query = { github, repository: 'octo-org/maps', runs: [run], ownRun: OWN };
    expect((await getRunStates(query, clock, 1000)).get('42.3')?.kind).toBe(kind);
    expect(github.timeouts).toEqual(timeouts);
  });

  it('are over if GitHub does not give a job’s attempt', async () => {
    expect((await ask([[[job(2 * DAY, { run_attempt: undefined })]]])).state).toEqual(over);
  });

  it.each([
    ['one completed less than a day ago', [[[job(2 * DAY), job(DAY - 1000)]]]],
    ['one completed a day ago', [[[job(DAY)]]]],
    ['one is in progress', [[[job(2 * DAY), job(2 * DAY, { status: 'in_progress' })]]]],
    ['one is queued', [[[job(2 * DAY), job(0, { status: 'queued', completed_at: null })]]]],
    ['one has no time of completion', [[[job(2 * DAY, { completed_at: null })]]]],
    ['one completed at no time', [[[job(2 * DAY, { completed_at: 'soon' })]]]],
    ['one completed at a number', [[[job(2 * DAY, { completed_at: 0 })]]]],
    ['one completed in the future', [[[job(-2 * DAY)]]]],
    ['there are none', [[[]]]],
    ['none of one is listed', [[[], 1]]],
    ['one of none is listed', [[[job(2 * DAY)], 0]]],
    [
      'one is missing',
      [
        [[job(2 * DAY)], 2],
        [[], 2],
      ],
    ],
    [
      'one is listed again for another',
      [
        [[job(2 * DAY, { id: 1 })], 2],
        [[job(2 * DAY, { id: 1 })], 2],
      ],
    ],
    [
      'one on the second page is in progress',
      [
        [[job(2 * DAY)], 2],
        [[job(0, { status: 'in_progress' })], 2],
      ],
    ],
    [
      'one was added while the list was read',
      [
        [[job(2 * DAY)], 2],
        [[job(2 * DAY)], 3],
        [[], 3],
      ],
    ],
    ['one belongs to another run', [[[job(2 * DAY, { run_id: 43 })]]]],
    ['one belongs to another attempt', [[[job(2 * DAY, { run_attempt: 2 })]]]],
    ['one has no id', [[[job(2 * DAY, { id: undefined })]]]],
    ['one is not a job', [[['job']]]],
    ['GitHub does not give their number', [[[job(2 * DAY)], null]]],
    ['the second page is missing', [[[job(2 * DAY)], 2], html(502)]],
    ['they are forbidden', [rejected(403)]],
    ['they are not found', [notFound]],
    ['the rate limit is exceeded', [rateLimit]],
    ['GitHub responds with something else', [success({})]],
    ['GitHub responds with nothing', [success(undefined)]],
  ] satisfies [string, Parameters<typeof ask>[0]][])('are not over if %s', async (_, pages) => {
    expect((await ask(pages)).state).toEqual({ kind: 'in-progress', status: 'in_progress' });
  });

  it.each([
    ['is behind', { ahead: -2 * HOUR }],
    ['is unknown', { date: false }],
  ])('are not over yet if GitHub’s clock %s', async (_, options) => {
    const { state } = await ask([[[job(DAY + HOUR)]]], options);
    expect(state?.kind).toBe('in-progress');
  });

  it('are not over yet if the runner’s clock is behind', async () => {
    const { state } = await ask([[[job(DAY - HOUR)]]], { ahead: 40 * DAY });
    expect(state?.kind).toBe('in-progress');
  });

  it.each([
    [{ mayHang: false }],
    [{ status: 'waiting' }],
    [{ status: 'pending' }],
    [{ status: 'requested' }],
    [{ status: 'action_required' }],
  ])('are not requested: %o', async options => {
    const { state, paths } = await ask([], options);
    expect(state?.kind).toBe('in-progress');
    expect(paths).toEqual([]);
  });
});

it('takes only GitHub’s own 401 for a rejection of the token', () => {
  const unknown = (cause: ReturnType<typeof refusal>) => ({ kind: 'unknown', cause }) as const;
  expect(isTokenRejected(unknown(refusal(401)))).toBe(true);
  expect(isTokenRejected(unknown({ ...refusal(401), isApiError: false }))).toBe(false);
  expect(isTokenRejected(unknown(refusal(403)))).toBe(false);
  expect(isTokenRejected({ kind: 'completed' })).toBe(false);
});
