import { describe, expect, it } from 'vitest';
import { InputProblems } from '../../../src/inputs/problems.ts';
import { parsePlaces } from '../../../src/rotate/place-inputs.ts';
import { placePath } from '../../../src/rotate/places.ts';

const parse = (inputs: Readonly<Record<string, string>>) => {
  const problems = new InputProblems();
  const given: Readonly<Record<string, string>> = { secret: 'NAME', ...inputs };
  const places = parsePlaces(name => given[name] ?? '', 'octo/maps', problems);
  problems.throwIfAny({});
  return places?.map(placePath);
};

describe('the places', () => {
  it.each([
    ['the workflow’s repository by default', {}, ['repos/octo/maps/actions/secrets/name']],
    [
      'several repositories, each once, the workflow’s first',
      { repositories: 'octo/site\nocto/maps\nOcto/Site' },
      ['repos/octo/maps/actions/secrets/name', 'repos/octo/site/actions/secrets/name'],
    ],
    [
      'several apps',
      { app: 'Dependabot, codespaces' },
      ['repos/octo/maps/dependabot/secrets/name', 'repos/octo/maps/codespaces/secrets/name'],
    ],
    [
      'an environment with a blank or a slash',
      { environment: 'need/encoding lane' },
      ['repos/octo/maps/environments/need/encoding lane/secrets/name'],
    ],
    [
      'an environment with a joined emoji',
      { environment: '👩‍💻 production' },
      ['repos/octo/maps/environments/👩‍💻 production/secrets/name'],
    ],
    [
      'an organization',
      { organization: 'octo', repositories: 'Octo/Maps', app: 'codespaces actions' },
      ['orgs/octo/actions/secrets/name', 'orgs/octo/codespaces/secrets/name'],
    ],
  ])('are %s', (_, inputs, paths) => {
    expect(parse(inputs)).toEqual(paths);
  });
});

it.each([
  ['secret', '1NAME'],
  ['secret', 'github_x'],
  ['repositories', 'octo'],
  ['repositories', 'octo/a/b'],
  ['repositories', 'octo/.'],
  ['repositories', 'octo/..'],
  ['repositories', '../maps'],
  ['environment', '.'],
  ['environment', '..'],
  ['environment', 'a\u2028b'],
  ['environment', 'a\u202eb'],
  ['environment', 'a\nb'],
  ['environment', 'x'.repeat(256)],
  ['organization', '../x'],
  ['app', 'pages'],
])('refuse %s: %j', (name, value) => {
  expect(() => parse({ [name]: value })).toThrow(`\`${name}\``);
});
