import { describe, expect, it } from 'vitest';
import {
  isStrings,
  isTokenId,
  parseDate,
  parseJson,
  parseObject,
  parseToken,
} from '../../../src/mapbox/token.ts';
import { idOf, OWNER, tokenText } from '../../support/tokens.ts';

describe('the text of a token', () => {
  it('gives its account, usage and ID', () => {
    for (const usage of ['pk', 'sk'] as const) {
      expect(parseToken(tokenText(usage, { u: OWNER, a: idOf(7) }))).toEqual({
        usage,
        username: OWNER,
        id: idOf(7),
        issuedAt: undefined,
        expiresAt: undefined,
        scopes: undefined,
      });
    }
  });

  it('of a temporary token gives its issue, expiry and scopes', () => {
    const claims = { u: OWNER, iat: 1_767_323_045, exp: 1_767_326_645.5, scopes: ['styles:read'] };
    expect(parseToken(tokenText('tk', claims))).toEqual({
      usage: 'tk',
      username: OWNER,
      id: undefined,
      issuedAt: new Date('2026-01-02T03:04:05Z'),
      expiresAt: new Date('2026-01-02T04:04:05.500Z'),
      scopes: ['styles:read'],
    });
  });

  it.each([
    ['1767323045', 1e300],
    [1e300, '1767326645'],
  ])('gives its account even if other claims are invalid: %j, %j', (iat, exp) => {
    const claims = { u: OWNER, a: 7, iat, exp, scopes: ['styles:read', 7] };
    expect(parseToken(tokenText('tk', claims))).toEqual({
      usage: 'tk',
      username: OWNER,
      id: undefined,
      issuedAt: undefined,
      expiresAt: undefined,
      scopes: undefined,
    });
  });

  const [usage = '', payload = '', signature = ''] = tokenText('sk').split('.');
  const encoded = (text: string) => `${usage}.${Buffer.from(text).toString('base64url')}.${signature}`;

  it.each([
    ['nothing', ''],
    ['another prefix', `xk.${payload}.${signature}`],
    ['a prefix in capitals', `SK.${payload}.${signature}`],
    ['no payload', `${usage}..${signature}`],
    ['no signature', `${usage}.${payload}.`],
    ['two parts', `${usage}.${payload}`],
    ['four parts', `${usage}.${payload}.${signature}.${signature}`],
    ['a blank before it', ` ${usage}.${payload}.${signature}`],
    ['a line break in its payload', `${usage}.${payload.slice(0, 9)}\n${payload.slice(9)}.${signature}`],
    ['padding', `${usage}.${payload}=.${signature}`],
    ['a quote after its signature', `${usage}.${payload}.${signature}"`],
    ['a payload that is not JSON', encoded('octo')],
    ['a payload that is a list', encoded('["octo"]')],
    ['no account', encoded('{"a":"x"}')],
    ['an empty account', encoded('{"u":""}')],
    ['an account that is a number', encoded('{"u":7}')],
  ])('is invalid with %s', (_, text) => {
    expect(parseToken(text)).toBeUndefined();
  });
});

describe('the id of a token', () => {
  it.each(['cjo6jcmxn0l3x3vqmdr4epqk8', idOf(3), 'abcde', 'a'.repeat(64), 'CMY1SCB5R7'])('can be %s', id => {
    expect(isTokenId(id)).toBe(true);
  });

  it.each([
    '',
    'abcd',
    'a'.repeat(65),
    '../../octo',
    'abc/def',
    'abcde?x=1',
    'abcde.',
    'abc%2e',
    'abcdé',
    'abcde\n',
  ])('cannot be %j, which would lead to another path', id => {
    expect(isTokenId(id)).toBe(false);
  });
});

it('dates are parsed from milliseconds and text, anything else is undefined', () => {
  expect(parseDate(0)).toEqual(new Date(0));
  expect(parseDate('Fri, 02 Jan 2026 03:04:05 GMT')).toEqual(new Date('2026-01-02T03:04:05Z'));
  for (const zone of ['+02:00', '+0200'])
    expect(parseDate(`2026-01-02T05:04:05.678${zone}`)).toEqual(new Date('2026-01-02T03:04:05.678Z'));
  for (const nonsense of ['', 'soon', Number.NaN, 9e15]) expect(parseDate(nonsense)).toBeUndefined();
  for (const unclear of [
    ...['2026', '2026-01-02', '2026-01-02T03:04:05', 'Fri, 02 Jan 2026 03:04:05'],
    'Fri, 02 Jan 2026 03:04:05 GMT (estimated)',
  ])
    expect(parseDate(unclear)).toBeUndefined();
});

it('JSON is parsed, anything else is undefined', () => {
  expect(parseJson('[1]')).toEqual([1]);
  expect(parseJson('{')).toBeUndefined();
  expect(parseObject('{"a":1}')).toEqual({ a: 1 });
  for (const text of ['[1]', 'null', '"a"', '7', '']) expect(parseObject(text)).toBeUndefined();
});

it('a list of texts has no other entries', () => {
  expect(isStrings([])).toBe(true);
  expect(isStrings(['a', ''])).toBe(true);
  for (const value of [['a', 1], [undefined], 'a', { length: 0 }, undefined])
    expect(isStrings(value)).toBe(false);
});
