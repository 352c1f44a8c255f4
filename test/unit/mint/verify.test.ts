import { describe, expect, it } from 'vitest';
import type { TokenRequest } from '../../../src/inputs/token-request.ts';
import type { CreatedToken } from '../../../src/mapbox/create.ts';
import { parseToken } from '../../../src/mapbox/token.ts';
import {
  isLifetimeRequested,
  lifetimesOf,
  provenTokenId,
  verifyStoredToken,
  verifyTemporaryToken,
} from '../../../src/mint/verify.ts';
import { Secret } from '../../../src/secret.ts';
import { START } from '../../support/fake-clock.ts';
import { accountOn, scripted } from '../../support/http-script.ts';
import fc from '../../support/random.ts';
import {
  AUTHORIZING_TOKEN_ID,
  authorizingToken,
  authorizingTokenText,
  idOf,
  OWNER,
  tokenText,
} from '../../support/tokens.ts';

const verify = (created: CreatedToken, request: TokenRequest, username: string) => {
  const account = accountOn(scripted(), { username });
  return request.kind === 'temporary'
    ? verifyTemporaryToken(created, request, 0, account)
    : verifyStoredToken(created, request, NONCE, account);
};

const ID = idOf(1);

const NONCE = 'abcd1234';

const NOTE = 'Release (octo/maps) [until job ends: 1/2.3#abcd1234]';

const SCOPES = ['tilesets:write', 'styles:read'];

const stored = {
  kind: 'stored',
  scopes: SCOPES,
  untilJobEnds: true,
  note: 'Release',
  allowedUrls: [],
} as const satisfies TokenRequest;

const temporary = { kind: 'temporary', scopes: SCOPES, seconds: 60 } as const satisfies TokenRequest;

function created(text: string, changes: Partial<CreatedToken> = {}): CreatedToken {
  return {
    secret: new Secret(text),
    claims: parseToken(text),
    id: ID,
    usage: 'sk',
    scopes: SCOPES,
    note: NOTE,
    allowedUrls: [],
    created: undefined,
    issuedAt: undefined,
    expires: undefined,
    serverDate: undefined,
    ...changes,
  };
}

const secretText = tokenText('sk', { u: OWNER, a: ID });

const publicText = tokenText('pk', { u: OWNER, a: ID });

const bare = { id: undefined, usage: undefined, scopes: undefined, note: '' };

const temporaryText = (claims: object = {}) =>
  tokenText('tk', { u: OWNER, iat: START / 1000 - 60, exp: START / 1000, scopes: SCOPES, ...claims });

