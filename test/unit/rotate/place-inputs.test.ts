import { describe, expect, it } from 'vitest';
import { InputProblems } from '../../../src/inputs/problems.ts';
import { parsePlaces } from '../../../src/rotate/inputs.ts';
import { placePath } from '../../../src/rotate/places.ts';
import { tokenText } from '../../support/tokens.ts';

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
    [
      'the same with white space and commas around them',
      { secret: ' Name ', repositories: ' , octo/site,, octo/maps ,', app: ' , actions' },
      ['repos/octo/maps/actions/secrets/name', 'repos/octo/site/actions/secrets/name'],
    ],
    [
      'an environment of the workflow’s repository if the other inputs are blank',
      { repositories: '  ', environment: ' prod ', organization: ' ', app: ' ' },
      ['repos/octo/maps/environments/prod/secrets/name'],
    ],
    ['an organization with blanks around it', { organization: ' octo ' }, ['orgs/octo/actions/secrets/name']],
    [
      'secrets with names that only look reserved',
      { secret: 'MY_GITHUB_TOKEN' },
      ['repos/octo/maps/actions/secrets/my_github_token'],
    ],
    [
      'an environment with dots in its name',
      { environment: '.v1..2.' },
      ['repos/octo/maps/environments/.v1..2./secrets/name'],
    ],
    [
      'an environment with as long a name as GitHub takes',
      { environment: 'x'.repeat(255) },
      [`repos/octo/maps/environments/${'x'.repeat(255)}/secrets/name`],
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
])('refuses %s: %j', (name, value) => {
  expect(() => parse({ [name]: value })).toThrow(`\`${name}\``);
});

const token = tokenText('sk', { u: 'octo' });

it.each([
  [{ secret: ' ' }, '`secret` is empty.'],
  [{ secret: token }, '`secret` contains a token.'],
  [{ secret: '1NAME' }, '`secret` is `1NAME`, which is not a valid name'],
  [
    { secret: 'x'.repeat(40).concat('-y') },
    `\`secret\` is \`${'x'.repeat(40)}…\`, which is not a valid name`,
  ],
  [{ repositories: ' , ' }, '`repositories` is empty.'],
  [{ repositories: `octo/maps octo/${token}/x` }, '`repositories` contains `octo/***'],
  [{ environment: token }, '`environment` is `***`, which'],
  [{ organization: token }, '`organization` is `***`, which'],
  [{ app: 'pages, actions wiki' }, '`app` contains `pages`, `wiki`. Use'],
  [{ organization: 'octo', environment: 'prod' }, '`organization` and `environment` cannot be used together'],
  [
    { organization: 'octo', repositories: 'octo/maps octo/site' },
    '`organization` and `repositories` cannot be used together',
  ],
  [{ environment: 'prod', app: 'actions dependabot' }, '`environment` can be used only with `app: actions`'],
])('names the problem with %o, and quotes no token', (inputs, words) => {
  expect(() => parse(inputs)).toThrow(words);
  expect(() => parse(inputs)).not.toThrow(token);
});

it.each([
  [
    { organization: 'octo', repositories: 'octo' },
    /^`repositories` contains `octo`, which is not a repository/,
  ],
  [{ environment: 'prod', app: 'pages' }, /^`app` contains `pages`/],
])('reports no consequence of another problem: %o', (inputs, message) => {
  expect(() => parse(inputs)).toThrow(message);
});

it.each([{ secret: '' }, { repositories: 'octo/maps octo' }, { repositories: ',' }, { app: 'pages' }])(
  'gives no places for %o',
  inputs => {
    const problems = new InputProblems();
    const given: Readonly<Record<string, string>> = { secret: 'NAME', ...inputs };
    expect(parsePlaces(name => given[name] ?? '', 'octo/maps', problems)).toBeUndefined();
  },
);
