import { describe, expect, it } from 'vitest';
import { errorTitles } from '../../../src/action-error.ts';
import { attemptKey, currentRun, runUrl } from '../../../src/runtime/workflow-run.ts';

const GITHUB = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'octo-org/maps',
  GITHUB_REPOSITORY_ID: '123456789',
  GITHUB_RUN_ID: '16012345678',
  GITHUB_RUN_ATTEMPT: '2',
};

it('reads the run attempt from the runner’s variables', () => {
  expect(currentRun(GITHUB)).toEqual({
    server: 'https://github.com',
    repository: 'octo-org/maps',
    repositoryId: '123456789',
    id: '16012345678',
    attempt: '2',
  });
});

it('links to the run’s page, with its attempt', () => {
  expect(runUrl(currentRun(GITHUB))).toBe('https://github.com/octo-org/maps/actions/runs/16012345678');
  expect(attemptKey(currentRun(GITHUB))).toBe('16012345678.2');
});

it.each(['octo-org/.github', 'octo-org/..maps', '.octo/.x'])('accepts the repository %s', name => {
  expect(currentRun({ ...GITHUB, GITHUB_REPOSITORY: name }).repository).toBe(name);
});

it('ignores surrounding blanks', () => {
  const blanks = Object.fromEntries(Object.entries(GITHUB).map(([name, value]) => [name, ` ${value}\n`]));
  expect(currentRun(blanks)).toEqual(currentRun(GITHUB));
});

it.each([undefined, '', ' '])('assumes attempt 1 if the runner sets none (%j)', value => {
  expect(currentRun({ ...GITHUB, GITHUB_RUN_ATTEMPT: value }).attempt).toBe('1');
});

it.each([undefined, '', '0', '12a', '-1', '9'.repeat(19)])('has no repository ID if it is %j', value => {
  expect(currentRun({ ...GITHUB, GITHUB_REPOSITORY_ID: value }).repositoryId).toBeUndefined();
});

it.each([
  ['https://ghe.example.com/', 'https://ghe.example.com'],
  ['http://localhost:3000', 'http://localhost:3000'],
  ['https://example.com/gitea//', 'https://example.com/gitea'],
  [' https://git.sk.company-name.com ', 'https://git.sk.company-name.com'],
])('accepts the server %j', (value, server) => {
  expect(currentRun({ ...GITHUB, GITHUB_SERVER_URL: value }).server).toBe(server);
});

it('accepts a repository whose name looks like a token', () => {
  expect(currentRun({ ...GITHUB, GITHUB_REPOSITORY: 'octo/sk.mapviewer' }).repository).toBe(
    'octo/sk.mapviewer',
  );
});

describe('refuses to run without a link back to the run:', () => {
  it('with a title that says why', () => {
    expect(() => currentRun({})).toThrow(
      expect.objectContaining({
        title: errorTitles.notOnGithubActions,
        message: 'GITHUB_SERVER_URL is not set. This action has to be run by a GitHub Actions runner.',
      }),
    );
  });

  it.each(['GITHUB_SERVER_URL', 'GITHUB_REPOSITORY', 'GITHUB_RUN_ID'])('%s is not set', name => {
    expect(() => currentRun({ ...GITHUB, [name]: undefined })).toThrow(`${name} is not set.`);
    expect(() => currentRun({ ...GITHUB, [name]: ' ' })).toThrow(`${name} is not set.`);
  });

  it.each([
    ['GITHUB_SERVER_URL', 'github.com'],
    ['GITHUB_SERVER_URL', 'xhttps://github.com'],
    ['GITHUB_SERVER_URL', 'ftp://github.com'],
    ['GITHUB_SERVER_URL', 'https://user:password@github.com'],
    ['GITHUB_SERVER_URL', 'https://github.com?x=1'],
    ['GITHUB_SERVER_URL', 'https://github.com/a]b'],
    ['GITHUB_SERVER_URL', 'https://git hub.com'],
    ['GITHUB_SERVER_URL', 'https://github.com:port'],
    ['GITHUB_REPOSITORY', 'maps'],
    ['GITHUB_REPOSITORY', 'octo/maps/more'],
    ['GITHUB_REPOSITORY', 'octo/..'],
    ['GITHUB_REPOSITORY', '../maps'],
    ['GITHUB_REPOSITORY', './maps'],
    ['GITHUB_REPOSITORY', 'octo/maps]'],
    ['GITHUB_REPOSITORY', 'octo/ma ps'],
    ['GITHUB_REPOSITORY', 'octo/ma\nps'],
    ['GITHUB_RUN_ID', '0'],
    ['GITHUB_RUN_ID', '12.1'],
    ['GITHUB_RUN_ID', '9'.repeat(16)],
    ['GITHUB_RUN_ATTEMPT', '0'],
    ['GITHUB_RUN_ATTEMPT', 'one'],
    ['GITHUB_RUN_ATTEMPT', '1x'],
    ['GITHUB_RUN_ATTEMPT', '9'.repeat(10)],
  ])('%s is %j', (name, value) => {
    expect(() => currentRun({ ...GITHUB, [name]: value })).toThrow(`${name} has an unexpected value.`);
  });
});
