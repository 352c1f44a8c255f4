/** Inputs reach their checks through the shipped bundle; unit/inputs tests each check. */
import { describe, expect, it } from 'vitest';
import { setUp, tracesOf } from '../support/bundle.ts';
import { tokenText } from '../support/tokens.ts';

interface BadInput {
  readonly what: string;
  readonly inputs: Record<string, string>;
  readonly title: string;
  readonly says: RegExp;
}

const badInputs: BadInput[] = [
  {
    what: 'no authorizing token',
    inputs: { 'authorizing-token': '' },
    title: 'Missing authorizing token',
    says: /`authorizing-token`.*forks.*Dependabot/,
  },
  {
    what: 'a typo in a scope',
    inputs: { scopes: 'tileset:write' },
    title: 'Invalid scopes',
    says: /Did you mean `tilesets:write`\?.*`=tileset:write`/,
  },
  {
    what: 'the authorizing token as the username',
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
    const main = await setting.runMain({
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

describe('an `authorizing-token` that is not a token', () => {
  it('is not masked if it is `undefined`', async () => {
    await using setting = await setUp();
    const main = await setting.runMain({ 'authorizing-token': 'undefined' });

    expect(main.annotations).toMatchObject([
      { title: 'Invalid authorizing token', message: expect.stringContaining('not a Mapbox token') },
    ]);
    expect(main.masks).toEqual([]);
  });

  it('has every token in it masked', async () => {
    await using setting = await setUp();
    const { token } = setting.authorizingToken;
    const main = await setting.runMain({ 'authorizing-token': `Bearer ${token}` });

    expect(main.stdout).toContain(`::add-mask::${token}\n`);
    expect(main.stdout.replace(/^::add-mask::.*$/gm, '')).not.toContain(token);
  });
});

describe('warns and continues, given', () => {
  it('one of the two names of the access token if the job sets the other', async () => {
    await using setting = await setUp();
    const main = await setting.runMain(
      { 'export-env': 'MAPBOX_ACCESS_TOKEN' },
      { env: { MapboxAccessToken: 'old' } },
    );

    expect(main.exitCode).toBe(0);
    expect(main.annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('MapboxAccessToken') },
    ]);
  });
});
