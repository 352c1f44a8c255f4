import { describe, expect, it } from 'vitest';
import { getRunState } from '../../../src/github/runs.ts';
import type { HttpResponse, NoResponse } from '../../../src/http/response.ts';
import { html } from '../../support/http-script.ts';
import { rejected, scriptedGithub, success } from '../../support/scripted-github.ts';

async function stateFrom(response: HttpResponse | NoResponse) {
  const github = scriptedGithub(response);
  const state = await getRunState(github, 'octo-org/maps', { id: '42', attempt: '3' }, 1234);
  return { state, github };
}

it('asks about the attempt in the repository, as that is called now', async () => {
  const { github } = await stateFrom(success({ id: 42, run_attempt: 3, status: 'completed' }));
  expect(github.requests.map(({ path }) => path)).toEqual([
    '/repos/octo-org/maps/actions/runs/42/attempts/3?exclude_pull_requests=true',
  ]);
  expect(github.timeouts).toEqual([1234]);
});

it('takes `completed` for the end of the attempt', async () => {
  const { state } = await stateFrom(success({ id: 42, run_attempt: 3, status: 'completed' }));
  expect(state).toEqual({ kind: 'completed' });
});

it.each(['queued', 'in_progress', 'waiting', 'requested', 'a state that is new', ''])(
  'takes "%s" for an attempt that is not over',
  async status => {
    const { state } = await stateFrom(success({ id: 42, run_attempt: 3, status }));
    expect(state).toEqual({ kind: 'in-progress', status });
  },
);

describe('concludes nothing from', () => {
  it.each([
    ['another run', { id: 43, run_attempt: 3, status: 'completed' }],
    ['another attempt', { id: 42, run_attempt: 2, status: 'completed' }],
    ['a run without an id', { run_attempt: 3, status: 'completed' }],
    ['an id that is a text', { id: '42', run_attempt: 3, status: 'completed' }],
    ['a run without an attempt', { id: 42, status: 'completed' }],
    ['a run without a status', { id: 42, run_attempt: 3 }],
    ['a status that is no text', { id: 42, run_attempt: 3, status: null }],
    ['a list', [{ id: 42, run_attempt: 3, status: 'completed' }]],
    ['null', null],
    ['nothing', undefined],
  ])('%s', async (_, data) => {
    const { state } = await stateFrom(success(data));
    expect(state).toMatchObject({
      kind: 'unknown',
      cause: { kind: 'indeterminate', cause: { kind: 'unreadable', status: 200 } },
    });
  });

  it.each<[HttpResponse | NoResponse, string]>([
    [rejected(404), 'rejected'],
    [rejected(429), 'rate-limited'],
    [html(502), 'indeterminate'],
    [{ kind: 'no-response', sent: true, code: 'ECONNRESET' }, 'indeterminate'],
  ])('%o', async (response, kind) => {
    expect((await stateFrom(response)).state).toMatchObject({ kind: 'unknown', cause: { kind } });
  });
});
