import { describe, expect, it } from 'vitest';
import {
  checkHeldScopes,
  expiryWarnings,
  exportedTokenHint,
  MINTING,
  missingScopes,
  parseAuthorizingToken,
} from '../../../src/inputs/authorizing-token.ts';
import { EARLIER_TOKEN_HINT } from '../../../src/mapbox/errors.ts';
import { Secret } from '../../../src/secret.ts';
import { parseInput } from '../../support/inputs.ts';
import { tokenText } from '../../support/tokens.ts';

const now = Date.UTC(2026, 10, 24, 12);
const seconds = now / 1000;
const id = `cm${'0'.repeat(23)}`;

const parse = (input: string, use = MINTING) =>
  parseInput(problems => parseAuthorizingToken(input, now, problems, use));

describe('an authorizing token is accepted', () => {
  it('as a secret token, whose text has its account and ID', () => {
    const text = tokenText('sk', { u: 'octo', a: id });
    const { value, title } = parse(text);
    expect(title).toBeUndefined();
    expect(value).toMatchObject({
      usage: 'sk',
      username: 'octo',
      id,
      expiresAt: undefined,
      scopes: undefined,
    });
    expect(value?.secret.equals(new Secret(text))).toBe(true);
  });

  it('as a temporary token, whose text has its scopes and expiry', () => {
    const claims = { u: 'octo', exp: seconds + 1, iat: seconds, scopes: ['tokens:write'], client: 'api' };
    expect(parse(tokenText('tk', claims)).value).toMatchObject({
      usage: 'tk',
      id: undefined,
      expiresAt: new Date(now + 1000),
      scopes: ['tokens:write'],
    });
  });

  it('as another client’s temporary token that lives for more than an hour', () => {
    const claims = { u: 'octo', exp: seconds + 8 * 3600, iat: seconds, scopes: [], client: 'f'.repeat(40) };
    expect(parse(tokenText('tk', claims)).title).toBeUndefined();
  });

  it.each([
    ['blanks and line breaks', (text: string) => ` \n${text}\r\n`],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
  ])('without %s around it', (_, paste) => {
    const text = tokenText('sk');
    const { value, title } = parse(paste(text));
    expect(title).toBeUndefined();
    expect(value?.secret.equals(new Secret(text))).toBe(true);
  });
});

describe('an authorizing token stops the step', () => {
  it.each(['', ' \n '])('if it is missing: %j', input => {
    const { title, message } = parse(input);
    expect(title).toBe('Missing authorizing token');
    expect(message).toMatch(
      /`authorizing-token`.*Settings, Secrets and variables.*forks.*Dependabot.*reusable workflow.*`secrets: inherit`/,
    );
  });

  it('if it is public, and the error says what it cannot do and what is needed', () => {
    expect(parse(tokenText('pk'))).toMatchObject({
      value: undefined,
      title: 'Invalid authorizing token',
      message:
        '`authorizing-token` is a public token (`pk.`), which cannot create tokens. Use a secret token (`sk.`) with the scope `tokens:write` and every scope that is requested.',
    });
  });

  it('if it is public, in other words for another action, and with a hint', () => {
    const use = { cannot: 'list tokens', needs: '`tokens:read`', hint: 'Look again.' };
    expect(parse(tokenText('pk'), use).message).toMatch(
      /cannot list tokens\..*with `tokens:read`\. Look again\.$/,
    );
  });

  it.each([
    ['a password', 'correct-horse-battery', 'three parts with dots between them'],
    ['quotes around it', `"${tokenText('sk')}"`, 'quotes'],
    ['another usage', tokenText('xk'), 'three parts with dots between them'],
    ['two parts', tokenText('sk').split('.').slice(0, 2).join('.'), 'part of a token'],
    ['a payload that is not an object', tokenText('sk', ['octo']), 'three parts with dots between them'],
  ])('if it is not a token: %s', (_, input, says) => {
    const { value, title, message } = parse(input);
    expect([value, title]).toEqual([undefined, 'Invalid authorizing token']);
    expect(message).toMatch(/^`authorizing-token` is not a Mapbox token: /);
    expect(message).toContain(says);
    expect(message).not.toContain('SSSS');
  });

  it.each(['.', '..', 'a/b', 'a b', 'octo\u0000', 'octo\ud83d', '\udc00', 'o'.repeat(101), '%2e%2e'])(
    'if its account is invalid: %j',
    username => {
      for (const usage of ['sk', 'tk', 'pk']) {
        const { value, title, message } = parse(tokenText(usage, { u: username, a: id }));
        expect([value, title]).toEqual([undefined, 'Invalid authorizing token']);
        expect(message).toContain('its account name is not valid');
      }
    },
  );

  it.each([0, -1, -600])('if it expired %i s from now, and the error has both times', ago => {
    const { value, title, message } = parse(tokenText('tk', { u: 'octo', exp: seconds + ago, scopes: [] }));
    expect([value, title]).toEqual([undefined, 'Invalid authorizing token']);
    expect(message).toContain(`expired at ${new Date(now + ago * 1000).toISOString()}`);
    expect(message).toContain("the runner's clock says 2026-11-24T12:00:00.000Z");
    expect(message).toContain("If the runner's clock is wrong, correct it.");
  });
});

