/** The sweep as it ships: its bundle, started as the runner starts it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { sweepInputNames } from '../../src/sweep/inputs.ts';
import { sweepOutputNames } from '../../src/sweep/step.ts';
import { ACTION, tracesOf } from '../support/bundle.ts';
import { listenOnLoopback } from '../support/loopback-server.ts';
import type { StandInOptions, StoredToken } from '../support/mapbox/server.ts';
import { type ActionRunOptions, type PhaseResult, runAction } from '../support/runner/step.ts';
import { markerFor, REPOSITORY, SWEEPING_RUN, type SweepSetting, setUpSweep } from '../support/sweep-step.ts';

const SWEEP = join(ACTION, 'sweep');

/** A rate limit so high that no test has to wait; waits are tested with a fake clock. */
const setUp = (options: StandInOptions & { held?: string[] } = {}) =>
  setUpSweep({ rateLimit: { requests: 10_000, intervalSeconds: 60 }, now: Date.now, ...options });

async function run(
  { inputs, githubToken, github }: SweepSetting,
  more: Record<string, string> = {},
  options: Partial<ActionRunOptions> = {},
): Promise<PhaseResult> {
  // Leaves `github-token` at its default, as most workflows do.
  const { 'github-token': _, ...given } = inputs;
  const { main } = await runAction({
    action: SWEEP,
    inputs: { ...given, ...more },
    ...options,
    github: {
      repository: REPOSITORY,
      run_id: SWEEPING_RUN,
      run_attempt: '1',
      workflow: 'Sweep',
      api_url: github.url,
      token: githubToken,
      ...options.github,
    },
  });
  return main;
}

/** No stream, file or annotation has any of these texts, except mask commands. */
function expectNoSecret(phase: PhaseResult, secrets: readonly string[]): void {
  const traces = {
    ...tracesOf(phase),
    stdout: phase.stdout.replace(/^::add-mask::.*$/gm, ''),
    shown: phase.shown,
    annotations: JSON.stringify(phase.annotations),
  };
  for (const [where, trace] of Object.entries(traces))
    for (const secret of secrets) expect(trace.includes(secret), where).toBe(false);
}

const errorsOf = ({ annotations }: PhaseResult) =>
  annotations.filter(({ level }) => level === 'error').map(({ title, message }) => `${title}: ${message}`);

const titleLine = (title: string) => [expect.stringMatching(`^${title}: `)];

it('has the inputs and outputs that its action.yml names, and the bundle', () => {
  const { inputs, outputs, runs } = parse(readFileSync(join(SWEEP, 'action.yml'), 'utf8'));
  expect(Object.keys(inputs)).toEqual([...sweepInputNames]);
  expect(Object.keys(outputs)).toEqual([...sweepOutputNames]);
  expect(runs).toEqual({ using: 'node24', main: '../dist/sweep.js' });
});

/** 250 tokens of all kinds, on pages of 50. */
function fill(setting: SweepSetting): {
  toDelete: StoredToken[];
  kept: StoredToken[];
  doubtful: StoredToken[];
} {
  const { github, createJobToken: left, createToken: token, mapbox } = setting;
  const times = <T>(count: number, make: (n: number) => T) =>
    Array.from({ length: count }, (_, n) => make(n));
  const toDelete = times(60, n =>
    left(String(100 + (n % 20)), { usage: n % 3 === 0 ? 'pk' : 'sk', attempt: 1 }),
  );
  const running = times(20, n => left(String(200 + (n % 5)), { attempt: 2 }));
  const doubtful = times(4, n => left(String(300 + n)));
  const own = times(2, n => left(SWEEPING_RUN, { attempt: n + 1 }));
  for (let n = 0; n < 20; n++) github.attempts.set(`${100 + n}/1`, 'completed');
  for (let n = 0; n < 5; n++) github.attempts.set(`${200 + n}/2`, 'in_progress');
  github.attempts
    .set('300/1', { status: 403, body: { message: 'Resource not accessible by integration' } })
    .set('301/1', { status: 500, body: '<html>' })
    .set('302/1', 'reset');
  // Their markers name runs that are over, but are foreign, of permanent tokens, or malformed.
  const foreign = [
    ...times(40, n => token(`Web ${markerFor(String(100 + (n % 20)), { repository: '987654321' })}`)),
    ...times(20, n => token(`Web ${markerFor(String(100 + n), { repository: '123456789@github.example' })}`)),
    ...times(20, n => token(`Web [until deleted: 123456789/${100 + n}.1#abcd1234]`, 'pk')),
    ...times(20, n => token(`${markerFor(String(100 + n))} in use, do not delete`)),
    ...times(20, n => token(`Web ${markerFor(String(100 + n)).replace('#', '#A')}`)),
  ];
  const already = mapbox.account.tokens().length;
  const production = times(250 - already, n => token(`Production ${n}`, n % 2 === 0 ? 'pk' : 'sk'));
  return { toDelete, doubtful, kept: [...running, ...doubtful, ...own, ...foreign, ...production] };
}

