import { expect, it } from 'vitest';
import { quoteInput } from '../../../src/inputs/quote.ts';
import { tokenText } from '../../support/tokens.ts';

it.each([
  ['a', '`a`'],
  ['x'.repeat(40), `\`${'x'.repeat(40)}\``],
  ['x'.repeat(41), `\`${'x'.repeat(40)}…\``],
  ['🗺'.repeat(41), `\`${'🗺'.repeat(40)}…\``],
  ['https://sk.wikipedia.org', '`https://sk.wikipedia.org`'],
])('shows %s as code, cut between characters', (text, shown) => {
  expect(quoteInput(text)).toBe(shown);
});

it('shows no token, whole or in part, also beyond where the text would be cut', () => {
  for (const text of [tokenText('sk'), tokenText('tk').slice(0, 12), `${'x'.repeat(60)}${tokenText('pk')}`]) {
    expect(quoteInput(text)).toBe('a token');
  }
});
