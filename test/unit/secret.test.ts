import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { extractTokens, looksSecret, redact, Secret } from '../../src/secret.ts';
import { newId, writeToken } from '../support/mapbox/token-format.ts';

const KEY = Buffer.from('key');
const token = (usage: 'pk' | 'sk', username = 'octo') =>
  writeToken({ usage, payload: { u: username, a: newId() } }, KEY);
const secretToken = token('sk');
const [usage, payload = '', signature = ''] = secretToken.split('.');

describe('a token is found', () => {
  it.each(['pk', 'sk'] as const)('of usage %s, whole', usage => {
    const text = token(usage);
    expect(extractTokens(`a ${text} b`)).toEqual([text]);
  });

  it('that is temporary, and longer than two thousand characters', () => {
    const scopes = Array.from({ length: 100 }, (_, n) => `tilesets:read-${n}`);
    const payload = { u: 'octo', exp: 2e9, iat: 1e9, scopes, client: 'api' };
    const text = writeToken({ usage: 'tk', payload }, KEY);
    expect(text.length).toBeGreaterThan(2_000);
    expect(extractTokens(`"${text}"`)).toEqual([text]);
  });

  it.each([
    ['without its signature', `${usage}.${payload}`],
    ['without the end of its payload', `${usage}.${payload.slice(0, 12)}`],
    ['without the end of its signature', `${usage}.${payload}.${signature.slice(0, 5)}`],
    ['as soon as its payload begins', `${usage}.${payload.slice(0, 3)}`],
  ])('that is cut off: %s', (_, text) => {
    expect(extractTokens(`a ${text} b`)).toEqual([text]);
  });

  it.each([
    ['an address', `https://api.mapbox.com/tokens/v2?access_token=${secretToken}&limit=1`],
    ['JSON', JSON.stringify({ token: secretToken })],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ token: `\n${secretToken}\n` }))],
    ['JSON with escaped quotes', `{\\u0022token\\u0022:\\u0022${secretToken}\\u0022}`],
    ['HTML', `<p>&quot;${secretToken}&quot;</p>`],
    ['a word directly before it', `token${secretToken}`],
  ])('in %s', (_, text) => {
    expect(extractTokens(text)).toEqual([secretToken]);
  });

  it('beside another', () => {
    const other = token('pk');
    expect(extractTokens(`${secretToken},${other}\n`)).toEqual([secretToken, other]);
  });
});

it.each([
  'https://sk.wikipedia.org',
  'https://git.sk.company-name.com/octo/maps',
  'octo/sk.mapviewer',
  'tk.yml',
  '.github/workflows/sk.deploy-tiles.yml',
  'pk.production-key.json',
  'sk.EYJ-capitals-are-no-payload',
  'ak.eyJ1Ijoib2N0byJ9',
  'sk-eyJ1Ijoib2N0byJ9',
  '',
])('finds no token in %j', text => {
  expect(extractTokens(text)).toEqual([]);
});

describe('a text looks secret', () => {
  it.each([
    ['a token', secretToken],
    ['a token without its usage', `${payload}.${signature}`],
    ['a token with encoded dots', secretToken.replaceAll('.', '%2E')],
    [
      'a token with dots encoded in lower case',
      `https://example.com/?t=${secretToken.replaceAll('.', '%2e')}`,
    ],
    ['the beginning of a payload', `by ${payload.slice(0, 9)}`],
    ['a GitHub token', `ghp_${'a1'.repeat(18)}`],
  ])('with %s', (_, text) => {
    expect(looksSecret(text)).toBe(true);
  });

  it.each([
    'joeyJackson-maps',
    'https://example.com/%7BeyJ',
    'sk.wikipedia.org',
    'Nightly0Build1Of2The3Tilesets4',
    '0123456789abcdef'.repeat(3),
    'gho_st',
  ])('but not with %j alone', text => {
    expect(looksSecret(text)).toBe(false);
  });
});

describe('a quoted text', () => {
  it.each([
    ['a token', `x ${secretToken} y`, 'x *** y'],
    ['the end of a token', `x ${payload} y`, 'x *** y'],
    ['a GitHub token', `x gh${'p_'}abc y`, 'x *** y'],
    ['a word that looks like a signature', 'x abcdefABCDEF1234 y', 'x *** y'],
  ])('does not show %s', (_, text, shown) => {
    expect(redact(text)).toBe(shown);
  });

  it.each(['abcdefghijklmnop1234', 'ABCDEFGHIJKLMNOP1234', 'abcdefghABCDEFGHijkl', 'abcABC123'])(
    'shows %s',
    text => {
      expect(redact(text)).toBe(text);
    },
  );
});

describe('a secret', () => {
  const secret = new Secret(secretToken);

  it.each([
    ['a template', `${secret}`],
    ['a sum', `a ${String(secret)}`],
    ['JSON', JSON.stringify({ secret })],
    ['an inspected object', inspect({ secret })],
    ['an inspected error', inspect(new Error('failed', { cause: secret }))],
    ['its properties', JSON.stringify(Object.entries(secret))],
  ])('does not show in %s', (_, text) => {
    expect(text).not.toContain(secretToken);
    expect(text).not.toContain(payload);
  });

  it.each([
    ['a template', `${secret}`, '***'],
    ['JSON', JSON.stringify({ secret }), '{"secret":"***"}'],
    ['an inspected object', inspect({ secret }), '{ secret: *** }'],
  ])('shows asterisks in %s', (_, text, shown) => {
    expect(text).toBe(shown);
  });

  it('is revealed on request', () => {
    expect(secret.reveal()).toBe(secretToken);
  });

  it('equals only one with the same text', () => {
    expect(secret.equals(new Secret(secretToken))).toBe(true);
    expect(secret.equals(new Secret(`${secretToken}x`))).toBe(false);
  });
});
