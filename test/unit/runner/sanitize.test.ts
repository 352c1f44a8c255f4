import { describe, expect, it } from 'vitest';
import { sanitize } from '../../../src/runner/sanitize.ts';
import { newId, writeToken } from '../../support/mapbox/token-format.ts';
import fc from '../../support/random.ts';
import { readCommand } from '../../support/runner/commands.ts';

const token = writeToken({ usage: 'sk', payload: { u: 'octo', a: newId() } }, Buffer.from('key'));

describe('a secret in a line for the log', () => {
  it('is hidden if it looks like a token', () => {
    expect(sanitize(`with ${token}.`)).toBe('with ***.');
    expect(sanitize(`with ${token}, and more`)).toBe('with ***, and more');
  });

  it('is hidden if it is known, whatever it looks like', () => {
    expect(sanitize('the password is hunter2, hunter2', ['hunter2'])).toBe('the password is ***, ***');
  });

  it('is hidden completely if another is a part of it, in any order', () => {
    for (const secrets of [
      ['part', 'the part of it'],
      ['the part of it', 'part'],
    ])
      expect(sanitize('(the part of it)', secrets)).toBe('(***)');
  });
});

it.each(['https://sk.wikipedia.org', 'octo/sk.mapviewer', '.github/workflows/tk.yml', 'a::b', 'C++ ## [x]'])(
  'leaves %j unchanged',
  text => {
    expect(sanitize(text)).toBe(text);
  },
);

describe('a control character', () => {
  it.each([
    ['an escape sequence', 'a\u001b[31mb', 'a [31mb'],
    ['a backspace', 'a\bb', 'a b'],
    ['a null', 'a\0b', 'a b'],
    ['DEL', 'a\u007fb', 'a b'],
    ['an eight-bit control', 'a\u009b31mb', 'a 31mb'],
    ['a next line', 'a\u0085b', 'a b'],
    ['a line separator', 'a\u2028b', 'a b'],
    ['a paragraph separator', 'a\u2029b', 'a b'],
    ['a vertical tab', 'a\vb', 'a b'],
    ['one before the end of a line', 'a\u0000\nb', 'a b'],
    ['one after the end of a line', 'a\n\u0000b', 'a b'],
    ['several together', 'a\u0000\u001b\u202e\u0007b', 'a b'],
  ])('becomes a space: %s', (_, text, clean) => {
    expect(sanitize(text)).toBe(clean);
  });

  const bidi = [
    0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
  ];
  it.each(bidi.map(code => [code.toString(16), code] as const))(
    'becomes a space: U+%s, which changes the text direction',
    (_, code) => {
      expect(sanitize(`a${String.fromCodePoint(code)}b`)).toBe('a b');
    },
  );

  it.each(['\n', '\r', '\r\n', '\n\n'])('that ends a line (%j) still ends one', end => {
    expect(sanitize(`a${end}b`)).toBe('a\nb');
  });

  it('is not a letter of any script or a part of a composed character', () => {
    const text = 'Ströme, карты, 地図, خرائط, 👨‍👩‍👧';
    expect(sanitize(text)).toBe(text);
  });
});

describe('a runner command', () => {
  it.each([
    '::error::x',
    '  ::add-mask::x',
    '\t::error::x',
    '\u00a0::error::x',
    '\u3000::error::x',
    '\ufeff::error::x',
    'a\n::set-output name=x::y',
    'a\r::error::x',
    'a\r\n \n ::error::x',
    'a\u2028::error::x',
    '\u202e::error::x',
    '\u0000::error::x',
    '##[error]x',
    'a ##[set-env name=X;]y',
    '###[error]x',
    '##\n##[error]x',
    '::::error::x',
    '##[[error]x',
    `${token}\n::error::x`,
  ])('is disarmed: %j', text => {
    for (const line of sanitize(text).split('\n')) expect(readCommand(line)).toBeUndefined();
    expect(sanitize(text)).not.toMatch(/^\s*::|##\[/m);
  });

  it('cannot be assembled from any pieces', () => {
    const piece = fc.constantFrom(
      '::',
      ':',
      'error',
      '##',
      '#',
      '[',
      ']',
      'x',
      ' ',
      '\n',
      '\r',
      '\t',
      '\0',
      '\u0085',
      '\u2028',
      '\u202e',
      '\u00a0',
      '\ufeff',
      'hidden',
      token,
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
        const clean = sanitize(pieces.join(''), ['hidden', ':##']);
        expect(clean).not.toMatch(/(?:^|[\r\n])\s*::|##\[/);
        expect(clean).not.toMatch(/[\p{Zl}\p{Zp}\p{Bidi_Control}]|(?!\n)\p{Cc}/u);
        expect(clean).not.toContain(token);
      }),
      { numRuns: 5_000 },
    );
  });
});
