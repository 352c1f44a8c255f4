import { describe, expect, it } from 'vitest';
import { ActionError } from '../../../src/action-error.ts';
import { maskGithubToken, parseSweepInputs, type SweepInputName } from '../../../src/sweep/inputs.ts';
import { FakeRunner } from '../../support/fake-runner.ts';
import { authorizingTokenText, OWNER, tokenText } from '../../support/tokens.ts';

const NOW = Date.UTC(2026, 0, 2);
const DAY = 24 * 3_600_000;
const GITHUB_TOKEN = ['ghs', 'a1B2c3D4e5'.repeat(4)].join('_');

function parse(inputs: Partial<Record<SweepInputName, string>> = {}) {
  const all: Partial<Record<SweepInputName, string>> = {
    'authorizing-token': authorizingTokenText,
    'github-token': GITHUB_TOKEN,
    ...inputs,
  };
  return parseSweepInputs(name => all[name] ?? '', NOW);
}

function problem(inputs: Partial<Record<SweepInputName, string>>): { title: string; message: string } {
  try {
    parse(inputs);
  } catch (error) {
    if (error instanceof ActionError) return { title: error.title, message: error.message };
    throw error;
  }
  throw new Error('no problem');
}

it('requires only the authorizing token, with action.yml’s defaults', () => {
  const { connection, githubToken, ...rest } = parse();
  expect(connection).toMatchObject({ username: OWNER, timeout: 300_000 });
  expect(connection.api.href).toBe('https://api.mapbox.com/');
  expect(githubToken.reveal()).toBe(GITHUB_TOKEN);
  expect(rest).toEqual({ jobMaxAge: undefined, permanent: undefined, dryRun: false });
});

describe('github-token', () => {
  it('is accepted with white space around it', () => {
    expect(parse({ 'github-token': ` ${GITHUB_TOKEN}\n` }).githubToken.reveal()).toBe(GITHUB_TOKEN);
  });

  it.each([
    ['is empty', ''],
    ['is empty', ' \n'],
    ['is not a GitHub token', `${GITHUB_TOKEN} ${GITHUB_TOKEN}`],
    ['is not a GitHub token', `${GITHUB_TOKEN}\nx-evil: 1`],
    ['is not a GitHub token', 'tökén'],
  ])('%s: %j', (words, text) => {
    const { title, message } = problem({ 'github-token': text });
    expect(title).toBe('Invalid input');
    expect(message).toContain(words);
    expect(message).not.toContain(GITHUB_TOKEN);
  });

  it('is masked with and without the white space around it', () => {
    const runner = new FakeRunner({ inputs: { 'github-token': ` ${GITHUB_TOKEN}\n` } });
    maskGithubToken(runner);
    expect(runner.masks).toEqual([` ${GITHUB_TOKEN}\n`, GITHUB_TOKEN]);
  });
});

describe('job-max-age', () => {
  it.each([
    ['', undefined],
    [' \n', undefined],
    ['1h', DAY / 24],
    ['60 min', DAY / 24],
    [' 3h 30m ', (3.5 * DAY) / 24],
    ['2d', 2 * DAY],
    ['90d', 90 * DAY],
  ])('is an age: %j', (text, jobMaxAge) => {
    expect(parse({ 'job-max-age': text }).jobMaxAge).toBe(jobMaxAge);
  });

  it.each(['59m', '3599s', '0d', '0', '6', '-6h', '6 hours ago', 'none', 'all', '1e3h'])(
    'cannot be %j',
    text => {
      const { title, message } = problem({ 'job-max-age': text });
      expect(title).toBe('Invalid input');
      expect(message).toMatch(/^`job-max-age` is `.*`\. Use a duration .* at least `1h`\./);
    },
  );

  it('is not quoted if it contains a token', () => {
    expect(problem({ 'job-max-age': tokenText('sk') }).message).toContain('is `***`.');
  });
});

