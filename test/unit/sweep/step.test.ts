import { describe, expect, it } from 'vitest';
import { ActionError, errorTitles } from '../../../src/action-error.ts';
import type { HttpResponse } from '../../../src/http/response.ts';
import type { Context } from '../../../src/runtime/context.ts';
import { sweepStep } from '../../../src/sweep/step.ts';
import { FakeClock, START } from '../../support/fake-clock.ts';
import { FakeRunner, type FakeRunnerOptions } from '../../support/fake-runner.ts';
import { deleted, json, notFound, page } from '../../support/http-script.ts';
import { NO_PROCESSES } from '../../support/processes.ts';
import { AUTHORIZING_TOKEN_ID, authorizingTokenText, idOf } from '../../support/tokens.ts';
import { RUN_ENV } from '../../support/workflow-run.ts';

const GITHUB_TOKEN = ['ghs', 'a1B2c3D4e5'.repeat(4)].join('_');

const marked = (n: number, until: string, run: number) => ({
  id: idOf(n),
  note: `Web map [until ${until}: 123456789/${run}.1#abcd123${n}]`,
  created: new Date(START - n * 24 * 3_600_000).toISOString(),
});

interface Options extends FakeRunnerOptions {
  readonly env?: Record<string, string>;
  /** The tokens that Mapbox lists. */
  readonly tokens?: Parameters<typeof page>[0];
  /** The duration of each response in milliseconds. */
  readonly cost?: number;
  readonly summaryFails?: boolean;
  /** The run for which GitHub rejects the token. */
  readonly rejectedRun?: number;
  /** Other responses of Mapbox; `undefined` for the usual one. */
  readonly mapbox?: (method: string, path: string) => HttpResponse | undefined;
}

/** Runs the step with a Mapbox that deletes everything and a GitHub that calls every run completed. */
async function sweep({
  env,
  tokens = [],
  cost = 0,
  summaryFails = false,
  rejectedRun,
  mapbox = () => undefined,
  inputs,
  ...options
}: Options) {
  const runner = new FakeRunner({
    inputs: { 'authorizing-token': authorizingTokenText, 'github-token': GITHUB_TOKEN, ...inputs },
    ...options,
  });
  if (summaryFails) {
    Object.assign(runner, {
      writeSummary: async () => {
        throw new Error('ENOSPC');
      },
    });
  }
  const clock = new FakeClock();
  const calls: string[] = [];
  const respond = (method: string, path: string): HttpResponse => {
    if (method === 'DELETE') return deleted();
    const [, id, attempt] = /runs\/(\d+)\/attempts\/(\d+)/.exec(path) ?? [];
    if (id === undefined) return page(tokens);
    if (Number(id) === rejectedRun) return json(401, { message: 'Bad credentials' });
    return json(200, { id: Number(id), run_attempt: Number(attempt), status: 'completed' });
  };
  const context: Context = {
    runner,
    env: { ...RUN_ENV, GITHUB_API_URL: 'https://api.github.com', ...env },
    clock,
    randomInt: () => 0,
    processes: NO_PROCESSES,
    async createHttpClient({ host }) {
      return {
        async send({ method, path }) {
          clock.advance(cost);
          calls.push(`${method} ${host}${path.replace(/\?.*/, '')}`);
          const response = (host === 'api.mapbox.com' && mapbox(method, path)) || respond(method, path);
          const date = new Date(clock.now()).toUTCString();
          return { ...response, headers: { date, ...response.headers } };
        },
        async close() {
          calls.push(`close ${host}`);
        },
      };
    },
  };
  const error = await sweepStep(context).then(
    () => undefined,
    (error: unknown) => (error instanceof ActionError ? error : Promise.reject(error)),
  );
  return { runner, calls, error };
}

const LIST = 'GET api.mapbox.com/tokens/v2/octo';
const RUN = (run: number) => `GET api.github.com/repos/octo-org/maps/actions/runs/${run}/attempts/1`;
const DELETE = (n: number) => `DELETE api.mapbox.com/tokens/v2/octo/${idOf(n)}`;

it('lists the tokens, asks GitHub about their runs, and deletes those whose run is over', async () => {
  const tokens = [marked(1, 'job ends', 11), marked(2, 'job ends', 12), { id: idOf(3), note: 'Production' }];
  const { runner, calls, error } = await sweep({ tokens });

  expect(error).toBeUndefined();
  // The run with the oldest token first.
  expect(calls).toEqual([
    LIST,
    RUN(12),
    RUN(11),
    'close api.github.com',
    DELETE(1),
    DELETE(2),
    'close api.mapbox.com',
  ]);
  expect(runner.outputs).toEqual({ deleted: '2', kept: '0' });
  expect(runner.log.map(({ text }) => text)).toEqual([
    'The account octo has 3 tokens. The sweep of octo-org/maps looks at 2 of them.',
    expect.stringMatching(`^${idOf(1)} .* 24 h ago: deleted, its run is over$`),
    expect.stringMatching(`^${idOf(2)} .* 2 days ago: deleted, its run is over$`),
    'Deleted 2 tokens, kept 0.',
  ]);
  expect(runner.summary[0]).toEqual(['Sweep of Mapbox tokens']);
});

