import { expect, it } from 'vitest';
import type { GithubResult } from '../../../src/github/client.ts';
import { lookUpPlaces } from '../../../src/rotate/lookup.ts';
import { type Place, placeTag } from '../../../src/rotate/places.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { rejected, scriptedGithub, success } from '../../support/scripted-github.ts';

const repository: Place = { kind: 'repository', owner: 'octo', repo: 'maps', app: 'actions', secret: 'N' };
const organization: Place = { kind: 'organization', organization: 'octo', app: 'actions', secret: 'N' };
const key = success({ key_id: '5', key: Buffer.alloc(32).toString('base64') });
const secret = { name: 'N', updated_at: '2026-01-02T03:04:05Z' };
const selected = success({ ...secret, visibility: 'selected' });
const lookUp = (place: Place, ...responses: readonly GithubResult[]) =>
  lookUpPlaces(scriptedGithub(...responses), [place], retryOptions(new FakeClock()));

it('gives key, date and tag of each place', async () => {
  const [known] = await lookUp(repository, key, success(secret));
  expect(known).toMatchObject({
    tag: placeTag(repository),
    key: { id: '5' },
    updatedAt: new Date('2026-01-02T03:04:05Z'),
    access: undefined,
  });
});

it('gets the repositories of a selected secret over all pages', async () => {
  const page = (ids: readonly number[]) => success({ total_count: 3, repositories: ids.map(id => ({ id })) });
  const github = scriptedGithub(key, selected, page([1, 2]), page([3]));
  const [known] = await lookUpPlaces(github, [organization], retryOptions(new FakeClock()));
  expect(known?.access).toEqual({ visibility: 'selected', repositories: [1, 2, 3] });
  expect(github.requests.slice(2).map(({ parameters }) => parameters['page'])).toEqual([1, 2]);
});

it('asks for no repositories of a secret that all have', async () => {
  const [known] = await lookUp(organization, key, success({ ...secret, visibility: 'all' }));
  expect(known?.access).toEqual({ visibility: 'all' });
});

it.each([
  ['none', []],
  ['some', [1, 2]],
])(
  'updates no selected secret of whose repositories GitHub lists %s: the others would lose it',
  async (_, ids) => {
    const page = (listed: readonly number[]) =>
      success({ total_count: 3, repositories: listed.map(id => ({ id })) });
    await expect(lookUp(organization, key, selected, page(ids), page([]))).rejects.toMatchObject({
      title: 'Unexpected response from GitHub',
      message: expect.stringContaining(`lists ${ids.length} of the 3 repositories`),
    });
  },
);

it('takes a selected secret that no repository has as it is', async () => {
  const [known] = await lookUp(organization, key, selected, success({ total_count: 0, repositories: [] }));
  expect(known?.access).toEqual({ visibility: 'selected', repositories: [] });
});

it.each([
  ['GitHub secret not found', key, rejected(404)],
  ['GitHub permission missing', rejected(404), key],
  ['GitHub rejected the github-token', rejected(401), key],
])('ends with %s', async (title, ...responses) => {
  await expect(lookUp(repository, ...responses)).rejects.toMatchObject({ title });
});
