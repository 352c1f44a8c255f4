/** Tokens for tests, built at run time, so that no file contains anything that looks like one. */
import type { AuthorizingToken } from '../../src/mapbox/account.ts';
import { Secret } from '../../src/secret.ts';

/** The default scopes of a test's authorizing token. */
export const HELD = [
  'tokens:write',
  'tokens:read',
  'styles:read',
  'fonts:read',
  'tilesets:read',
  'tilesets:write',
  'tilesets:list',
];

export const OWNER = 'octo';

/** The `n`-th token ID of a test. */
export const idOf = (n: number) => `c${String(n).padStart(24, '0')}`;

export const AUTHORIZING_TOKEN_ID = idOf(0);

/** The text of a token with these claims. Its signature is fake, which no client can detect. */
export function tokenText(usage: string, claims: object = { u: OWNER, a: AUTHORIZING_TOKEN_ID }): string {
  return [usage, Buffer.from(JSON.stringify(claims)).toString('base64url'), 'S'.repeat(22)].join('.');
}

export const authorizingTokenText = tokenText('sk');

export const authorizingToken: AuthorizingToken = {
  secret: new Secret(authorizingTokenText),
  usage: 'sk',
  username: OWNER,
  id: AUTHORIZING_TOKEN_ID,
  expiresAt: undefined,
  scopes: undefined,
};
