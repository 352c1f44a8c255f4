import { describe, expect, it } from 'vitest';
import { parseProxySettings } from '../../../src/http/proxy.ts';

const API = new URL('https://api.mapbox.com');
const HOST = '127.0.0.1:3128';
const parse = (env: Record<string, string>, api = API) => parseProxySettings(api, env);
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('the proxy', () => {
  it.each([
    [{ HTTPS_PROXY: 'http://proxy:1' }, 'HTTPS_PROXY', 'http://proxy:1/'],
    [{ https_proxy: 'http://proxy:1' }, 'https_proxy', 'http://proxy:1/'],
    [{ HTTP_PROXY: 'http://proxy:1' }, 'HTTP_PROXY', 'http://proxy:1/'],
    [{ http_proxy: 'http://proxy:1' }, 'http_proxy', 'http://proxy:1/'],
    [{ HTTPS_PROXY: 'http://one:1', HTTP_PROXY: 'http://two:1' }, 'HTTPS_PROXY', 'http://one:1/'],
    [{ HTTPS_PROXY: 'http://one:1', http_proxy: 'http://two:1' }, 'HTTPS_PROXY', 'http://one:1/'],
    [{ HTTPS_PROXY: 'http://one:1', https_proxy: 'http://two:1' }, 'https_proxy', 'http://two:1/'],
    [{ HTTPS_PROXY: 'http://one:1', https_proxy: ' ' }, 'HTTPS_PROXY', 'http://one:1/'],
    [{ HTTPS_PROXY: '', HTTP_PROXY: 'http://proxy:1' }, 'HTTP_PROXY', 'http://proxy:1/'],
    [{ HTTPS_PROXY: 'proxy:1' }, 'HTTPS_PROXY', 'http://proxy:1/'],
    [{ HTTPS_PROXY: 'HTTP://PROXY:1' }, 'HTTPS_PROXY', 'http://proxy:1/'],
    [{ HTTPS_PROXY: ' https://proxy:1/ ' }, 'HTTPS_PROXY', 'https://proxy:1/'],
    [{ HTTPS_PROXY: 'http://[::1]:3128' }, 'HTTPS_PROXY', 'http://[::1]:3128/'],
    [{ HTTPS_PROXY: 'http://proxy:65535' }, 'HTTPS_PROXY', 'http://proxy:65535/'],
    [{ HTTPS_PROXY: 'http://prüfung.example:1' }, 'HTTPS_PROXY', 'http://xn--prfung-4ya.example:1/'],
    [{ HTTPS_PROXY: 'http://@proxy:1' }, 'HTTPS_PROXY', 'http://proxy:1/'],
    [{ HTTPS_PROXY: 'http://:@proxy:1' }, 'HTTPS_PROXY', 'http://proxy:1/'],
  ])('from %j is that of %s: %s', (env, variable, url) => {
    expect(parse(env)).toEqual({ url, variable, authorization: undefined, secrets: [] });
  });

  it.each([
    ['no variable is set', {}, API],
    [
      'the server is on loopback',
      { HTTPS_PROXY: 'http://proxy:1', HTTP_PROXY: 'http://proxy:1' },
      new URL('http://127.0.0.1:1'),
    ],
  ])('is undefined if %s', (_, env, api) => {
    expect(parse(env, api)).toBeUndefined();
  });
});

describe('a variable that is not used', () => {
  it.each([
    { HTTPS_PROXY: 'http://good:1', HTTP_PROXY: 'socks5://127.0.0.1:1' },
    { HTTPS_PROXY: 'http://good:1', HTTP_PROXY: 'nonsense://' },
  ])('is not validated: %j', env => {
    expect(parse(env)).toMatchObject({ url: 'http://good:1/' });
  });

  it.each([
    '*',
    'api.mapbox.com',
    'mapbox.com',
    '.mapbox.com',
    '*.mapbox.com',
    'API.MAPBOX.COM',
    'x, api.mapbox.com:443',
    'a * b',
    'api.mapbox.com.',
  ])('is not validated with NO_PROXY=%s', NO_PROXY => {
    expect(parse({ HTTPS_PROXY: 'socks5://127.0.0.1:1', NO_PROXY })).toBeUndefined();
  });

  it.each(['box.com', 'api.mapbox.com:80', 'xapi.mapbox.com', '*.api.mapbox.com', ',', '[::1]'])(
    'is used with NO_PROXY=%s',
    NO_PROXY => {
      expect(parse({ HTTPS_PROXY: 'http://proxy:1', NO_PROXY })).toMatchObject({ url: 'http://proxy:1/' });
    },
  );

  it('is not validated for a host with a final dot', () => {
    const env = { HTTPS_PROXY: 'socks5://127.0.0.1:1', NO_PROXY: 'api.mapbox.com' };
    expect(parse(env, new URL('https://api.mapbox.com.'))).toBeUndefined();
  });

  it.each(['::1', '[::1]', '[::1]:443'])('may be bypassed for an IPv6 address: %s', NO_PROXY => {
    expect(parse({ HTTPS_PROXY: 'http://proxy:1', NO_PROXY }, new URL('https://[::1]'))).toBeUndefined();
  });
});