it('only reports what it would delete with `dry-run`, for which `tokens:read` is enough', async () => {
  const own = { id: AUTHORIZING_TOKEN_ID, scopes: ['tokens:read'] };
  const { runner, calls, error } = await sweep({
    tokens: [own, marked(1, 'job ends', 11), marked(2, 'deleted', 12)],
    inputs: { 'dry-run': 'true', 'keep-permanent': '1' },
  });
  expect(error).toBeUndefined();
  expect(calls.filter(call => call.startsWith('DELETE'))).toEqual([]);
  expect(runner.lines('info').slice(1)).toEqual([
    expect.stringMatching(`^${idOf(2)} .*: kept, it is among the newest with its note$`),
    expect.stringMatching(`^${idOf(1)} .*: would be deleted, its run is over$`),
    'Dry run: would delete 1 token and keep 1. Nothing was deleted.',
  ]);
  expect(runner.summary[0]).toEqual(['Sweep of Mapbox tokens (dry run)']);
  expect(runner.outputs).toEqual({ deleted: '0', kept: '2' });
});

it('depends on the scopes of the authorizing token, not on those of others', async () => {
  const job = { ...marked(1, 'job ends', 11), scopes: ['tokens:read'] };
  expect((await sweep({ tokens: [job] })).runner.outputs).toEqual({ deleted: '1', kept: '0' });
  const own = { id: AUTHORIZING_TOKEN_ID, scopes: ['tokens:read'] };
  const { calls, error } = await sweep({ tokens: [job, own] });
  expect(error?.title).toBe(errorTitles.authorizingTokenMissingScopes);
  expect(calls).toEqual([LIST, 'close api.mapbox.com']);
});

it('does not count a token as deleted that was already gone', async () => {
  let lists = 0;
  const { runner } = await sweep({
    tokens: [marked(1, 'job ends', 11), marked(2, 'job ends', 12)],
    mapbox: (method, path) => {
      if (method === 'DELETE') return path.includes(idOf(1)) ? notFound() : undefined;
      return lists++ === 0 ? undefined : page([]);
    },
  });
  expect(runner.lines('info').at(-1)).toBe('Deleted 1 token, kept 0. Already gone: 1.');
  expect(runner.outputs).toEqual({ deleted: '1', kept: '0' });
});

describe('a token’s age', () => {
  const HOUR = 3_600_000;
  /** Sweeps a token that is five hours old by the runner's clock. */
  const agedBy = (date: string) =>
    sweep({
      inputs: { 'job-max-age': '4h', 'dry-run': 'true' },
      rejectedRun: 11,
      mapbox: () => {
        const job = { ...marked(1, 'job ends', 11), created: new Date(START - 5 * HOUR).toISOString() };
        const list = page([job]);
        return { ...list, headers: { ...list.headers, date } };
      },
    });

  it.each([
    ['by Mapbox’s clock if that is behind', -2 * HOUR, '3 h ago: kept, it is unknown'],
    ['by the runner’s clock if that is behind', 2 * HOUR, '5 h ago: would be deleted'],
  ])('is measured %s', async (_, ahead, words) => {
    const { runner } = await agedBy(new Date(START + ahead).toUTCString());
    expect(runner.lines('info')[1]).toContain(words);
  });

  it('is unknown to the rule if Mapbox sends no date', async () => {
    const { runner } = await agedBy('');
    expect(runner.lines('info')[1]).toContain('5 h ago: kept, it is unknown');
  });
});

it('does not depend on GitHub with `job-max-age`', async () => {
  const { runner, error } = await sweep({
    tokens: [marked(1, 'job ends', 11), marked(2, 'job ends', 12)],
    rejectedRun: 11,
    inputs: { 'job-max-age': '36h' },
  });
  expect(error).toBeUndefined();
  expect(runner.lines('warning')).toEqual([]);
  expect(runner.outputs).toEqual({ deleted: '1', kept: '1' });
});

