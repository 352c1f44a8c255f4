/**
 * The action in the engine of Gitea's runner, a fork of act, without Gitea's server. The variables are those of Gitea's
 * runner: its server's URL, but neither the repository's ID nor the run attempt. The log shows workflow commands as
 * they are.
 */
import { expect, it } from 'vitest';
import { endOf, jobsOf, linesOf, newCaller } from './caller.ts';

const engine = 'gitea';
const mint = { step: 'mapbox' };

it('a token is created, works in a later step, is deleted by the post step, and appears in the mask commands only', async () => {
  await using caller = await newCaller();
  const { account } = caller.setting.mapbox;
  const run = await caller.run('lifetimes.yml', { engine, env: { LIFETIME: 'job' } });

  expect(run.exitCode, run.output).toBe(0);
  const created = account.everIssued().find(({ note }) => note?.includes('[until job ends: '));
  expect(created?.note).toMatch(
    /\[until job ends: octo-org\/maps@gitea\.example\.com\/4711\.1#[a-z0-9]{8}\]$/,
  );
  expect(linesOf(run, { step: 'use' }).join('')).toContain(
    `{"code":"TokenValid","token":{"usage":"sk","user":"octo","authorization":"${created?.id}"}}`,
  );
  expect(linesOf(run, { ...mint, stage: 'Post' })).toContain(`Deleted the token ${created?.id}.`);
  expect(caller.requests()).toEqual(['POST 201', 'DELETE 204']);
  expect(caller.setting.created()).toEqual([]);
  const shown = run.entries.map(entry => entry.shown).filter(line => !line.includes('::add-mask::'));
  for (const { token } of account.everIssued()) expect(shown.join('\n')).not.toContain(token);
});

it('a token is deleted even if a later step fails', async () => {
  await using caller = await newCaller();
  const run = await caller.run('later-step-fails.yml', { engine });

  expect(run.exitCode).toBe(1);
  expect(jobsOf(run)).toEqual({ 'Release/tiles': 'failure' });
  expect(linesOf(run, { step: 'look' })).toEqual([expect.stringContaining('TokenValid')]);
  expect(endOf(run, { ...mint, stage: 'Post' })).toBe('success');
  expect(caller.requests()).toEqual(['POST 201', 'DELETE 204']);
  expect(caller.setting.created()).toEqual([]);
});

it('a temporary token works, and needs no further request', async () => {
  await using caller = await newCaller();
  const run = await caller.run('lifetimes.yml', { engine, env: { LIFETIME: '5m' } });

  expect(run.exitCode, run.output).toBe(0);
  expect(linesOf(run, { step: 'use' }).join('')).toContain('"code":"TokenValid","token":{"usage":"tk"');
  expect(caller.requests()).toEqual(['POST 200']);
});

it('bad input fails the job with one titled error, before any request', async () => {
  await using caller = await newCaller();
  const run = await caller.run('bad-input.yml', { engine });

  const errors = linesOf(run, { job: 'fails', ...mint }).filter(line => line.startsWith('::error '));
  expect(errors).toEqual([expect.stringMatching(/^::error title=Invalid inputs::/)]);
  expect(jobsOf(run)).toMatchObject({ 'Bad input/fails': 'failure', 'Bad input/goes-on': 'success' });
  expect(caller.requests()).toEqual(['POST 422', ...caller.requests().slice(1)]);
  expect(caller.setting.created()).toEqual([]);
});
