import { describe, expect, it } from 'vitest';
import { setUp, tracesOf } from '../support/bundle.ts';
import { HELD } from '../support/tokens.ts';

interface BadInput {
  readonly what: string;
  readonly inputs: Record<string, string>;
  readonly title: string;
  readonly says: RegExp | string;
}

const text = (usage: string, payload: object) =>
  [usage, Buffer.from(JSON.stringify(payload)).toString('base64url'), 'S'.repeat(22)].join('.');
const id = `c${'0'.repeat(24)}`;
const seconds = Math.floor(Date.now() / 1000);
const authorizingToken = 'Invalid authorizing token';
const scopes = 'Invalid scopes';
const lifetime = 'Invalid lifetime';
const input = 'Invalid input';
const urls = (count: number) =>
  Array.from({ length: count }, (_, n) => `https://example.com/${n}`).join('\n');

const badInputs: BadInput[] = [
  {
    what: 'no authorizing token',
    inputs: { 'authorizing-token': '' },
    title: 'Missing authorizing token',
    says: /`authorizing-token`.*forks.*Dependabot/,
  },
  {
    what: 'an authorizing token of blanks',
    inputs: { 'authorizing-token': ' \n ' },
    title: 'Missing authorizing token',
    says: 'forks',
  },
  {
    what: 'a public authorizing token',
    inputs: { 'authorizing-token': text('pk', { u: 'octo', a: id }) },
    title: authorizingToken,
    says: /public token.*`sk\.`/,
  },
  {
    what: 'a password as authorizing token',
    inputs: { 'authorizing-token': 'correct-horse-battery' },
    title: authorizingToken,
    says: 'not a Mapbox token',
  },
  {
    what: 'a token of another house',
    inputs: { 'authorizing-token': `ghp_${'a'.repeat(36)}` },
    title: authorizingToken,
    says: 'not a Mapbox token',
  },
  {
    what: 'two parts of a token',
    inputs: { 'authorizing-token': text('sk', { u: 'octo', a: id }).split('.').slice(0, 2).join('.') },
    title: authorizingToken,
    says: 'not a Mapbox token',
  },
  {
    what: 'a token with a fourth part',
    inputs: { 'authorizing-token': `${text('sk', { u: 'octo' })}.x` },
    title: authorizingToken,
    says: 'not a Mapbox token',
  },
  {
    what: 'a token without an account',
    inputs: { 'authorizing-token': text('sk', { a: id }) },
    title: authorizingToken,
    says: 'not a Mapbox token',
  },
  {
    what: 'a token whose payload is no JSON',
    inputs: { 'authorizing-token': ['sk', 'bm90LWpzb24', 'S'.repeat(22)].join('.') },
    title: authorizingToken,
    says: 'not a Mapbox token',
  },
  {
    what: 'a token in quotes',
    inputs: { 'authorizing-token': `"${text('sk', { u: 'octo', a: id })}"` },
    title: authorizingToken,
    says: 'not a Mapbox token',
  },
  {
    what: 'an expired temporary authorizing token',
    inputs: {
      'authorizing-token': text('tk', { u: 'octo', exp: seconds - 60, iat: seconds - 120, scopes: HELD }),
    },
    title: authorizingToken,
    says: /expired at \d{4}-/,
  },
  {
    what: 'a temporary authorizing token without tokens:write',
    inputs: {
      'authorizing-token': text('tk', {
        u: 'octo',
        exp: seconds + 600,
        iat: seconds,
        scopes: ['tilesets:read', 'tilesets:write'],
      }),
    },
    title: 'Authorizing token is missing scopes',
    says: 'lacks `tokens:write`',
  },
  {
    what: 'a temporary authorizing token without a scope asked for',
    inputs: {
      'authorizing-token': text('tk', {
        u: 'octo',
        exp: seconds + 600,
        iat: seconds,
        scopes: ['tokens:write', 'tilesets:read'],
      }),
    },
    title: 'Authorizing token is missing scopes',
    says: 'lacks `tilesets:write`',
  },
  { what: 'no scopes', inputs: { scopes: '' }, title: scopes, says: '`scopes` is empty' },
  {
    what: 'nothing but a comment for scopes',
    inputs: { scopes: '# tilesets:read' },
    title: scopes,
    says: '`scopes` is empty',
  },
  {
    what: 'a slip in a scope',
    inputs: { scopes: 'tileset:write' },
    title: scopes,
    says: 'Did you mean `tilesets:write`?',
  },
  {
    what: 'a scope in capitals',
    inputs: { scopes: 'DOWNLOADS:READ' },
    title: scopes,
    says: 'Did you mean `downloads:read`?',
  },
  { what: 'a scope without a colon', inputs: { scopes: 'everything' }, title: scopes, says: '`everything`' },
  { what: 'a wildcard for a scope', inputs: { scopes: 'gizmos:*' }, title: scopes, says: '`gizmos:*`' },
  { what: 'a lifetime over one hour', inputs: { lifetime: '2h' }, title: lifetime, says: /one hour.*`job`/ },
  {
    what: 'a lifetime one second over one hour',
    inputs: { lifetime: '3601s' },
    title: lifetime,
    says: /one hour.*`job`/,
  },
  { what: 'a lifetime of zero', inputs: { lifetime: '0m' }, title: lifetime, says: /zero.*`job`/ },
  { what: 'a lifetime without a unit', inputs: { lifetime: '20' }, title: lifetime, says: /unit.*`job`/ },
  { what: 'a negative lifetime', inputs: { lifetime: '-5m' }, title: lifetime, says: /neither.*`job`/ },
  {
    what: 'a lifetime that is a word',
    inputs: { lifetime: 'forever' },
    title: lifetime,
    says: /one hour.*`job`/,
  },
  {
    what: 'allowed URLs for a temporary token',
    inputs: { lifetime: '20m', 'allowed-urls': 'https://example.com' },
    title: input,
    says: '`allowed-urls` does not go with a temporary token',
  },
  {
    what: 'more than 100 allowed URLs',
    inputs: { 'allowed-urls': urls(101) },
    title: input,
    says: /101 URLs.*100/,
  },
  {
    what: 'an allowed URL that is none',
    inputs: { 'allowed-urls': 'https://example.com\nexample.org' },
    title: input,
    says: '`example.org`',
  },
  {
    what: 'an allowed URL of another scheme',
    inputs: { 'allowed-urls': 'javascript:alert(1)' },
    title: input,
    says: 'not a URL',
  },
  {
    what: 'a variable that no shell can name',
    inputs: { 'export-env': '1TOKEN' },
    title: input,
    says: '`1TOKEN`',
  },
  {
    what: 'a variable with its value',
    inputs: { 'export-env': 'A=B' },
    title: input,
    says: '`A=B`',
  },
  ...[
    'GITHUB_TOKEN',
    'RUNNER_TEMP',
    'NODE_OPTIONS',
    'PATH',
    'Path',
    'CI',
    'github_env',
    'ACTIONS_RUNTIME_TOKEN',
  ].map(name => ({
    what: `the runner's own variable ${name}`,
    inputs: { 'export-env': name },
    title: input,
    says: `\`${name}\`, which belongs to the runner`,
  })),
  {
    what: 'a token for a note',
    inputs: { note: `by ${text('sk', { u: 'octo', a: id })}` },
    title: input,
    says: '`note` contains a token',
  },
  { what: 'a username with a path in it', inputs: { username: '../octo' }, title: input, says: '`username`' },
  {
    what: 'the authorizing token for a username',
    inputs: { username: text('sk', { u: 'octo', a: id }) },
    title: input,
    says: '`username`',
  },
  { what: 'a username of dots', inputs: { username: '..' }, title: input, says: '`username`' },
  {
    what: 'a summary that is neither true nor false',
    inputs: { summary: 'maybe' },
    title: input,
    says: '`summary`',
  },
  { what: 'a time-out without a unit', inputs: { timeout: '300' }, title: input, says: '`timeout`' },
  { what: 'a time-out of zero', inputs: { timeout: '0s' }, title: input, says: '`timeout`' },
  {
    what: 'an address that is no URL',
    inputs: { 'api-url': 'api.mapbox.com' },
    title: input,
    says: '`api-url`',
  },
  {
    what: 'plain HTTP beyond loopback',
    inputs: { 'api-url': 'http://api.mapbox.com' },
    title: input,
    says: /`api-url`.*`https:`.*loopback/,
  },
  {
    what: 'plain HTTP to a name that only resembles loopback',
    inputs: { 'api-url': 'http://127.0.0.1.example.com' },
    title: input,
    says: '`api-url`',
  },
  {
    what: 'credentials in the address',
    inputs: { 'api-url': 'https://user:word@api.mapbox.com' },
    title: input,
    says: '`api-url`',
  },
  {
    what: 'an address that is a file',
    inputs: { 'api-url': 'file:///etc/passwd' },
    title: input,
    says: '`api-url`',
  },
];

