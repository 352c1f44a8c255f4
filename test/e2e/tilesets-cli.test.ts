/** Mapbox's own program for tilesets, with tokens minted by the action. */
import { describe, expect, it } from 'vitest';
import { endOf, errorsOf, jobsOf, linesOf, newCaller, setBy } from './caller.ts';

/** A port on which nothing listens. */
const NOWHERE = 'http://127.0.0.1:1';

describe('tilesets-cli with a token for the job', () => {
  it('publishes a tileset with the token from `env` and from an exported variable', async () => {
    await using caller = await newCaller();
    const { mapbox } = caller.setting;
    const run = await caller.run('tilesets.yml');

    expect(run.exitCode).toBe(0);
    const [first, second] = ['by-env', 'by-export-env'].map(job =>
      setBy(run, 'set-output', { job, step: 'mapbox' }),
    );
    const published = mapbox.requests.flatMap(({ method, path, query, status, headers }) => {
      if (!/^mapbox_tilesets\//.test(headers['user-agent'] ?? '')) return [];
      const by = [first, second].findIndex(outputs => outputs?.['token'] === query.get('access_token'));
      return `${method} ${path.replace(/c[a-z0-9]{24}$/, 'JOB')} ${status}, token ${by + 1}`;
    });
    expect(published).toEqual([
      'POST /tilesets/v1/sources/octo/parks 200, token 1',
      'POST /tilesets/v1/octo.parks 200, token 1',
      'POST /tilesets/v1/octo.parks/publish 200, token 1',
      'GET /tilesets/v1/octo.parks/jobs 200, token 1',
      'GET /tilesets/v1/octo.parks/jobs/JOB 200, token 1',
      'GET /tilesets/v1/octo.parks/jobs/JOB 200, token 1',
      'GET /tilesets/v1/octo 200, token 1',
      'PUT /tilesets/v1/sources/octo/parks 200, token 2',
      'POST /tilesets/v1/octo.parks/publish 200, token 2',
      'GET /tilesets/v1/octo.parks/jobs 200, token 2',
      'GET /tilesets/v1/octo 200, token 2',
    ]);
    const shown = linesOf(run, { step: 'publish' });
    expect(shown.at(-1)).toBe('octo.parks');
    expect(shown.filter(line => line.startsWith('{')).map(line => JSON.parse(line))).toMatchObject([
      { id: 'mapbox://tileset-source/octo/parks', files: 1 },
      { message: expect.stringContaining('Successfully created empty tileset octo.parks') },
      { jobId: expect.any(String) },
      { id: 'octo.parks', status: 'queued' },
      { stage: 'processing', errors: [] },
      { stage: 'success', errors: [] },
    ]);
    expect(linesOf(run, { step: 'look' })).toEqual([
      expect.stringContaining('"status": "queued"'),
      'octo.parks',
    ]);
    expect(caller.requests()).toEqual(['POST 201', 'DELETE 204', 'POST 201', 'DELETE 204']);
    expect(caller.setting.created()).toEqual([]);
  });

  it('names a missing scope that was not requested', async () => {
    await using caller = await newCaller();
    const run = await caller.run('tilesets-refused.yml');
    const job = 'too-few-scopes';

    expect(endOf(run, { job, step: 'list' })).toBe('success');
    expect(endOf(run, { job, step: 'upload' })).toBe('failure');
    expect(linesOf(run, { job, step: 'upload' }).at(-1)).toBe(
      'Error: {"message":"This endpoint requires a token with tilesets:write scope"}',
    );
    expect(caller.setting.mapbox.requests).toContainEqual(
      expect.objectContaining({ path: '/tilesets/v1/sources/octo/parks', status: 403 }),
    );
    expect(caller.setting.created()).toEqual([]);
  });

  it('is denied access once the token is dead, and the post step accepts that it is gone', async () => {
    await using caller = await newCaller();
    const run = await caller.run('tilesets-refused.yml');
    const job = 'dead';

    const refused = 'Error: {"message":"Not Authorized - Invalid Token"}';
    expect(linesOf(run, { job, step: 'list' })).toEqual([refused]);
    expect(linesOf(run, { job, step: 'upload' }).at(-1)).toBe(refused);
    expect(endOf(run, { job, step: 'mapbox', stage: 'Post' })).toBe('success');
    expect(run.shown).not.toMatch(/::warning/);
    expect(caller.setting.created()).toEqual([]);
  });
});

describe('a tilesets-cli error that prints the whole token', () => {
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
  // Tokens that this action would never output: the job gets them from elsewhere.
  const env = {
    HALF_A_TOKEN: `sk_${random}`,
    TOKEN_WITHOUT_ACCOUNT: ['sk', Buffer.from('{"a":"cuid"}').toString('base64url'), random].join('.'),
    NOWHERE,
  };

  it('is masked, even for a token that the action rejected', async () => {
    await using caller = await newCaller();
    const run = await caller.run('tilesets-leaks.yml', { env });

    expect(linesOf(run, { job: 'no-payload', step: 'upload' })).toEqual([
      'Error: Token *** does not contain a payload component',
    ]);
    expect(linesOf(run, { job: 'no-username', step: 'upload' })).toEqual([
      'Error: Token *** does not contain a username',
    ]);
    for (const job of ['no-payload', 'no-username']) {
      expect(errorsOf(run, { job, step: 'mapbox' })).toMatchObject([{ title: 'Invalid authorizing token' }]);
    }
    expect(run.shown).not.toContain(env.HALF_A_TOKEN);
    expect(run.shown).not.toContain(env.TOKEN_WITHOUT_ACCOUNT);
  });

  it('is masked in the trace of a failed request', async () => {
    await using caller = await newCaller();
    const run = await caller.run('tilesets-leaks.yml', { env });

    expect(linesOf(run, { job: 'unreachable', step: 'list' }).join('\n')).toMatch(
      /Max retries exceeded with url: \/tilesets\/v1\/octo\?access_token=\*\*\*&limit=100/,
    );
    expect(jobsOf(run)).toEqual({
      'Leaks/no-payload': 'failure',
      'Leaks/no-username': 'failure',
      'Leaks/unreachable': 'failure',
    });
    const { token = '' } = setBy(run, 'set-output', { job: 'unreachable', step: 'mapbox' });
    expect(token).toMatch(/^sk\./);
    expect(run.shown).not.toContain(token);
    expect(caller.setting.created()).toEqual([]);
  });
});
