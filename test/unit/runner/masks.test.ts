import { describe, expect, it } from 'vitest';
import { maskTexts } from '../../../src/runner/masks.ts';
import { MIN_TOKEN_LENGTH } from '../../../src/secret.ts';
import { writeToken } from '../../support/mapbox/token-format.ts';
import fc from '../../support/random.ts';
import { Masks } from '../../support/runner/masks.ts';
import { idOf } from '../../support/tokens.ts';

/** Tokens of every length in groups of three bytes. Not random: three of their letters may be in the text around them. */
const TOKENS = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(length =>
  writeToken({ usage: 'sk', payload: { u: 'o'.repeat(length), a: idOf(length) } }, Buffer.from('key')),
);

const base64 = (text: string) => Buffer.from(text).toString('base64');
const base64url = (text: string) => Buffer.from(text).toString('base64url');
const unpadded = (text: string) => base64(text).replace(/=+$/, '');

/** A log that hides a secret's masks, in the runner's own forms only. */
function logHiding(secret: string): Masks {
  const masks = new Masks();
  for (const text of maskTexts(secret, MIN_TOKEN_LENGTH)) masks.add(text);
  return masks;
}

/** The longest part of a token that base64 shows in whole groups, at any of the three offsets. */
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
  it('is tested at every length', () => {
    expect(new Set(TOKENS.map(({ length }) => length % 3))).toEqual(new Set([0, 1, 2]));
  });

  const before = ['', ':', 'x:', 'mapbox:', 'x-access-token:', '{"token":"', 'é', 'token is\n'];
  const after = ['', '\n', ':', ':x', '"}', '\r\n', ' and more text'];
  const encodings = { base64, unpadded, base64url };
  const cases = Object.entries(encodings).flatMap(([name, encode]) =>
    before.flatMap(prefix => after.map(suffix => ({ name, prefix, suffix, encode }))),
  );

  it.each(cases)(
    'shows at most two characters of it: $name of $prefix…$suffix',
    ({ prefix, suffix, encode }) => {
      for (const token of TOKENS) {
        const encoded = encode(prefix + token + suffix);
        const shown = logHiding(token).hide(encoded);
        expect(shown).toContain('***');
        // Two bytes at each end share a group with the surrounding text.
        expect(longestPartIn(shown, token)).toBeLessThanOrEqual(2);
      }
    },
  );
});

