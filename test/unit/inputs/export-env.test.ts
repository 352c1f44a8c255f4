import { describe, expect, it } from 'vitest';
import {
  checkExportedVariables,
  conflictingVariables,
  overwrittenTokens,
  parseExportEnv,
  variablesHolding,
} from '../../../src/inputs/export-env.ts';
import { parseInput } from '../../support/inputs.ts';
import { tokenText } from '../../support/tokens.ts';

describe('the exported variables', () => {
  const parse = (input: string) => parseInput(problems => parseExportEnv(input, problems));

  it.each([
    ['', []],
    ['MAPBOX_ACCESS_TOKEN', ['MAPBOX_ACCESS_TOKEN']],
    ['MAPBOX_ACCESS_TOKEN MapboxAccessToken', ['MAPBOX_ACCESS_TOKEN', 'MapboxAccessToken']],
    ['A, B,\nC\r\nA', ['A', 'B', 'C']],
    ['_a1', ['_a1']],
    ['MY_PATH GITHUBTOKEN CIRCLE NODE', ['MY_PATH', 'GITHUBTOKEN', 'CIRCLE', 'NODE']],
    ['MY_HTTPS_PROXY HTTPS_PROXY_TOKEN', ['MY_HTTPS_PROXY', 'HTTPS_PROXY_TOKEN']],
    ['__proto__ constructor', ['__proto__', 'constructor']],
  ])('from %j are %j', (input, names) => {
    expect(parse(input)).toEqual({ value: names, title: undefined, message: '' });
  });

  it.each(['1TOKEN', 'A=B', 'A-B', '$A', 'Ä', 'a.b', `${'X'.repeat(50)}!`])(
    'cannot contain %s, which no shell can name',
    name => {
      const { title, message } = parse(`GOOD ${name}`);
      expect(title).toBe('Invalid input');
      expect(message).toContain(`\`export-env\` has \`${name.slice(0, 40)}`);
      expect(message).toContain('cannot be the name of an environment variable');
    },
  );

  it.each([
    'GITHUB_TOKEN',
    'github_env',
    'RUNNER_TEMP',
    'ACTIONS_RUNTIME_TOKEN',
    'INPUT_SCOPES',
    'STATE_isPost',
    'NODE_OPTIONS',
    'PATH',
    'Path',
    'CI',
  ])('cannot contain %s, which belongs to the runner', name => {
    expect(parse(name)).toMatchObject({
      title: 'Invalid input',
      message: expect.stringContaining(
        `\`${name}\`, which belongs to the runner. Choose another name, such as \`MAPBOX_ACCESS_TOKEN\`.`,
      ),
    });
  });

  it.each([
    'HTTPS_PROXY',
    'https_proxy',
    'HTTP_PROXY',
    'NO_PROXY',
    'NODE_EXTRA_CA_CERTS',
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
  ])('cannot contain %s, which the post step may need to reach Mapbox', name => {
    expect(parse(name)).toMatchObject({
      title: 'Invalid input',
      message: expect.stringContaining(`\`${name}\`, which this action reads to connect to Mapbox`),
    });
  });

  it('cannot be a GitHub token, which looks like a name', () => {
    expect(parse(`ghp_${'a1'.repeat(18)}`).message).toBe(
      '`export-env` has `***`, which is a token. List names of environment variables.',
    );
  });

  it('report each problem, and quote no token', () => {
    const { message } = parse(`CI 9 ${tokenText('sk')}`);
    expect(message.split('\n')).toEqual([
      expect.stringContaining('`CI`'),
      expect.stringContaining('`9`'),
      expect.stringContaining('`***`'),
    ]);
    expect(message).not.toContain('eyJ');
  });
});

