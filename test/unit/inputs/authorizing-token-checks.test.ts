import { describe, expect, it } from 'vitest';
import {
  checkHeldScopes,
  expiryWarnings,
  exportedTokenHint,
} from '../../../src/inputs/authorizing-token-checks.ts';
import { EARLIER_TOKEN_HINT } from '../../../src/mapbox/errors.ts';
import { Secret } from '../../../src/secret.ts';
import { parseInput } from '../../support/inputs.ts';
import { tokenText } from '../../support/tokens.ts';

const now = Date.UTC(2026, 10, 24, 12);
const seconds = now / 1000;

const temporary = (more: { readonly scopes?: readonly string[]; readonly expiresAt?: Date }) => ({
  secret: new Secret(tokenText('tk')),
  usage: 'tk' as const,
  username: 'octo',
  id: undefined,
  expiresAt: undefined,
  scopes: undefined,
  ...more,
});

describe('the scopes of a temporary authorizing token', () => {
  const check = (scopes: readonly string[], requested: readonly string[], hint = 'Look again.') =>
    parseInput(problems => checkHeldScopes(temporary({ scopes }), requested, hint, problems));

  it('stop the step where some are missing, tokens:write among them, with a hint', () => {
    expect(check(['styles:read'], ['styles:read', 'styles:list', 'fonts:read'])).toMatchObject({
      title: 'Authorizing token is missing scopes',
      message:
        '`authorizing-token` lacks `tokens:write`, `styles:list`, `fonts:read`. It needs `tokens:write` and every scope that it is to grant. Look again.',
    });
  });

  it('do not where it has them all', () => {
    expect(check(['tokens:write', 'styles:read'], ['styles:read']).title).toBeUndefined();
  });
});

describe("an earlier step's token", () => {
  const token = tokenText('tk', { u: 'octo', exp: seconds + 600, scopes: ['styles:read'] });

  it('is suspected by name where a variable of the job has the same text', () => {
    const env = { 'INPUT_AUTHORIZING-TOKEN': token, OTHER: 'x', MAPBOX_ACCESS_TOKEN: token };
    expect(exportedTokenHint(` ${token}\n`, env)).toBe(
      'The variable `MAPBOX_ACCESS_TOKEN` has the same text, so it may be the token that an earlier step of this action exported. ' +
        'Pass the secret in every step: `${{ secrets.MAPBOX_AUTHORIZING_TOKEN }}`.',
    );
  });

  it('is not where none has', () => {
    expect(exportedTokenHint(token, { 'INPUT_AUTHORIZING-TOKEN': token, OTHER: 'x' })).toBeUndefined();
    expect(exportedTokenHint('', { OTHER: '' })).toBeUndefined();
  });

  it('may still be one that came as an output', () => {
    expect(EARLIER_TOKEN_HINT).toMatch(
      /^It may be the token of an earlier step of this action\. Pass the secret/,
    );
  });
});

describe('a temporary authorizing token', () => {
  it('is warned of where it is needed again at the end of the job', () => {
    expect(expiryWarnings(temporary({ expiresAt: new Date(now + 600_000) }), { kind: 'job' })).toEqual([
      expect.stringMatching(/expires at 2026-11-24T12:10:00\.000Z.*Use a secret token/),
    ]);
  });

  it('is not otherwise', () => {
    expect(expiryWarnings(temporary({}), { kind: 'job' })).toEqual([]);
    expect(expiryWarnings(temporary({ expiresAt: new Date(now + 1) }), { kind: 'permanent' })).toEqual([]);
    expect(
      expiryWarnings(temporary({ expiresAt: new Date(now + 1) }), { kind: 'temporary', seconds: 60 }),
    ).toEqual([]);
  });
});
