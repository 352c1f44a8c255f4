import { describe, expect, it } from 'vitest';
import type { GithubResult } from '../../../src/github/client.ts';
import type { Place } from '../../../src/rotate/places.ts';
import {
  type Access,
  getPublicKey,
  getRepositoryPage,
  getSecret,
  putSecret,
} from '../../../src/rotate/secrets.ts';
import { rejected, scriptedGithub, success } from '../../support/scripted-github.ts';

const repository: Place = { kind: 'repository', owner: 'octo', repo: 'maps', app: 'dependabot', secret: 'N' };
const environment: Place = {
  kind: 'environment',
  owner: 'octo',
  repo: 'maps',
  environment: 'need/encoding',
  secret: 'N',
};
const organization = { kind: 'organization', organization: 'octo', app: 'codespaces', secret: 'N' } as const;
const key = { key_id: '5', key: Buffer.alloc(32, 7).toString('base64') };
const secret = { name: 'n', updated_at: '2026-01-02T03:04:05Z' };

const environmentParameters = { owner: 'octo', repo: 'maps', environment_name: 'need/encoding' };
const inRepository = 'GET /repos/{owner}/{repo}/dependabot/secrets';
const inEnvironment = 'GET /repos/{owner}/{repo}/environments/{environment_name}/secrets';
const inOrganization = 'GET /orgs/{org}/codespaces/secrets';

it.each([
  [repository, inRepository, { owner: 'octo', repo: 'maps' }],
  [environment, inEnvironment, environmentParameters],
  [organization, inOrganization, { org: 'octo' }],
] as const)('gets key and secret of %o', async (place, route, parameters) => {
  const visibility = place.kind === 'organization' ? { visibility: 'all' } : {};
  const github = scriptedGithub(success(key), success({ ...secret, ...visibility }));
  await getPublicKey(github, place, 1000);
  expect((await getSecret(github, place, 1000)).kind).toBe('success');
  expect(github.requests).toEqual([
    { route: `${route}/public-key`, parameters },
    { route: `${route}/{secret_name}`, parameters: { ...parameters, secret_name: 'N' } },
  ]);
});

it('gives the bytes of a key', async () => {
  const place = repository;
  const github = scriptedGithub(success(key));
  const result = await getPublicKey(github, place, 1000);
  expect(result).toEqual({ kind: 'success', value: { id: '5', bytes: Buffer.alloc(32, 7) } });
});

it.each([
  { ...key, key_id: 5 },
  { ...key, key: Buffer.alloc(31).toString('base64') },
  { key_id: '5' },
  [],
  undefined,
])('takes no key out of %j', async data => {
  expect(await getPublicKey(scriptedGithub(success(data)), repository, 1000)).toMatchObject({
    kind: 'indeterminate',
    cause: { kind: 'unreadable' },
  });
});

describe('a secret', () => {
  it('says when it changed', async () => {
    const result = await getSecret(scriptedGithub(success(secret)), environment, 1000);
    const value = { updatedAt: new Date('2026-01-02T03:04:05Z'), access: undefined };
    expect(result).toEqual({ kind: 'success', value });
  });
  it.each(['all', 'private'])('of an organization says who has it: %s', async visibility => {
    const result = await getSecret(scriptedGithub(success({ ...secret, visibility })), organization, 1000);
    expect(result).toMatchObject({ value: { access: { visibility } } });
  });
  it('for selected repositories does not say which', async () => {
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
  ])('is not believed: %o %o', async (place, data) => {
    expect((await getSecret(scriptedGithub(success(data)), place, 1000)).kind).toBe('indeterminate');
  });
});

it('gets a page of the repositories that have a secret', async () => {
  const github = scriptedGithub(success({ total_count: 3, repositories: [{ id: 1 }, { id: 2 }] }));
  const result = await getRepositoryPage(github, organization, 2, 1000);
  expect(result).toEqual({ kind: 'success', value: { ids: [1, 2], total: 3 } });
  expect(github.requests[0]?.parameters).toMatchObject({ page: 2 });
});

it.each([
  null,
  { total_count: '3', repositories: [] },
  { total_count: 3 },
  { total_count: 3, repositories: [{ id: '1' }] },
  { total_count: 3, repositories: [null] },
])('takes no repositories out of %j', async data => {
  const result = await getRepositoryPage(scriptedGithub(success(data)), organization, 1, 1000);
  expect(result.kind).toBe('indeterminate');
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
  const value = { secret_name: 'N', encrypted_value: 'Qk9Y', key_id: '5' };

  it('names place, box and key', async () => {
    expect(await put(repository)).toEqual({
      route: 'PUT /repos/{owner}/{repo}/dependabot/secrets/{secret_name}',
      parameters: { owner: 'octo', repo: 'maps', ...value },
    });
    expect(await put(environment)).toEqual({
      route: 'PUT /repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}',
      parameters: { ...environmentParameters, ...value },
    });
  });
  it('shows an organization’s secret to no more than private repositories where it is not known who has it', async () => {
    expect((await put(organization))?.parameters).toEqual({ org: 'octo', ...value, visibility: 'private' });
  });
  it('leaves as it was who has an organization’s secret', async () => {
    expect((await put(organization, { visibility: 'all' }))?.parameters).toEqual({
      org: 'octo',
      ...value,
      visibility: 'all',
    });
    expect(
      (await put(organization, { visibility: 'selected', repositories: [1, 2] }))?.parameters,
    ).toMatchObject({ visibility: 'selected', selected_repository_ids: [1, 2] });
  });
});

const fromProxy = (status: number): GithubResult => ({
  kind: 'rejected',
  status,
  isGithubError: false,
  acceptedPermissions: undefined,
});

const unreadable = (status: number) => ({
  kind: 'indeterminate',
  cause: { kind: 'unreadable', status, bodyDescription: 'a response that is not how GitHub responds' },
});

describe('a response', () => {
  const meaning = (response: GithubResult) => getSecret(scriptedGithub(response), repository, 1000);
  it.each<[string, GithubResult, object]>([
    ['of GitHub’s own', rejected(403, 'secrets=read'), { kind: 'rejected', status: 403 }],
    ['of a renamed repository', fromProxy(301), { kind: 'rejected' }],
    ['of a proxy', fromProxy(400), unreadable(400)],
    ['that limits', { kind: 'rate-limited', retryAfter: 7 }, { kind: 'rate-limited', retryAfter: 7 }],
    [
      'that failed',
      { kind: 'server-error', status: 502 },
      { kind: 'indeterminate', cause: { kind: 'server-error', status: 502, bodyDescription: 'an error' } },
    ],
    ['that was cut', { kind: 'unreadable', status: 200 }, unreadable(200)],
    [
      'that never came',
      { kind: 'no-response', sent: true, code: 'TIMEOUT' },
      { kind: 'indeterminate', cause: { kind: 'no-response', code: 'TIMEOUT' } },
    ],
    ['to nothing', { kind: 'no-response', sent: false, code: 'ENOTFOUND' }, { kind: 'not-sent' }],
  ])('%s is taken for what it is', async (_, response, result) => {
    expect(await meaning(response)).toMatchObject(result);
  });
});
