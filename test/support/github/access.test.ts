/** Which credentials may use which endpoint, and GitHub's responses to the others. */
import { describe, expect, it } from 'vitest';
import { newToken, putValue, send } from './client.ts';
import { type GithubStandIn, startGithub } from './server.ts';

const SECRET = 'repos/octo-org/maps/actions/secrets/NAME';
const ENVIRONMENT = 'repos/octo-org/maps/environments/production/secrets/NAME';

/** By path, the permissions of an App that GitHub documents for reading and writing. */
const NEEDED: readonly (readonly [path: string, read: string, write: string])[] = [
  [SECRET, 'secrets=read', 'secrets=write'],
  ['repos/octo-org/maps/dependabot/secrets/NAME', 'dependabot_secrets=read', 'dependabot_secrets=write'],
  ['repos/octo-org/maps/codespaces/secrets/NAME', 'codespaces_secrets=write', 'codespaces_secrets=write'],
  [ENVIRONMENT, 'environments=read', 'environments=write'],
  ['orgs/octo-org/actions/secrets/NAME', 'organization_secrets=read', 'organization_secrets=write'],
  [
    'orgs/octo-org/dependabot/secrets/NAME',
    'organization_dependabot_secrets=read',
    'organization_dependabot_secrets=write',
  ],
  [
    'orgs/octo-org/codespaces/secrets/NAME',
    'organization_codespaces_secrets=read',
    'organization_codespaces_secrets=write',
  ],
];

async function setUp(options: { basePath?: string; now?: () => number } = {}): Promise<GithubStandIn> {
  const github = await startGithub(options);
  github.directory.addOrganization('octo-org');
  github.directory.repository('octo-org/maps')?.environments.add('production');
  return github;
}

/** A token with these permissions, written as `secrets=write`. */
function grant(github: GithubStandIn, permissions: readonly string[], more: object = {}): string {
  const token = newToken();
  const pairs = permissions.map(permission => permission.split('='));
  const levels = Object.fromEntries(
    pairs.map(([name = '', level]) => [name, level === 'write' ? ('write' as const) : ('read' as const)]),
  );
  github.addCredential(token, { permissions: levels, ...more });
  return token;
}

describe.each(NEEDED)('%s', (place, read, write) => {
  const more = place.startsWith('orgs') ? { visibility: 'private' } : {};
  const scope = place.slice(0, place.lastIndexOf('/'));

  it(`can be used with ${write} alone`, async () => {
    await using github = await setUp();
    expect((await putValue(github, grant(github, [write]), place, 'value', more)).status).toBe(201);
    const reader = grant(github, [read]);
    for (const path of [place, `${scope}/public-key`]) {
      const { status, headers } = await send(github, reader, 'GET', `/${path}`);
      expect([status, headers.get('x-accepted-github-permissions')]).toEqual([200, read]);
    }
  });

  it('is rejected without, with the name of the missing permission', async () => {
    await using github = await setUp();
    github.secrets.set(place, 'value');
    const others = NEEDED.map(([, , name]) => name).filter(name => name !== write);
    const token = grant(github, [...others, read.endsWith('read') ? read : 'metadata=read']);
    const body = { key_id: '1', encrypted_value: 'YWJj', ...more };
    const { status, headers, json } = await send(github, token, 'PUT', `/${place}`, body);
    expect([status, headers.get('x-accepted-github-permissions')]).toEqual([403, write]);
    expect(json).toMatchObject({ message: 'Resource not accessible by integration', status: '403' });
    expect(github.secrets.get(place)?.value).toBe('value');
    const hidden = await send(github, grant(github, others, { hides: true }), 'GET', `/${place}`);
    expect([hidden.status, hidden.headers.get('x-accepted-github-permissions')]).toEqual([404, read]);
  });
});

