import { describe, expect, it } from 'vitest';
import type { MainInputs } from '../../../src/inputs/main-inputs.ts';
import { summaryRows } from '../../../src/mint/summary-rows.ts';
import type { MintedStoredToken, MintedTemporaryToken } from '../../../src/mint/verify.ts';
import { Secret } from '../../../src/secret.ts';
import { START } from '../../support/fake-clock.ts';
import { authorizingToken, idOf, OWNER, tokenText } from '../../support/tokens.ts';

const scopes = ['tilesets:write', 'tilesets:read'];
const stored: MintedStoredToken = {
  usage: 'sk',
  secret: new Secret(tokenText('sk', { u: OWNER })),
  username: OWNER,
  scopes,
  id: idOf(1),
  note: 'Release [run]',
};
const temporary: MintedTemporaryToken = {
  usage: 'tk',
  secret: new Secret(tokenText('tk', { u: OWNER })),
  username: OWNER,
  scopes,
  expiresAt: new Date(START + 20 * 60_000),
  lifetimeMs: 20 * 60_000,
};
const RUN = 'https://github.com/octo/maps/actions/runs/7';

const job = { kind: 'stored', scopes, untilJobEnds: true, note: 'Release', allowedUrls: [] } as const;
const inputs = (request: MainInputs['request'], exportEnv: string[] = []): MainInputs => ({
  connection: { authorizingToken, username: OWNER, timeout: 1000, api: new URL('https://api.mapbox.com') },
  request,
  exportEnv,
  summary: true,
  warnings: [],
});
const briefly = inputs({ kind: 'temporary', scopes, seconds: 1200 });

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
