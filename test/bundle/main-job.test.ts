import { describe, expect, it } from 'vitest';
import { setUp } from '../support/bundle.ts';

const NOTE = /^Release \(octo-org\/maps\) \[until job ends: 123456789\/4711\.2#[a-z0-9]{8}\]$/;
const github = { repository: 'octo-org/maps', run_id: '4711', run_attempt: '2', workflow: 'Release' };

describe('a token for the job', () => {
  it('is minted with one request, written to the outputs, and deleted by the post step with one request', async () => {
    await using setting = await setUp();
    const { main, post } = await setting.run({}, { github });

    expect(main.exitCode).toBe(0);
    expect(main.outputs).toEqual({
      token: expect.stringMatching(/^sk\./),
      'token-id': expect.stringMatching(/^c[a-z0-9]{24}$/),
      usage: 'sk',
      scopes: 'tilesets:read tilesets:write',
      username: 'octo',
      note: expect.stringMatching(NOTE),
      'expires-at': '',
    });
    expect(setting.mapbox.requests.map(({ method, status }) => [method, status])).toEqual([
      ['POST', 201],
      ['DELETE', 204],
    ]);
    expect(post.exitCode).toBe(0);
    expect(setting.created()).toEqual([]);
    expect(setting.mapbox.account.isAlive(main.outputs['token'] ?? '')).toBe(false);
  });

  it('is alive until the post step runs, with just the scopes requested', async () => {
    await using setting = await setUp();
    const { main } = await setting.run({}, { post: false });

    expect(setting.mapbox.account.isAlive(main.outputs['token'] ?? '')).toBe(true);
    expect(setting.created()).toMatchObject([{ scopes: ['tilesets:read', 'tilesets:write'], usage: 'sk' }]);
  });

  it('is public when all its scopes are', async () => {
    await using setting = await setUp();
    const { main } = await setting.run({ scopes: 'fonts:read, styles:read' });

    expect(main.outputs).toMatchObject({ usage: 'pk', scopes: 'fonts:read styles:read' });
    expect(setting.created()).toEqual([]);
  });

  it('may be restricted to URLs', async () => {
    await using setting = await setUp();
    await setting.run(
      { scopes: 'styles:read', 'allowed-urls': 'https://example.com\n\n https://www.example.com/maps \n' },
      { post: false },
    );

    expect(setting.created()).toMatchObject([
      { allowedUrls: ['https://example.com', 'https://www.example.com/maps'] },
    ]);
  });

  it('is called as the workflow says, and as the workflow is called otherwise', async () => {
    await using setting = await setUp();
    const named = await setting.run({ note: 'Nightly tiles' });
    const unnamed = await setting.run({}, { github: { workflow: 'Ship it' } });

    expect(named.main.outputs['note']).toMatch(/^Nightly tiles \(octo-org\/maps\) \[until job ends: /);
    expect(unnamed.main.outputs['note']).toMatch(/^Ship it \(octo-org\/maps\) \[until job ends: /);
  });
});

describe('a temporary token', () => {
  it('is minted with one request, says when it expires, and needs no post step', async () => {
    await using setting = await setUp();
    const before = Date.now();
    const { main, post } = await setting.run({ lifetime: '20m' });

    expect(main.outputs).toMatchObject({ usage: 'tk', 'token-id': '', note: '', username: 'octo' });
    const lives = Date.parse(main.outputs['expires-at'] ?? '') - before;
    expect(lives).toBeGreaterThan(19 * 60_000);
    expect(lives).toBeLessThanOrEqual(20 * 60_000 + main.durationMs);
    expect(setting.mapbox.requests).toHaveLength(1);
    expect(post.stdout).toBe('');
    expect(setting.created()).toEqual([]);
  });

  it('is recognized also where Mapbox responds with the text alone', async () => {
    await using setting = await setUp({ temporaryAnswer: '2018' });
    const { main } = await setting.run({ lifetime: '900s', scopes: 'styles:read' });

    expect(main.outputs).toMatchObject({ usage: 'tk', scopes: 'styles:read' });
    expect(Date.parse(main.outputs['expires-at'] ?? '')).toBeGreaterThan(Date.now());
  });

  it('may live for a whole hour with one request', async () => {
    await using setting = await setUp();
    const { main } = await setting.run({ lifetime: '1h' });

    expect(main.exitCode).toBe(0);
    expect(setting.mapbox.requests).toHaveLength(1);
  });

  it('is minted in a second request by the clock of Mapbox when the clock of the runner is ahead', async () => {
    await using setting = await setUp({ now: () => Date.now() - 90_000 });
    const { main } = await setting.run({ lifetime: '1h' });

    expect(main.outputs).toMatchObject({ usage: 'tk' });
    expect(setting.mapbox.requests.map(({ status }) => status)).toEqual([
      422,
      expect.toSatisfy(status => status < 300),
    ]);
    expect(main.shown).toMatch(/clock is 9\d s ahead of Mapbox's/);
  });

  it('lives as long as requested by Mapbox’s clock, though the runner’s is hours behind', async () => {
    await using setting = await setUp({ now: () => Date.now() + 5 * 3_600_000 });
    const { main } = await setting.run({ lifetime: '10m' });

    expect(main.exitCode).toBe(0);
    expect(main.shown).toMatch(/The runner's clock is 5 h behind Mapbox's\..*\(in 10 min\)/s);
    const lives = Date.parse(main.outputs['expires-at'] ?? '') - (Date.now() + 5 * 3_600_000);
    expect(lives / 60_000).toBeCloseTo(10, 0);
    expect(setting.mapbox.requests).toHaveLength(2);
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

describe('the hand-over', () => {
  it('sets every environment variable that was requested', async () => {
    await using setting = await setUp();
    const { main } = await setting.run({ 'export-env': 'MAPBOX_ACCESS_TOKEN, MapboxAccessToken' });

    const token = main.outputs['token'];
    expect(main.env).toEqual({ MAPBOX_ACCESS_TOKEN: token, MapboxAccessToken: token });
  });

  it('writes a summary with everything but the token', async () => {
    await using setting = await setUp();
    const { main } = await setting.run({ summary: 'true', note: '<b>*bold*</b>' });

    expect(main.summary).toContain('tilesets:read tilesets:write');
    expect(main.summary).toContain(main.outputs['token-id']);
    expect(main.summary).not.toContain('<b>');
    expect(main.summary).not.toContain(main.outputs['token']);
  });

  it('leaves the summary alone unless requested', async () => {
    await using setting = await setUp();
    const { main } = await setting.run();

    expect(main.summary).toBe('');
  });

  it('makes no token where outputs could not be written', async () => {
    await using setting = await setUp();
    const { main } = await setting.run({}, { env: { GITHUB_OUTPUT: '/nowhere/output' } });

    expect(main.exitCode).toBe(1);
    expect(main.annotations).toMatchObject([{ title: "Could not write to the runner's files" }]);
    expect(setting.mapbox.requests).toEqual([]);
  });
});
