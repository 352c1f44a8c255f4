/**
 * The curl requests of Mapbox's tutorial "Creating access tokens with the Tokens API", with the responses that it
 * shows: the stand-in behaves as the tutorial says.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { setUp } from '../support/bundle.ts';
import { isObject, parseJson } from '../support/mapbox/messages.ts';

/** Without a scope for tilesets. */
const MODEST = ['tokens:write', 'tokens:read', 'styles:read', 'fonts:read'];
const TILESETS = ['tilesets:read', 'tilesets:write', 'tilesets:list'];

/** Runs curl with `options` and the path with the token; returns the response's status and JSON body. */
async function curl(url: string, ...options: string[]): Promise<{ status: number; body: unknown }> {
  const { stdout } = await promisify(execFile)('curl', [
    ...['--silent', '--show-error', '--noproxy', '*', '--write-out', '\n%{http_code}'],
    ...options,
    url,
  ]);
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at + 1)), body: parseJson(stdout.slice(0, at)) };
}

function post(body: unknown): string[] {
  return ['-X', 'POST', '-H', 'Content-Type: application/json', '-d', JSON.stringify(body)];
}

const ID = expect.stringMatching(/^c[a-z0-9]{24}$/);
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

function textOf(usage: 'pk' | 'sk') {
  return expect.stringMatching(new RegExp(`^${usage}\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{22}$`));
}

describe('curl, as in the tutorial,', () => {
  it('creates a public token', async () => {
    await using setting = await setUp({ held: MODEST });
    const { mapbox, authorizingToken } = setting;
    const { status, body } = await curl(
      `${mapbox.url}/tokens/v2/octo?access_token=${authorizingToken.token}`,
      ...post({
        note: 'My project',
        scopes: ['styles:read', 'fonts:read'],
        allowedUrls: ['https://docs.mapbox.com'],
      }),
    );

    expect(status).toBe(201);
    expect(body).toMatchObject({
      client: 'api',
      note: 'My project',
      usage: 'pk',
      id: ID,
      default: false,
      scopes: ['styles:read', 'fonts:read'],
      created: TIME,
      modified: TIME,
      allowedUrls: ['https://docs.mapbox.com'],
      token: textOf('pk'),
    });
  });

  it('creates a secret token, and sees its text only then', async () => {
    await using setting = await setUp({ held: [...MODEST, ...TILESETS] });
    const { mapbox, authorizingToken } = setting;
    const url = `${mapbox.url}/tokens/v2/octo?access_token=${authorizingToken.token}`;
    const { status, body } = await curl(url, ...post({ note: 'MTS token', scopes: TILESETS }));

    expect(status).toBe(201);
    expect(body).toMatchObject({
      client: 'api',
      note: 'MTS token',
      usage: 'sk',
      id: ID,
      default: false,
      scopes: TILESETS,
      created: TIME,
      modified: TIME,
      token: textOf('sk'),
    });
    if (!isObject(body)) throw new Error('not an object');
    const { token, ...listed } = body;
    expect((await curl(url)).body).toContainEqual(listed);
    const asked = await curl(`${mapbox.url}/tokens/v2?access_token=${String(token)}`);
    expect(asked.body).toEqual({
      code: 'TokenValid',
      token: { usage: 'sk', user: 'octo', authorization: listed['id'] },
    });
  });

  it('is denied a scope that the authorizing token lacks', async () => {
    await using setting = await setUp({ held: MODEST });
    const { mapbox, authorizingToken } = setting;
    const { status, body } = await curl(
      `${mapbox.url}/tokens/v2/octo?access_token=${authorizingToken.token}`,
      ...post({ note: 'MTS token', scopes: TILESETS }),
    );

    expect([status, body]).toEqual([422, { message: 'scopes are invalid' }]);
    expect(setting.created()).toEqual([]);
  });
});

it('a token of the action works in a plain curl request until it is deleted', async () => {
  await using setting = await setUp();
  const { main } = await setting.run({ scopes: 'tilesets:list' }, { post: false });
  const { token, 'token-id': id } = main.outputs;
  const url = `${setting.mapbox.url}/tilesets/v1/octo?access_token=${token}`;

  expect(await curl(url)).toEqual({ status: 200, body: [] });
  await curl(
    `${setting.mapbox.url}/tokens/v2/octo/${id}?access_token=${setting.authorizingToken.token}`,
    '-X',
    'DELETE',
  );
  expect(await curl(url)).toEqual({
    status: 401,
    body: { message: 'Not Authorized - Invalid Token' },
  });
});