describe('keep-permanent', () => {
  it.each(['', ' ', 'all', ' ALL '])('leaves permanent tokens alone: %j', text => {
    expect(parse({ 'keep-permanent': text }).permanent).toBeUndefined();
  });

  it.each([
    ['1', 1],
    [' 3 ', 3],
    ['1000000', 1_000_000],
  ])('is a number of tokens: %j', (text, keep) => {
    expect(parse({ 'keep-permanent': text }).permanent).toEqual({ keep, minAge: 7 * DAY });
  });

  it.each(['0', '-1', '1.5', '1e3', 'none', '٣', '1000001', '1 2'])('cannot be %j', text => {
    expect(problem({ 'keep-permanent': text })).toEqual({
      title: 'Invalid input',
      message: `\`keep-permanent\` is \`${text}\`. Use \`all\`, or how many of the newest tokens with the same note to keep, at least 1.`,
    });
  });

  it('is not quoted if it contains a token', () => {
    expect(problem({ 'keep-permanent': tokenText('sk') }).message).toContain('is `***`.');
  });
});

describe('permanent-min-age', () => {
  it.each([
    ['', 7 * DAY],
    [' ', 7 * DAY],
    [' 30d ', 30 * DAY],
    ['36h', 1.5 * DAY],
    ['0d', 0],
  ])('is an age: %j', (text, minAge) => {
    expect(parse({ 'keep-permanent': '1', 'permanent-min-age': text }).permanent).toEqual({
      keep: 1,
      minAge,
    });
  });

  it.each(['7', 'a week', '-1d', '1y', 'all'])('cannot be %j, even if it is not needed', text => {
    expect(problem({ 'permanent-min-age': text })).toEqual({
      title: 'Invalid input',
      message: `\`permanent-min-age\` is \`${text}\`. Use a duration with a unit, such as \`7d\` or \`36h\`.`,
    });
  });
});

describe('a temporary authorizing token', () => {
  const temporary = (scopes: readonly string[]) =>
    tokenText('tk', { u: OWNER, scopes, exp: NOW / 1000 + 600 });

  it.each([
    ['true', ['tokens:read']],
    ['false', ['tokens:read', 'tokens:write']],
  ])('is accepted with the required scopes: dry-run %s, %j', (dryRun, scopes) => {
    expect(parse({ 'authorizing-token': temporary(scopes), 'dry-run': dryRun }).dryRun).toBe(
      dryRun === 'true',
    );
  });

  it.each([
    ['false', ['tokens:read'], '`tokens:write`'],
    ['true', ['tokens:write'], '`tokens:read`'],
    ['false', ['styles:read'], '`tokens:read` and `tokens:write`'],
  ])('is rejected without them: dry-run %s, %j', (dryRun, scopes, missing) => {
    const { title, message } = problem({ 'authorizing-token': temporary(scopes), 'dry-run': dryRun });
    expect(title).toBe('Authorizing token is missing scopes');
    expect(message).toContain(`lacks ${missing}. `);
  });
});

it.each(['authorizing-token', 'github-token'] as const)('quotes no value that is also in %s', name => {
  const { message } = problem({ [name]: ' some other secret\n', timeout: 'some other secret' });
  expect(message).toContain('`timeout` is `***`.');
});

it('explains what a public authorizing token cannot do', () => {
  expect(problem({ 'authorizing-token': tokenText('pk') }).message).toContain(
    'cannot list or delete tokens. Use a secret token (`sk.`) with the scopes `tokens:read` and `tokens:write`.',
  );
});

it('reports all problems at once', () => {
  const { title, message } = problem({
    'authorizing-token': '',
    'github-token': '',
    username: '../octo',
    'job-max-age': 'x',
    'keep-permanent': 'x',
    'permanent-min-age': 'x',
    'dry-run': 'x',
    timeout: 'x',
    'api-url': 'x',
  });
  expect(title).toBe('Invalid inputs');
  const named = message.split('\n').map(line => /^- `([\w-]+)`/.exec(line)?.[1]);
  expect(named).toEqual([
    'authorizing-token',
    'github-token',
    'username',
    'job-max-age',
    'keep-permanent',
    'permanent-min-age',
    'dry-run',
    'timeout',
    'api-url',
  ]);
});
