import { expect, it } from 'vitest';
import { parseAge, parseDuration } from '../../src/duration.ts';

it.each([
  ['7d', 7 * 86_400],
  ['1 day', 86_400],
  ['30 Days', 30 * 86_400],
  ['1d 12h', 36 * 3600],
  ['36h', 36 * 3600],
  ['0d', 0],
])('takes %s as an age', (text, seconds) => {
  expect(parseAge(text)).toBe(seconds);
});

it.each(['', '7', 'd', '7 dd', 'seven days', '-1d', '1w'])('does not take "%s" as an age', text => {
  expect(parseAge(text)).toBeUndefined();
});

it('does not take days as a duration', () => {
  expect(parseDuration('1d')).toBeUndefined();
});
