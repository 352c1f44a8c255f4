/** Post steps whose inputs or environment differ from the main step's. */
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { startMapbox } from '../support/mapbox/server.ts';
import { runMain, runPost } from '../support/steps.ts';

const HELD = ['tokens:write', 'tokens:read', 'tilesets:write'];
const SAME = { GITHUB_ACTION_PATH: '/actions/mint' };

async function setUp() {
  const clock = FakeClock.running();
  const mapbox = await startMapbox({ now: () => clock.mapboxTime() });
  const authorizingToken = mapbox.account.issue({ scopes: HELD });
  const inputs = {
    'authorizing-token': authorizingToken.token,
    scopes: 'tilesets:write',
    'api-url': mapbox.url,
  };
  const { state, outputs } = await runMain({ inputs, clock, env: SAME });
  return { clock, mapbox, authorizingToken, inputs, state, outputs };
}

describe('a post step with another authorizing token than the main step', () => {
  it.each([
    ['is empty', ''],
    ['is not a Mapbox token', 'none'],
    ['is not a Mapbox token', 'sk.cut'],
    ['is a public token', 'pk'],
    ['belongs to another account', 'stranger'],
  ])('sends nothing and says why: it %s', async (what, given) => {
    const { clock, mapbox, inputs, state, outputs } = await setUp();
    await using stranger = await startMapbox({ username: 'hexa' });
    const tokens: Record<string, string> = {
      pk: mapbox.account.issue({ scopes: ['styles:read'] }).token,
      stranger: stranger.account.issue({ scopes: HELD }).token,
    };
    const before = mapbox.requests.length;
    const changed = { ...inputs, 'authorizing-token': tokens[given] ?? given };
    const ended = await runPost({ inputs: changed, clock, state, env: SAME });
    expect(mapbox.requests).toHaveLength(before);
    expect(ended.conclusion).toBe('success');
    expect(ended.log).toEqual([
      { kind: 'warning', text: expect.stringContaining(`\`authorizing-token\` ${what}`) },
    ]);
    const warning = ended.log[0]?.text ?? '';
    expect(warning).toMatch(/evaluates inputs again.*`\$\{\{ env\.X \}\}`/);
    expect(warning).toContain(outputs['token-id']);
    expect(warning).toContain(outputs['note']);
    expect(warning).not.toMatch(/fork|Dependabot/);
    await mapbox.close();
  });

  it('blames the runner and offers four ways out in a nested local composite action', async () => {
    const { clock, mapbox, inputs, state } = await setUp();
    const ended = await runPost({
      inputs: { ...inputs, 'authorizing-token': '' },
      clock,
      state,
      env: { GITHUB_ACTION_PATH: '/actions/outer' },
    });
    const warning = ended.log[0]?.text ?? '';
    expect(warning).toMatch(
      /actions\/runner\/issues\/2030.*Four ways out: .*same name.*owner\/repo\/path@ref.*\$\/path.*`env` of the job/s,
    );
    expect(warning).not.toContain('env.X');
    await mapbox.close();
  });

  it('gives the expiry of a temporary token, by the runner’s clock', async () => {
    const { clock, mapbox, inputs, state } = await setUp();
    const expired = mapbox.account.issueTemporary({ scopes: HELD, seconds: -60 });
    const ended = await runPost({
      inputs: { ...inputs, 'authorizing-token': expired },
      clock,
      state,
      env: SAME,
    });
    expect(ended.log[0]?.text).toMatch(/temporary token, expired at .*runner's clock says/);
    await mapbox.close();
  });

  it('deletes with another token of the same account', async () => {
    const { clock, mapbox, inputs, state, outputs } = await setUp();
    const other = mapbox.account.issue({ scopes: HELD });
    await runPost({ inputs: { ...inputs, 'authorizing-token': other.token }, clock, state, env: SAME });
    expect(mapbox.account.find(outputs['token-id'] ?? '')).toBeUndefined();
    await mapbox.close();
  });
});

it.each([
  ['is lost', {}],
  ['is changed', { 'api-url': 'https://mapbox.example.com' }],
  ['cannot be used', { 'api-url': 'nowhere' }],
])('sends nothing and reports it if its `api-url` %s', async (_, changes) => {
  const { clock, mapbox, inputs, state } = await setUp();
  const { 'api-url': _api, ...rest } = inputs;
  const before = mapbox.requests.length;
  const ended = await runPost({ inputs: { ...rest, ...changes }, clock, state, env: SAME });
  expect(ended.log).toEqual([
    { kind: 'warning', text: expect.stringContaining("`api-url` differs from the main step's") },
  ]);
  expect(mapbox.requests).toHaveLength(before);
  await mapbox.close();
});

it('deletes the token even if `timeout` is invalid', async () => {
  const { clock, mapbox, inputs, state, outputs } = await setUp();
  await runPost({ inputs: { ...inputs, timeout: 'x' }, clock, state, env: SAME });
  expect(mapbox.account.find(outputs['token-id'] ?? '')).toBeUndefined();
  await mapbox.close();
});

it('masks the authorizing token before any other output or request', async () => {
  const { clock, mapbox, authorizingToken, inputs, state } = await setUp();
  const ended = await runPost({ inputs, clock, state, env: SAME });
  expect(ended.masks).toContain(authorizingToken.token);
  const killedAfterMask = await runPost({ inputs, clock, state, env: SAME, killAt: 1 });
  expect(killedAfterMask).toMatchObject({ conclusion: 'killed', log: [], masks: [authorizingToken.token] });
  await mapbox.close();
});

describe('gives up deletions', () => {
  const inMinutes = ({ elapsed }: { elapsed: number }) => elapsed / 60_000;

  it('after a minute if Mapbox fails, whatever the `timeout`', async () => {
    const { clock, mapbox, inputs, state } = await setUp();
    mapbox.fault = () => ({ kind: 'status', status: 503, processed: false });
    for (const timeout of ['1s', '5m', '1h']) {
      const ended = await runPost({ inputs: { ...inputs, timeout }, clock, state, env: SAME });
      expect(ended.log.filter(({ kind }) => kind === 'warning')).toHaveLength(1);
      expect(inMinutes(ended)).toBeGreaterThan(0.5);
      expect(inMinutes(ended)).toBeLessThanOrEqual(1.1);
    }
    await mapbox.close();
  });

  it('after four minutes if other jobs use up Mapbox’s rate limit', async () => {
    const { clock, mapbox, inputs, state } = await setUp();
    mapbox.fault = () => ({
      kind: 'status',
      status: 429,
      processed: false,
      headers: { 'Retry-After': '20' },
    });
    const ended = await runPost({ inputs, clock, state, env: SAME });
    expect(ended.log.filter(({ kind }) => kind === 'warning')).toHaveLength(1);
    expect(inMinutes(ended)).toBeGreaterThan(3);
    expect(inMinutes(ended)).toBeLessThanOrEqual(4.1);
    await mapbox.close();
  });
});
