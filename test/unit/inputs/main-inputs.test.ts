import { describe, expect, it } from 'vitest';
import { ActionError } from '../../../src/action-error.ts';
import {
  type InputName,
  inputNames,
  type MainInputs,
  parseMainInputs,
} from '../../../src/inputs/main-inputs.ts';
import { tokenText } from '../../support/tokens.ts';

const now = Date.UTC(2026, 10, 24, 12);
const seconds = now / 1000;
const token = tokenText('sk');
const temporary = (scopes: readonly string[]) => tokenText('tk', { u: 'octo', exp: seconds + 600, scopes });

type Inputs = Partial<Record<InputName, string>>;

function parse(inputs: Inputs = {}, env: Record<string, string> = {}): MainInputs {
  const all: Inputs = { 'authorizing-token': token, scopes: 'tilesets:read', ...inputs };
  return parseMainInputs(name => all[name] ?? '', { GITHUB_WORKFLOW: 'Release', ...env }, now);
}

function errorOf(inputs: Inputs, env: Record<string, string> = {}): ActionError {
  try {
    parse(inputs, env);
  } catch (error) {
    if (error instanceof ActionError) return error;
    throw error;
  }
  throw new Error('The inputs were taken.');
}

describe('the inputs', () => {
  it('have defaults, except two', () => {
    expect(parse()).toEqual({
      connection: {
        authorizingToken: expect.objectContaining({ usage: 'sk', username: 'octo' }),
        username: 'octo',
        timeout: 300_000,
        api: new URL('https://api.mapbox.com'),
      },
      request: {
        kind: 'stored',
        scopes: ['tilesets:read'],
        untilJobEnds: true,
        note: 'Release',
        allowedUrls: [],
      },
      exportEnv: [],
      summary: false,
      warnings: [],
    });
  });

  it('are each read under their own name', () => {
    const inputs = parse({
      scopes: 'STYLES:READ',
      lifetime: 'permanent',
      note: 'Web map',
      'allowed-urls': 'example.com',
      username: 'mona',
      'export-env': 'A B',
      summary: 'true',
      timeout: '90s',
      'api-url': 'https://gateway.example/mapbox',
    });
    expect(inputs).toMatchObject({
      connection: { username: 'mona', timeout: 90_000, api: { pathname: '/mapbox' } },
      request: {
        kind: 'stored',
        scopes: ['styles:read'],
        untilJobEnds: false,
        note: 'Web map',
        allowedUrls: ['example.com'],
      },
      exportEnv: ['A', 'B'],
      summary: true,
    });
  });

  it('request a temporary token, without note and URLs', () => {
    expect(parse({ lifetime: '20m', note: 'x' }).request).toEqual({
      kind: 'temporary',
      scopes: ['tilesets:read'],
      seconds: 1200,
    });
  });

  it('give an empty note if neither the input nor the job has one', () => {
    expect(parse({}, { GITHUB_WORKFLOW: '' }).request).toMatchObject({ note: '' });
    const inputs: Inputs = { 'authorizing-token': token, scopes: 'styles:read' };
    expect(parseMainInputs(name => inputs[name] ?? '', {}, now).request).toMatchObject({ note: '' });
  });

  it('get warnings if they are unusual', () => {
    const { warnings } = parse(
      {
        'authorizing-token': temporary(['tokens:write', 'gizmos:polish']),
        scopes: 'gizmos:polish tokens:write',
        'export-env': 'MAPBOX_ACCESS_TOKEN',
      },
      { MapboxAccessToken: 'old' },
    );
    expect(warnings).toEqual([
      expect.stringContaining('`gizmos:polish`'),
      expect.stringContaining('can create more tokens'),
      expect.stringContaining('`MapboxAccessToken`'),
      expect.stringContaining('expires at'),
    ]);
  });
});

