import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '../../../src/http/response.ts';
import type { Place } from '../../../src/rotate/places.ts';
import {
  type Access,
  getPublicKey,
  getSecret,
  lookUpPlaces,
  putSecret,
} from '../../../src/rotate/secrets.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { rejected, scriptedGithub, success } from '../../support/scripted-github.ts';
import { run } from '../../support/workflow-run.ts';

const repository: Place = {
  owner: ['repos', 'octo', 'maps'],
  environment: undefined,
  app: 'dependabot',
  secret: 'N',
};
const environment: Place = { ...repository, environment: 'need/encoding', app: 'actions' };
const organization: Place = { ...repository, owner: ['orgs', 'octo'], app: 'codespaces' };
const key = { key_id: '5', key: Buffer.alloc(32, 7).toString('base64') };
const DATE = 'Fri, 02 Jan 2026 03:05:05 GMT';
const secret = { name: 'n', updated_at: '2026-01-02T03:04:05Z' };

it.each([
  [repository, '/repos/octo/maps/dependabot/secrets'],
  [environment, '/repos/octo/maps/environments/need%2Fencoding/secrets'],
  [organization, '/orgs/octo/codespaces/secrets'],
])('requests key and secret of %o', async (place, path) => {
  const github = scriptedGithub(success(key), success({ ...secret, visibility: 'all' }));
  await getPublicKey(github, place, 1000);
  expect((await getSecret(github, place, 1000)).kind).toBe('success');
  expect(github.requests).toMatchObject([
    { method: 'GET', path: `${path}/public-key` },
    { method: 'GET', path: `${path}/N` },
  ]);
});

it('decodes a key', async () => {
  const result = await getPublicKey(scriptedGithub(success(key)), repository, 1000);
  expect(result).toEqual({ kind: 'success', value: { id: '5', bytes: Buffer.alloc(32, 7) } });
});

it.each([
  { ...key, key_id: 5 },
  { ...key, key: Buffer.alloc(31, 7).toString('base64') },
  { ...key, key: Buffer.alloc(32).toString('base64') },
  { key_id: '5' },
  [],
  undefined,
])('finds no key in %j', async data => {
  expect(await getPublicKey(scriptedGithub(success(data)), repository, 1000)).toMatchObject({
    kind: 'indeterminate',
    cause: { kind: 'unreadable' },
  });
});

describe('a secret', () => {
  it('has the time of its last change', async () => {
    const result = await getSecret(scriptedGithub(success(secret, 200, { date: DATE })), environment, 1000);
    const value = { updatedAt: new Date('2026-01-02T03:04:05Z'), access: undefined, date: new Date(DATE) };
    expect(result).toEqual({ kind: 'success', value });
  });
  it.each(['all', 'private'])('of an organization has its visibility: %s', async visibility => {
    const result = await getSecret(scriptedGithub(success({ ...secret, visibility })), organization, 1000);
    expect(result).toMatchObject({ value: { access: { visibility } } });
  });
  it('for selected repositories does not have their list', async () => {
    const response = success({ ...secret, visibility: 'selected' });
    const result = await getSecret(scriptedGithub(response), organization, 1000);
    expect(result).toMatchObject({ value: { access: { visibility: 'selected', repositories: [] } } });
  });
  it.each([
    [repository, { updated_at: secret.updated_at }],
    [repository, { ...secret, updated_at: 5 }],
    [repository, { ...secret, name: 'OTHER' }],
    [repository, { ...secret, updated_at: 'once' }],
    [organization, secret],
    [organization, { ...secret, visibility: 'some' }],
  ])('is unreadable: %o %o', async (place, data) => {
    expect((await getSecret(scriptedGithub(success(data)), place, 1000)).kind).toBe('indeterminate');
  });
});

describe('a put', () => {
  const put = async (place: Place, access?: Access) => {
    const github = scriptedGithub(success(undefined, 204));
    expect(await putSecret(github, place, { box: 'Qk9Y', keyId: '5', access }, 1000)).toEqual({
      kind: 'success',
      value: 'stored',
    });
    return github.requests[0];
  };
  const value = { encrypted_value: 'Qk9Y', key_id: '5' };

  it('names place, box and key', async () => {
    expect(await put(repository)).toEqual({
      method: 'PUT',
      path: '/repos/octo/maps/dependabot/secrets/N',
      body: value,
    });
    expect(await put(environment)).toEqual({
      method: 'PUT',
      path: '/repos/octo/maps/environments/need%2Fencoding/secrets/N',
      body: value,
    });
  });
  it('limits an organization’s secret of unknown visibility to private repositories', async () => {
    expect((await put(organization))?.body).toEqual({ ...value, visibility: 'private' });
  });
  it('preserves the visibility of an organization’s secret', async () => {
    expect((await put(organization, { visibility: 'all' }))?.body).toEqual({ ...value, visibility: 'all' });
    expect((await put(organization, { visibility: 'selected', repositories: [1, 2] }))?.body).toEqual({
      ...value,
      visibility: 'selected',
      selected_repository_ids: [1, 2],
    });
  });
});

