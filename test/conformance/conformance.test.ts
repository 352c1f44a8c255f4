/**
 * The probes against the stand-in, and against stand-ins that differ from the assumptions. `run.test.ts` tests the
 * program.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STRANGERS_NOTE, storedCreationFaults } from '../support/mapbox/creation-faults.ts';
import { always, once } from '../support/mapbox/fault-plans.ts';
import type { Fault } from '../support/mapbox/faults.ts';
import { replicaBehind } from '../support/mapbox/intervening-faults.ts';
import { noteChanges } from '../support/mapbox/notes.ts';
import { type StandInOptions, startMapbox } from '../support/mapbox/server.ts';
import { cachedList } from '../support/mapbox/stale-faults.ts';
import { ApiClient } from './api-client.ts';
import { conform, type Finding, PROBED_SCOPES, rowOf } from './conformance.ts';

const ROOMY = { requests: 400, intervalSeconds: 60 };

interface RunOptions extends StandInOptions {
  held?: readonly string[];
  /** Other tokens on the account. */
  maps?: number;
}

async function run({ held = PROBED_SCOPES, maps = 120, ...options }: RunOptions = {}) {
  const mapbox = await startMapbox({ rateLimit: ROOMY, ...options });
  const { token: authorizingToken } = mapbox.account.issue({ scopes: held });
  for (let n = 0; n < maps; n++) mapbox.account.issue({ scopes: ['styles:read'], note: `Map ${n}` });
  const before = mapbox.account.tokens();
  const interrupted = new AbortController().signal;
  const client = new ApiClient({ url: mapbox.url, authorizingToken, interrupted, log: () => {} });
  const findings: Finding[] = [];
  const end = await conform(client, {
    interrupted,
    withRateLimit: options.rateLimit !== undefined,
    onFinding: finding => findings.push(finding),
  }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  const left = await client.cleanUp();
  const found = Object.fromEntries(findings.map(finding => [finding.id, finding]));
  const by = (verdict: string) => findings.filter(finding => finding.verdict === verdict).map(({ id }) => id);
  const after = mapbox.account.tokens();
  await mapbox.close();
  return { mapbox, before, after, client, left, end, found, findings, by };
}

/** A stand-in with other responses to some requests. */
function otherwise(path: RegExp, method: string, change: (body: unknown) => unknown): StandInOptions {
  const fault: Fault = {
    kind: 'rewrite',
    rewrite: response => ({ ...response, body: change(response.body) }),
  };
  return { fault: request => (request.method === method && path.test(request.path) ? fault : undefined) };
}

const NONE_LEFT = { alive: [], doubtful: [], unaccounted: 0 };
const SELDOM = ['delete-default', 'tiling-errors', 'tiling-status', 'tiling-changesets', 'rate-limit-window'];

it('confirms every assumption about the stand-in, and leaves the account unchanged', async () => {
  // With 120 maps, no page of one ends with a test token; with none, the pages are not full.
  const full = await run({ rateLimit: ROOMY });
  const empty = await run({ maps: 0 });

  expect([full.by('differs'), empty.by('differs')]).toEqual([[], []]);
  expect(full.by('not asked')).toEqual(['link-key-survives', ...SELDOM]);
  expect(empty.found['link-key-survives']?.verdict).toBe('as assumed');
  expect(full.found['rate-limit-answer']?.verdict).toBe('as assumed');
  // A plain run does not probe the rate limit.
  const limitations = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'limitations.md'), 'utf8');
  expect(limitations).toContain(` ${full.by('as assumed').length - 1} questions, these among them`);
  for (const { left, before, after } of [full, empty]) {
    expect(left).toEqual(NONE_LEFT);
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  }
});

it('marks every stored token as a test token', async () => {
  const { mapbox, before, client } = await run();
  const created = mapbox.account.everIssued().filter(({ id }) => !before.some(token => token.id === id));

  expect(created.length).toBeGreaterThan(25);
  for (const { note } of created) expect(note).toMatch(new RegExp(`^${client.notePrefix}`));
});

it('shows each finding with its certainty, and no text that could be a token', async () => {
  const { findings } = await run();
  const rows = findings.map(rowOf);
  for (const row of rows) expect(row).toMatch(/^\| .+\? .*\| .+ \| [DCH?] \| /);
  expect(rows.join('\n')).not.toMatch(/\b[pst]k\.eyJ/);
});

