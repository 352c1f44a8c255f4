/** That inputs reach their checks through the shipped bundle; what each check does is in unit/inputs. */
import { describe, expect, it } from 'vitest';
import { setUp, tracesOf } from '../support/bundle.ts';
import { HELD, tokenText } from '../support/tokens.ts';

interface BadInput {
  readonly what: string;
  readonly inputs: Record<string, string>;
  readonly title: string;
  readonly says: RegExp;
}

const seconds = Math.floor(Date.now() / 1000);
const expired = { u: 'octo', exp: seconds - 60, iat: seconds - 120, scopes: HELD };

const badInputs: BadInput[] = [
  {
    what: 'no authorizing token',
    inputs: { 'authorizing-token': '' },
    title: 'Missing authorizing token',
    says: /`authorizing-token`.*forks.*Dependabot/,
  },
  {
    what: 'a public authorizing token',
    inputs: { 'authorizing-token': tokenText('pk') },
    title: 'Invalid authorizing token',
    says: /public token.*`sk\.`/,
  },
  {
    what: 'an authorizing token in JSON',
    inputs: { 'authorizing-token': `{\n  "token": "${tokenText('sk')}"\n}` },
    title: 'Invalid authorizing token',
    says: /it is JSON with a token in it/,
  },
  {
    what: 'an authorizing token whose account is half a character',
    inputs: { 'authorizing-token': tokenText('sk', { u: 'octo\ud83d', a: 'x' }) },
    title: 'Invalid authorizing token',
    says: /its account name is not valid/,
  },
  {
    what: 'an expired temporary authorizing token',
    inputs: { 'authorizing-token': tokenText('tk', expired) },
    title: 'Invalid authorizing token',
    says: /expired at \d{4}-.*the runner's clock says \d{4}-/,
  },
  {
    what: 'a temporary authorizing token of an earlier step',
    inputs: {
      'authorizing-token': tokenText('tk', { ...expired, exp: seconds + 600, scopes: ['tilesets:read'] }),
    },
    title: 'Authorizing token is missing scopes',
    says: /lacks `tokens:write`, `tilesets:write`.*earlier step/,
  },
  {
    what: 'a typo in a scope',
    inputs: { scopes: 'tileset:write' },
    title: 'Invalid scopes',
    says: /Did you mean `tilesets:write`\?.*`=tileset:write`/,
  },
  {
    what: 'a lifetime over one hour',
    inputs: { lifetime: '2h' },
    title: 'Invalid lifetime',
    says: /one hour.*`job`/,
  },
  {
    what: 'an allowed URL without a host',
    inputs: { 'allowed-urls': 'https://example.com\n/maps' },
    title: 'Invalid input',
    says: /`\/maps`, which has no host/,
  },
  {
    what: "one of the runner's own variables",
    inputs: { 'export-env': 'GITHUB_TOKEN' },
    title: 'Invalid input',
    says: /`GITHUB_TOKEN`, which belongs to the runner/,
  },
  {
    what: 'the authorizing token for a username',
    inputs: { username: tokenText('sk') },
    title: 'Invalid input',
    says: /`username` cannot be the name/,
  },
];

