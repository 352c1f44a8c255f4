import { describe, expect, it } from 'vitest';
import { describeUnreadableToken } from '../../../src/inputs/pasted-token.ts';
import {
  broken,
  expressions,
  names,
  others,
  pasted,
  placeholders,
  token,
} from '../../support/pasted-tokens.ts';
import { tokenText } from '../../support/tokens.ts';

describe('describes what a token was pasted with', () => {
  it.each(pasted)('%s', (_, text, says) => {
    const words = describeUnreadableToken(text);
    expect(words).toContain(says);
    expect(words).toContain('Save the token alone in the secret');
  });

  it.each(broken)('%s', (_, text, says) => {
    expect(describeUnreadableToken(text)).toBe(
      `${says}. Save the token alone in the secret, from \`sk.\` to its last character.`,
    );
  });

  it('also describes it for a public token', () => {
    const words = describeUnreadableToken(`"${tokenText('pk')}"`);
    expect(words).toMatch(/quotes.*also a public token/);
    expect(describeUnreadableToken(`"${token}"`)).not.toContain('public');
  });
});

describe('describes what was pasted instead of a token', () => {
  it.each(others)('%s', (_, text, says) => {
    expect(describeUnreadableToken(text)).toContain(says);
    expect(describeUnreadableToken(text)).toMatch(
      /[Cc]reate a (?:new one|token) on https:.*and save it in the secret\.$/,
    );
  });

  it.each(placeholders)('the placeholder %s', text => {
    expect(describeUnreadableToken(text)).toMatch(
      /^it is a placeholder\. .*the secret does not exist here\.$/,
    );
  });

  it.each(expressions)('the expression %s', text => {
    expect(describeUnreadableToken(text)).toMatch(/^it is the text of an expression, not its value\./);
  });

  it.each(names)('the name %s', text => {
    expect(describeUnreadableToken(text)).toMatch(/^it is a name, not a value\./);
  });
});

describe('never quotes', () => {
  it.each([...pasted, ...broken, ...others])('%s', (_, text) => {
    const words = describeUnreadableToken(text);
    for (let start = 0; start + 12 <= text.length; start++) {
      const piece = text.slice(start, start + 12);
      if (/^[a-z`. ]+$/i.test(piece)) continue;
      expect(words).not.toContain(piece);
    }
  });
});