describe('fails before any request, with one titled annotation and nothing handed on, given', () => {
  it.each(badInputs)('$what', async ({ inputs, title, says }) => {
    await using setting = await setUp();
    const { main, post } = await setting.run({
      'export-env': 'MAPBOX_ACCESS_TOKEN',
      summary: 'true',
      ...inputs,
    });

    expect(main.exitCode).toBe(1);
    expect(main.annotations).toMatchObject([
      { level: 'error', title, message: expect.stringMatching(pattern(says)) },
    ]);
    expect(setting.mapbox.requests).toEqual([]);
    expect([main.outputs, main.env, main.state, main.summary]).toEqual([{}, {}, {}, '']);
    expect(main.stderr).toBe('');
    expect(main.stdout).not.toMatch(/^\s+at /m);
    expect(post.stdout).toBe('');
    const secret =
      inputs['authorizing-token']?.trim() || inputs['username'] || setting.authorizingToken.token;
    for (const [where, trace] of Object.entries(tracesOf(main))) {
      const shown = where === 'stdout' ? trace.replace(/^::add-mask::.*$/gm, '') : trace;
      expect(shown, where).not.toContain(secret);
    }
  });

  it('eleven faults at once, and tells every one', async () => {
    await using setting = await setUp();
    const { main } = await setting.run({
      'authorizing-token': '',
      scopes: 'tileset:write, Nonsense',
      lifetime: '2h',
      username: 'a/b',
      'allowed-urls': 'nowhere',
      'export-env': 'CI 9',
      summary: 'yes',
      timeout: 'long',
      'api-url': 'ftp://example.com',
    });

    expect(main.annotations).toHaveLength(1);
    expect(main.annotations[0]?.title).toBe('Invalid inputs');
    const message = main.annotations[0]?.message ?? '';
    for (const part of [
      'authorizing-token',
      'tileset:write',
      'Nonsense',
      '2h',
      'username',
      'nowhere',
      '`CI`',
      '`9`',
      'summary',
      'timeout',
      'api-url',
    ]) {
      expect(message).toContain(part);
    }
  });
});

describe('warns, and goes on, given', () => {
  it('a scope that no list has', async () => {
    await using setting = await setUp({ held: [...HELD, 'gizmos:polish'] });
    setting.mapbox.account.offer({ id: 'gizmos:polish', description: 'New at Mapbox.' });
    const { main } = await setting.run({ scopes: 'gizmos:polish tilesets:read' });

    expect(main.annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('`gizmos:polish`') },
    ]);
  });

  it('one of the two names of the access token while the job sets the other', async () => {
    await using setting = await setUp();
    const { main } = await setting.run(
      { 'export-env': 'MAPBOX_ACCESS_TOKEN' },
      { env: { MapboxAccessToken: 'old' } },
    );

    expect(main.exitCode).toBe(0);
    expect(main.annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('MapboxAccessToken') },
    ]);
  });

  it('a temporary authorizing token for a token that lives as long as the job', async () => {
    await using setting = await setUp();
    const token = setting.mapbox.account.issueTemporary({ scopes: HELD, seconds: 600 });
    const { main } = await setting.run({ 'authorizing-token': token });

    expect(main.annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('expires at') },
    ]);
  });
});

function pattern(says: RegExp | string): RegExp {
  return typeof says === 'string' ? new RegExp(says.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : says;
}
