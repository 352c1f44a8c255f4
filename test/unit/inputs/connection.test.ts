import { describe, expect, it } from 'vitest';
import {
  isAccountName,
  parseApiUrl,
  parseFlag,
  parseTimeout,
  parseUsername,
} from '../../../src/inputs/connection.ts';
import { Secret } from '../../../src/secret.ts';
import { parseInput } from '../../support/inputs.ts';
import { tokenText } from '../../support/tokens.ts';

const account = {
  secret: new Secret(tokenText('sk')),
  usage: 'sk',
  username: 'octo',
  id: undefined,
  expiresAt: undefined,
  scopes: undefined,
} as const;

const oddNames = [
  ['one dot', '.'],
  ['two dots', '..'],
  ['three dots', '...'],
  ['a slash', 'octo/maps'],
  ['a way up', '../octo'],
  ['a backslash', 'octo\\maps'],
  ['a query', 'octo?x=1'],
  ['a fragment', 'octo#1'],
  ['a percent sign', '%2e%2e'],
  ['white space', 'octo maps'],
  ['a no-break space', 'octo\u00a0maps'],
  ['a line break', 'octo\nmaps'],
  ['a control character', 'octo\u0000'],
  ['an escape sequence', '\u001b[31mocto'],
  ['a direction mark', 'octo\u202e'],
  ['a zero-width space', 'oc\u200bto'],
  ['the first half of a surrogate pair', 'octo\ud83d'],
  ['the second half of a surrogate pair', '\udc00octo'],
  ['101 characters', 'o'.repeat(101)],
  ['a token in it', tokenText('sk')],
  ['a token without its usage', tokenText('sk').slice(3)],
  ['half a token in it', tokenText('sk').slice(0, 20)],
  ['a GitHub token in it', `-ghp_${'a1'.repeat(18)}`],
] as const;

describe('an account name', () => {
  it.each([
    'octo',
    'Octo-Maps_1',
    'octo.maps',
    '.octo',
    'octo.',
    'octo..',
    'sk.wikipedia',
    'münchen',
    '地図',
    '🗺',
    'o'.repeat(100),
  ])('can be %s', name => {
    expect(isAccountName(name)).toBe(true);
    expect(() => encodeURIComponent(name)).not.toThrow();
  });

  it.each(oddNames)('cannot be or contain %s', (_, name) => {
    expect(isAccountName(name)).toBe(false);
  });

  it('cannot be empty', () => {
    expect(isAccountName('')).toBe(false);
  });
});

describe('the username', () => {
  const parse = (input: string, owner: typeof account | undefined = account) =>
    parseInput(problems => parseUsername(input, owner, problems));

  it.each([
    ['', 'octo'],
    [' \n', 'octo'],
    [' mona ', 'mona'],
    ['OCTO', 'octo'],
    ['Octo', 'octo'],
    ['Mona', 'Mona'],
  ])('from %j is %s', (input, username) => {
    expect(parse(input)).toEqual({ value: username, title: undefined, message: '' });
  });

  it('is not a second problem if the authorizing token is invalid', () => {
    const parsed = parseInput(problems => parseUsername('', undefined, problems));
    expect(parsed).toEqual({ value: '', title: undefined, message: '' });
  });

  it.each(oddNames)('stops the step, unquoted, with %s', (_, name) => {
    const { title, message } = parse(`octo${name}`.replace(/^octo(\.+)$/, '$1'));
    expect(title).toBe('Invalid input');
    expect(message).toMatch(/^`username` cannot be the name of a Mapbox account\. Leave it out/);
    expect(message).not.toContain('eyJ');
  });
});