describe('the scopes of an authorizing token', () => {
  const held = (usage: 'sk' | 'tk', scopes: readonly string[] | undefined) => ({
    secret: new Secret(tokenText(usage)),
    usage,
    username: 'octo',
    id: undefined,
    expiresAt: undefined,
    scopes,
  });

  it.each([
    ['tk', ['a:read', 'b:read'], ['a:read'], []],
    ['tk', ['a:read'], ['b:read', 'a:read', 'c:read', 'b:read'], ['b:read', 'c:read']],
    ['tk', [], ['a:read'], ['a:read']],
    ['tk', undefined, ['a:read'], []],
    ['sk', undefined, ['a:read'], []],
    ['sk', [], ['a:read'], []],
  ] as const)('of a %s with %j lack, of %j, %j', (usage, scopes, needed, missing) => {
    expect(missingScopes(held(usage, scopes), needed)).toEqual(missing);
  });
});

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

  it('stop the step if some are missing, such as tokens:write, with a hint', () => {
    expect(check(['styles:read'], ['styles:read', 'styles:list', 'fonts:read'])).toMatchObject({
      title: 'Authorizing token is missing scopes',
      message:
        '`authorizing-token` lacks `tokens:write`, `styles:list`, `fonts:read`. It needs `tokens:write` and every requested scope. Look again.',
    });
  });

  it('do not if all are there', () => {
    expect(check(['tokens:write', 'styles:read'], ['styles:read']).title).toBeUndefined();
  });
});

describe("an earlier step's token", () => {
  const token = tokenText('tk', { u: 'octo', exp: seconds + 600, scopes: ['styles:read'] });

  it('is suspected by name if a variable of the job has the same text', () => {
    const env = { 'INPUT_AUTHORIZING-TOKEN': token, OTHER: 'x', MAPBOX_ACCESS_TOKEN: token };
    expect(exportedTokenHint(` ${token}\n`, env)).toBe(
      'The variable `MAPBOX_ACCESS_TOKEN` has the same text, so it may be the token that an earlier step of this action exported. ' +
        'Pass the secret in every step: `${{ secrets.MAPBOX_AUTHORIZING_TOKEN }}`.',
    );
  });

  it('is not suspected if none has', () => {
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
  it('gets a warning if it is needed again when the job ends', () => {
    expect(expiryWarnings(temporary({ expiresAt: new Date(now + 600_000) }), { kind: 'job' })).toEqual([
      expect.stringMatching(/expires at 2026-11-24T12:10:00\.000Z.*Use a secret token/),
    ]);
  });

  it('gets none otherwise', () => {
    expect(expiryWarnings(temporary({}), { kind: 'job' })).toEqual([]);
    expect(expiryWarnings(temporary({ expiresAt: new Date(now + 1) }), { kind: 'permanent' })).toEqual([]);
    expect(
      expiryWarnings(temporary({ expiresAt: new Date(now + 1) }), { kind: 'temporary', seconds: 60 }),
    ).toEqual([]);
  });
});
