/** GitHub's endpoints for secrets, with a token that has all permissions. */
import { describe, expect, it } from 'vitest';
import { newToken, putValue, send } from './client.ts';
import { sealBox } from './sealed-box.ts';
import { type GithubStandIn, startGithub } from './server.ts';

const PERMISSIONS = {
  actions: 'read',
  secrets: 'write',
  environments: 'write',
  dependabot_secrets: 'write',
  codespaces_secrets: 'write',
  organization_secrets: 'write',
  organization_dependabot_secrets: 'write',
  organization_codespaces_secrets: 'write',
} as const;

const REPOSITORY = 'repos/octo-org/maps/actions/secrets/MAPBOX_TOKEN';
const ORGANIZATION = 'orgs/octo-org/actions/secrets/MAPBOX_TOKEN';
const PLACES = [
  REPOSITORY,
  'repos/octo-org/maps/dependabot/secrets/MAPBOX_TOKEN',
  'repos/octo-org/maps/codespaces/secrets/MAPBOX_TOKEN',
  'repos/octo-org/maps/environments/production%20lane/secrets/MAPBOX_TOKEN',
  'repos/octo-org/maps/environments/need%2Fencoding/secrets/MAPBOX_TOKEN',
  ORGANIZATION,
  'orgs/octo-org/dependabot/secrets/MAPBOX_TOKEN',
  'orgs/octo-org/codespaces/secrets/MAPBOX_TOKEN',
];

interface Setting extends AsyncDisposable {
  readonly github: GithubStandIn;
  readonly token: string;
  /** GitHub's clock, in milliseconds. */
  now: number;
  readonly get: (path: string) => ReturnType<typeof send>;
}

async function setUp(): Promise<Setting> {
  const setting = { now: Date.UTC(2026, 0, 10, 14, 59, 22, 789) };
  const github = await startGithub({ now: () => setting.now });
  const token = newToken();
  github.addCredential(token, { permissions: PERMISSIONS });
  github.directory.addOrganization('octo-org');
  const environments = github.directory.repository('octo-org/maps')?.environments;
  environments?.add('production lane').add('need/encoding');
  return Object.assign(setting, {
    github,
    token,
    get: (path: string) => send(github, token, 'GET', `/${path}`),
    [Symbol.asyncDispose]: () => github[Symbol.asyncDispose](),
  });
}

describe.each(PLACES)('%s', place => {
  const more = place.startsWith('orgs/') ? { visibility: 'all' } : {};

  it('is created with 201 and replaced with 204, and the stand-in knows the plain value', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    expect((await setting.get(place)).status).toBe(404);
    const created = await putValue(github, token, place, 'first', more);
    expect([created.status, created.json]).toEqual([201, {}]);
    expect(github.secrets.get(place)?.value).toBe('first');
    setting.now += 5_900;
    expect((await putValue(github, token, place, 'zweites: ß', more)).status).toBe(204);
    expect(github.secrets.get(place)?.value).toBe('zweites: ß');
    expect(github.secrets.get(place)?.updatedAt).toBe(Date.UTC(2026, 0, 10, 14, 59, 28));
    const { status, headers, json } = await setting.get(place);
    expect([status, headers.get('date')]).toEqual([200, 'Sat, 10 Jan 2026 14:59:28 GMT']);
    expect(json).toEqual({
      name: 'MAPBOX_TOKEN',
      created_at: '2026-01-10T14:59:22Z',
      updated_at: '2026-01-10T14:59:28Z',
      ...more,
    });
  });

  it('rejects a value encrypted for another key, even for an outdated one', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    github.secrets.set(place, 'old');
    const scope = place.slice(0, place.lastIndexOf('/'));
    const { json: before } = await setting.get(`${scope}/public-key`);
    github.secrets.rotateKey(place);
    const { json: after } = await setting.get(`${scope}/public-key`);
    expect(after['key_id']).not.toBe(before['key_id']);
    const pairs = [
      [before['key_id'], before['key']],
      [before['key_id'], after['key']],
      [after['key_id'], before['key']],
    ];
    for (const [key_id, key] of pairs) {
      const encrypted_value = sealBox('new', String(key));
      const refused = await send(github, token, 'PUT', `/${place}`, { encrypted_value, key_id, ...more });
      expect([refused.status, refused.json['message']]).toEqual([
        422,
        'Bad request - validation failed due to an improperly encrypted secret',
      ]);
    }
    expect(github.secrets.get(place)?.value).toBe('old');
    expect((await putValue(github, token, place, 'new', more)).status).toBe(204);
  });
});

describe('names', () => {
  it('are not case-sensitive, and are stored in upper case', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    const lower = 'repos/Octo-Org/MAPS/actions/secrets/mapbox_token';
    expect((await putValue(github, token, lower, 'first')).status).toBe(201);
    expect((await putValue(github, token, REPOSITORY, 'second')).status).toBe(204);
    expect((await setting.get(lower)).json['name']).toBe('MAPBOX_TOKEN');
    expect(github.secrets.all()).toHaveLength(1);
    const environment = 'repos/octo-org/maps/environments/PRODUCTION%20Lane/secrets/x';
    expect((await putValue(github, token, environment, 'value')).status).toBe(201);
  });

  it.each(['GITHUB_TOKEN', '1ST', 'WITH-DASH'])('cannot be %s', async name => {
    await using setting = await setUp();
    const refused = await putValue(
      setting.github,
      setting.token,
      `repos/octo-org/maps/actions/secrets/${name}`,
      'value',
    );
    expect(refused.status).toBe(422);
    expect(setting.github.secrets.all()).toEqual([]);
  });

  it('of environments are decoded once', async () => {
    await using setting = await setUp();
    const twice = 'repos/octo-org/maps/environments/need%252Fencoding/secrets/public-key';
    expect((await setting.get(twice)).status).toBe(404);
    expect(setting.github.takeProblems()).toEqual([]);
    const never = 'repos/octo-org/maps/environments/need/encoding/secrets/public-key';
    expect((await setting.get(never)).status).toBe(404);
    expect(setting.github.takeProblems()).toEqual([expect.stringContaining('not among the operations')]);
  });
});