describe('proxy credentials', () => {
  it.each([
    ['user:password', 'user:password'],
    ['user:100%sure', 'user:100%sure'],
    ['user:100%25sure', 'user:100%sure'],
    ['CORP\\bob:secret', 'CORP\\bob:secret'],
    ['CORP%5Cbob:secret', 'CORP\\bob:secret'],
    [':secret', ':secret'],
    ['keykeykey', 'keykeykey:'],
    ['keykeykey:', 'keykeykey:'],
    ['user:p@ss:word', 'user:p@ss:word'],
    ['user:p#s?s/word', 'user:p#s?s/word'],
    ['user:grüße', 'user:grüße'],
    ['user:gr%C3%BC%C3%9Fe', 'user:grüße'],
    ['user:50%+%21', 'user:50%+!'],
    ['user:%', 'user:%'],
    ['user:a://b', 'user:a://b'],
    ['user:pa"ss', 'user:pa"ss'],
  ])('%s are decoded as intended', (given, meant) => {
    expect(parse({ HTTPS_PROXY: `http://${given}@${HOST}` })).toMatchObject({
      url: `http://${HOST}/`,
      authorization: basic(meant),
    });
  });

  it('may be percent-encoded in any encoding', () => {
    expect(parse({ HTTPS_PROXY: `http://user:gr%FC%DFe@${HOST}` })?.authorization).toBe(
      `Basic ${Buffer.from('user:grüße', 'latin1').toString('base64')}`,
    );
  });

  const secretsOf = (given: string) => parse({ HTTPS_PROXY: `http://${given}@${HOST}` })?.secrets;
  const base64 = (text: string) => basic(text).slice('Basic '.length);

  it('are masked as written, decoded and as sent, except a short user', () => {
    expect(secretsOf('user:100%25sure')).toEqual(['100%25sure', '100%sure', base64('user:100%sure')]);
    expect(secretsOf('user:a%/bcdef')).toEqual(['a%/bcdef', 'a%25%2Fbcdef', base64('user:a%/bcdef')]);
    expect(secretsOf('user:abcdef')).toEqual(['abcdef', base64('user:abcdef')]);
    expect(secretsOf('bob:')).toEqual([base64('bob:')]);
    expect(secretsOf('api-key')).toEqual(['api-key', base64('api-key:')]);
  });

  it('with a short password are masked as a pair, and so is a user that may be the key', () => {
    expect(secretsOf('user:1')).toEqual(['user:1', base64('user:1')]);
    expect(secretsOf('user:%31')).toEqual(['user:%31', 'user:1', base64('user:1')]);
    expect(secretsOf('user:100%25')).toEqual(['user:100%25', 'user:100%', base64('user:100%')]);
    expect(secretsOf('KEYOFTHEPROXY:x')).toEqual([
      'KEYOFTHEPROXY:x',
      'KEYOFTHEPROXY',
      base64('KEYOFTHEPROXY:x'),
    ]);
    expect(secretsOf('ab%63de:x')).toEqual(['ab%63de:x', 'abcde:x', base64('abcde:x')]);
    expect(secretsOf(':1')).toEqual([base64(':1')]);
  });

  it('never leave a mask of a few characters after the runner has split and trimmed them', () => {
    const blanks = '%20'.repeat(7);
    expect(secretsOf(`user:${blanks}1`)).toEqual([
      `user:${blanks}1`,
      'user:       1',
      base64('user:       1'),
    ]);
    expect(secretsOf('user:abcdef%0A1')).toEqual(['user:abcdef%0A1', base64('user:abcdef\n1')]);
    expect(secretsOf('user:abcdef%0Aabcdef')).toEqual([
      'abcdef%0Aabcdef',
      'abcdef\nabcdef',
      base64('user:abcdef\nabcdef'),
    ]);
    expect(secretsOf('%20:1')).toEqual(['%20:1', base64(' :1')]);
  });
});

it.each([
  [`http://${HOST}/pac`, /path, a query or a fragment/],
  [`http://${HOST}/?x=1`, /path, a query or a fragment/],
  [`http://user:hunter2@${HOST}/pac`, /path/],
  ['socks5://user:hunter2@127.0.0.1:1', /SOCKS/],
  ['SOCKS4A://127.0.0.1:1', /SOCKS/],
  ['socks://127.0.0.1:1', /SOCKS/],
  ['ftp://127.0.0.1', /neither `http:/],
  ['hunter2://127.0.0.1', /neither `http:/],
  ['httpx://127.0.0.1', /neither `http:/],
  ['xhttps://127.0.0.1', /neither `http:/],
  ['nosocks://127.0.0.1', /neither `http:/],
  ['file:///pac', /neither `http:/],
  ['"http://127.0.0.1:3128"', /quotes/],
  ['http://', /no valid host/],
  ['http://user:hunter2@', /no valid host/],
  ['http://:3128', /no valid host/],
  ['http://127.0.0.1:0', /port/],
  ['http://127.0.0.1:-1', /port/],
  ['http://user:hunter2', /port/],
  ['http://[::1', /no valid host/],
  ['::1', /no valid host/],
  ['http://a|b', /no valid host/],
  ['http:/127.0.0.1:1', /path/],
  ['http://127.0.0.1:99999', /port/],
  ['http://127.0.0.1:x', /port/],
  ['http://two words:1', /space/],
  ['http://CORP\\bob', /backslash/],
])('%s is an error that names the variable and the problem, but not the value', (value, wrong) => {
  const attempt = () => parse({ HTTPS_PROXY: value });
  expect(attempt).toThrow(wrong);
  expect(attempt).toThrow(/^HTTPS_PROXY /);
  expect(attempt).not.toThrow(/hunter2|CORP/);
  expect(() => parse({ HTTP_PROXY: value })).toThrow(/^HTTP_PROXY /);
});
