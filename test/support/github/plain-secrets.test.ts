import { describe, expect, it } from 'vitest';
import { Github } from './github.ts';

function setUp(): Github {
  const github = new Github();
  github.directory.addOrganization('octo-org');
  github.directory.repository('octo-org/maps')?.environments.add('production');
  return github;
}

describe('secrets.NAME in a job', () => {
  it('is the nearest one: the environment’s, the repository’s, the organization’s', () => {
    const { secrets } = setUp();
    const seen = () => [
      secrets.forJob('octo-org/maps', 'name'),
      secrets.forJob('octo-org/maps', 'name', 'Production'),
    ];
    expect(seen()).toEqual([undefined, undefined]);
    secrets.set('orgs/octo-org/actions/secrets/NAME', 'organization');
    expect(seen()).toEqual(['organization', 'organization']);
    secrets.set('repos/octo-org/maps/actions/secrets/NAME', 'repository');
    expect(seen()).toEqual(['repository', 'repository']);
    secrets.set('repos/octo-org/maps/environments/production/secrets/NAME', 'environment');
    expect(seen()).toEqual(['repository', 'environment']);
    secrets.delete('repos/octo-org/maps/actions/secrets/NAME');
    expect(seen()).toEqual(['organization', 'environment']);
  });

  it('is not another app’s', () => {
    const { secrets } = setUp();
    secrets.set('repos/octo-org/maps/dependabot/secrets/NAME', 'value');
    secrets.set('orgs/octo-org/codespaces/secrets/NAME', 'value');
    expect(secrets.forJob('octo-org/maps', 'NAME')).toBeUndefined();
  });

  it('is an organization’s only if its visibility allows it', () => {
    const { secrets, directory } = setUp();
    const open = directory.addRepository('octo-org/open', { private: false });
    const seen = () => ['octo-org/maps', 'octo-org/open'].map(name => secrets.forJob(name, 'NAME'));
    const place = 'orgs/octo-org/actions/secrets/NAME';
    secrets.set(place, 'value', { visibility: 'all' });
    expect(seen()).toEqual(['value', 'value']);
    secrets.set(place, 'value', { visibility: 'private' });
    expect(seen()).toEqual(['value', undefined]);
    secrets.set(place, 'value', { visibility: 'selected', repositories: [open.id] });
    expect(seen()).toEqual([undefined, 'value']);
    secrets.set(place, 'by hand');
    expect(seen()).toEqual([undefined, 'by hand']);
  });

  it('survives a rename of the repository', () => {
    const { secrets, directory } = setUp();
    secrets.set('repos/octo-org/maps/actions/secrets/NAME', 'value');
    directory.renameRepository('octo-org/maps', 'octo-org/charts');
    expect(secrets.forJob('octo-org/charts', 'NAME')).toBe('value');
  });
});