describe('a stored token', () => {
  it('is accepted if usage, scopes and account match the request', () => {
    const answer = created(secretText);
    expect(verify(answer, stored, OWNER)).toStrictEqual({
      usage: 'sk',
      secret: answer.secret,
      username: OWNER,
      scopes: SCOPES,
      id: ID,
      note: NOTE,
    });
  });

  it('has its scopes in the requested order', () => {
    const minted = verify(created(secretText, { scopes: SCOPES.toReversed() }), stored, OWNER);
    expect(minted).toMatchObject({ scopes: SCOPES });
  });

  it('is accepted as public or secret if the scopes allow both', () => {
    const scopes = ['vision:read'];
    const request = { ...stored, scopes };
    expect(verify(created(secretText, { scopes }), request, OWNER)).toMatchObject({ usage: 'sk' });
    expect(verify(created(publicText, { scopes, usage: 'pk' }), request, OWNER)).toMatchObject({
      usage: 'pk',
    });
  });

  it('is not used if its text lacks its ID, which proves its identity', () => {
    const text = tokenText('sk', { u: OWNER });
    expect(verify(created(text), stored, OWNER)).toStrictEqual({
      mismatch: expect.stringMatching(/id is not the one/),
    });
  });

  it.each<[string, CreatedToken, RegExp]>([
    ['that is not a token', created('not a token'), /form of a Mapbox token/],
    ['of another account', created(tokenText('sk', { u: 'other', a: ID })), /another account/],
    ['without a usage', created(secretText, { usage: undefined }), /neither a public nor a secret/],
    [
      'that is temporary and could not be deleted',
      created(temporaryText(), { usage: 'tk' }),
      /neither a public nor a secret/,
    ],
    ['with another usage in its text', created(publicText), /`pk`.*`sk`/],
    ['that is public despite a secret scope', created(publicText, { usage: 'pk' }), /`pk`.*`sk`/],
    ['without scopes', created(secretText, { scopes: undefined }), /scopes are unknown/],
    ['that lacks a scope', created(secretText, { scopes: ['styles:read'] }), /lacks `tilesets:write`/],
    [
      'with an extra scope',
      created(secretText, { scopes: [...SCOPES, 'tokens:write'] }),
      /not requested: `tokens:write`/,
    ],
    ['without an id', created(secretText, { id: undefined }), /id is missing/],
    ['with an ID that could be a path', created(secretText, { id: '../../scopes' }), /id is missing/],
    ['with another ID than in its text', created(secretText, { id: idOf(2) }), /id is not the one/],
    [
      'with the ID of the authorizing token',
      created(secretText, { id: AUTHORIZING_TOKEN_ID }),
      /is the authorizing token/,
    ],
    ['that is the text of the authorizing token', created(authorizingTokenText), /is the authorizing token/],
    [
      'with a token in its note',
      created(secretText, { note: `${NOTE} see ${secretText}` }),
      /note contains a token/,
    ],
  ])('%s is not used', (_, answer, fault) => {
    expect(verify(answer, stored, OWNER)).toStrictEqual({ mismatch: expect.stringMatching(fault) });
  });

  it('without an ID is not taken for an authorizing token without one', () => {
    const account = accountOn(scripted(), { authorizingToken: { ...authorizingToken, id: undefined } });
    expect(verifyStoredToken(created(secretText, { id: undefined }), stored, NONCE, account)).toStrictEqual({
      mismatch: expect.stringMatching(/id is missing/),
    });
  });

  it('with a flood of scopes is rejected in a message of bounded length', () => {
    const scopes = Array.from({ length: 50 }, (_, n) => `${n}:${'x'.repeat(100)}`);
    const { mismatch } = { mismatch: '', ...verify(created(secretText, { scopes }), stored, OWNER) };
    expect(mismatch.match(/`\d+:x{30,40}`(?:, | and 10 more$)/g)).toHaveLength(40);
  });

  it('is not used if it is secret with public scopes only', () => {
    const scopes = ['styles:read', 'fonts:read'];
    expect(verify(created(secretText, { scopes }), { ...stored, scopes }, OWNER)).toStrictEqual({
      mismatch: expect.stringMatching(/`sk`.*`pk`/),
    });
  });

  it('is not used without the requested URL restrictions', () => {
    const request = { ...stored, allowedUrls: ['https://example.com'] };
    expect(verify(created(secretText), request, OWNER)).toStrictEqual({
      mismatch: expect.stringContaining('not restricted'),
    });
    for (const allowedUrls of [
      undefined,
      ['https://example.com/'],
      ['https://example.com', 'https://example.org'],
      ['*'],
    ]) {
      expect(verify(created(secretText, { allowedUrls }), request, OWNER)).toHaveProperty('mismatch');
    }
    const restricted = created(secretText, { allowedUrls: ['https://example.com'] });
    expect(verify(restricted, request, OWNER)).toMatchObject({ usage: 'sk' });
    expect(verify(restricted, stored, OWNER)).toHaveProperty('mismatch');
    expect(verify(created(secretText, { allowedUrls: undefined }), stored, OWNER)).toHaveProperty('mismatch');
  });

  it('is recognized by its nonce, or by its age if its note was stored changed', () => {
    const serverDate = new Date(START);
    const at = (seconds: number) => new Date(START - seconds * 1000);
    const changed = (changes: Partial<CreatedToken>) =>
      verify(created(secretText, { note: 'cut', serverDate, ...changes }), stored, OWNER);
    expect(changed({ created: at(60) })).toMatchObject({ usage: 'sk', note: 'cut' });
    expect(changed({ created: at(61) })).toHaveProperty('mismatch');
    expect(changed({ created: at(-61) })).toHaveProperty('mismatch');
    expect(changed({ created: undefined })).toHaveProperty('mismatch');
    expect(changed({ created: at(0), serverDate: undefined })).toHaveProperty('mismatch');
    expect(changed({ created: at(0), note: NOTE.replace('abcd', 'zzzz') })).toHaveProperty('mismatch');
  });
});

describe('a temporary token', () => {
  it('is accepted with its text only, as Mapbox sent it in 2018', () => {
    const answer = created(temporaryText(), bare);
    expect(verify(answer, temporary, OWNER)).toStrictEqual({
      usage: 'tk',
      secret: answer.secret,
      username: OWNER,
      scopes: SCOPES,
      expiresAt: new Date(START),
      lifetimeMs: 60_000,
    });
  });

  it('expires by its text, not by the response', () => {
    const answer = created(temporaryText(), { ...bare, expires: new Date(START + 999_000) });
    expect(verify(answer, temporary, OWNER)).toMatchObject({ expiresAt: new Date(START) });
  });

  it('expires by the response if its text has no expiry', () => {
    const answer = created(temporaryText({ exp: undefined }), { ...bare, expires: new Date(START) });
    expect(verify(answer, temporary, OWNER)).toMatchObject({ expiresAt: new Date(START) });
  });

  it.each<[string, CreatedToken, RegExp]>([
    ['that never expires', created(secretText), /`sk` token instead of a temporary/],
    [
      'of another account',
      created(tokenText('tk', { u: 'other', exp: START / 1000, scopes: SCOPES }), bare),
      /another account/,
    ],
    ['without scopes', created(temporaryText({ scopes: undefined }), bare), /scopes are unknown/],
    [
      'with the right scopes in the response but others in its text',
      created(temporaryText({ scopes: ['tokens:write'] }), { ...bare, scopes: SCOPES }),
      /lacks.*and it has scopes that were not requested/,
    ],
    ['without an expiry', created(temporaryText({ exp: undefined }), bare), /when it expires/],
    ['without any time of its issue', created(temporaryText({ iat: undefined }), bare), /when it was issued/],
  ])('%s is not used', (_, answer, fault) => {
    expect(verify(answer, temporary, OWNER)).toStrictEqual({ mismatch: expect.stringMatching(fault) });
  });
});