describe('an exported variable that holds the authorizing token', () => {
  const token = tokenText('sk');
  const check = (
    exportEnv: readonly string[],
    env: Readonly<Record<string, string>>,
    authorizingToken = token,
  ) => parseInput(problems => checkExportedVariables(exportEnv, authorizingToken, env, problems));

  it('stops the step, and the error says what contains the token and what to do', () => {
    const { title, message } = check(['MAPBOX_ACCESS_TOKEN'], { MAPBOX_ACCESS_TOKEN: token });
    expect(title).toBe('Invalid input');
    expect(message).toMatch(/^`export-env` has `MAPBOX_ACCESS_TOKEN`, which holds the authorizing token\./);
    expect(message).toContain('Export the new token under another name');
    expect(message).not.toContain('eyJ');
  });

  it.each([
    ['white space around the value', ['A'], { A: ` ${token}\n` }, token],
    ['white space around the input', ['A'], { A: token }, `${token}\n`],
    ['one name of several', ['B', 'A'], { A: token, B: 'x' }, token],
    ['other capitals on Windows', ['mapbox_token'], { MAPBOX_TOKEN: token, RUNNER_OS: 'Windows' }, token],
    ['a temporary token', ['A'], { A: tokenText('tk') }, tokenText('tk')],
  ])('stops the step with %s', (_, exportEnv, env, authorizingToken) => {
    expect(check(exportEnv, env, authorizingToken).title).toBe('Invalid input');
  });

  it('stops the step with one problem for each name', () => {
    expect(check(['A', 'B'], { A: token, B: token }).message.split('\n')).toHaveLength(2);
  });

  it.each([
    ['has another value', ['A'], { A: tokenText('sk', { u: 'octo', a: 'x' }) }, token],
    ['has a text with the token in it', ['A'], { A: `Bearer ${token}` }, token],
    ['is empty', ['A'], { A: '' }, token],
    ['is not set', ['A'], {}, token],
    ['is not exported', ['B'], { A: token }, token],
    ['differs in capitals', ['mapbox_token'], { MAPBOX_TOKEN: token, RUNNER_OS: 'Linux' }, token],
    ['is the input', ['A'], { 'INPUT_AUTHORIZING-TOKEN': token }, token],
    ['is a property of every object', ['constructor', '__proto__'], {}, token],
    ['is empty, as the input is', ['A'], { A: '' }, ''],
  ])('is no problem if it %s', (_, exportEnv, env, authorizingToken) => {
    expect(check(exportEnv, env, authorizingToken)).toMatchObject({ title: undefined });
  });

  it('is found by its value, but not among the step’s inputs', () => {
    const env = {
      A: token,
      'INPUT_AUTHORIZING-TOKEN': token,
      Input_X: token,
      B: 'b',
      C: undefined,
      D: ` ${token}`,
      MY_INPUT_E: token,
    };
    expect(variablesHolding(`${token}\n`, env)).toEqual(['A', 'D', 'MY_INPUT_E']);
    expect(variablesHolding(' ', { A: '' })).toEqual([]);
  });
});

describe('a variable that already holds another Mapbox token', () => {
  const token = tokenText('sk');
  const other = tokenText('tk', { u: 'octo' });

  it('is named in a warning', () => {
    expect(overwrittenTokens(['A', 'B'], token, { A: 'x', B: other })).toEqual([
      expect.stringMatching(
        /^`B` already holds a Mapbox token, which the new one replaces\..*may no longer work by then/,
      ),
    ]);
  });

  it.each([
    ['a public one', { A: tokenText('pk') }],
    ['white space around it', { A: ` ${other}\n` }],
    ['a name before it', { A: `//registry/:_authToken=${other}` }],
    ['other capitals on Windows', { a: other, RUNNER_OS: 'Windows' }],
  ])('is found with %s', (_, env) => {
    expect(overwrittenTokens(['A'], token, env)).toHaveLength(1);
  });

  it.each([
    ['the authorizing token, which is an error', { A: ` ${token}` }],
    ['no token', { A: 'none' }],
    ['half a token', { A: other.slice(0, 20) }],
    ['no value', { A: undefined }],
    ["GitHub's token", { A: `ghs_${'a'.repeat(36)}` }],
    ['another name', { B: other }],
    ['other capitals', { a: other, RUNNER_OS: 'Linux' }],
  ])('is not found with %s', (_, env) => {
    expect(overwrittenTokens(['A'], `${token}\n`, env)).toEqual([]);
  });
});

describe('a variable that some tools prefer to the exported one', () => {
  it.each([
    [['MAPBOX_ACCESS_TOKEN'], { MapboxAccessToken: 'old' }, '`MapboxAccessToken`'],
    [['MapboxAccessToken'], { MAPBOX_ACCESS_TOKEN: 'old' }, '`MAPBOX_ACCESS_TOKEN`'],
  ])('gets a warning: exported %j while the job has %j', (exportEnv, env, name) => {
    expect(conflictingVariables(exportEnv, env)).toEqual([
      `The job sets ${name} already, and some of Mapbox's tools prefer it. Export both: \`export-env: MAPBOX_ACCESS_TOKEN MapboxAccessToken\`.`,
    ]);
  });

  it.each([
    [['MAPBOX_ACCESS_TOKEN', 'MapboxAccessToken'], { MapboxAccessToken: 'old' }],
    [['MAPBOX_ACCESS_TOKEN'], { MapboxAccessToken: '' }],
    [['MAPBOX_ACCESS_TOKEN'], { MAPBOX_ACCESS_TOKEN: 'old' }],
    [['TOKEN'], { MapboxAccessToken: 'old' }],
    [[], { MapboxAccessToken: 'old' }],
  ])('gets none: exported %j while the job has %j', (exportEnv, env) => {
    expect(conflictingVariables(exportEnv, env)).toEqual([]);
  });
});