describe('an account of 250 tokens', () => {
  it('is swept: the right tokens are deleted, each run is looked up once, and no token is shown', async () => {
    await using setting = await setUp({ pageSize: 50 });
    const { toDelete, kept, doubtful } = fill(setting);
    const texts = setting.mapbox.account.tokens().map(({ token }) => token);
    expect(texts).toHaveLength(250);
    const main = await run(
      setting,
      {},
      { debug: true, env: { NODE_DEBUG: 'undici,fetch,http,http2,https,net,tls' } },
    );

    expect(main.exitCode).toBe(0);
    expect(toDelete.filter(setting.exists)).toEqual([]);
    expect(kept.filter(token => !setting.exists(token))).toEqual([]);
    expect(setting.mapbox.account.tokens()).toHaveLength(190);
    expect(main.outputs).toEqual({ deleted: '60', kept: '26' });

    const requests = setting.mapbox.requests.map(({ method, status }) => `${method} ${status}`);
    expect(requests).toEqual([
      ...Array.from({ length: 5 }, () => 'GET 200'),
      ...Array.from({ length: 60 }, () => 'DELETE 204'),
    ]);
    const asked = setting.github.requests.map(({ path }) => path);
    // Each run once, and the sweep's own run, because one run was not found.
    expect(asked).toHaveLength(20 + 5 + 4 + 1);
    expect(new Set(asked).size).toBe(asked.length);
    expect(setting.github.busiest).toBeLessThanOrEqual(5);

    expect(main.annotations).toEqual([
      {
        level: 'warning',
        title: 'Mapbox token',
        message: expect.stringMatching(/^Kept 4 tokens, because GitHub/),
      },
    ]);
    for (const { id } of doubtful) expect(main.annotations[0]?.message).toContain(id);
    for (const { id } of toDelete) {
      expect(main.shown).toMatch(
        new RegExp(`^${id} ".*", created by https://.* ago: deleted, its run is over$`, 'm'),
      );
      expect(main.summary).toContain(id);
    }
    expectNoSecret(main, [...texts, setting.githubToken]);
    expect(
      main.stdout
        .split('\n')
        .filter(line => line.startsWith('::') && line.length > 40 && /\W(?:sk\.|ghs_)/.test(line)),
    ).toEqual([`::add-mask::${setting.authorizingToken.token}`, `::add-mask::${setting.githubToken}`]);
    expect(main.newFiles).toEqual([]);
  });

  it('is reported in a dry run, and unchanged', async () => {
    await using setting = await setUp({ pageSize: 50 });
    const { toDelete } = fill(setting);
    const main = await run(setting, { 'dry-run': 'true' });

    expect(main.exitCode).toBe(0);
    expect(setting.mapbox.account.tokens()).toHaveLength(250);
    expect(setting.mapbox.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET', 'GET', 'GET']);
    expect(main.outputs).toEqual({ deleted: '0', kept: '86' });
    for (const { id } of toDelete)
      expect(main.shown).toMatch(new RegExp(`^${id} .*: would be deleted, its run is over$`, 'm'));
    expect(main.shown).toContain('Dry run: would delete 60 tokens and keep 26. Nothing was deleted.');
    expect(main.summary).toContain('dry run');
  });
});

describe('fails with one titled annotation', () => {
  it('before any request, given two bad inputs', async () => {
    await using setting = await setUp();
    setting.createJobToken('1');
    const main = await run(setting, { 'dry-run': 'yes', timeout: '5' });

    expect(main.exitCode).toBe(1);
    expect(errorsOf(main)).toEqual(titleLine('Invalid inputs'));
    expect(main.annotations).toHaveLength(1);
    expect(main.outputs).toEqual({});
    expect(setting.mapbox.requests).toEqual([]);
    expect(main.stdout + main.stderr).not.toMatch(/^\s+at /m);
  });

  it('if the authorizing token lacks tokens:write', async () => {
    await using setting = await setUp({ held: ['tokens:read'] });
    const token = setting.createJobToken('1');
    setting.github.attempts.set('1/1', 'completed');
    const main = await run(setting);

    expect(main.exitCode).toBe(1);
    expect(errorsOf(main)).toEqual(titleLine('Authorizing token is missing scopes'));
    expect(setting.exists(token)).toBe(true);
    expect(main.outputs).toEqual({});
    expectNoSecret(main, [setting.authorizingToken.token, setting.githubToken]);
  });
});

describe('a note with commands and markup in it', () => {
  it('is plain text in the log and in the summary', async () => {
    await using setting = await setUp();
    const evil = `\n::error title=gotcha::x\n##[error]y <img src=x> *b* | ${setting.authorizingToken.token}`;
    setting.createToken(`${evil} ${markerFor('1')}`);
    setting.github.attempts.set('1/1', 'completed');
    const main = await run(setting);

    expect(main).toMatchObject({ exitCode: 0, annotations: [], outputs: { deleted: '1', kept: '0' } });
    expect(main.summary).not.toMatch(/<img|\*b\*/);
    expectNoSecret(main, [setting.authorizingToken.token]);
  });
});

describe('GITHUB_EVENT_PATH', () => {
  const secret = ['sk', `eyJ${'x'.repeat(40)}`, 'y'.repeat(22)].join('.');
  const odd = `{"ref": "${secret}", "action": "odd-event`;

  it.each([
    ['malformed JSON', odd],
    ['a folder', undefined],
    ['a missing file', null],
  ])('is not read: %s', async (_, content) => {
    await using setting = await setUp();
    const token = setting.createJobToken('1');
    setting.github.attempts.set('1/1', 'completed');
    const folder = mkdtempSync(join(tmpdir(), 'event-'));
    const path = content === undefined ? folder : join(folder, `${content === null ? secret : 'event'}.json`);
    if (content !== undefined && content !== null) writeFileSync(path, content);
    try {
      const main = await run(setting, {}, { env: { GITHUB_EVENT_PATH: path } });

      expect(main).toMatchObject({ exitCode: 0, outputs: { deleted: '1', kept: '0' }, annotations: [] });
      expect(setting.exists(token)).toBe(false);
      expect(main.stderr).toBe('');
      expect(main.stdout).not.toMatch(/odd-event|does not exist|EVENT_PATH|^\s+at /m);
      expectNoSecret(main, [secret]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

it('ignores other malformed variables of the runner', async () => {
  await using setting = await setUp();
  const token = setting.createJobToken('1');
  setting.github.attempts.set('1/1', 'completed');
  const main = await run(
    setting,
    {},
    { env: { ACTIONS_ORCHESTRATION_ID: 'odd ü\tid', GITHUB_GRAPHQL_URL: 'odd' } },
  );

  expect(main).toMatchObject({ exitCode: 0, annotations: [] });
  expect(setting.exists(token)).toBe(false);
});

describe('a proxy', () => {
  const api_url = 'https://github.example/api/v3';

  it('is used for requests to GitHub, and gets no token', async () => {
    await using setting = await setUp();
    const token = setting.createJobToken('1');
    const heard: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      heard.push(`${request.method} ${request.url}`, JSON.stringify(request.headers));
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    await using listening = await listenOnLoopback(proxy);
    const password = ['hush', 'hush'].join('-');
    const env = { HTTPS_PROXY: `http://octo:${password}@${listening.url.host}` };
    const main = await run(setting, {}, { env, github: { api_url } });

    expect(main.exitCode).toBe(0);
    expect(heard[0]).toBe('CONNECT github.example:443');
    expect(heard.join()).not.toContain(setting.githubToken);
    expect(setting.exists(token)).toBe(true);
    expect(main.annotations[0]?.message).toContain('the proxy responded with 403');
    expectNoSecret(main, [password, setting.githubToken]);
  });

  it('without a valid URL is named by its variable, without its password', async () => {
    await using setting = await setUp();
    setting.createJobToken('1');
    const password = ['hush', 'hush'].join('-');
    const main = await run(
      setting,
      {},
      { env: { https_proxy: `http://octo:${password}@:x` }, github: { api_url } },
    );

    expect(main.exitCode).toBe(1);
    expect(errorsOf(main)).toEqual([expect.stringContaining('https_proxy has no valid host')]);
    expectNoSecret(main, [password]);
  });
});
