/** `npm run conformance` on the stand-in, and on stand-ins that are not as assumed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../support/mapbox/faults.ts';
import { type StandInOptions, startMapbox } from '../support/mapbox/server.ts';
import { conform, type Finding } from './conformance.ts';
import { Laboratory } from './laboratory.ts';

const HELD = [
  ...['tokens:write', 'tokens:read', 'scopes:list', 'styles:read'],
  ...['tilesets:list', 'uploads:list', 'downloads:read'],
];
const ROOMY = { requests: 200, intervalSeconds: 60 };

async function run(options: StandInOptions = {}, held = HELD, maps = 60) {
  const mapbox = await startMapbox({ rateLimit: ROOMY, ...options });
  const { token: authorizer } = mapbox.account.issue({ scopes: held });
  for (let n = 0; n < maps; n++) mapbox.account.issue({ scopes: ['styles:read'], note: `Map ${n}` });
  const before = mapbox.account.tokens();
  const interrupted = new AbortController().signal;
  const lab = new Laboratory({ url: mapbox.url, authorizer, interrupted, say: () => {} });
  const told: Finding[] = [];
  const tell = (finding: Finding) => void told.push(finding);
  const end = await conform(lab, { interrupted, withRateLimit: options.rateLimit !== undefined, tell }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  const alive = await lab.clear();
  const found = Object.fromEntries(told.map(finding => [finding.id, finding]));
  const by = (verdict: string) => told.filter(finding => finding.verdict === verdict).map(({ id }) => id);
  const after = mapbox.account.tokens();
  await mapbox.close();
  return { mapbox, before, after, lab, alive, end, found, by };
}

/** A stand-in that answers some requests otherwise. */
function otherwise(path: RegExp, method: string, change: (body: unknown) => unknown): StandInOptions {
  const fault: Fault = { kind: 'rewrite', rewrite: answer => ({ ...answer, body: change(answer.body) }) };
  return { fault: request => (request.method === method && path.test(request.path) ? fault : undefined) };
}

const SELDOM = ['rate-limit-window', 'delete-default', 'tiling-errors', 'tiling-status', 'tiling-changesets'];

it('finds the stand-in as it is assumed to be, in every question that can be asked, and leaves it as it was', async () => {
  // With 60 maps no page of one ends with a test token; with none the pages are not full.
  const full = await run({ rateLimit: ROOMY });
  const empty = await run({}, HELD, 0);

  expect([full.by('differs'), empty.by('differs')]).toEqual([[], []]);
  expect(full.by('not asked')).toEqual([...SELDOM.slice(0, 2), 'link-key-survives', ...SELDOM.slice(2)]);
  expect(empty.found['link-key-survives']?.verdict).toBe('as assumed');
  expect(full.found['rate-limit-answer']?.verdict).toBe('as assumed');
  for (const { alive, before, after } of [full, empty]) {
    expect(alive).toEqual([]);
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  }
});

it('names every token that it stores as a test token', async () => {
  const { mapbox, before, lab } = await run();
  const made = mapbox.account.everIssued().filter(({ id }) => !before.some(token => token.id === id));

  expect(made.length).toBeGreaterThan(15);
  for (const { note } of made) expect(note).toMatch(new RegExp(`^${lab.mark}`));
});

describe('tells where Mapbox is found to be otherwise:', () => {
  it('in the fields of an answer', async () => {
    const { found, by } = await run({ temporaryAnswer: '2018' });
    expect(by('differs')).toEqual(['temporary-fields']);
    expect(found['temporary-fields']?.found).toBe('token');
  });

  it('in the size of a page', async () => {
    const { found, by } = await run({ pageSize: 20 });
    expect(by('differs')).toEqual(['list-page-size']);
    expect(found['list-page-size']?.found).toBe('20 by default, 20 at most');
  });

  it('in a scope that nobody here knew', async () => {
    const { found } = await run(
      otherwise(/^\/scopes/, 'GET', body => [
        ...(Array.isArray(body) ? body : []),
        { id: 'gizmos:polish', description: 'New.' },
        { id: 'tokens:read', description: 'Open.', public: true },
      ]),
    );
    expect(found['scope-table']).toMatchObject({
      verdict: 'differs',
      found: 'gizmos:polish (secret, unknown), tokens:read (public)',
    });
  });

  it('in words, but never in those of a token', async () => {
    const text = ['tk', 'a'.repeat(20), 's'.repeat(22)].join('.');
    const { found } = await run(
      otherwise(/^\/tokens\/v2\/octo\/./, 'DELETE', () => ({ message: `No ${text}` })),
    );
    expect(found['delete-unknown']?.found).toBe('404 No ***');
  });
});

it('asks what the authorizing token is good for, and says of the rest what it lacks', async () => {
  const { by, found } = await run({}, ['tokens:write', 'tokens:read', 'styles:read']);
  expect(by('differs')).toEqual([]);
  expect(found['downloads-takes-tk']).toMatchObject({
    verdict: 'not asked',
    found: 'the authorizing token lacks downloads:read',
  });
  expect(found['scope-table']?.verdict).toBe('not asked');
  expect(by('as assumed').length).toBeGreaterThan(20);
});

it.each([
  [['tokens:write', 'styles:read'], /tokens:read/],
  [['tokens:read'], /tokens:write/],
])('asks nothing with %j, since it could not clear up', async (held, says) => {
  const { end, mapbox, before, after } = await run({}, held);
  expect(end).toMatch(says);
  expect(after).toEqual(before);
  expect(mapbox.requests.every(({ method }) => method === 'GET')).toBe(true);
});

describe('the program', () => {
  const program = join(import.meta.dirname, 'run.ts');

  // Windows has no such signals.
  it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM'] as const)(
    'deletes everything when it is stopped by %s in the middle',
    async signal => {
      const arrived = Promise.withResolvers<void>();
      let posts = 0;
      await using mapbox = await startMapbox({
        rateLimit: ROOMY,
        // The answer to the third token that is asked for does not come: nobody hears of it.
        fault({ method, path, body }) {
          if (method !== 'POST' || path !== '/tokens/v2/octo' || body.includes('expires')) return undefined;
          if (++posts < 3) return undefined;
          if (posts === 3) arrived.resolve();
          return { kind: 'hang', processed: true };
        },
      });
      const { token } = mapbox.account.issue({ scopes: HELD });
      const before = mapbox.account.tokens().length;
      const child = spawn(process.execPath, [program], {
        env: { ...process.env, MAPBOX_AUTHORIZING_TOKEN: token, MAPBOX_API: mapbox.url },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const output = Promise.all([child.stdout.toArray(), child.stderr.toArray()]);
      await arrived.promise;
      child.kill(signal);
      const [code] = await once(child, 'close');
      const text = (await output).flat().join('');

      expect(code).toBe(130);
      expect(text).toContain('Every test token is deleted.');
      expect(text).not.toContain(token);
      expect(mapbox.account.everIssued().length).toBeGreaterThan(before);
      expect(mapbox.account.tokens()).toHaveLength(before);
    },
  );

  it('says what is wrong with the token that it was given, and never the token', async () => {
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, MAPBOX_AUTHORIZING_TOKEN: 'not-a-token', MAPBOX_API: 'http://127.0.0.1:1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()]);

    expect([...stdout, ...stderr].join('')).toMatch(/is not a Mapbox token/);
    expect([...stdout, ...stderr].join('')).not.toContain('not-a-token');
  });
});
