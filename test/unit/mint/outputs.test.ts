import { describe, expect, it } from 'vitest';
import type { MainInputs } from '../../../src/inputs/main-inputs.ts';
import { logLine, outputNames, summaryRows, toOutputs } from '../../../src/mint/outputs.ts';
import type { MintedStoredToken, MintedTemporaryToken } from '../../../src/mint/verify.ts';
import { briefly, inputs, job, RUN, stored, temporary } from '../../support/minted.ts';
import { idOf, OWNER } from '../../support/tokens.ts';

const EXPIRES = '2026-01-02T03:24:05.000Z';

describe('the outputs', () => {
  it('of a stored token have an id and a note, and no expiry', () => {
    expect(toOutputs(stored)).toEqual({
      token: stored.secret,
      'token-id': idOf(1),
      usage: 'sk',
      scopes: 'tilesets:write tilesets:read',
      username: OWNER,
      note: 'Release [run]',
      'expires-at': '',
    });
  });

  it('of a temporary token have an expiry, and neither id nor note', () => {
    expect(toOutputs(temporary)).toEqual({
      token: temporary.secret,
      'token-id': '',
      usage: 'tk',
      scopes: 'tilesets:write tilesets:read',
      username: OWNER,
      note: '',
      'expires-at': EXPIRES,
    });
  });

  it('are all there, in the order that action.yml has them', () => {
    for (const minted of [stored, temporary])
      expect(Object.keys(toOutputs(minted))).toEqual([...outputNames]);
  });
});

it.each([
  [
    stored,
    inputs(job),
    `secret token for octo with tilesets:write, tilesets:read (ID ${idOf(1)}). It is deleted when the job ends.`,
  ],
  [
    { ...stored, usage: 'pk' as const },
    inputs({ ...job, untilJobEnds: false }),
    `public token for octo with tilesets:write, tilesets:read (ID ${idOf(1)}). It stays until someone deletes it.`,
  ],
  [
    temporary,
    briefly,
    `temporary token for octo with tilesets:write, tilesets:read. It expires at ${EXPIRES} (in 20 min).`,
  ],
])('the log says in one line what was minted and when it ends (%#)', (minted, asked, line) => {
  expect(logLine(minted, asked)).toBe(`Created a ${line}`);
});

describe('the summary', () => {
  it('of a token for the job has what there is to know of it', () => {
    expect(
      summaryRows(
        stored,
        inputs({ ...job, allowedUrls: ['https://a.example', 'https://b.example'] }, ['A', 'B']),
        RUN,
      ),
    ).toEqual([
      ['Account', OWNER],
      ['Usage', 'sk (secret)'],
      ['Scopes', 'tilesets:write tilesets:read'],
      ['ID', idOf(1)],
      ['Note', 'Release [run]'],
      ['Allowed URLs', 'https://a.example https://b.example'],
      ['Variables', 'A B'],
      ['Lifetime', 'Deleted when the job ends'],
      ['Run', new URL(RUN)],
      ['Tokens page', new URL('https://console.mapbox.com/account/access-tokens/')],
    ]);
  });

  it('has no row for what there is not', () => {
    const rows = (minted: MintedStoredToken | MintedTemporaryToken, asked: MainInputs) =>
      summaryRows(minted, asked, undefined).map(([name]) => name);
    expect(rows(stored, inputs(job))).toEqual(['Account', 'Usage', 'Scopes', 'ID', 'Note', 'Lifetime']);
    expect(rows(temporary, briefly)).toEqual(['Account', 'Usage', 'Scopes', 'Lifetime']);
  });

  it('never has the token', () => {
    for (const minted of [stored, temporary]) {
      expect(summaryRows(minted, briefly, RUN).flat().join()).not.toContain(minted.secret.reveal());
    }
  });
});