describe('fails before any request, with one titled annotation and nothing written, given', () => {
  it.each(badInputs)('$what', async ({ inputs, title, says }) => {
    await using setting = await setUp();
    const { main, post } = await setting.run({
      'export-env': 'MAPBOX_ACCESS_TOKEN',
      summary: 'true',
      ...inputs,
    });

    expect(main.exitCode).toBe(1);
    expect(main.annotations).toMatchObject([{ level: 'error', title, message: expect.stringMatching(says) }]);
    expect(setting.mapbox.requests).toEqual([]);
    expect([main.outputs, main.env, main.state, main.summary]).toEqual([{}, {}, { cleanup: '' }, '']);
    expect(main.stderr).toBe('');
    expect(main.stdout).not.toMatch(/^\s+at /m);
    expect(post.stdout).toBe('');
    for (const [where, trace] of Object.entries(tracesOf(main))) {
      const shown = where === 'stdout' ? trace.replace(/^::add-mask::.*$/gm, '') : trace;
      expect(shown, where).not.toContain('eyJ');
    }
  });

  it('an exported variable that holds the authorizing token', async () => {
    await using setting = await setUp();
    const env = { MAPBOX_ACCESS_TOKEN: setting.authorizingToken.token };
    const { main, post } = await setting.run({ 'export-env': 'MAPBOX_ACCESS_TOKEN' }, { env });

    expect(main.exitCode).toBe(1);
    expect(main.annotations).toMatchObject([
      {
        title: 'Invalid input',
        message: expect.stringMatching(/`MAPBOX_ACCESS_TOKEN`, which holds the authorizing token/),
      },
    ]);
    expect(setting.mapbox.requests).toEqual([]);
    expect(post.stdout).toBe('');
  });

  it('eleven problems at once, and reports every one', async () => {
    await using setting = await setUp();
    const { main } = await setting.run({
      'authorizing-token': '',
      scopes: 'tileset:write, Nonsense',
      lifetime: '2h',
      username: 'a/b',
      'allowed-urls': '/nowhere',
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
      '/nowhere',
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

describe('hides of an authorizing token that is none', () => {
  it.each(['none', 'undefined', '${{ secrets.MAPBOX_TOKEN }}'])('nothing, if it is %s', async text => {
    await using setting = await setUp();
    const { main } = await setting.run({ 'authorizing-token': text });

    expect(main.annotations).toMatchObject([
      { title: 'Invalid authorizing token', message: expect.stringContaining('not a Mapbox token') },
    ]);
    expect(main.stdout).not.toContain('::add-mask::');
  });

  it('every token in it, if it is a text with tokens', async () => {
    await using setting = await setUp();
    const { token } = setting.authorizingToken;
    const { main } = await setting.run({ 'authorizing-token': `Bearer ${token}` });

    expect(main.stdout).toContain(`::add-mask::${token}\n`);
    expect(main.stdout.replace(/^::add-mask::.*$/gm, '')).not.toContain(token);
  });
});

describe('takes as people write them', () => {
  it('scopes in capitals, and a scope after `=` as it is', async () => {
    await using setting = await setUp({ held: [...HELD, 'tileset:write'] });
    setting.mapbox.account.offer({ id: 'tileset:write', description: 'New at Mapbox.' });
    const { main } = await setting.run({ scopes: 'TILESETS:WRITE =tileset:write' });

    expect(main.annotations).toEqual([]);
    expect(main.outputs['scopes']).toBe('tilesets:write tileset:write');
  });

  it('allowed URLs with and without a scheme, with other schemes and a wildcard port', async () => {
    await using setting = await setUp();
    const urls = ['example.com', 'http://localhost:*', 'capacitor://localhost', 'https://sk.wikipedia.org'];
    const { main } = await setting.run({ 'allowed-urls': urls.join('\n') }, { post: false });

    expect(main.annotations).toEqual([]);
    expect(setting.created()).toMatchObject([{ allowedUrls: urls }]);
  });
});

describe('warns, and continues, given', () => {
  it('a scope that no list has', async () => {
    await using setting = await setUp({ held: [...HELD, 'gizmos:polish'] });
    setting.mapbox.account.offer({ id: 'gizmos:polish', description: 'New at Mapbox.' });
    const { main } = await setting.run({ scopes: 'gizmos:polish tilesets:read' });

    expect(main.annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('`gizmos:polish`') },
    ]);
  });

  it('tokens:write', async () => {
    await using setting = await setUp();
    const { main } = await setting.run({ scopes: 'tokens:write styles:read' });

    expect(main.exitCode).toBe(0);
    expect(main.outputs['scopes']).toBe('tokens:write styles:read');
    expect(main.annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('can create more tokens') },
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
