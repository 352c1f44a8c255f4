import { describe, expect, it } from 'vitest';
import { outputNames } from '../../src/mint/outputs.ts';
import { setUp } from '../support/bundle.ts';

const NOTE = /^Release \(octo-org\/maps\) \[until job ends: 123456789\/4711\.2#[a-z0-9]{8}\]$/;
const github = { repository: 'octo-org/maps', run_id: '4711', run_attempt: '2', workflow: 'Release' };

describe('a token for the job', () => {
  it('is minted with one request, written to the outputs, and deleted by the post step with one request', async () => {
    await using setting = await setUp();
    let isAlive: boolean | undefined;
    const { main, post } = await setting.run(
      {},
      {
        github,
        before(moment, { outputs }) {
          if (moment === 'post') isAlive = setting.mapbox.account.isAlive(outputs['token'] ?? '');
        },
      },
    );

    expect(main.exitCode).toBe(0);
    expect(Object.keys(main.outputs)).toEqual([...outputNames]);
    expect(main.outputs).toMatchObject({
      token: expect.stringMatching(/^sk\./),
      scopes: 'tilesets:read tilesets:write',
      note: expect.stringMatching(NOTE),
      'expires-at': '',
    });
    expect([main.env, main.summary]).toEqual([{}, '']);
    expect(setting.mapbox.requests.map(({ method, status }) => [method, status])).toEqual([
      ['POST', 201],
      ['DELETE', 204],
    ]);
    expect(post.exitCode).toBe(0);
    expect(isAlive).toBe(true);
    expect(setting.mapbox.account.isAlive(main.outputs['token'] ?? '')).toBe(false);
    expect(setting.created()).toEqual([]);
  });
});

describe('a temporary token', () => {
  it('is minted with one request, outputs its expiry, and needs no post step', async () => {
    await using setting = await setUp();
    const before = Date.now();
    const { main, post } = await setting.run({ lifetime: '20m' });

    expect(main.outputs).toMatchObject({ usage: 'tk', 'token-id': '', note: '', username: 'octo' });
    const lifetimeMs = Date.parse(main.outputs['expires-at'] ?? '') - before;
    expect(lifetimeMs).toBeGreaterThan(19 * 60_000);
    expect(lifetimeMs).toBeLessThanOrEqual(20 * 60_000 + main.durationMs);
    expect(setting.mapbox.requests).toHaveLength(1);
    expect(post.stdout).toBe('');
    expect(setting.created()).toEqual([]);
  });
});

describe('a permanent token', () => {
  it('is minted with one request, names its run, and stays', async () => {
    await using setting = await setUp();
    const { main, post } = await setting.run({ lifetime: 'permanent', note: 'Web map' }, { github });

    expect(main.outputs).toMatchObject({
      usage: 'sk',
      note: expect.stringMatching(
        /^Web map \(octo-org\/maps\) \[until deleted: 123456789\/4711\.2#[a-z0-9]{8}\]$/,
      ),
    });
    expect(setting.mapbox.requests).toHaveLength(1);
    expect(post.stdout).toBe('');
    expect(setting.created()).toMatchObject([{ id: main.outputs['token-id'] }]);
  });
});

describe('the main step', () => {
  it('sets environment variables, and writes a summary with everything but the token', async () => {
    await using setting = await setUp();
    const main = await setting.runMain({
      'export-env': 'MAPBOX_ACCESS_TOKEN, MapboxAccessToken',
      'allowed-urls': 'https://example.com',
      summary: 'true',
      note: '<b>*bold*</b>',
    });

    const { token = '' } = main.outputs;
    expect(main.env).toEqual({ MAPBOX_ACCESS_TOKEN: token, MapboxAccessToken: token });
    for (const part of ['tilesets:read tilesets:write', 'https://example.com', main.outputs['token-id']])
      expect(main.summary).toContain(part);
    expect(main.summary).not.toContain('<b>');
    expect(main.summary).not.toContain(token);
  });

  it('creates no token if outputs cannot be written', async () => {
    await using setting = await setUp();
    const main = await setting.runMain({}, { env: { GITHUB_OUTPUT: '/nowhere/output' } });

    expect(main.exitCode).toBe(1);
    expect(main.annotations).toMatchObject([{ title: "Could not write to the runner's files" }]);
    expect(setting.mapbox.requests).toEqual([]);
  });
});