it('accepts a token if and only if the granted and requested scopes are the same set', () => {
  const words = fc.uniqueArray(fc.constantFrom('a:b', 'c:d', 'e:f', 'g:h'), { minLength: 1 });
  fc.assert(
    fc.property(words, words, (asked, granted) => {
      const verdict = verify(created(secretText, { scopes: granted }), { ...stored, scopes: asked }, OWNER);
      const same = asked.toSorted().join() === granted.toSorted().join();
      expect('mismatch' in verdict).toBe(!same);
    }),
  );
});

describe('the lifetime of a temporary token', () => {
  const at = (seconds: number) => new Date(START + seconds * 1000);

  it('is measured from its issue and from Mapbox’s date, if known', () => {
    const text = tokenText('tk', { u: OWNER, scopes: SCOPES });
    const fields = { issuedAt: at(1), serverDate: at(2), expires: at(60) };
    expect(lifetimesOf(created(text, fields))).toEqual([59_000, 58_000]);
    expect(lifetimesOf(created(text, { ...fields, issuedAt: undefined }))).toEqual([58_000]);
    expect(lifetimesOf(created(text, { ...fields, expires: undefined }))).toEqual([]);
  });

  it('is measured by the text if the response lacks the times', () => {
    const text = tokenText('tk', { u: OWNER, iat: START / 1000 + 3, exp: START / 1000 + 60, scopes: SCOPES });
    expect(lifetimesOf(created(text))).toEqual([57_000]);
  });

  it('is as requested within 5 s or 2 %, plus the time of the request', () => {
    const isRequested = (lifetime: number, elapsed = 0) =>
      isLifetimeRequested(lifetime * 1000, 100, elapsed * 1000);
    expect([95, 100, 105].map(lifetime => isRequested(lifetime))).toEqual([true, true, true]);
    expect([94.9, 105.1].map(lifetime => isRequested(lifetime))).toEqual([false, false]);
    expect([93, 92.9].map(lifetime => isRequested(lifetime, 2))).toEqual([true, false]);
    expect([3528, 3527].map(lifetime => isLifetimeRequested(lifetime * 1000, 3600, 0))).toEqual([
      true,
      false,
    ]);
  });

  it('is over at the exact time of expiry', () => {
    const text = tokenText('tk', { u: OWNER, iat: START / 1000, exp: START / 1000, scopes: SCOPES });
    expect(verify(created(text, { id: undefined, usage: undefined }), temporary, OWNER)).toStrictEqual({
      mismatch: 'it has already expired',
    });
  });
});

it('a lifetime that is wrong by less than a minute is given in seconds', () => {
  const claims = { exp: START / 1000 + 310, iat: START / 1000 };
  const request = { ...temporary, seconds: 300 };
  expect(verify(created(temporaryText(claims), bare), request, OWNER)).toStrictEqual({
    mismatch: 'it expires in 310 s instead of 300 s',
  });
});

describe('the proof that a token is this step’s', () => {
  const account = accountOn(scripted());
  const text = tokenText('sk', { u: OWNER, a: ID });
  const now = { created: new Date(START), serverDate: new Date(START) };

  it('is the nonce in its note, and its ID in its text', () => {
    expect(provenTokenId(created(text), NONCE, account)).toBe(ID);
    expect(provenTokenId(created(text, { id: idOf(2) }), NONCE, account)).toBeUndefined();
    expect(provenTokenId(created(text, { id: undefined }), NONCE, account)).toBeUndefined();
    expect(provenTokenId(created(tokenText('sk', { u: 'hexa', a: ID })), NONCE, account)).toBeUndefined();
    expect(provenTokenId(created('no token'), NONCE, account)).toBeUndefined();
  });

  it('is its recent creation if its note has no marker', () => {
    for (const note of ['', 'Release', 'Release (octo/maps) [until job'])
      expect(provenTokenId(created(text, { note, ...now }), NONCE, account)).toBe(ID);
    expect(provenTokenId(created(text, { note: 'Release' }), NONCE, account)).toBeUndefined();
    const old = { created: new Date(START - 60_001), serverDate: new Date(START) };
    expect(provenTokenId(created(text, { note: 'Release', ...old }), NONCE, account)).toBeUndefined();
  });

  it('is never another step’s marker, however recent', () => {
    const note = NOTE.replace(NONCE, 'another1');
    expect(provenTokenId(created(text, { note, ...now }), NONCE, account)).toBeUndefined();
  });

  it('for a step without a nonce is a new token without a note', () => {
    expect(provenTokenId(created(text, { note: '', ...now }), undefined, account)).toBe(ID);
    expect(provenTokenId(created(text, { note: 'Release', ...now }), undefined, account)).toBeUndefined();
  });
});
