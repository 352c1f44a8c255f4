import { describe, expect, it } from 'vitest';
import {
  type Lifetime,
  parseAllowedUrls,
  parseLifetime,
  parseNote,
} from '../../../src/inputs/token-request.ts';
import { parseInput } from '../../support/inputs.ts';
import { tokenText } from '../../support/tokens.ts';

describe('a lifetime', () => {
  const parse = (input: string) => parseInput(problems => parseLifetime(input, problems));

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
  ])('cannot be %s, and the error names the limit and `job`', (input, says) => {
    const { value, title, message } = parse(input);
    expect([value, title]).toEqual([undefined, 'Invalid lifetime']);
    expect(message).toMatch(says);
    expect(message).toContain('or `job`, which keeps the token until the job ends');
  });

  it('is not quoted if it contains a token', () => {
    expect(parse(tokenText('sk')).message).not.toContain('eyJ');
  });
});

describe('a note', () => {
  const parse = (input: string, workflow = 'Release') =>
    parseInput(problems => parseNote(input, workflow, problems));

  it.each([
    [' Web map ', 'Web map'],
    ['', 'Release'],
    [' \n', 'Release'],
    ['Deploy octo/sk.mapviewer', 'Deploy octo/sk.mapviewer'],
    ['.github/workflows/sk.deploy-tiles.yml', '.github/workflows/sk.deploy-tiles.yml'],
    ['tk.yml', 'tk.yml'],
    ['pk.production-tokens', 'pk.production-tokens'],
  ])('from %j is %j', (input, note) => {
    expect(parse(input)).toEqual({ value: note, title: undefined, message: '' });
  });

  it('has no blanks around the workflow’s name', () => {
    expect(parse('', ' Nightly tiles\n').value).toBe('Nightly tiles');
  });

  it('has the path of a workflow without a name', () => {
    expect(parse('', '.github/workflows/sk.deploy-tiles.yml').title).toBeUndefined();
  });

  it.each([tokenText('sk'), tokenText('pk').slice(0, 20), tokenText('sk').slice(3)])(
    'with a token in it stops the step, and is not quoted',
    token => {
      const own = parse(`by ${token}`);
      expect(own.title).toBe('Invalid input');
      expect(own.message).toMatch(/^`note` has a token in it/);
      const workflow = parse('', `by ${token}`);
      expect(workflow.title).toBe('Invalid input');
      expect(workflow.message).toMatch(/^The workflow's name.*`note`.*has a token in it/);
      expect(own.message + workflow.message).not.toContain('eyJ');
    },
  );
});

const parseUrls = (input: string, lifetime: Lifetime | undefined = { kind: 'job' }) =>
  parseInput(problems => parseAllowedUrls(input, lifetime, problems));

describe('allowed URLs are accepted unchanged', () => {
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
    'https://example.com/a,b',
    'https://example.com/?list=a,https://example.org',
    "https://example.com/it's'",
    `https://example.com/${'a'.repeat(2048 - 20)}`,
  ])('%s', url => {
    expect(parseUrls(url)).toEqual({ value: [url], title: undefined, message: '' });
  });

  it('one per line, each once, in order', () => {
    expect(parseUrls('\n b.example \r\na.example\rc.example\n\nb.example\n')).toEqual({
      value: ['b.example', 'a.example', 'c.example'],
      title: undefined,
      message: '',
    });
  });

  it('up to 100', () => {
    const urls = Array.from({ length: 100 }, (_, n) => `${n}.example`);
    expect(parseUrls(urls.join('\n'))).toEqual({ value: urls, title: undefined, message: '' });
  });

  it.each(['', ' \n '])('none from %j, even for a temporary token', input => {
    const parsed = parseUrls(input, { kind: 'temporary', seconds: 60 });
    expect(parsed).toEqual({ value: [], title: undefined, message: '' });
  });

  it('with any lifetime that is itself invalid', () => {
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
    ['nothing after its scheme', 'https://', 'no host'],
    ['only a path after its scheme', 'HTTP:///maps', 'no host'],
    ['only a port after its scheme', 'https://:8080', 'no host'],
    ['quotes around it', '"https://example.com"', 'in quotes'],
    ['apostrophes around it', "'example.com'", 'in quotes'],
    ['backticks around it', '`example.com`', 'in quotes'],
    ['another after a comma', 'https://example.com,https://example.net', 'several addresses'],
    ['another after its path and a comma', 'https://example.com/a,https://example.net', 'several addresses'],
    ['another without a scheme', 'example.com,example.net/a', 'several addresses'],
    ['2,049 characters', `https://example.com/${'a'.repeat(2048 - 19)}`, '2049 characters'],
  ])('at one with %s', (_, url, says) => {
    const { title, message } = parseUrls(`https://example.org\n${url}`);
    expect(title).toBe('Invalid input');
    expect(message).toContain(says);
    expect(message).toContain('`allowed-urls` has `');
    expect(message).toMatch(
      /Write one address per line, such as `https:\/\/example\.com`\.$|at most 2048\.$/,
    );
  });

  it('at more than 100', () => {
    const urls = Array.from({ length: 101 }, (_, n) => `${n}.example`);
    expect(parseUrls(urls.join('\n'))).toMatchObject({
      title: 'Invalid input',
      message: '`allowed-urls` has 101 URLs; Mapbox accepts at most 100.',
    });
  });

  it('with a temporary token', () => {
    expect(parseUrls('example.com', { kind: 'temporary', seconds: 60 })).toMatchObject({
      title: 'Invalid input',
      message: expect.stringContaining('cannot be used with a temporary token'),
    });
  });

  it.each([
    `https://example.com/?access_token=${tokenText('pk')}`,
    tokenText('sk'),
    `https://example.com/${tokenText('sk').slice(0, 20)}`,
    `https://example.com/?access_token=${tokenText('sk').replaceAll('.', '%2E')}`,
  ])('at one with a token in it, which is not quoted', url => {
    const { title, message } = parseUrls(url);
    expect(message).not.toContain('eyJ');
    expect([title, message]).toEqual([
      'Invalid input',
      expect.stringMatching(
        /^`allowed-urls` has `.*\*\*\*`, which has a token in it\. Write only the address\.$/,
      ),
    ]);
  });

  it('at each wrong one', () => {
    expect(parseUrls('/a\nexample.com\n/b').message.split('\n')).toEqual([
      expect.stringContaining('`/a`'),
      expect.stringContaining('`/b`'),
    ]);
  });
});
