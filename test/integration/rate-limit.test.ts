/** Whole steps during minutes of rate limits or failures of Mapbox, on a fake clock. */
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { type StandInOptions, startMapbox } from '../support/mapbox/server.ts';
import { runMain, runPost } from '../support/steps.ts';

const MINUTE = 60_000;

async function setUp(options: Omit<StandInOptions, 'now'> = {}) {
  const clock = FakeClock.running();
  const mapbox = await startMapbox({ now: () => clock.mapboxTime(), ...options });
  const authorizingToken = mapbox.account.issue({ scopes: ['tokens:write', 'tilesets:write'] });
  const inputs = {
    'authorizing-token': authorizingToken.token,
    scopes: 'tilesets:write',
    'api-url': mapbox.url,
  };
  const methods = () => mapbox.requests.map(({ method }) => method);
  return { clock, mapbox, inputs, methods, [Symbol.asyncDispose]: () => mapbox.close() };
}

/** A rate limit that one request uses up. */
const ONE = { requests: 1, intervalSeconds: 60 };

describe('a post step', () => {
  it('waits longer for a rate limit than for failures, whatever the `timeout`', async () => {
    await using setting = await setUp({ rateLimit: ONE });
    const { clock, mapbox, methods } = setting;
    const inputs = { ...setting.inputs, timeout: '10s' };
    const { state, outputs } = await runMain({ inputs, clock });
    const ended = await runPost({ inputs, clock, state });

    expect(methods()).toEqual(['POST', 'DELETE', 'DELETE']);
    expect(ended.elapsed).toBeGreaterThan(MINUTE);
    expect(ended.log.at(-1)?.text).toContain(`Deleted the token ${outputs['token-id']}`);
    expect(mapbox.account.find(outputs['token-id'] ?? '')).toBeUndefined();
  });

  it('gives up after four minutes of a rate limit, and warns', async () => {
    await using setting = await setUp({
      fault: ({ method }) =>
        method === 'DELETE' ? { kind: 'status', status: 429, processed: false } : undefined,
    });
    const { clock, inputs, methods } = setting;
    const { state } = await runMain({ inputs, clock });
    const ended = await runPost({ inputs, clock, state });

    expect(methods().filter(method => method === 'DELETE').length).toBeGreaterThan(3);
    expect(ended.elapsed).toBeGreaterThan(3 * MINUTE);
    expect(ended.elapsed).toBeLessThan(4.1 * MINUTE);
    expect(ended.log.filter(({ kind }) => kind === 'warning')).toHaveLength(1);
  });

  it('gives up after one minute of failures, and warns', async () => {
    await using setting = await setUp({
      fault: ({ method }) =>
        method === 'DELETE' ? { kind: 'status', status: 503, processed: false } : undefined,
    });
    const { clock, inputs, methods } = setting;
    const { state, outputs } = await runMain({ inputs, clock });
    const ended = await runPost({ inputs, clock, state });

    expect(methods().length).toBeLessThanOrEqual(13);
    expect(ended.elapsed).toBeGreaterThan(MINUTE / 2);
    expect(ended.elapsed).toBeLessThan(1.1 * MINUTE);
    const warnings = ended.log.filter(({ kind }) => kind === 'warning').map(({ text }) => text);
    expect(warnings).toEqual([expect.stringContaining(outputs['token-id'] ?? 'none')]);
    expect(warnings[0]).toMatch(/responded with 503/);
  });

  it('sends at most a dozen requests a minute, however the rate limit’s end is given', async () => {
    for (const reset of ['milliseconds', 'this second', 'delta', 'absent'] as const) {
      for (const retryAfter of ['absent', 'zero'] as const) {
        await using setting = await setUp({ rateLimit: { ...ONE, reset, retryAfter } });
        const { clock, mapbox, inputs, methods } = setting;
        const { state, outputs } = await runMain({ inputs, clock });
        await runPost({ inputs, clock, state });

        const deletions = methods().filter(method => method === 'DELETE').length;
        expect(deletions, `${reset}, ${retryAfter}`).toBeLessThanOrEqual(13);
        expect(mapbox.account.find(outputs['token-id'] ?? ''), `${reset}, ${retryAfter}`).toBeUndefined();
      }
    }
  });
});
