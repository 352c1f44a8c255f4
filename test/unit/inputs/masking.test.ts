import { describe, expect, it } from 'vitest';
import { maskTokenInputs, secretsIn } from '../../../src/inputs/masking.ts';
import { parseToken } from '../../../src/mapbox/token.ts';
import { FakeRunner } from '../../support/fake-runner.ts';
import {
  broken,
  expressions,
  names,
  other,
  others,
  pasted,
  placeholders,
  token,
} from '../../support/pasted-tokens.ts';
import { tokenText } from '../../support/tokens.ts';

describe('what is hidden', () => {
  it('is a token, once, without its surroundings', () => {
    expect(secretsIn(` ${token}\n`)).toEqual([token]);
  });

  it.each(pasted)('is the text and every token in it: %s', (_, text) => {
    const hidden = secretsIn(`\n${text} `);
    expect(hidden).toContain(text);
    expect(hidden.map(parseToken).some(claims => claims?.username === 'octo')).toBe(true);
    if (text.includes(other)) expect(hidden).toContain(other);
    // Each contains a token, or is one: nothing that other lines contain.
    expect(hidden.filter(secret => secret.length < 20)).toEqual([]);
  });

  it.each(broken)('is the text and the token that was meant: %s', (_, text) => {
    const hidden = secretsIn(text);
    expect(hidden).toContain(text);
    expect(hidden.some(secret => secret.startsWith('sk.eyJ'))).toBe(true);
    if (/\s/.test(text)) expect(hidden).toContain(token);
  });

  it('is the token in percent-encoded text, whether a code has a letter or not', () => {
    expect(secretsIn(`%73${token.slice(1).replace('.', '%2e')}`)).toContain(token);
  });

  it.each(others)('is the text: %s', (_, text) => {
    expect(secretsIn(text)).toContain(text);
  });

  it.each([...placeholders, ...expressions, ...names])(
    'is not %s, which other lines of the log may contain',
    text => {
      expect(secretsIn(` ${text} `)).toEqual([]);
    },
  );

  it.each([`\${{ ${token} }}`, `<${token}>`, `[your ${token}]`])(
    'is a token that looks like a placeholder',
    text => {
      expect(secretsIn(text)).toContain(token);
    },
  );

  it.each(['', ' \n'])('is not the empty text', text => {
    expect(secretsIn(text)).toEqual([]);
  });
});

describe('a secret is hidden even if', () => {
  it.each([
    [
      'a name is in it',
      ['hunter2 MAPBOX_TOKEN', 'MAPBOX_TOKEN hunter2', 'hunter2secrets.X', 'secrets.X!hunter2'],
    ],
    ['an expression is in it', ['hunter2 ${{ x }}', '${{ x }} hunter2', 'hunter2{{ x }}']],
    [
      'a placeholder is in it',
      ['your secret is hunter2', 'none of hunter2', '<hunter2>', '[hunter2]', 'xxx hunter2'],
    ],
    ['it begins as a name does', ['$3cretPassword', '$HUNTER', 'HUNTER', '%hunter%']],
  ])('%s', (_, texts) => {
    for (const text of texts) expect(secretsIn(text)).toEqual([text]);
  });
});

describe('masking the authorizing token', () => {
  const masksOf = (input: string) => {
    const runner = new FakeRunner({ inputs: { 'authorizing-token': input } });
    maskTokenInputs(runner, ['authorizing-token']);
    return runner.masks;
  };

  it('hides the input and every token in it', () => {
    const token = tokenText('sk');
    expect(masksOf(` ${token}\n`)).toEqual([token]);
    expect(masksOf(`{"token":"${token}"}`)).toEqual([`{"token":"${token}"}`, token]);
    expect(masksOf('correct-horse-battery')).toEqual(['correct-horse-battery']);
  });

  it.each(['', 'none', 'undefined', '${{ secrets.X }}'])('does not hide %j', input => {
    expect(masksOf(input)).toEqual([]);
  });
});