describe('the timeout', () => {
  const parse = (input: string) => parseInput(problems => parseTimeout(input, problems));

  it.each([
    ['', 300_000],
    [' ', 300_000],
    ['90s', 90_000],
    ['1 s', 1000],
    ['24h', 86_400_000],
  ])('from %j is %i ms', (input, milliseconds) => {
    expect(parse(input)).toEqual({ value: milliseconds, title: undefined, message: '' });
  });

  it.each(['300', '0s', '0.5s', '86401s', '25h', '1d', '-1s', 'long', `${'9'.repeat(400)}h`])(
    'cannot be %s',
    input => {
      const { value, title, message } = parse(input);
      expect([value, title]).toEqual([undefined, 'Invalid input']);
      expect(message).toMatch(/^`timeout` is `.*`90s`, from one second to 24 hours\.$/);
    },
  );

  it('is not quoted if it contains a token', () => {
    expect(parse(tokenText('sk')).message).toContain('`timeout` is `***`. ');
  });
});

describe('the API URL', () => {
  const parse = (input: string) => {
    const { value, ...rest } = parseInput(problems => parseApiUrl(input, problems));
    return { ...rest, href: value?.href };
  };

  it.each([
    ['', 'https://api.mapbox.com/'],
    [' \n', 'https://api.mapbox.com/'],
    [' https://api.mapbox.cn ', 'https://api.mapbox.cn/'],
    ['https://gateway.example/mapbox/v9', 'https://gateway.example/mapbox/v9'],
    ['https://gateway.example:8443/mapbox/', 'https://gateway.example:8443/mapbox/'],
    ['https://sk.example.com/tk.maps', 'https://sk.example.com/tk.maps'],
    ['http://localhost:4711', 'http://localhost:4711/'],
    ['HTTP://LOCALHOST', 'http://localhost/'],
    ['http://127.0.0.1:4711/a/b', 'http://127.0.0.1:4711/a/b'],
    ['http://127.255.0.3', 'http://127.255.0.3/'],
    ['http://[::1]:4711', 'http://[::1]:4711/'],
    ['http://[0:0:0:0:0:0:0:1]/a', 'http://[::1]/a'],
    ['https://[2001:db8::1]/', 'https://[2001:db8::1]/'],
  ])('from %j is %s, with its path', (input, href) => {
    expect(parse(input)).toEqual({ href, title: undefined, message: '' });
  });

  it.each([
    ['api.mapbox.com', 'is not a URL'],
    ['https://', 'is not a URL'],
    ['https://[::1', 'is not a URL'],
    ['localhost:8080', 'must begin with `https:`'],
    ['ftp://localhost', 'must begin with `https:`'],
    ['ftp://example.com', 'must begin with `https:`'],
    ['file:///etc/passwd', 'must begin with `https:`'],
    ['http://api.mapbox.com', 'must begin with `https:`'],
    ['http://127.0.0.1.example.com', 'must begin with `https:`'],
    ['http://localhost.example.com', 'must begin with `https:`'],
    ['http://example.com/localhost', 'must begin with `https:`'],
    ['http://128.0.0.1', 'must begin with `https:`'],
    ['http://0.0.0.0', 'must begin with `https:`'],
    ['http://[::2]', 'must begin with `https:`'],
    ['http://[::ffff:127.0.0.1]', 'must begin with `https:`'],
    ['https://user:word@api.mapbox.com', 'must not have credentials'],
    ['https://user@api.mapbox.com', 'must not have credentials'],
    ['https://:word@api.mapbox.com', 'must not have credentials'],
    ['http://localhost@example.com', 'must begin with `https:`'],
    ['https://api.mapbox.com/?a=b', 'must not have credentials, a query'],
    ['https://api.mapbox.com/#a', 'must not have credentials, a query or a fragment'],
  ])('cannot be %s', (input, says) => {
    const { href, title, message } = parse(input);
    expect([href, title]).toEqual([undefined, 'Invalid input']);
    expect(message).toContain(`\`api-url\` ${says}`);
  });

  it('is not quoted if it contains a token', () => {
    const { title, message } = parse(`https://api.mapbox.com/${tokenText('sk')}`);
    expect([title, message]).toEqual([
      'Invalid input',
      '`api-url` has a token in it. Write only the address.',
    ]);
  });
});

describe('a flag', () => {
  const parse = (input: string) => parseInput(problems => parseFlag('summary', input, problems));

  it.each([
    ['true', true],
    [' TRUE ', true],
    ['false', false],
    ['False', false],
    ['', false],
  ])('from %j is %s', (input, flag) => {
    expect(parse(input)).toEqual({ value: flag, title: undefined, message: '' });
  });

  it.each(['yes', '1', 'on', ' truee '])('cannot be %j', input => {
    expect(parse(input)).toEqual({
      value: false,
      title: 'Invalid input',
      message: `\`summary\` is \`${input.trim()}\`. Use \`true\` or \`false\`.`,
    });
  });
});
