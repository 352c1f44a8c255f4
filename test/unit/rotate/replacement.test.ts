import { expect, it } from 'vitest';
import type { ListedToken } from '../../../src/mapbox/list.ts';
import { checkCopyable } from '../../../src/rotate/replacement.ts';
import { authorizingToken, idOf } from '../../support/tokens.ts';

const token = (n: number, changes: Partial<ListedToken> = {}): ListedToken => ({
  id: idOf(n),
  usage: 'sk',
  note: '',
  scopes: ['styles:read'],
  allowedUrls: [],
  created: undefined,
  isDefault: false,
  notUnderstood: [],
  ...changes,
});

const check = (current: ListedToken, scopes: readonly string[]) =>
  checkCopyable({ authorizingToken }, { current, tokens: [current, token(0, { scopes })] });

it('copies a token whose scopes the authorizing token has', () => {
  expect(() => check(token(1), ['tokens:read', 'tokens:write', 'styles:read'])).not.toThrow();
});

it('copies no token with restrictions that are not understood', () => {
  const restricted = token(1, { notUnderstood: ['allowedApplications'] });
  expect(() => check(restricted, ['tokens:read', 'tokens:write', 'styles:read'])).toThrow(
    `The token ${idOf(1)} has \`allowedApplications\`, which this action does not understand`,
  );
});

it('names the scopes that the authorizing token lacks', () => {
  expect(() => check(token(1), ['tokens:write'])).toThrow('lacks `tokens:read`, `styles:read`.');
});