it('does not connect to GitHub if there is no run to check', async () => {
  const tokens = [marked(9, 'deleted', 11), marked(8, 'deleted', 12)];
  const { runner, calls } = await sweep({ tokens, inputs: { 'keep-permanent': '1' } });

  expect(calls).toEqual([LIST, DELETE(9), 'close api.mapbox.com']);
  expect(runner.outputs).toEqual({ deleted: '1', kept: '1' });
});

it('reserves half of the time for deletions', async () => {
  const tokens = Array.from({ length: 9 }, (_, n) => marked(n + 1, 'job ends', n + 1));
  const { runner, calls } = await sweep({ tokens, cost: 10_000, inputs: { timeout: '110s' } });

  // 10 s for the list, then 50 s each.
  expect(calls.filter(call => call.includes('api.github.com/'))).toHaveLength(5);
  expect(calls.filter(call => call.startsWith('DELETE'))).toHaveLength(5);
  expect(runner.outputs).toEqual({ deleted: '5', kept: '4' });
  expect(runner.lines('warning')).toEqual([expect.stringMatching(/^Kept 4 tokens, /)]);
});

describe('stops before any connection', () => {
  it.each([
    ['an input is wrong', { inputs: { timeout: 'never' } }, 'Invalid input', '`timeout`'],
    ['the run is unknown', { env: { GITHUB_RUN_ID: '' } }, 'Not running on GitHub Actions', 'GITHUB_RUN_ID'],
    [
      'GitHub’s address is unknown',
      { env: { GITHUB_API_URL: '' } },
      'Not running on GitHub Actions',
      'GITHUB_API_URL',
    ],
    [
      'results cannot be written',
      { missingFile: 'GITHUB_OUTPUT is not set' },
      'Not running on GitHub Actions',
      'GITHUB_OUTPUT is not set. Nothing was deleted.',
    ],
  ])('if %s, with both tokens masked', async (_, options, title, words) => {
    const { runner, calls, error } = await sweep(options);
    expect(error?.title).toBe(title);
    expect(error?.message).toContain(words);
    expect(calls).toEqual([]);
    expect(runner.masks).toEqual(expect.arrayContaining([authorizingTokenText, GITHUB_TOKEN]));
  });
});

it('deletes nothing if GitHub rejects the token, even after other responses', async () => {
  const tokens = [marked(1, 'job ends', 11), marked(2, 'job ends', 12)];
  const { calls, error } = await sweep({ tokens, rejectedRun: 11 });
  expect(error?.title).toBe(errorTitles.githubTokenRejected);
  expect(calls.filter(call => call.startsWith('DELETE'))).toEqual([]);
});

describe('fails', () => {
  it.each([
    ['if the tokens cannot be listed', 'GET', 'lacks `tokens:read`'],
    ['if a deletion is refused', 'DELETE', 'Deleted 0 of 1 token due for deletion.'],
  ])('%s', async (_, refused, words) => {
    const { runner, error } = await sweep({
      tokens: [marked(1, 'job ends', 11)],
      mapbox: method => (method === refused ? notFound() : undefined),
    });
    expect(error?.message).toContain(words);
    expect(runner.outputs).toEqual({});
  });
});

describe('warns and succeeds', () => {
  it('if the list could not be read completely', async () => {
    const { runner, error } = await sweep({
      mapbox: method => (method === 'GET' ? json(200, [{ id: '..' }]) : undefined),
    });
    expect(error).toBeUndefined();
    expect(runner.lines('warning')).toEqual([
      "Mapbox's list of tokens could not be read completely. The sweep does not cover the missing ones.",
    ]);
  });

  it('if time is up before all tokens are deleted', async () => {
    const { runner, error } = await sweep({
      tokens: [1, 2, 3].map(n => marked(n, 'job ends', n)),
      cost: 10_000,
      inputs: { 'job-max-age': '1h', timeout: '25s' },
    });
    expect(error).toBeUndefined();
    expect(runner.lines('warning')).toEqual([expect.stringMatching(/^Time is up\. Deleted 2 of 3 tokens /)]);
    expect(runner.outputs).toEqual({ deleted: '2', kept: '1' });
  });

  it('if the summary page cannot be written', async () => {
    const { runner, error } = await sweep({ tokens: [marked(1, 'job ends', 11)], summaryFails: true });
    expect(error).toBeUndefined();
    expect(runner.lines('warning')).toEqual(['The summary page could not be written.']);
    expect(runner.outputs).toEqual({ deleted: '1', kept: '0' });
  });

  it('if the outputs cannot be written', async () => {
    const { runner, error } = await sweep({ diskFull: true });
    expect(error).toBeUndefined();
    expect(runner.lines('warning')).toEqual([
      'The sweep is done, but its outputs could not be written; is the disk full?',
    ]);
  });
});
