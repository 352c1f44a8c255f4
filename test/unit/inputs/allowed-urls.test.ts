import { describe, expect, it } from 'vitest';
import { parseAllowedUrls } from '../../../src/inputs/allowed-urls.ts';
import type { Lifetime } from '../../../src/inputs/lifetime.ts';
import { parseInput } from '../../support/inputs.ts';
import { tokenText } from '../../support/tokens.ts';

const parse = (input: string, lifetime: Lifetime | undefined = { kind: 'job' }) =>
  parseInput(problems => parseAllowedUrls(input, lifetime, problems));

describe('allowed URLs are taken as written', () => {
  it.each([
    'https://example.com',
    'https://Example.com/Maps/',
    'example.com',
    'example.com/maps',
    '*.example.com',
    'localhost:8080',
    'http://localhost:*',
    'https://*.example.com:*/maps',
    'capacitor://localhost',
    'ionic://localhost',
    'file://',
    'app.example.com:3000',
    '192.168.0.1',
    '[::1]:8080',
    'https://[2001:db8::1]/',
    'https://example.com/?a=b#c',
    'https://sk.wikipedia.org',
    'https://tk.gov.example/pk.example',
    'https://münchen.example',
    'https://نامه\u200cای.example',
    'https://example.com/%20',
    `https://example.com/${'a'.repeat(2048 - 20)}`,
  ])('%s', url => {
    expect(parse(url)).toEqual({ value: [url], title: undefined, message: '' });
  });

  it('one a line, each once, in their sequence', () => {
    expect(parse('\n b.example \r\na.example\rc.example\n\nb.example\n')).toEqual({
      value: ['b.example', 'a.example', 'c.example'],
      title: undefined,
      message: '',
    });
  });

  it('up to 100', () => {
    const urls = Array.from({ length: 100 }, (_, n) => `${n}.example`);
    expect(parse(urls.join('\n'))).toEqual({ value: urls, title: undefined, message: '' });
  });

  it.each(['', ' \n '])('none from %j, also for a temporary token', input => {
    const parsed = parse(input, { kind: 'temporary', seconds: 60 });
    expect(parsed).toEqual({ value: [], title: undefined, message: '' });
  });

  it('whatever the lifetime, if that is wrong itself', () => {
    const { message } = parseInput(problems => parseAllowedUrls('example.com', undefined, problems));
    expect(message).toBe('');
  });
});

describe('allowed URLs stop the step', () => {
  it.each([
    ['white space', 'https://example.com https://example.org', 'white space'],
    ['a tab', 'https://example.com\t#x', 'white space'],
    ['a no-break space', 'https://example.com\u00a0/maps', 'white space'],
    ['a control character', 'https://example\u0007.com', 'an invisible character'],
    ['a zero-width space', 'https://example\u200b.com', 'an invisible character'],
    ['a direction mark', 'https://\u202eexample.com', 'an invisible character'],
    ['half a surrogate pair', 'https://example.com/\ud83d', 'an invisible character'],
    ['nothing before the first slash', '/maps', 'no host'],
    ['no scheme before the slashes', '//example.com', 'no host'],
    ['2,049 characters', `https://example.com/${'a'.repeat(2048 - 19)}`, '2049 characters'],
  ])('at one with %s', (_, url, says) => {
    const { title, message } = parse(`https://example.org\n${url}`);
    expect(title).toBe('Invalid input');
    expect(message).toContain(says);
    expect(message).toContain('`allowed-urls` has `');
    expect(message).toMatch(/Write one address a line, such as `https:\/\/example\.com`\.$|at most 2048\.$/);
  });

  it('at more than 100', () => {
    const urls = Array.from({ length: 101 }, (_, n) => `${n}.example`);
    expect(parse(urls.join('\n'))).toMatchObject({
      title: 'Invalid input',
      message: '`allowed-urls` has 101 URLs; Mapbox accepts at most 100.',
    });
  });

  it('with a temporary token', () => {
    expect(parse('example.com', { kind: 'temporary', seconds: 60 })).toMatchObject({
      title: 'Invalid input',
      message: expect.stringContaining('cannot be used with a temporary token'),
    });
  });

  it.each([
    `https://example.com/?access_token=${tokenText('pk')}`,
    tokenText('sk'),
    `https://example.com/${tokenText('sk').slice(0, 20)}`,
  ])('at one with a token in it, of which nothing is shown', url => {
    const { title, message } = parse(url);
    expect([title, message]).toEqual([
      'Invalid input',
      '`allowed-urls` has a token. Write the address only.',
    ]);
  });

  it('at each that is wrong', () => {
    expect(parse('/a\nexample.com\n/b').message.split('\n')).toEqual([
      expect.stringContaining('`/a`'),
      expect.stringContaining('`/b`'),
    ]);
  });
});
