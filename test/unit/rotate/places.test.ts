import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  describePlace,
  type Place,
  permissionFor,
  placePath,
  placeTag,
  primaryFirst,
} from '../../../src/rotate/places.ts';

const repository = (name: string, app: 'actions' | 'dependabot' | 'codespaces' = 'actions'): Place => {
  const [owner = '', repo = ''] = name.split('/');
  return { owner: ['repos', owner, repo], environment: undefined, app, secret: 'NAME' };
};
const environment: Place = { ...repository('Octo/Maps'), environment: 'Need/Encoding' };
const organization: Place = { ...repository('x/x', 'dependabot'), owner: ['orgs', 'Octo'] };

it('writes a place as its path in the API, decoded and in lower case', () => {
  expect(placePath(repository('Octo/Maps'))).toBe('repos/octo/maps/actions/secrets/name');
  expect(placePath(environment)).toBe('repos/octo/maps/environments/need/encoding/secrets/name');
  expect(placePath(organization)).toBe('orgs/octo/dependabot/secrets/name');
});

describe('the tag of a place', () => {
  const run = { server: 'https://github.com', repository: 'Octo/Maps', repositoryId: '123' };
  const tagOf = (text: string) =>
    BigInt(`0x${createHash('sha256').update(text).digest('hex')}`)
      .toString(36)
      .slice(-5);

  it('is the end of the SHA-256 of the server and the path, in base 36', () => {
    const { repositoryId: _, ...withoutId } = run;
    expect(placeTag(repository('Octo/Maps'), { ...withoutId, repositoryId: undefined })).toBe(
      tagOf('github.com\nrepos/octo/maps/actions/secrets/name'),
    );
    expect(placeTag(organization, run)).toBe(tagOf('github.com\norgs/octo/dependabot/secrets/name'));
  });
  it('has the ID of the workflow’s repository, so that it survives a rename', () => {
    const tag = tagOf('github.com\nrepositories/123/actions/secrets/name');
    expect(placeTag(repository('octo/maps'), run)).toBe(tag);
    expect(placeTag(repository('hexa/atlas'), { ...run, repository: 'hexa/atlas' })).toBe(tag);
    expect(placeTag(environment, run)).toBe(
      tagOf('github.com\nrepositories/123/environments/need/encoding/secrets/name'),
    );
  });
  it('has the names of other repositories', () => {
    expect(placeTag(repository('octo/maps2'), run)).toBe(
      tagOf('github.com\nrepos/octo/maps2/actions/secrets/name'),
    );
  });
  it.each([
    ['https://Code.example.org:8443/a/', 'code.example.org:8443/a'],
    ['http://code.example.org', 'code.example.org'],
  ])('distinguishes servers: %s', (server, key) => {
    expect(placeTag(repository('octo/maps'), { ...run, server })).toBe(
      tagOf(`${key}\nrepositories/123/actions/secrets/name`),
    );
  });
  it('distinguishes apps', () => {
    expect(placeTag(repository('octo/maps', 'dependabot'), run)).not.toBe(
      placeTag(repository('octo/maps'), run),
    );
  });
});

// So that code changes do not separate tokens from their secrets.
it('never changes a tag', () => {
  const run = { server: 'https://github.com', repository: 'octo-org/maps', repositoryId: '123456789' };
  const places = [repository('octo-org/maps'), environment, organization];
  expect(places.map(place => placeTag(place, run))).toMatchInlineSnapshot(`
    [
      "1nkah",
      "efxo9",
      "xtb6n",
    ]
  `);
});

describe('the primary place', () => {
  const first = (places: readonly Place[]) => placePath(primaryFirst(places, 'octo/maps')[0] ?? environment);
  it('is in the workflow’s repository, whatever the order', () => {
    expect(first([repository('octo/site'), repository('Octo/Maps')])).toContain('octo/maps/actions');
  });
  it('is the one for Actions, which the workflow reads', () => {
    const places = [repository('octo/maps', 'dependabot'), repository('octo/maps')];
    expect(first(places)).toContain('octo/maps/actions');
  });
  it('is an environment’s secret rather than Dependabot’s', () => {
    expect(first([repository('octo/maps', 'dependabot'), environment])).toContain('environments');
  });
  it('is an organization’s secret for Actions if there is one', () => {
    expect(first([organization, { ...organization, app: 'actions' }])).toContain('octo/actions');
  });
  it('is the first if none is in the workflow’s repository', () => {
    expect(first([repository('octo/a'), repository('octo/b')])).toContain('octo/a/');
  });
  it('comes first, and the others keep their order', () => {
    const places = ['octo/a', 'octo/maps', 'octo/b'].map(name => repository(name));
    expect(primaryFirst(places, 'octo/maps').map(placePath)).toEqual(
      ['maps', 'a', 'b'].map(name => `repos/octo/${name}/actions/secrets/name`),
    );
  });
});

it.each([
  [repository('o/r'), 'Secrets', 'permission-secrets'],
  [repository('o/r', 'dependabot'), 'Dependabot secrets', 'permission-dependabot-secrets'],
  [repository('o/r', 'codespaces'), 'Codespaces secrets', 'permission-codespaces-secrets'],
  [environment, 'Environments', 'permission-environments'],
  [{ ...organization, app: 'actions' }, 'Organization secrets', 'permission-organization-secrets'],
  [organization, 'Organization Dependabot secrets', 'permission-organization-dependabot-secrets'],
] as const)('names the permission for %o', (place, name, input) => {
  expect(permissionFor(place)).toEqual({ name, input });
});

it('describes a place in words', () => {
  expect([repository('o/r', 'dependabot'), environment, organization].map(describePlace)).toEqual([
    'the Dependabot secret `NAME` of o/r',
    'the secret `NAME` of the environment `Need/Encoding` of Octo/Maps',
    'the Dependabot secret `NAME` of the organization Octo',
  ]);
});
