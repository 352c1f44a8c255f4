import { describe, expect, it } from 'vitest';
import type { MainInputs } from '../../../src/inputs/main-inputs.ts';
import { summaryRows } from '../../../src/mint/summary-rows.ts';
import type { MintedStoredToken, MintedTemporaryToken } from '../../../src/mint/verify.ts';
import { briefly, inputs, job, RUN, stored, temporary } from '../../support/minted.ts';
import { idOf, OWNER } from '../../support/tokens.ts';

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
