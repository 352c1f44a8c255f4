/** Run attempts and their jobs. */
import { expect, it } from 'vitest';
import { newToken, send } from './client.ts';
import { startGithub } from './server.ts';

const ATTEMPT = '/repos/octo-org/maps/actions/runs/7/attempts/2';
const LONG_AGO = Date.UTC(2026, 0, 10, 14, 59, 22);

it('a run can hang: it is in progress long after all its jobs completed', async () => {
  const token = newToken();
  await using github = await startGithub({ token });
  github.attempts.set('7/2', 'in_progress');
  github.jobs.set('7/2', [{ status: 'completed', completedAt: LONG_AGO }, { status: 'queued' }]);
  expect((await send(github, token, 'GET', ATTEMPT)).json['status']).toBe('in_progress');
  const { json } = await send(github, token, 'GET', `${ATTEMPT}/jobs`);
  expect(json).toMatchObject({
    total_count: 2,
    jobs: [
      { run_id: 7, run_attempt: 2, status: 'completed', completed_at: '2026-01-10T14:59:22Z' },
      { run_id: 7, run_attempt: 2, status: 'queued', completed_at: null },
    ],
  });
});

it('the jobs of an attempt are paged, with the repository’s ID in the links', async () => {
  const token = newToken();
  await using github = await startGithub({ token });
  github.attempts.set('7/2', 'completed');
  const job = { status: 'completed', completedAt: LONG_AGO } as const;
  github.jobs.set('7/2', Array<typeof job>(101).fill(job));
  const first = await send(github, token, 'GET', `${ATTEMPT}/jobs?per_page=100`);
  expect([first.json['total_count'], first.json['jobs']]).toEqual([
    101,
    expect.objectContaining({ length: 100 }),
  ]);
  const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
  expect(next).toContain('/repositories/123456789/actions/runs/7/attempts/2/jobs?per_page=100&page=2');
  expect((await send(github, token, 'GET', next)).json['jobs']).toMatchObject([{ id: 101 }]);
});

it('a missing attempt has no jobs, and `actions: read` is required to list jobs', async () => {
  const token = newToken();
  await using github = await startGithub({ token });
  expect((await send(github, token, 'GET', `${ATTEMPT}/jobs`)).status).toBe(404);
  const other = newToken();
  github.addCredential(other, { permissions: { secrets: 'read' } });
  expect((await send(github, other, 'GET', `${ATTEMPT}/jobs`)).status).toBe(403);
  expect((await send(github, token, 'GET', `${ATTEMPT}/jobs/x`)).status).toBe(404);
  expect(github.takeProblems()).toHaveLength(1);
});