describe('the masks', () => {
  it('is a token, and each half of its signature, as it is and in three base64 forms', () => {
    for (const token of TOKENS) {
      const signature = token.split('.')[2] ?? '';
      const [whole, ...halves] = [token, signature.slice(0, 11), signature.slice(11)];
      const texts = maskTexts(token, MIN_TOKEN_LENGTH);
      expect(texts).toHaveLength(12);
      expect(texts).toEqual(expect.arrayContaining([whole, ...halves]));
      for (const half of halves) {
        const forms = [0, 1, 2].map(shift => base64(half.slice(shift, half.length - ((11 - shift) % 3))));
        expect(texts).toEqual(expect.arrayContaining(forms));
      }
    }
  });

  it.each([
    ['a token of GitHub', `ghs_${'a1B2'.repeat(9)}`],
    ['a token of GitHub of three parts', `ghs_${'a1B2'.repeat(9)}.abcdefghijkl.mnopqrstuvwxyz`],
    ['a token of two parts', TOKENS[0]?.split('.').slice(0, 2).join('.') ?? ''],
    ['a token of four parts', `${TOKENS[0]}.abcdefghijklmnopqrstuv`],
    ['halves of fewer than eight characters', `sk.eyJ1Ijoib2N0byJ9.${'abcdefghijklmno'.slice(0, 14)}`],
  ])('is only the whole text and its base64 for %s', (_, text) => {
    expect(maskTexts(text, MIN_TOKEN_LENGTH)).toHaveLength(4);
  });

  it('is the signature of a token on any line of a text', () => {
    const [token = ''] = TOKENS;
    const texts = maskTexts(`first line\n ${token}\nlast line`, MIN_TOKEN_LENGTH);
    expect(texts).toEqual(expect.arrayContaining(maskTexts(token, MIN_TOKEN_LENGTH)));
  });

  it('also uses the URL alphabet if a password’s base64 differs in it', () => {
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

  it('starts at eight characters', () => {
    expect(maskTexts('12345678', MIN_TOKEN_LENGTH)).toEqual([
      '12345678',
      base64('123456'),
      base64('234567'),
      base64('345678'),
    ]);
  });

  it('includes shorter texts if requested, but no base64 short enough to occur by chance', () => {
    expect(maskTexts('pw', 1)).toEqual(['pw']);
    expect(maskTexts('hunter2', 1)).toEqual(['hunter2', base64('hunter'), base64('unter2')]);
    expect(maskTexts(' ', 1)).toEqual([]);
  });

  it.each(['\n', '\r\n', '\r', '\n\n'])('is each line of a text, without surrounding blanks (%j)', end => {
    const texts = maskTexts(`{${end}  "first-line",${end}e${end}second-line${end}`, MIN_TOKEN_LENGTH);
    expect(texts).toContain('"first-line",');
    expect(texts).toContain('second-line');
    expect(texts.filter(text => /[\r\n]|^\s|\s$/.test(text))).toEqual([]);
    expect(texts).not.toContain('e');
    expect(texts).not.toContain('{');
  });

  it('is each text once', () => {
    expect(maskTexts('same-line\nsame-line', MIN_TOKEN_LENGTH)).toHaveLength(4);
  });
});

describe('a token printed by a command', () => {
  const letters = fc.stringMatching(/^[\w-]{22}$/);
  const token = fc
    .tuple(fc.constantFrom('pk', 'sk', 'tk'), fc.stringMatching(/^eyJ[\w-]{20,120}$/), letters)
    .map(parts => parts.join('.'));
  const around = fc.oneof(
    fc.constantFrom('', '\n', ':', 'mapbox:'),
    fc.string({ unit: 'binary', maxLength: 90 }),
  );
  const column = fc.oneof(fc.constantFrom(64, 76), fc.integer({ min: 30, max: 200 }));

  /** Marks the hidden characters of the lines, in one array without line breaks. */
  const hiddenIn = (lines: readonly string[], secret: string): boolean[] =>
    lines.flatMap(line => {
      const hidden = Array.from(line, () => false);
      for (const text of maskTexts(secret, MIN_TOKEN_LENGTH)) {
        for (let at = line.indexOf(text); at >= 0; at = line.indexOf(text, at + 1)) {
          hidden.fill(true, at, at + text.length);
        }
      }
      return hidden;
    });

  const broken = (text: string, width: number) => text.match(new RegExp(`.{1,${width}}`, 'gs')) ?? [];

  it('has nine hidden characters of its signature in base64, in any context and line width', () => {
    const alphabet = fc.constantFrom<'base64' | 'base64url'>('base64', 'base64url');
    fc.assert(
      fc.property(token, around, around, alphabet, column, (secret, before, after, encoding, width) => {
        const encoded = Buffer.from(before + secret + after).toString(encoding);
        const hidden = hiddenIn(broken(encoded, width), secret);
        const end = Buffer.byteLength(before + secret);
        const bytes = Array.from({ length: 22 }, (_, at) => end - 22 + at);
        // A byte is in the sextets of its first and its last bit.
        const count = bytes.filter(
          at => hidden[Math.floor((at * 8) / 6)] && hidden[Math.floor((at * 8 + 7) / 6)],
        ).length;
        expect(count).toBeGreaterThanOrEqual(9);
      }),
      { numRuns: 1_000 },
    );
  });

  it('has nine hidden characters of its signature in plain text, in any line width and however much is cut off', () => {
    fc.assert(
      fc.property(token, column, fc.nat(60), (secret, width, cut) => {
        const signature = secret.split('.')[2] ?? '';
        for (const shown of [secret.slice(cut), signature, `${secret.slice(cut)} and more`]) {
          const start = shown.indexOf(signature);
          if (start < 0) continue;
          const hidden = hiddenIn(broken(shown, width), secret).slice(start, start + 22);
          expect(hidden.filter(Boolean).length).toBeGreaterThanOrEqual(9);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('is hidden by the runner for common commands', () => {
    for (const secret of TOKENS) {
      const signature = secret.split('.')[2] ?? '';
      const outputs = [
        broken(base64(`${secret}\n`), 76),
        broken(base64(secret), 64),
        [signature],
        [secret.slice(10)],
        broken(secret, 40),
      ];
      for (const lines of outputs) {
        const shown = lines.map(line => logHiding(secret).hide(line));
        expect(shown.join('')).toContain('***');
        expect(longestPartIn(shown.join(' '), signature)).toBeLessThanOrEqual(13);
        for (const line of shown) expect(line).not.toContain(signature);
      }
    }
  });
});
