/** `npm start`, as a new user runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawRun, pictures } from '../../scripts/picture.ts';
import { startMapbox } from '../support/mapbox/server.ts';

const root = join(import.meta.dirname, '..', '..');

async function start(env: Record<string, string> = {}): Promise<{ code: unknown; text: string }> {
  const { MAPBOX_AUTHORIZING_TOKEN: _, MAPBOX_API: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(root, 'demo', 'start.ts')], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = Promise.all([child.stdout.toArray(), child.stderr.toArray()]);
  const [code] = await once(child, 'close');
  return { code, text: (await output).flat().join('') };
}

it('shows a whole job, the sweep and a rotation on the stand-in, keeps the promises it lists, and matches the pictures', async () => {
  const { code, text } = await start();

  expect(text).toMatch(/^A stand-in for Mapbox on this machine/);
  expect(text.match(/^✓ .+$/gm)).toHaveLength(12);
  expect(text).not.toContain('✗');
  expect(text).toContain('Mapbox says TokenRevoked');
  expect(text).not.toMatch(/\b[pst]k\.[\w-]{8,}/);
  expect(code).toBe(0);
  for (const theme of ['light', 'dark'] as const) {
    const picture = readFileSync(join(root, pictures[theme]), 'utf8');
    expect(drawRun(text, theme), 'stale: run `npm run picture` and look at it').toBe(picture);
  }
});

describe('with MAPBOX_AUTHORIZING_TOKEN', () => {
  it('creates one temporary token that expires in a minute, and validates it with Mapbox', async () => {
    await using mapbox = await startMapbox();
    const { token } = mapbox.account.issue({ scopes: ['tokens:write', 'styles:read'] });
    const before = mapbox.account.everIssued().length;
    const { code, text } = await start({ MAPBOX_AUTHORIZING_TOKEN: token, MAPBOX_API: mapbox.url });

    expect(text).toMatch(/^Mapbox at http:.*One temporary token with styles:read is created/);
    expect(text).toContain('Mapbox says: TokenValid');
    expect(text).not.toMatch(/\b[pst]k\.[\w-]{8,}/);
    expect(code).toBe(0);
    expect(mapbox.requests.map(({ method, path }) => [method, path])).toEqual([
      ['POST', '/tokens/v2/octo'],
      ['GET', '/tokens/v2'],
    ]);
    const { expires, scopes } = JSON.parse(mapbox.requests[0]?.body ?? '');
    expect(scopes).toEqual(['styles:read']);
    expect(Date.parse(expires) - Date.now()).toBeLessThanOrEqual(60_000);
    expect(mapbox.account.everIssued()).toHaveLength(before);
  });

  it('exits with an error code on failure', async () => {
    await using mapbox = await startMapbox();
    const { token, id } = mapbox.account.issue({ scopes: ['tokens:write', 'styles:read'] });
    mapbox.account.delete(id);
    const { code, text } = await start({ MAPBOX_AUTHORIZING_TOKEN: token, MAPBOX_API: mapbox.url });

    expect(text).toContain('✗ the job succeeded');
    expect(text).toContain('was revoked');
    expect(code).toBe(1);
  });
});