describe('the inputs stop the step', () => {
  it('with one error if scopes and temporary authorizing token are wrong', () => {
    const { message } = errorOf({ 'authorizing-token': temporary(['styles:read']), scopes: '' });
    expect(message).toContain('lacks `tokens:write`. It');
  });

  it.each<[string, Inputs, string, RegExp]>([
    ['authorizing-token', { 'authorizing-token': '' }, 'Missing authorizing token', /forks/],
    ['authorizing-token', { 'authorizing-token': `"${token}"` }, 'Invalid authorizing token', /quotes/],
    ['scopes', { scopes: 'tileset:write' }, 'Invalid scopes', /`tilesets:write`/],
    ['lifetime', { lifetime: '2h' }, 'Invalid lifetime', /one hour/],
    ['note', { note: token }, 'Invalid input', /^`note` has a token/],
    ['allowed-urls', { 'allowed-urls': '/x' }, 'Invalid input', /no host/],
    ['allowed-urls', { 'allowed-urls': 'a.example', lifetime: '20m' }, 'Invalid input', /temporary/],
    ['username', { username: '..' }, 'Invalid input', /^`username`/],
    ['export-env', { 'export-env': 'CI' }, 'Invalid input', /belongs to the runner/],
    ['summary', { summary: 'maybe' }, 'Invalid input', /^`summary`/],
    ['timeout', { timeout: '300' }, 'Invalid input', /^`timeout`/],
    ['api-url', { 'api-url': 'http://api.mapbox.com' }, 'Invalid input', /^`api-url`/],
  ])('at %s: %j', (_, inputs, title, says) => {
    expect(errorOf(inputs)).toMatchObject({ title, message: expect.stringMatching(says) });
  });

  it('if an exported variable contains the authorizing token', () => {
    expect(errorOf({ 'export-env': 'MAPBOX_ACCESS_TOKEN' }, { MAPBOX_ACCESS_TOKEN: token })).toMatchObject({
      title: 'Invalid input',
      message: expect.stringMatching(
        /^`export-env` has `MAPBOX_ACCESS_TOKEN`, which holds the authorizing token/,
      ),
    });
  });

  it('if a temporary authorizing token lacks scopes, and may be an earlier step’s', () => {
    const earlier = temporary(['tilesets:read']);
    expect(errorOf({ 'authorizing-token': earlier })).toMatchObject({
      title: 'Authorizing token is missing scopes',
      message: expect.stringMatching(/lacks `tokens:write`\..*It may be the token of an earlier step/),
    });
    expect(errorOf({ 'authorizing-token': earlier }, { MAPBOX_ACCESS_TOKEN: earlier }).message).toMatch(
      /lacks `tokens:write`\..*The variable `MAPBOX_ACCESS_TOKEN` has the same text/,
    );
  });

  it('if a public authorizing token is one that an earlier step exported', () => {
    const earlier = tokenText('pk');
    expect(errorOf({ 'authorizing-token': earlier }, { VITE_TOKEN: earlier }).message).toMatch(
      /public token.*The variable `VITE_TOKEN` has the same text/,
    );
    expect(errorOf({ 'authorizing-token': earlier }).message).not.toContain('earlier step');
  });

  it('with all problems in one error, without a token', () => {
    const { title, message } = errorOf({
      'authorizing-token': `Bearer ${token}`,
      scopes: 'tileset:write, Nonsense',
      lifetime: '2h',
      note: `by ${token}`,
      username: 'a/b',
      'allowed-urls': '/nowhere',
      'export-env': 'CI 9',
      summary: 'yes',
      timeout: 'long',
      'api-url': 'ftp://example.com',
    });
    expect(title).toBe('Invalid inputs');
    expect(message.split('\n')).toEqual([
      expect.stringContaining('`Bearer`'),
      expect.stringContaining('`username`'),
      expect.stringContaining('`api-url`'),
      expect.stringContaining('`timeout`'),
      expect.stringContaining('`tileset:write`'),
      expect.stringContaining('`Nonsense`'),
      expect.stringContaining('`note`'),
      expect.stringContaining('`2h`'),
      expect.stringContaining('`/nowhere`'),
      expect.stringContaining('`CI`'),
      expect.stringContaining('`9`'),
      expect.stringContaining('`summary`'),
    ]);
    expect(message).not.toContain('eyJ');
  });

  it('with their own errors only, for any inputs', () => {
    for (const name of inputNames) {
      for (const odd of [
        '\ud800',
        '\0',
        '__proto__',
        'constructor',
        '${{ x }}',
        'x'.repeat(100_000),
        '"',
        '%',
        '=',
      ]) {
        try {
          parse({ [name]: odd });
        } catch (error) {
          expect(error, `${name}: ${odd.slice(0, 10)}`).toBeInstanceOf(ActionError);
        }
      }
    }
  });
});

describe('a secret pasted into another input', () => {
  const other = `${tokenText('sk', { u: 'mona', a: 'x' }).slice(0, -22)}x7Qm2LrT9-vKc_4hWzPb1A`;
  const github = `ghp_${'aB3'.repeat(12)}`;
  const encode = (text: string, encoding: BufferEncoding) => Buffer.from(text).toString(encoding);
  const ways = (secret: string): [string, string][] => [
    ['whole', secret],
    ['in quotes', `"${secret}"`],
    ['with text around it', `my token: ${secret}, from the console`],
    ['behind the cut', `${'x'.repeat(35)} ${secret}`],
    ['cut in front', secret.slice(20)],
    ['cut at its end', secret.slice(0, 20)],
    ['percent-encoded', secret.replaceAll('.', '%2E')],
    ['in base64', encode(secret, 'base64')],
    ['in hex', encode(secret, 'hex')],
    ['its last part', secret.split('.').at(-1) ?? ''],
  ];

  /** The secret part of a pasted text. In a Mapbox token, that is its last part. */
  const secretForms = (secret: string) => [
    secret.split('.').at(-1) ?? '',
    encode(secret, 'base64'),
    encode(secret, 'hex'),
  ];

  const messagesOf = (inputs: Inputs): string => {
    try {
      return parse(inputs).warnings.join();
    } catch (error) {
      if (error instanceof ActionError) return error.message;
      throw error;
    }
  };

  const showsPart = (messages: string, form: string) =>
    Array.from({ length: form.length - 9 }, (_, at) => form.slice(at, at + 10)).some(part =>
      messages.includes(part),
    );

  it.each(inputNames.filter(name => name !== 'authorizing-token'))(
    'is never quoted in a message about %s',
    name => {
      const shown = [token, other, github].flatMap(secret =>
        ways(secret).flatMap(([way, value]) =>
          [value, value.replaceAll(' ', '_'), `=${value}`, `/${value}`, `20 ${value}`].flatMap(text => {
            const messages = messagesOf({ [name]: text });
            return secretForms(secret).some(form => showsPart(messages, form)) ? [`${way}: ${text}`] : [];
          }),
        ),
      );
      expect(shown).toEqual([]);
    },
  );

  it('does not hide a harmless value', () => {
    expect(errorOf({ lifetime: '20' }).message).toContain('`lifetime` is `20`');
  });

  it('is hidden even if it is not a Mapbox token', () => {
    const { message } = errorOf({
      'authorizing-token': 'correct-horse-battery',
      timeout: 'correct-horse-battery',
    });
    expect(message).toContain('`timeout` is `***`');
    expect(message).not.toContain('horse');
  });
});
