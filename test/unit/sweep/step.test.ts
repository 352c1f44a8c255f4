import { describe, expect, it } from 'vitest';
import { ActionError, errorTitles } from '../../../src/action-error.ts';
import type { HttpResponse } from '../../../src/http/response.ts';
import type { Context } from '../../../src/runtime/context.ts';
import { sweepStep } from '../../../src/sweep/step.ts';
import { FakeClock, START } from '../../support/fake-clock.ts';
import { FakeRunner, type FakeRunnerOptions } from '../../support/fake-runner.ts';
import { deleted, json, page } from '../../support/http-script.ts';
import { NO_PROCESSES } from '../../support/processes.ts';
import { authorizingTokenText, idOf } from '../../support/tokens.ts';
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
}

/** Runs the step with a Mapbox that deletes everything and a GitHub that calls every run completed. */
async function sweep({
  env,
  tokens = [],
  cost = 0,
  summaryFails = false,
  rejectedRun,
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
          const response = respond(method, path);
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
  expect(runner.lines('warning')).toEqual([]);
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

describe('warns and succeeds', () => {
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