describe('a token', () => {
  it('must exist, be known, and not be revoked or expired', async () => {
    let now = Date.UTC(2026, 0, 1);
    await using github = await setUp({ now: () => now });
    const message = async (token?: string) => {
      const { status, json } = await send(github, token, 'GET', `/${SECRET}`);
      return [status, json['message']];
    };
    expect(await message()).toEqual([401, 'Requires authentication']);
    expect(await message(newToken())).toEqual([401, 'Bad credentials']);
    const revoked = grant(github, ['secrets=read']);
    github.credentials.revoke(revoked);
    expect(await message(revoked)).toEqual([401, 'Bad credentials']);
    const short = grant(github, ['secrets=read'], { expires: now + 3_600_000 });
    expect((await message(short))[0]).toBe(404);
    now += 3_600_000;
    expect(await message(short)).toEqual([401, 'Bad credentials']);
  });

  it('sees nothing of a private repository beyond its reach, and cannot write to a public one', async () => {
    await using github = await setUp();
    github.directory.addRepository('octo-org/private');
    github.directory.addRepository('octo-org/public', { private: false });
    const key = (name: string, token: string) =>
      send(github, token, 'GET', `/repos/octo-org/${name}/actions/secrets/public-key`);
    const token = grant(github, ['secrets=write'], { reach: ['octo-org/maps'], kind: 'personal' });
    expect((await key('maps', token)).status).toBe(200);
    expect((await key('private', token)).status).toBe(404);
    expect(await key('public', token)).toMatchObject({
      status: 403,
      json: { message: 'Resource not accessible by personal access token' },
    });
    expect((await key('private', grant(github, ['secrets=read'], { reach: ['Octo-Org'] }))).status).toBe(200);
    const organization = '/orgs/octo-org/actions/secrets/public-key';
    const other = grant(github, ['organization_secrets=write'], { reach: ['other'] });
    expect((await send(github, other, 'GET', organization)).status).toBe(404);
  });

  it.each(['repos/octo-org/other/actions', 'repos/octo-org/maps/environments/staging', 'orgs/other/actions'])(
    'gets 404 for %s, which does not exist',
    async scope => {
      await using github = await setUp();
      const token = grant(github, ['secrets=read', 'environments=read', 'organization_secrets=read']);
      expect((await send(github, token, 'GET', `/${scope}/secrets/public-key`)).status).toBe(404);
    },
  );
});

describe('a repository', () => {
  it('that was renamed redirects: 301 to read, 307 to write, and the new address works', async () => {
    await using github = await setUp();
    const token = grant(github, ['secrets=write'], { reach: ['octo-org/maps'] });
    github.secrets.set(SECRET, 'value');
    github.directory.renameRepository('octo-org/maps', 'octo-org/charts');
    const read = await send(github, token, 'GET', `/${SECRET}?x=1`);
    const address = read.headers.get('location') ?? '';
    expect(read).toMatchObject({ status: 301, json: { message: 'Moved Permanently', url: address } });
    expect(github.takeProblems()).toEqual([expect.stringContaining('no parameter x')]);
    const plain = address.replace('?x=1', '');
    expect(plain).toMatch(/\/repositories\/\d+\/actions\/secrets\/NAME$/);
    expect((await send(github, token, 'GET', plain)).json['name']).toBe('NAME');
    const body = { key_id: '1', encrypted_value: 'YWJj' };
    const written = await send(github, token, 'PUT', `/${SECRET}`, body);
    expect([written.status, written.headers.get('location')]).toEqual([307, plain]);
    expect(github.secrets.get('repos/octo-org/charts/actions/secrets/NAME')?.value).toBe('value');
  });

  it('that is archived can be read but not written', async () => {
    await using github = await setUp();
    const repository = github.directory.repository('octo-org/maps');
    if (repository !== undefined) repository.archived = true;
    const { status, json } = await putValue(github, grant(github, ['secrets=write']), SECRET, 'value');
    expect([status, json['message']]).toEqual([403, 'Repository was archived so is read-only.']);
  });
});

describe('GitHub Enterprise Server', () => {
  it('has everything below its base path, including links and redirects', async () => {
    await using github = await setUp({ basePath: '/api/v3' });
    const token = grant(github, ['secrets=write', 'organization_secrets=read', 'environments=write']);
    expect(github.url).toMatch(/\/api\/v3$/);
    expect((await putValue(github, token, ENVIRONMENT, 'value')).status).toBe(201);
    const ids = Array.from({ length: 31 }, (_, n) => github.directory.addRepository(`octo-org/r${n}`).id);
    const access = { visibility: 'selected', repositories: ids } as const;
    github.secrets.set('orgs/octo-org/actions/secrets/NAME', 'value', access);
    const list = '/orgs/octo-org/actions/secrets/NAME/repositories';
    const next = /<([^>]+)>; rel="next"/.exec(
      (await send(github, token, 'GET', list)).headers.get('link') ?? '',
    )?.[1];
    expect(next).toContain(`${github.url}/organizations/`);
    expect((await send(github, token, 'GET', next ?? '')).json['repositories']).toHaveLength(1);
    github.directory.renameRepository('octo-org/maps', 'octo-org/charts');
    const moved = await send(github, token, 'GET', `/${SECRET}`);
    expect(moved.headers.get('location')).toContain(`${github.url}/repositories/`);
    const beside = `${new URL(github.url).origin}/${SECRET}`;
    expect((await send(github, token, 'GET', beside)).status).toBe(404);
    expect(github.takeProblems()).toHaveLength(1);
  });
});
