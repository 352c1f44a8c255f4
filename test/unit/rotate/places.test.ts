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
  return { kind: 'repository', owner, repo, app, secret: 'NAME' };
};
const environment: Place = {
  kind: 'environment',
  owner: 'Octo',
  repo: 'Maps',
  environment: 'Need/Encoding',
  secret: 'NAME',
};
const organization: Place = { kind: 'organization', organization: 'Octo', app: 'dependabot', secret: 'NAME' };

it('writes a place as its path in the API, decoded and in lower case', () => {
  expect(placePath(repository('Octo/Maps'))).toBe('repos/octo/maps/actions/secrets/name');
  expect(placePath(environment)).toBe('repos/octo/maps/environments/need/encoding/secrets/name');
  expect(placePath(organization)).toBe('orgs/octo/dependabot/secrets/name');
});

it('tags a place with the last five digits of the SHA-256 of its path in base 36', () => {
  const hash = createHash('sha256').update('repos/octo/maps/actions/secrets/name').digest('hex');
  expect(placeTag(repository('Octo/Maps'))).toBe(BigInt(`0x${hash}`).toString(36).slice(-5));
  expect(placeTag(repository('octo/maps'))).toBe(placeTag(repository('OCTO/MAPS')));
  expect(placeTag(repository('octo/maps', 'dependabot'))).not.toBe(placeTag(repository('octo/maps')));
});

// So that no change of the code separates tokens from the secrets that they were created for.
it('has the tags that tokens already have', () => {
  expect(placeTag(repository('octo-org/maps'))).toMatch(/^[0-9a-z]{5}$/);
  expect([repository('octo-org/maps'), environment, organization].map(placeTag)).toMatchInlineSnapshot(`
    [
      "pvgqb",
      "mgshu",
      "t3g0r",
    ]
  `);
});

describe('the primary place', () => {
  const first = (places: readonly Place[]) => placePath(primaryFirst(places, 'octo/maps')[0] ?? environment);
  it('is that of the workflow’s repository, in whatever order they are named', () => {
    expect(first([repository('octo/site'), repository('Octo/Maps')])).toContain('octo/maps/actions');
  });
  it('is that for Actions, which the workflow reads', () => {
    const places = [repository('octo/maps', 'dependabot'), repository('octo/maps')];
    expect(first(places)).toContain('octo/maps/actions');
  });
  it('is the secret of an environment rather than that for Dependabot', () => {
    expect(first([repository('octo/maps', 'dependabot'), environment])).toContain('environments');
  });
  it('is an organization’s secret for Actions where that is kept there', () => {
    expect(first([organization, { ...organization, app: 'actions' }])).toContain('octo/actions');
  });
  it('is the first where none is in the workflow’s repository', () => {
    expect(first([repository('octo/a'), repository('octo/b')])).toContain('octo/a/');
  });
  it('comes first, and the others stay in their order', () => {
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
