import { describe, expect, it } from 'vitest';
import { MIN_TOKEN_LENGTH, maskTexts } from '../../../src/runner/masks.ts';
import { writeToken } from '../../support/mapbox/token-format.ts';
import { Masks } from '../../support/runner/masks.ts';
import { idOf } from '../../support/tokens.ts';

/** Tokens of every length in groups of three bytes. Not random: three of their letters may be in the text around them. */
const TOKENS = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(length =>
  writeToken({ usage: 'sk', payload: { u: 'o'.repeat(length), a: idOf(length) } }, Buffer.from('key')),
);

const base64 = (text: string) => Buffer.from(text).toString('base64');
const base64url = (text: string) => Buffer.from(text).toString('base64url');
const unpadded = (text: string) => base64(text).replace(/=+$/, '');

/** A log that hides what is masked for a secret, in the runner's own forms and no others. */
function logHiding(secret: string): Masks {
  const masks = new Masks();
  for (const text of maskTexts(secret, MIN_TOKEN_LENGTH)) masks.add(text);
  return masks;
}

/** The longest part of a token that base64 shows, whole groups only, at any of the three offsets. */
function longestPartIn(shown: string, token: string): number {
  const decoded = shown
    .split('***')
    .flatMap(part => [0, 1, 2, 3].map(from => Buffer.from(part.slice(from), 'base64').toString('latin1')));
  for (let length = token.length; length > 0; length--) {
    for (let from = 0; from + length <= token.length; from++) {
      if (decoded.some(text => text.includes(token.slice(from, from + length)))) return length;
    }
  }
  return 0;
}

describe('the base64 of a token', () => {
  it('is tried in every length', () => {
    expect(new Set(TOKENS.map(({ length }) => length % 3))).toEqual(new Set([0, 1, 2]));
  });

  const before = ['', ':', 'x:', 'mapbox:', 'x-access-token:', '{"token":"', 'é', 'token is\n'];
  const after = ['', '\n', ':', ':x', '"}', '\r\n', ' and more text'];
  const encodings = { base64, unpadded, base64url };
  const cases = Object.entries(encodings).flatMap(([name, encode]) =>
    before.flatMap(prefix => after.map(suffix => ({ name, prefix, suffix, encode }))),
  );

  it.each(cases)(
    'shows no more than two characters of it: $name of $prefix…$suffix',
    ({ prefix, suffix, encode }) => {
      for (const token of TOKENS) {
        const encoded = encode(prefix + token + suffix);
        const shown = logHiding(token).hide(encoded);
        expect(shown).toContain('***');
        // What shares a group with the text around it: two bytes at each end.
        expect(longestPartIn(shown, token)).toBeLessThanOrEqual(2);
      }
    },
  );
});

describe('what is masked', () => {
  it('is a token in four forms', () => {
    for (const token of TOKENS) {
      const texts = maskTexts(token, MIN_TOKEN_LENGTH);
      expect(texts).toHaveLength(4);
      expect(texts[0]).toBe(token);
      for (const form of texts.slice(1)) expect(form).toMatch(/^[\w-]{4,}$/);
    }
  });

  it('is the alphabet of URLs, too, where the base64 of a password is another in it', () => {
    const password = 'pass~~~~word???word';
    expect(base64(password)).not.toBe(base64url(password));
    const masks = logHiding(password);
    for (const prefix of ['', ':', 'x:']) {
      for (const encode of [base64, unpadded, base64url]) {
        expect(longestPartIn(masks.hide(encode(`${prefix}${password}:`)), password)).toBeLessThanOrEqual(2);
      }
    }
  });

  it('counts bytes, not characters', () => {
    const password = 'pässwörd-ü';
    const masks = logHiding(password);
    for (const prefix of ['', ':', 'x:']) expect(masks.touches(base64(`${prefix}${password}\n`))).toBe(true);
  });

  it.each(['', ' ', 'none', 'e', '1234567', ' 1234567 ', '\n'])('is nothing for %j', text => {
    expect(maskTexts(text, MIN_TOKEN_LENGTH)).toEqual([]);
  });

  it('begins with eight characters', () => {
    expect(maskTexts('12345678', MIN_TOKEN_LENGTH)).toEqual([
      '12345678',
      base64('123456'),
      base64('234567'),
      base64('345678'),
    ]);
  });

  it('is a shorter text where that is requested, but no base64 that stands anywhere by chance', () => {
    expect(maskTexts('pw', 1)).toEqual(['pw']);
    expect(maskTexts('hunter2', 1)).toEqual(['hunter2', base64('hunter'), base64('unter2')]);
    expect(maskTexts(' ', 1)).toEqual([]);
  });

  it.each(['\n', '\r\n', '\r', '\n\n'])(
    'is each line of a text on its own, without the blanks around it (%j)',
    end => {
      const texts = maskTexts(`{${end}  "first-line",${end}e${end}second-line${end}`, MIN_TOKEN_LENGTH);
      expect(texts).toContain('"first-line",');
      expect(texts).toContain('second-line');
      expect(texts.filter(text => /[\r\n]|^\s|\s$/.test(text))).toEqual([]);
      expect(texts).not.toContain('e');
      expect(texts).not.toContain('{');
    },
  );

  it('is each text once', () => {
    expect(maskTexts('same-line\nsame-line', MIN_TOKEN_LENGTH)).toHaveLength(4);
  });
});
