import { describe, expect, it } from 'vitest';
import type { GithubClient, GithubResult } from '../../../src/github/client.ts';
import { getRunState } from '../../../src/github/runs.ts';

async function stateFrom(result: GithubResult) {
  const sent: unknown[] = [];
  const github: GithubClient = {
    async send(...request) {
      sent.push(request);
      return result;
    },
  };
  const state = await getRunState(github, 'octo-org/maps', { id: '42', attempt: '3' }, 1234);
  return { state, sent };
}

const success = (data: unknown): GithubResult => ({ kind: 'success', status: 200, headers: {}, data });

it('asks about the attempt in the repository, as that is called now', async () => {
  const { sent } = await stateFrom(success({ id: 42, run_attempt: 3, status: 'completed' }));
  expect(sent).toEqual([
    [
      'GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}',
      { owner: 'octo-org', repo: 'maps', run_id: 42, attempt_number: 3, exclude_pull_requests: true },
      1234,
    ],
  ]);
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
    expect(state).toEqual({ kind: 'unknown', cause: { kind: 'unreadable', status: 200 } });
  });

  it.each([
    { kind: 'rejected', status: 404, isGithubError: true, acceptedPermissions: undefined },
    { kind: 'rate-limited', retryAfter: 1000 },
    { kind: 'server-error', status: 502 },
    { kind: 'no-response', sent: true, code: 'ECONNRESET' },
  ] as const)('$kind', async result => {
    expect((await stateFrom(result)).state).toEqual({ kind: 'unknown', cause: result });
  });
});
