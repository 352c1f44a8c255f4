import { describe, expect, it } from 'vitest';
import { checkAuthorizingToken } from '../../../src/cleanup/authorizing-token.ts';
import { START } from '../../support/fake-clock.ts';
import { AUTHORIZING_TOKEN_ID, authorizingTokenText, idOf, OWNER, tokenText } from '../../support/tokens.ts';

const state = {
  authorizingToken: { id: AUTHORIZING_TOKEN_ID, username: OWNER },
  actionPath: '/actions/mint',
};

const check = (input: string, actionPath = state.actionPath) =>
  checkAuthorizingToken(input, state, actionPath, START);

function reasonFor(input: string, actionPath?: string): string {
  const result = check(input, actionPath);
  return 'unusable' in result ? result.unusable : '';
}

describe('the authorizing token of the post step', () => {
  it('is the main step’s, with or without white space around it', () => {
    for (const text of [authorizingTokenText, ` ${authorizingTokenText}\n`]) {
      const result = check(text);
      expect(result).toMatchObject({ usage: 'sk', username: OWNER, id: AUTHORIZING_TOKEN_ID });
      expect('secret' in result && result.secret.reveal()).toBe(authorizingTokenText);
    }
  });

  it('may be another token of the same account, which requests then use', () => {
    expect(check(tokenText('sk', { u: OWNER, a: idOf(9) }))).toMatchObject({ id: idOf(9) });
  });

  it('may be an unexpired temporary token', () => {
    const claims = { u: OWNER, exp: START / 1000 + 1, scopes: ['tokens:write'] };
    expect(check(tokenText('tk', claims))).toMatchObject({ usage: 'tk', scopes: ['tokens:write'] });
  });
});

describe('nothing is sent', () => {
  it.each([
    ['is empty', ''],
    ['is empty', ' \n'],
    ['is not a Mapbox token', 'none'],
    ['is a public token', tokenText('pk')],
    ['belongs to another account', tokenText('sk', { u: 'hexa', a: AUTHORIZING_TOKEN_ID })],
    ['belongs to another account', tokenText('sk', { u: OWNER.toUpperCase(), a: AUTHORIZING_TOKEN_ID })],
  ])('if it %s: %#', (what, input) => {
    expect(reasonFor(input)).toContain(
      `The post step's \`authorizing-token\` ${what}, unlike the main step's`,
    );
    expect(reasonFor(input)).toContain('nothing was sent to Mapbox');
  });

  it('if it has expired, and the warning has both times', () => {
    const reason = reasonFor(tokenText('tk', { u: OWNER, exp: START / 1000 }));
    expect(reason).toContain('expired at 2026-01-02T03:04:05.000Z');
    expect(reason).toContain("runner's clock says 2026-01-02T03:04:05.000Z");
  });
});

describe('the reason', () => {
  it('names a variable if the action is in the same place', () => {
    expect(reasonFor('')).toContain('`${{ env.X }}`');
    expect(reasonFor('')).not.toContain('composite');
  });

  it('names the runner if the action has moved: a local composite action in another one', () => {
    const reason = reasonFor('', '/actions/outer');
    expect(reason).toContain('https://github.com/actions/runner/issues/2030');
    expect(reason).toContain('Four ways out');
    expect(reason).toContain('use it as `$/path`');
    expect(reason).not.toContain('env.X');
  });

  it('never blames a fork or the secret, and does not quote the input', () => {
    for (const input of ['', 'none-of-your-business', tokenText('pk')]) {
      for (const path of [undefined, '/actions/outer']) {
        expect(reasonFor(input, path)).not.toMatch(/fork|Dependabot|none-of-your-business|eyJ/);
      }
    }
  });
});