describe('looking up places', () => {
  const keyResponse = success(key);
  const selected = success({ ...secret, visibility: 'selected' });
  const lookUp = (place: Place, ...responses: readonly HttpResponse[]) =>
    lookUpPlaces(scriptedGithub(...responses), [place], run, retryOptions(new FakeClock()));
  const pageOf = (ids: readonly unknown[], total: unknown = 3) =>
    success({ total_count: total, repositories: ids.map(id => ({ id })) });

  it('gives key, date, tag and both clocks for each place', async () => {
    const clock = new FakeClock();
    const github = scriptedGithub(keyResponse, success(secret, 200, { date: DATE }));
    const [known] = await lookUpPlaces(github, [repository], run, retryOptions(clock));
    expect(known).toMatchObject({
      tag: expect.stringMatching(/^[0-9a-z]{5}$/),
      key: { id: '5' },
      updatedAt: new Date('2026-01-02T03:04:05Z'),
      access: undefined,
      now: Date.parse(DATE),
      readAt: clock.now(),
    });
  });

  it('uses the runner’s clock if GitHub gives no time', async () => {
    const [known] = await lookUp(repository, keyResponse, success(secret));
    expect(known?.now).toBe(new FakeClock().now());
  });

  it('reads all pages of a selected secret’s repositories', async () => {
    const github = scriptedGithub(keyResponse, selected, pageOf([1, 2]), pageOf([3]));
    const [known] = await lookUpPlaces(github, [organization], run, retryOptions(new FakeClock()));
    expect(known?.access).toEqual({ visibility: 'selected', repositories: [1, 2, 3] });
    expect(github.requests.slice(2).map(({ path }) => path.replace(/.*\//, ''))).toEqual([
      'repositories?per_page=50&page=1',
      'repositories?per_page=50&page=2',
    ]);
  });

  it('does not request repositories for a secret that all have', async () => {
    const [known] = await lookUp(organization, keyResponse, success({ ...secret, visibility: 'all' }));
    expect(known?.access).toEqual({ visibility: 'all' });
  });

  it.each([
    ['none', []],
    ['some', [1, 2]],
  ])(
    'rejects a selected secret whose listed repositories are %s, as an update would drop the others',
    async (_, ids) => {
      await expect(
        lookUp(organization, keyResponse, selected, pageOf(ids), pageOf([])),
      ).rejects.toMatchObject({
        title: 'Unexpected response from GitHub',
        message: expect.stringContaining(`lists only ${ids.length} of the 3 repositories`),
      });
    },
  );

  it('accepts a selected secret without repositories', async () => {
    const [known] = await lookUp(organization, keyResponse, selected, pageOf([], 0));
    expect(known?.access).toEqual({ visibility: 'selected', repositories: [] });
  });

  it.each([
    null,
    { total_count: '3', repositories: [] },
    { total_count: 3 },
    { total_count: 3, repositories: [{ id: '1' }] },
    { total_count: 3, repositories: [null] },
  ])('finds no repositories in %j', async data => {
    const pages = Array<HttpResponse>(3).fill(success(data));
    await expect(lookUp(organization, keyResponse, selected, ...pages)).rejects.toMatchObject({
      title: 'Unexpected response from GitHub',
    });
  });

  it.each([
    ['GitHub secret not found', keyResponse, rejected(404)],
    ['GitHub secret not found', rejected(404), keyResponse],
    ['GitHub permission missing', rejected(403, 'Resource not accessible by integration'), keyResponse],
    ['GitHub rejected the github-token', rejected(401), keyResponse],
  ])('ends with %s', async (title, ...responses) => {
    await expect(lookUp(repository, ...responses)).rejects.toMatchObject({ title });
  });

  it('says that no secret is created in place of a missing one', async () => {
    const missing = lookUp(repository, keyResponse, rejected(404));
    await expect(missing).rejects.toThrow('A rotation does not create secrets.');
  });
});
