import { describe, expect, it } from 'vitest';
import {
  DAY,
  markerFor,
  REPOSITORY,
  SWEEPING_RUN,
  type SweepResult,
  setUpSweep,
} from '../support/sweep-step.ts';

const said = (swept: SweepResult, kind: string) =>
  swept.log.filter(one => one.kind === kind).map(one => one.text);

describe('a run of unknown state', () => {
  it.each([
    { what: '403', attempt: { status: 403, body: { message: 'Resource not accessible by integration' } } },
    { what: '404', attempt: undefined },
    { what: '502', attempt: { status: 502, body: '<html>' } },
    { what: '301', attempt: { status: 301, headers: { location: '/elsewhere' } } },
    { what: 'a page', attempt: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' } },
    { what: 'cut JSON', attempt: { status: 200, body: '{"id": 1, "run_attempt": 1, "status": "completed"' } },
    { what: 'another run', attempt: { status: 200, body: { id: 2, run_attempt: 1, status: 'completed' } } },
    {
      what: 'another attempt',
      attempt: { status: 200, body: { id: 1, run_attempt: 2, status: 'completed' } },
    },
    { what: 'no status', attempt: { status: 200, body: { id: 1, run_attempt: 1 } } },
    { what: 'megabytes', attempt: { status: 200, body: `"${'a'.repeat(3_000_000)}"` } },
    { what: 'a reset', attempt: 'reset' },
  ] as const)('keeps the token and names it: $what', async ({ attempt }) => {
    await using setting = await setUpSweep();
    const doubtful = setting.createJobToken('1');
    const over = setting.createJobToken('3');
    if (attempt !== undefined) setting.github.attempts.set('1/1', attempt);
    setting.github.attempts.set('3/1', 'completed');
    const swept = await setting.sweep();

    expect(swept.conclusion).toBe('success');
    expect(setting.exists(doubtful)).toBe(true);
    expect(setting.exists(over)).toBe(false);
    // The third asks about the sweep's own run.
    expect(setting.github.requests).toHaveLength(attempt === undefined ? 3 : 2);
    expect(said(swept, 'warning')).toEqual([
      expect.stringContaining(
        `- ${doubtful.id} of https://github.com/octo-org/maps/actions/runs/1 (attempt 1): `,
      ),
    ]);
    expect(swept.outputs).toEqual({ deleted: '1', kept: '1' });
  });

  it('is reported with GitHub’s own reason', async () => {
    await using setting = await setUpSweep();
    setting.createJobToken('1');
    const message =
      'The `octo-org` organization has an IP allow list enabled,\n::error::and 203.0.113.7 is not on it';
    setting.github.attempts.set('1/1', { status: 403, body: { message } });
    const [warning] = said(await setting.sweep(), 'warning');

    expect(warning).toContain(
      ': GitHub responded with 403: "The `octo-org` organization has an IP allow list enabled, ::error::and 203.0.113.7 is not on it"\n',
    );
    expect(warning).not.toContain('permissions');
  });

  it('is reported with the permission that may be missing', async () => {
    await using setting = await setUpSweep();
    setting.createJobToken('1');
    const swept = await setting.sweep();

    expect(said(swept, 'warning').join()).toContain('`permissions: actions: read`');
  });

  it.each([
    ['the requests of the hour are used up', 403, { 'x-ratelimit-remaining': '0' }],
    ['GitHub asks to wait with a 403', 403, { 'retry-after': '60' }],
    ['GitHub asks to wait with a 429', 429, { 'retry-after': '60' }],
  ])('is no longer looked up once %s', async (_, status, headers) => {
    await using setting = await setUpSweep();
    for (let run = 1; run <= 40; run++) {
      setting.createJobToken(String(run));
      setting.github.attempts.set(`${run}/1`, { status, headers, body: { message: 'Slow down' } });
    }
    const swept = await setting.sweep();

    expect(swept.conclusion).toBe('success');
    expect(setting.github.requests.length).toBeLessThanOrEqual(5);
    expect(said(swept, 'warning')[0]).toMatch(
      /^Kept 40 tokens[\s\S]*: GitHub's rate limit is exceeded .*\n[\s\S]*and 20 more, see the log/,
    );
  });

  it('cannot block the step: GitHub requests get half of the time', async () => {
    await using setting = await setUpSweep();
    const [hanging, over] = [setting.createJobToken('1'), setting.createJobToken('2')];
    setting.github.attempts.set('1/1', 'hang').set('2/1', 'completed');
    const swept = await setting.sweep({ timeout: '2s' });

    expect([setting.exists(hanging), setting.exists(over)]).toEqual([true, false]);
    expect(said(swept, 'warning').join()).toContain('took too long (TIMEOUT)');
  });
});

/** A run as GitHub describes it, with this many bytes of other fields. */
function completedRun(id: number, bytes: number): { status: number; body: object } {
  return {
    status: 200,
    body: { id, run_attempt: 1, status: 'completed', head_commit: { message: 'x'.repeat(bytes) } },
  };
}

it.each([30, 900])('reads a response of %i KiB', async kilobytes => {
  await using setting = await setUpSweep();
  const over = setting.createJobToken('1');
  setting.github.attempts.set('1/1', completedRun(1, kilobytes * 1024));
  await setting.sweep();

  expect(setting.exists(over)).toBe(false);
});

describe('a run deleted on GitHub', () => {
  it('is over if the sweep’s own run is readable', async () => {
    await using setting = await setUpSweep();
    const created = new Date(setting.clock.mapboxTime() - DAY - 60_000);
    const [deleted, other, going] = [
      setting.createJobToken('1', { created }),
      setting.createJobToken('2', { created }),
      setting.createJobToken('3'),
    ];
    setting.github.attempts.set('3/1', 'in_progress').set(`${SWEEPING_RUN}/1`, 'in_progress');
    const swept = await setting.sweep();

    expect([deleted, other, going].filter(setting.exists)).toEqual([going]);
    expect(swept.outputs).toEqual({ deleted: '2', kept: '1' });
    expect(said(swept, 'warning')).toEqual([]);
    expect(said(swept, 'info')).toContainEqual(
      expect.stringMatching(`^${deleted.id} .*: deleted, its run was deleted on GitHub$`),
    );
    const asked = setting.github.requests.map(({ path }) => path.split('/runs/')[1]);
    expect(asked.sort()).toEqual([
      '1/attempts/1',
      '2/attempts/1',
      '3/attempts/1',
      `${SWEEPING_RUN}/attempts/1`,
    ]);
  });

  it.each([
    ['404', undefined],
    ['403', { status: 403, body: { message: 'Resource not accessible by integration' } }],
    ['502', { status: 502, body: '<html>' }],
  ] as const)('is unknown if GitHub responds with %s for the sweep’s own run as well', async (_, own) => {
    await using setting = await setUpSweep();
    const token = setting.createJobToken('1');
    if (own !== undefined) setting.github.attempts.set(`${SWEEPING_RUN}/1`, own);
    const swept = await setting.sweep();

    expect(setting.exists(token)).toBe(true);
    expect(said(swept, 'warning')).toEqual([expect.stringContaining(token.id)]);
  });

  it('may be too new to be found: the token of a new job is kept', async () => {
    await using setting = await setUpSweep();
    const token = setting.createJobToken('1');
    setting.github.attempts.set(`${SWEEPING_RUN}/1`, 'in_progress');
    const swept = await setting.sweep();

    expect(setting.exists(token)).toBe(true);
    expect(said(swept, 'warning')).toEqual([]);
    expect(said(swept, 'info').join('\n')).toContain('kept, GitHub cannot find its run, but ');
  });

  it('is unknown if a proxy responds with 404', async () => {
    await using setting = await setUpSweep();
    const token = setting.createJobToken('1');
    setting.github.attempts
      .set('1/1', { status: 404, body: '<html>' })
      .set(`${SWEEPING_RUN}/1`, 'in_progress');
    await setting.sweep();

    expect(setting.exists(token)).toBe(true);
  });
});

describe('a hanging run', () => {
  it('is over a day after its jobs; the jobs of a run with a younger token are not read', async () => {
    await using setting = await setUpSweep();
    const now = setting.clock.mapboxTime();
    const created = new Date(now - 16 * DAY);
    const [hanging, going, young] = [
      setting.createJobToken('1', { created }),
      setting.createJobToken('2', { created }),
      setting.createJobToken('3'),
    ];
    const job = { status: 'completed', completedAt: now - 2 * DAY } as const;
    setting.github.attempts.set('1/1', 'in_progress').set('2/1', 'queued').set('3/1', 'in_progress');
    setting.github.jobs
      .set('1/1', Array<typeof job>(120).fill(job))
      .set('2/1', [job, { status: 'in_progress' }])
      .set('3/1', [job]);
    const swept = await setting.sweep();

    expect([hanging, going, young].filter(setting.exists)).toEqual([going, young]);
    expect(said(swept, 'info')).toContainEqual(
      expect.stringMatching(`^${hanging.id} .*: deleted, all jobs of its run completed more than a day ago$`),
    );
    const asked = setting.github.requests.map(({ path }) => path.split('/runs/')[1]);
    expect(asked.sort()).toEqual([
      '1/attempts/1',
      ...Array(3).fill('1/attempts/1/jobs'),
      '2/attempts/1',
      '2/attempts/1/jobs',
      '3/attempts/1',
    ]);
  });
});

describe('a token older than any run', () => {
  it('is deleted without a request to GitHub', async () => {
    await using setting = await setUpSweep();
    const now = setting.clock.mapboxTime();
    const old = setting.createJobToken('1', { created: new Date(now - 36 * DAY - 60_000) });
    const young = setting.createJobToken('2', { created: new Date(now - 36 * DAY + 60_000) });
    setting.github.attempts.set('2/1', 'waiting');
    const swept = await setting.sweep();

    expect([old, young].filter(setting.exists)).toEqual([young]);
    expect(setting.github.requests.map(({ path }) => path)).toEqual([
      `/repos/${REPOSITORY}/actions/runs/2/attempts/1`,
    ]);
    expect(said(swept, 'info')).toContainEqual(
      expect.stringMatching(`^${old.id} .*: deleted, it is older than any run can be$`),
    );
  });

  it.each([
    { age: 40, runner: 50, goes: true },
    { age: 30, runner: 50, goes: false },
    { age: 40, runner: -3, goes: true },
    { age: 40, runner: -4.5, goes: false },
    { age: 40, runner: -50, goes: false },
  ])(
    'is recognized by the clock that is behind: $age days, with the runner’s $runner days ahead',
    async ({ age, runner, goes }) => {
      await using setting = await setUpSweep({ skew: runner * DAY });
      const old = setting.createJobToken('1', { created: new Date(setting.clock.mapboxTime() - age * DAY) });
      setting.github.attempts.set('1/1', 'waiting');
      await setting.sweep();

      expect(setting.exists(old)).toBe(!goes);
    },
  );

  it('is not recognized if Mapbox gives no time', async () => {
    await using setting = await setUpSweep();
    const old = setting.createJobToken('1', { created: new Date(setting.clock.mapboxTime() - 40 * DAY) });
    setting.github.attempts.set('1/1', 'in_progress');
    setting.mapbox.fault = ({ method }) =>
      method === 'GET'
        ? {
            kind: 'rewrite',
            rewrite: ({ headers: { Date: _, ...headers }, ...response }) => ({ ...response, headers }),
          }
        : undefined;
    await setting.sweep();

    expect(setting.exists(old)).toBe(true);
    expect(setting.github.requests).not.toEqual([]);
  });

  it('is kept if it belongs to the sweep’s own run, or is the account’s default token', async () => {
    await using setting = await setUpSweep();
    const created = new Date(setting.clock.mapboxTime() - 400 * DAY);
    const own = setting.createJobToken(SWEEPING_RUN, { created });
    const byDefault = setting.mapbox.account.tokens().find(token => token.default);
    if (byDefault) setting.mapbox.account.update(byDefault, { note: markerFor('1') });
    const swept = await setting.sweep();

    expect(setting.exists(own)).toBe(true);
    expect(swept.outputs).toEqual({ deleted: '0', kept: '2' });
  });
});

describe('with job-max-age', () => {
  const setUp = async () => {
    const setting = await setUpSweep();
    const created = (hours: number) => new Date(setting.clock.mapboxTime() - hours * 3_600_000);
    const old = setting.createJobToken('1', { created: created(4) });
    const young = setting.createJobToken('2', { created: created(2) });
    return Object.assign(setting, { old, young });
  };

  it('older tokens are deleted without a request, and GitHub decides about the others', async () => {
    await using setting = await setUp();
    setting.github.attempts.set('1/1', 'in_progress').set('2/1', 'completed');
    const swept = await setting.sweep({ 'job-max-age': '3h' });

    expect([setting.old, setting.young].filter(setting.exists)).toEqual([]);
    expect(setting.github.requests.map(({ path }) => path)).toEqual([
      `/repos/${REPOSITORY}/actions/runs/2/attempts/1`,
    ]);
    expect(said(swept, 'info')).toContainEqual(
      expect.stringMatching(`^${setting.old.id} .*: deleted, it is older than \`job-max-age\`$`),
    );
  });

  it.each([
    ['does not allow it', { status: 403, body: { message: 'Resource not accessible by integration' } }],
    ['does not have that API', { status: 404, body: { message: 'Not Found' } }],
    ['rejects the token', { status: 401, body: { message: 'Bad credentials' } }],
    ['responds with a page', { status: 200, body: '<html>' }],
    ['fails', { status: 500, body: '<html>' }],
    ['is not there', 'reset'],
  ] as const)('younger ones are kept without a warning if GitHub %s', async (_, attempt) => {
    await using setting = await setUp();
    setting.github.attempts.set('2/1', attempt);
    const swept = await setting.sweep({ 'job-max-age': '3h' });

    expect([setting.old, setting.young].filter(setting.exists)).toEqual([setting.young]);
    expect(swept).toMatchObject({ conclusion: 'success', outputs: { deleted: '1', kept: '1' } });
    expect(said(swept, 'warning')).toEqual([]);
    expect(said(swept, 'info').join('\n')).toContain('kept, it is unknown whether its run is over: ');
  });
});

describe('the repository', () => {
  it('is identified by its ID: GitHub is asked by its current name', async () => {
    await using setting = await setUpSweep();
    const token = setting.createToken(`Release (octo-org/old-name) ${markerFor('1')}`);
    setting.github.attempts.set('1/1', 'completed');
    await setting.sweep();

    expect(setting.exists(token)).toBe(false);
    expect(setting.github.requests.map(({ path }) => path)).toEqual([
      `/repos/${REPOSITORY}/actions/runs/1/attempts/1`,
    ]);
  });

  it.each([
    ['another ID', markerFor('1', { repository: '987654321' })],
    ['an ID of another server', markerFor('1', { repository: '123456789@ghe.example.com' })],
    ['its name', markerFor('1', { repository: REPOSITORY })],
    ['no ID', '[until job ends: 1.1#abcd1234]'],
  ])('is not confused with %s', async (_, marker) => {
    await using setting = await setUpSweep();
    const token = setting.createToken(`Release ${marker}`);
    setting.github.attempts.set('1/1', 'completed');
    const swept = await setting.sweep();

    expect(setting.exists(token)).toBe(true);
    expect(swept.outputs).toEqual({ deleted: '0', kept: '0' });
  });

  it('is identified by its name if the runner gives no ID', async () => {
    await using setting = await setUpSweep();
    const own = setting.createToken(`Release ${markerFor('1', { repository: REPOSITORY })}`);
    const others = ['octo-org/maps2', 'Octo-Org/maps', '123456789'].map(repository =>
      setting.createToken(`Release ${markerFor('1', { repository })}`),
    );
    setting.github.attempts.set('1/1', 'completed');
    await setting.sweep({}, { env: { GITHUB_REPOSITORY_ID: '' } });

    expect(setting.exists(own)).toBe(false);
    expect(others.filter(setting.exists)).toEqual(others);
  });

  it('has its server’s host in its notes unless that is github.com', async () => {
    await using setting = await setUpSweep();
    const own = setting.createToken(
      `Release ${markerFor('1', { repository: '123456789@ghe.example.com:8443' })}`,
    );
    const others = ['123456789', '123456789@ghe.example.com'].map(repository =>
      setting.createToken(`Release ${markerFor('1', { repository })}`),
    );
    setting.github.attempts.set('1/1', 'completed');
    await setting.sweep({}, { env: { GITHUB_SERVER_URL: 'https://ghe.example.com:8443' } });

    expect(setting.exists(own)).toBe(false);
    expect(others.filter(setting.exists)).toEqual(others);
  });
});
