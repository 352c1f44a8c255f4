import { describe, expect, it } from 'vitest';
import type { MainInputs } from '../../../src/inputs/main-inputs.ts';
import { logLine, outputNames, summaryRows, toOutputs } from '../../../src/mint/outputs.ts';
import type { MintedStoredToken, MintedTemporaryToken } from '../../../src/mint/verify.ts';
import { briefly, inputs, job, RUN, stored, temporary } from '../../support/minted.ts';
import { idOf, OWNER } from '../../support/tokens.ts';

const EXPIRES = '2026-01-02T03:24:05.000Z';

describe('the outputs', () => {
  it('of a stored token have an ID and a note, and no expiry', () => {
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

  it('of a temporary token have an expiry, but no ID or note', () => {
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

  it('have every declared name for both kinds of token', () => {
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
])('the log describes the token and its end in one line (%#)', (minted, asked, line) => {
  expect(logLine(minted, asked)).toBe(`Created a ${line}`);
});

describe('the summary', () => {
  it('of a job’s token describes it', () => {
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

  it('has no empty rows', () => {
    const rows = (minted: MintedStoredToken | MintedTemporaryToken, asked: MainInputs) =>
      summaryRows(minted, asked, undefined).map(([name]) => name);
    expect(rows(stored, inputs(job))).toEqual(['Account', 'Usage', 'Scopes', 'ID', 'Note', 'Lifetime']);
    expect(rows(temporary, briefly)).toEqual(['Account', 'Usage', 'Scopes', 'Lifetime']);
  });

  it('never contains the token', () => {
    for (const minted of [stored, temporary]) {
      expect(summaryRows(minted, briefly, RUN).flat().join()).not.toContain(minted.secret.reveal());
    }
  });
});
