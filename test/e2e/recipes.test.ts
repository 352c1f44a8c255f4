/** Recipes from docs/ in whole workflows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endOf, linesOf, newCaller } from './caller.ts';

it('an authorizing token from a store, as a masked output, mints and deletes, and is never shown', async () => {
  await using caller = await newCaller();
  const { token } = caller.setting.authorizingToken;
  const folder = mkdtempSync(join(tmpdir(), 'store-'));
  const store = join(folder, 'token');
  writeFileSync(store, `${token}\n`);
  try {
    const run = await caller.run('from-store.yml', { secrets: {}, env: { STORE: store } });

    expect(run.exitCode).toBe(0);
    expect(linesOf(run, { step: 'use' })).toEqual(['given ***', '[]']);
    expect(run.shown).not.toContain(token);
    // The output still exists when the post step's inputs are evaluated.
    expect(caller.requests()).toEqual(['POST 201', 'DELETE 204']);
    expect(caller.setting.created()).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('steps that need a token, in a job that checks for the secret', () => {
  it('run if it exists', async () => {
    await using caller = await newCaller();
    const run = await caller.run('without-secret.yml');

    expect(run.exitCode).toBe(0);
    expect([endOf(run, { step: 'mapbox' }), endOf(run, { step: 'use' })]).toEqual(['success', 'success']);
    expect(caller.requests()).toEqual(['POST 201', 'DELETE 204']);
  });

  it.each([
    ['is not set', {}],
    ['is empty', { MAPBOX_AUTHORIZING_TOKEN: '' }],
  ])('are skipped, and the job continues, if it %s', async (_, secrets) => {
    await using caller = await newCaller();
    const run = await caller.run('without-secret.yml', { secrets });

    expect(run.exitCode).toBe(0);
    expect(linesOf(run, { step: 'rest' })).toEqual(['goes on']);
    expect([endOf(run, { step: 'mapbox' }), endOf(run, { step: 'use' })]).not.toContain('success');
    expect(caller.requests()).toEqual([]);
  });
});

// Only root may start a process of another user.
it.runIf(process.getuid?.() === 0)(
  'a job of another user, whose home does not exist, as in a container, mints and deletes',
  async () => {
    await using caller = await newCaller();
    const run = await caller.run('without-secret.yml', { user: 1001, env: { HOME: '/github/home' } });

    expect(run.exitCode).toBe(0);
    expect(linesOf(run, { step: 'who' })).toEqual(['1001 /github/home']);
    expect(caller.requests()).toEqual(['POST 201', 'DELETE 204']);
    expect(caller.setting.created()).toEqual([]);
  },
);
