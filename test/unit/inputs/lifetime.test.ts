import { describe, expect, it } from 'vitest';
import { parseLifetime } from '../../../src/inputs/lifetime.ts';
import { parseInput } from '../../support/inputs.ts';
import { tokenText } from '../../support/tokens.ts';

const parse = (input: string) => parseInput(problems => parseLifetime(input, problems));

describe('a lifetime', () => {
  it.each([
    ['', { kind: 'job' }],
    ['job', { kind: 'job' }],
    [' Permanent ', { kind: 'permanent' }],
    ['PERMANENT', { kind: 'permanent' }],
    ['1h', { kind: 'temporary', seconds: 3600 }],
    ['60m', { kind: 'temporary', seconds: 3600 }],
    ['1s', { kind: 'temporary', seconds: 1 }],
    ['45 min', { kind: 'temporary', seconds: 2700 }],
  ])('can be %j', (input, lifetime) => {
    expect(parse(input)).toEqual({ value: lifetime, title: undefined, message: '' });
  });

  it.each([
    ['61m', /`61m`, but Mapbox limits.*one hour/],
    ['3601s', /`3601s`, but Mapbox limits.*one hour/],
    ['2h', /`2h`, but Mapbox limits.*one hour/],
    ['1d', /`1d`, but Mapbox limits.*one hour/],
    [`${'9'.repeat(400)}h`, /but Mapbox limits.*one hour/],
    ['0m', /is zero.*one hour/],
    ['0.4s', /is zero.*one hour/],
    ['forever', /`forever`, which is neither.*one hour/],
    ['20', /`20`, which is neither.*one hour with its unit/],
    ['-5m', /`-5m`, which is neither.*one hour/],
    ['PT20M', /`PT20M`, which is neither.*one hour/],
    ['jobs', /`jobs`, which is neither.*one hour/],
  ])('cannot be %s, and the limit and `job` are named', (input, says) => {
    const { value, title, message } = parse(input);
    expect([value, title]).toEqual([undefined, 'Invalid lifetime']);
    expect(message).toMatch(says);
    expect(message).toContain('or `job`, which keeps the token until the job ends');
  });

  it('does not show a token that is there by mistake', () => {
    expect(parse(tokenText('sk')).message).not.toContain('eyJ');
  });
});
