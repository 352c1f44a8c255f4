/** Minted tokens, and their inputs. */
import type { MainInputs } from '../../src/inputs/main-inputs.ts';
import type { MintedStoredToken, MintedTemporaryToken } from '../../src/mint/verify.ts';
import { Secret } from '../../src/secret.ts';
import { START } from './fake-clock.ts';
import { authorizingToken, idOf, OWNER, tokenText } from './tokens.ts';

const scopes = ['tilesets:write', 'tilesets:read'];
export const stored: MintedStoredToken = {
  usage: 'sk',
  secret: new Secret(tokenText('sk', { u: OWNER })),
  username: OWNER,
  scopes,
  id: idOf(1),
  note: 'Release [run]',
};
export const temporary: MintedTemporaryToken = {
  usage: 'tk',
  secret: new Secret(tokenText('tk', { u: OWNER })),
  username: OWNER,
  scopes,
  expiresAt: new Date(START + 20 * 60_000),
  lifetimeMs: 20 * 60_000,
};
export const RUN = 'https://github.com/octo/maps/actions/runs/7';

export const job = { kind: 'stored', scopes, untilJobEnds: true, note: 'Release', allowedUrls: [] } as const;
export const inputs = (request: MainInputs['request'], exportEnv: string[] = []): MainInputs => ({
  connection: { authorizingToken, username: OWNER, timeout: 1000, api: new URL('https://api.mapbox.com') },
  request,
  exportEnv,
  summary: true,
  warnings: [],
});
export const briefly = inputs({ kind: 'temporary', scopes, seconds: 1200 });