describe("an organization's secret", () => {
  it('is for the repositories named in the last PUT only', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    const ids = ['one', 'two'].map(name => github.directory.addRepository(`octo-org/${name}`).id);
    const selected = { visibility: 'selected', selected_repository_ids: ids };
    const access = () => github.secrets.get(ORGANIZATION)?.access;

    await putValue(github, token, ORGANIZATION, 'a', selected);
    expect(access()).toEqual({ visibility: 'selected', repositories: ids });
    expect((await setting.get(ORGANIZATION)).json).toMatchObject({
      visibility: 'selected',
      selected_repositories_url: `${github.url}/${ORGANIZATION}/repositories`,
    });
    await putValue(github, token, ORGANIZATION, 'b', { visibility: 'selected' });
    expect(access()).toEqual({ visibility: 'selected', repositories: [] });
    await putValue(github, token, ORGANIZATION, 'c', selected);
    await putValue(github, token, ORGANIZATION, 'd');
    expect(access()).toEqual({ visibility: 'private' });
    expect(github.takeProblems()).toEqual([expect.stringContaining("required property 'visibility'")]);
    await putValue(github, token, ORGANIZATION, 'e', { visibility: 'all' });
    expect((await setting.get(ORGANIZATION)).json).not.toHaveProperty('selected_repositories_url');
    expect(access()).toEqual({ visibility: 'all' });
    const refused = await putValue(github, token, ORGANIZATION, 'f', { ...selected, visibility: 'all' });
    expect([refused.status, github.secrets.get(ORGANIZATION)?.value]).toEqual([422, 'e']);
  });

  it('can have its visibility changed alone', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    github.secrets.set(ORGANIZATION, 'value');
    const { status } = await send(github, token, 'PUT', `/${ORGANIZATION}`, { visibility: 'all' });
    expect(status).toBe(204);
    expect(github.secrets.get(ORGANIZATION)).toMatchObject({ value: 'value', access: { visibility: 'all' } });
  });

  it('lists its repositories on pages, with IDs instead of names in the links', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    const ids = Array.from({ length: 130 }, (_, n) => github.directory.addRepository(`octo-org/r${n}`).id);
    github.secrets.set(ORGANIZATION, 'value', { visibility: 'selected', repositories: ids });
    const seen: unknown[] = [];
    const sizes: number[] = [];
    let next: string | undefined = `/${ORGANIZATION}/repositories`;
    while (next !== undefined) {
      const { status, json, headers } = await send(github, token, 'GET', next);
      expect([status, json['total_count']]).toEqual([200, 130]);
      const repositories = Array.isArray(json['repositories']) ? json['repositories'] : [];
      seen.push(...repositories.map(({ id }) => id));
      sizes.push(repositories.length);
      const links: string = headers.get('link') ?? '';
      next = /<([^>]+)>; rel="next"/.exec(links)?.[1];
      if (next !== undefined) expect(next).toMatch(/\/organizations\/\d+\/actions\/secrets\/MAPBOX_TOKEN\//);
    }
    expect(sizes).toEqual([30, 30, 30, 30, 10]);
    expect(seen).toEqual(ids);
    const { json, headers } = await setting.get(`${ORGANIZATION}/repositories?per_page=500&page=2`);
    expect(json['repositories']).toHaveLength(30);
    expect(headers.get('link')?.match(/rel="\w+"/g)).toEqual(['rel="prev"', 'rel="first"']);
  });
});

describe('a PUT', () => {
  it('without encryption is rejected in words that repeat the value, as GitHub does', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    const { json: key } = await setting.get('repos/octo-org/maps/actions/secrets/public-key');
    const body = { encrypted_value: 'not.encrypted', key_id: key['key_id'] };
    const refused = await send(github, token, 'PUT', `/${REPOSITORY}`, body);
    expect([refused.status, refused.json['message']]).toEqual([
      422,
      'Invalid request.\n\nnot.encrypted does not match /^(?:[A-Za-z0-9+\\/]{4})*(?:[A-Za-z0-9+\\/]{2}==|[A-Za-z0-9+\\/]{3}=|[A-Za-z0-9+\\/]{4})$/.',
    ]);
    expect(github.takeProblems()).toHaveLength(1);
  });

  it.each([
    ['no JSON', 400, 'Problems parsing JSON'],
    ['{}', 422, 'Invalid request.\n\n"encrypted_value" wasn\'t supplied.'],
    ['{"encrypted_value":"YWJj"}', 422, 'Invalid request.\n\n"key_id" wasn\'t supplied.'],
    ['{"encrypted_value":"YWJj","key_id":7}', 422, "Invalid request.\n\nFor '/key_id', 7 is not a string."],
  ])('of %s gets %i', async (body, status, message) => {
    await using setting = await setUp();
    const { github, token } = setting;
    const refused = await send(github, token, 'PUT', `/${REPOSITORY}`, body);
    expect([refused.status, refused.json['message']]).toEqual([status, message]);
    expect(github.takeProblems()).not.toEqual([]);
  });
});
