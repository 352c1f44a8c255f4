/** `npm run conformance` as a process: it deletes the tokens it created, however it ends, and never shows a token. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startMapbox } from '../support/mapbox/server.ts';
import { HELD } from '../support/tokens.ts';

const program = join(import.meta.dirname, 'run.ts');
const ROOMY = { requests: 400, intervalSeconds: 60 };

function start(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  return { child, closed };
}

/** A stand-in that responds late or never to the second creation of a stored token. */
async function setUp(second: { kind: 'hang'; processed: boolean } | { kind: 'delay'; ms: number }) {
  const arrived = Promise.withResolvers<void>();
  let creations = 0;
  const mapbox = await startMapbox({
    rateLimit: ROOMY,
    fault({ method, path, body }) {
      if (method !== 'POST' || path !== '/tokens/v2/octo' || body.includes('expires')) return undefined;
      if (++creations !== 2) return undefined;
      arrived.resolve();
      return second;
    },
  });
  const { token } = mapbox.account.issue({ scopes: HELD });
  const before = mapbox.account.tokens().length;
  const env = { MAPBOX_AUTHORIZING_TOKEN: token, MAPBOX_API: mapbox.url };
  return { mapbox, token, before, env, arrived: arrived.promise };
}

// Windows has no such signals.
describe.skipIf(process.platform === 'win32')('interrupted', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('by %s, it deletes everything', async signal => {
    const { mapbox, token, before, env, arrived } = await setUp({ kind: 'delay', ms: 300 });
    await using _ = mapbox;
    const { child, closed } = start(env);
    const output = Promise.all([child.stdout.toArray(), child.stderr.toArray()]);
    await arrived;
    child.kill(signal);
    const [code] = await closed;
    const text = (await output).flat().join('');

    expect(code).toBe(130);
    expect(text).toContain('Every test token is deleted.');
    expect(text).not.toContain(token);
    expect(mapbox.account.everIssued().length).toBeGreaterThan(before);
    expect(mapbox.account.tokens()).toHaveLength(before);
  });

  it('while a creation gets no response, it finds the token', async () => {
    const { mapbox, before, env, arrived } = await setUp({ kind: 'hang', processed: true });
    await using _ = mapbox;
    const { child, closed } = start(env);
    const stderr = child.stderr.toArray();
    child.stdout.resume();
    await arrived;
    child.kill('SIGINT');
    const [code] = await closed;

    expect([code, (await stderr).join('')]).toEqual([
      130,
      expect.stringContaining('Every test token is deleted.'),
    ]);
    expect(mapbox.account.tokens()).toHaveLength(before);
  });

  it('by a reader that goes away, it continues and deletes everything', async () => {
    const { mapbox, before, env } = await setUp({ kind: 'delay', ms: 1 });
    await using _ = mapbox;
    const { child, closed } = start(env);
    child.stdout.once('data', () => child.stdout.destroy());
    const stderr = child.stderr.toArray();
    await closed;

    expect((await stderr).join('')).toContain('Every test token is deleted.');
    expect(mapbox.account.everIssued().length).toBeGreaterThan(before + 20);
    expect(mapbox.account.tokens()).toHaveLength(before);
  });
});

describe('reports the error without the token:', () => {
  const nowhere = 'http://127.0.0.1:1';
  it.each([
    [
      'a text that is not a token',
      { MAPBOX_AUTHORIZING_TOKEN: 'not-a-token', MAPBOX_API: nowhere },
      /is not a Mapbox token/,
    ],
    [
      'plain HTTP',
      { MAPBOX_AUTHORIZING_TOKEN: 'not-a-token', MAPBOX_API: 'http://example.com' },
      /MAPBOX_API/,
    ],
    ['no address', { MAPBOX_AUTHORIZING_TOKEN: 'not-a-token', MAPBOX_API: 'api.mapbox.com' }, /MAPBOX_API/],
  ])('%s', async (_, env, says) => {
    const { child, closed } = start(env);
    const [stdout, stderr] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()]);
    const [code] = await closed;

    expect([code, [...stdout, ...stderr].join('')]).toEqual([1, expect.stringMatching(says)]);
    expect([...stdout, ...stderr].join('')).not.toContain('not-a-token');
  });
});