describe('reports a difference in', () => {
  it.each<[string, StandInOptions, Record<string, string>]>([
    ['the fields of a temporary token', { temporaryAnswer: '2018' }, { 'temporary-fields': 'token' }],
    ['the size of a page', { pageSize: 20 }, { 'list-page-size': '20 by default, 20 at most' }],
    ['the token in links', { linkToken: false }, { 'link-token': 'no' }],
    ['the request ids', { requestIds: 'both' }, { 'request-ids': 'x-amz-cf-id, x-request-id' }],
    ['no request ids', { requestIds: 'none' }, { 'request-ids': 'none' }],
    ['a limit of notes in bytes', { noteLimit: { max: 128, unit: 'bytes' } }, { 'note-unit': 'bytes' }],
    [
      'a limit of notes in UTF-16',
      { noteLimit: { max: 128, unit: 'utf-16' } },
      { 'note-unit': 'UTF-16 code units' },
    ],
    [
      'a higher limit of notes',
      { noteLimit: { max: 256, unit: 'characters' } },
      { 'note-length': '128 kept whole; 129: kept whole' },
    ],
    [
      'notes that are cut',
      { noteLimit: { max: 1000, unit: 'bytes' }, storeNote: note => [...note].slice(0, 128).join('') },
      { 'note-length': '128 kept whole; 129: stored with 128 characters' },
    ],
  ])('%s', async (_, options, differences) => {
    const { found, by, left } = await run(options);
    expect(by('differs')).toEqual(Object.keys(differences));
    for (const [id, text] of Object.entries(differences)) expect(found[id]?.found).toBe(text);
    expect(left).toEqual(NONE_LEFT);
  });

  it('an unknown scope', async () => {
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

  it.each([
    ['HTML-escaped', /^as ".*&lt;b title=&quot;/],
    ['with single blanks only', /^as ".*😀"$/],
    ['with a blank at its end', /^as ".*😀 {2}"$/],
  ] as const)('notes that are stored %s', async (name, says) => {
    const { found } = await run({ storeNote: noteChanges[name] });
    expect(found['note-stored']).toMatchObject({ verdict: 'differs', found: expect.stringMatching(says) });
  });

  it('a cached list', async () => {
    const { found, left } = await run({ fault: cachedList() });
    expect(found['list-fresh']).toMatchObject({ verdict: 'differs' });
    expect(found['list-cache-headers']?.found).toMatch(/x-cache: Hit from cloudfront/);
    expect(left).toEqual(NONE_LEFT);
  });

  it('its words, but not those of a token', async () => {
    const text = ['tk', 'a'.repeat(20), 's'.repeat(22)].join('.');
    const { found } = await run(
      otherwise(/^\/tokens\/v2\/octo\/./, 'DELETE', () => ({ message: `No ${text}` })),
    );
    expect(found['delete-unknown']?.found).toBe('404 No ***');
  });
});

it('accepts a Mapbox that is as lenient as reported', async () => {
  const { by } = await run({ temporaryNote: 'ignored' });
  expect([by('differs'), by('as reported')]).toEqual([[], ['temporary-note']]);
});

it('runs the probes that the authorizing token allows, and says what the others lack', async () => {
  const { by, found } = await run({ held: ['tokens:write', 'tokens:read', 'styles:read'] });
  expect(by('differs')).toEqual([]);
  expect(found['downloads-takes-tk']).toMatchObject({
    verdict: 'not asked',
    found: 'the authorizing token lacks downloads:read',
  });
  expect(found['scope-table']?.verdict).toBe('not asked');
  expect(by('as assumed').length).toBeGreaterThan(40);
});

it.each([
  [['tokens:write', 'styles:read'], /tokens:read/],
  [['tokens:read'], /tokens:write/],
])('runs no probe with %j, since it could not clean up', async (held, says) => {
  const { end, mapbox, before, after } = await run({ held });
  expect(end).toMatch(says);
  expect(after).toEqual(before);
  expect(mapbox.requests.every(({ method }) => method === 'GET')).toBe(true);
});

describe('cleans up', () => {
  it('but never deletes a token named in someone else’s response: it stops and reports it', async () => {
    const { end, left, after, mapbox } = await run({
      fault: once('POST', storedCreationFaults['somebody else’s token with the same scopes']),
    });
    const stranger = after.find(({ note }) => note === STRANGERS_NOTE);
    expect(end).toMatch(/stored another note/);
    expect(left).toEqual({ ...NONE_LEFT, doubtful: [stranger?.id] });
    expect(mapbox.account.everIssued().filter(({ note }) => note?.startsWith('Test token'))).toHaveLength(1);
    expect(after.filter(({ note }) => note?.startsWith('Test token'))).toEqual([]);
  });

  it('and stops at once if notes are not stored, since the tokens could not be found', async () => {
    const { end, left } = await run({ storeNote: noteChanges['not stored'] });
    expect(end).toMatch(/stored another note/);
    expect(left.doubtful).toHaveLength(1);
  });

  it('tokens whose creation got no response, and those unknown to a replica', async () => {
    let deletions = 0;
    let creations = 0;
    const { left, after, before } = await run({
      fault({ method, body }) {
        if (method === 'POST' && !body.includes('expires')) {
          creations++;
          return creations === 2 ? { kind: 'reset', processed: true } : undefined;
        }
        return method === 'DELETE' && ++deletions === 1 ? replicaBehind : undefined;
      },
    });
    expect(left).toEqual(NONE_LEFT);
    expect(after).toEqual(before);
  });

  it('and reports a creation that got no response and left nothing to find', async () => {
    const { left } = await run({ fault: once('POST', { kind: 'reset', processed: false }) });
    expect(left).toEqual({ ...NONE_LEFT, unaccounted: 1 });
  });

  it.each([
    ['cannot be deleted', { kind: 'status', status: 403, processed: false } as const],
    ['is reported as unknown but listed', replicaBehind],
  ])('and names tokens if one %s', async (_, fault) => {
    await using mapbox = await startMapbox({ fault: always('DELETE', fault) });
    const { token: authorizingToken } = mapbox.account.issue({ scopes: PROBED_SCOPES });
    const interrupted = new AbortController().signal;
    const client = new ApiClient({ url: mapbox.url, authorizingToken, interrupted, log: () => {} });
    await client.open();
    const ids = [(await client.createToken(['styles:read'])).id, (await client.createToken([])).id];
    expect(await client.cleanUp()).toEqual({ ...NONE_LEFT, alive: ids });
    mapbox.fault = undefined;
    expect(await client.cleanUp()).toEqual(NONE_LEFT);
    expect(mapbox.account.tokens()).toHaveLength(2);
  });
});
