import { describe, expect, it } from 'vitest';
import type { MainInputs } from '../../../src/inputs/main-inputs.ts';
import { logLine, outputNames, toOutputs } from '../../../src/mint/outputs.ts';
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
const EXPIRES = '2026-01-02T03:24:05.000Z';

const job = { kind: 'stored', scopes, untilJobEnds: true, note: 'Release', allowedUrls: [] } as const;
const inputs = (request: MainInputs['request'], exportEnv: string[] = []): MainInputs => ({
  connection: { authorizingToken, username: OWNER, timeout: 1000, api: new URL('https://api.mapbox.com') },
  request,
  exportEnv,
  summary: true,
  warnings: [],
});
const briefly = inputs({ kind: 'temporary', scopes, seconds: 1200 });

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
    `secret token for octo with tilesets:write, tilesets:read (ID ${idOf(1)}). It is deleted when the job ends. Run: ${RUN}`,
  ],
  [
    { ...stored, usage: 'pk' as const },
    inputs({ ...job, untilJobEnds: false }),
    `public token for octo with tilesets:write, tilesets:read (ID ${idOf(1)}). It stays until someone deletes it. Run: ${RUN}`,
  ],
  [
    temporary,
    briefly,
    `temporary token for octo with tilesets:write, tilesets:read. It expires at ${EXPIRES} (in 20 min).`,
  ],
])('the log says in one line what was minted and when it ends (%#)', (minted, asked, line) => {
  const run = minted.usage === 'tk' ? undefined : RUN;
  expect(logLine(minted, asked, run)).toBe(`Created a ${line}`);
});
