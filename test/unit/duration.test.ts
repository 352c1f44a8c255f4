import { describe, expect, it } from 'vitest';
import { formatDuration, parseAge, parseDuration } from '../../src/duration.ts';

describe('a duration', () => {
  it.each([
    ['20m', 1200],
    ['45 min', 2700],
    ['900s', 900],
    ['1h', 3600],
    ['1h 30m', 5400],
    ['1h30m', 5400],
    ['1.5 hours', 5400],
    ['2 Minutes', 120],
    ['0.1h', 360],
    ['1 hr 1 sec', 3601],
    [' 90 secs ', 90],
    ['1 second', 1],
    ['2 hrs', 7200],
    ['3 mins', 180],
    ['1 minute', 60],
    ['1 hour', 3600],
    ['30 seconds', 30],
    ['1.25h', 4500],
    // In floating point, 0.3 minutes are not quite 18 seconds.
    ['0.3m', 18],
    ['1.9s', 1],
    ['0s', 0],
    ['1s'.repeat(500), 500],
  ])('%s is %i seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    '',
    ' ',
    '20',
    'm',
    '20 parsecs',
    '-5m',
    '5m later',
    'in 5m',
    '1,5h',
    '1.h',
    '.5h',
    '1.5.5h',
    '1e3s',
    '１m',
    '5m, 3s',
    'PT20M',
    '00:20:00',
    'toString',
    '1 constructor',
    '1d',
    `1${' '.repeat(10)}x`,
    `${'1s'.repeat(501)}`,
  ])('is not %j', text => expect(parseDuration(text)).toBeUndefined());
});

it.each([
  ['digits', '9'.repeat(100_000)],
  ['digits and a unit', `${'9'.repeat(100_000)}m`],
  ['blanks', `1${' '.repeat(100_000)}m`],
  ['parts', '1m'.repeat(50_000)],
  ['digits behind a dot', `1.${'1'.repeat(100_000)}`],
])('a duration of a hundred thousand %s is refused at once', (_, text) => {
  const before = performance.now();
  expect(parseDuration(text)).toBeUndefined();
  // Without a limit it took 13 s.
  expect(performance.now() - before).toBeLessThan(3_000);
});

describe('an age', () => {
  it.each([
    ['7d', 7 * 86_400],
    ['1 day', 86_400],
    ['30 Days', 30 * 86_400],
    ['1d 12h', 36 * 3600],
    ['36h', 36 * 3600],
    ['0d', 0],
  ])('%s is %i seconds', (text, seconds) => {
    expect(parseAge(text)).toBe(seconds);
  });

  it.each(['', '7', 'd', '7 dd', 'seven days', '-1d', '1w'])('is not %j', text => {
    expect(parseAge(text)).toBeUndefined();
  });
});

describe('a number of milliseconds', () => {
  it.each([
    [0, '0.1 s'],
    [1234, '1.2 s'],
    [9949, '9.9 s'],
    [9950, '10 s'],
    [119_499, '119 s'],
    [119_500, '2 min'],
    [120_000, '2 min'],
    [3_569_000, '59 min'],
    [3_570_000, '1 h'],
    [3_600_000, '1 h'],
    [5_400_000, '1 h 30 min'],
    [86_400_000, '24 h'],
  ])('%i is %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});
