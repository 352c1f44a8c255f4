import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/duration.ts';
import { parseLifetime } from '../../../src/inputs/lifetime.ts';
import { InputProblems } from '../../../src/inputs/problems.ts';

describe('a duration', () => {
  it.each([
    ['20m', 1200],
    ['45 min', 2700],
    ['900s', 900],
    ['1h', 3600],
    ['1h 30m', 5400],
    ['1.5 hours', 5400],
    ['2 Minutes', 120],
    ['0.1h', 360],
    ['1 hr 1 sec', 3601],
  ])('%s is %i seconds', (words, seconds) => {
    expect(parseDuration(words)).toBe(seconds);
  });

  it.each(['', '20', 'm', '20 parsecs', '-5m', '5m later', '1,5h', '１m', 'toString', '1 constructor'])(
    'is not %j',
    words => expect(parseDuration(words)).toBeUndefined(),
  );
});

describe('a lifetime', () => {
  it.each([
    ['job', { kind: 'job' }],
    [' Permanent ', { kind: 'permanent' }],
    ['1h', { kind: 'temporary', seconds: 3600 }],
    ['1s', { kind: 'temporary', seconds: 1 }],
  ])('can be %j', (words, lifetime) => {
    expect(parseLifetime(words, new InputProblems())).toEqual(lifetime);
  });

  it.each(['61m', '3601s', '0m', '0.4s', 'forever', '20'])(
    'cannot be %j, and the way out is named',
    words => {
      const problems = new InputProblems();
      expect(parseLifetime(words, problems)).toBeUndefined();
      expect(() => problems.throwIfAny({})).toThrow(/one hour.*`job`/);
    },
  );
});

it.each([
  [0, '0.1 s'],
  [1234, '1.2 s'],
  [9949, '9.9 s'],
  [9950, '10 s'],
  [119_499, '119 s'],
  [120_000, '2 min'],
  [3_600_000, '1 h'],
  [5_400_000, '1 h 30 min'],
])('says %i milliseconds as %s', (milliseconds, words) => {
  expect(formatDuration(milliseconds)).toBe(words);
});
