/** Runs the scripts of the examples like a runner, with tilesets-cli and curl, as users copy them unchanged. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startMapbox } from '../support/mapbox/server.ts';
import {
  newWorkspace,
  onlyScriptOf,
  type Response,
  scriptsOf,
  serve,
  TOKEN,
  watchCurl,
} from './example-scripts.ts';
import { ROOT } from './parts.ts';

describe('tileset.yml', () => {
  const { run, env } = onlyScriptOf('tileset.yml');

  it('uploads, publishes and waits for the job, with only the scopes it requests', async () => {
    using workspace = newWorkspace();
    await using mapbox = await startMapbox();
    const { token } = mapbox.account.issue({ scopes: ['tilesets:write', 'tilesets:read'] });
    const given = { ...env, MAPBOX_API: mapbox.url, MAPBOX_ACCESS_TOKEN: token, ACCOUNT: 'octo' };
    const byHand = [
      'tilesets upload-source octo parks data/parks.ldgeojson',
      'tilesets create octo.parks --recipe data/recipe.json --name Parks',
    ];
    // As in the example's first lines.
    for (const command of byHand) {
      expect(readFileSync(join(ROOT, 'examples/tileset.yml'), 'utf8')).toContain(`#   ${command}\n`);
      expect(await workspace.run(command, given)).toMatchObject({ code: 0 });
    }

    const { code, stdout } = await workspace.run(run, given);
    expect(stdout.trim().split('\n').at(-1)).toBe('success');
    expect(code).toBe(0);
  });

  const program = (job: unknown) =>
    `case $1 in publish) echo '{"jobId":"j1"}' ;; job) test "$3" = j1 && echo '${JSON.stringify(job)}' ;; esac`;

  it.each([
    ['has failed', { stage: 'failed', errors: ['bad recipe'] }, 1, 'bad recipe'],
    ['was superseded', { stage: 'superseded' }, 0, 'A newer job has replaced this one.'],
    ['cannot be read', { message: 'Not Found' }, 1, 'Not Found'],
  ])('ends when the job %s', async (_, job, code, says) => {
    using workspace = newWorkspace();
    workspace.program('tilesets', program(job));
    const result = await workspace.run(run, { ...env, ACCOUNT: 'octo' });
    expect(result).toMatchObject({ code, shown: expect.stringContaining(says) });
  });
});

describe.each([
  ['environment.yml', {}],
  ['reusable.yml', { SOURCE: 'parks', FILE: 'data/parks.ldgeojson', TILESET: 'parks' }],
  ['matrix.yml', { REGION: 'north' }],
])('%s', (example, variables: Readonly<Record<string, string>>) => {
  async function publish(scopes: readonly string[]) {
    using workspace = newWorkspace();
    await using mapbox = await startMapbox();
    const issue = (held: readonly string[]) => mapbox.account.issue({ scopes: [...held] }).token;
    const api = { MAPBOX_API: mapbox.url, ACCOUNT: 'octo', ...variables };
    const own = { ...api, MAPBOX_ACCESS_TOKEN: issue(['tilesets:write']) };
    const data = join(workspace.path, 'data');
    cpSync(join(data, 'parks.ldgeojson'), join(data, 'north.ldgeojson'));
    await workspace.run('tilesets upload-source octo parks data/parks.ldgeojson', own);
    for (const tileset of ['parks', 'regions'])
      await workspace.run(`tilesets create octo.${tileset} --recipe data/recipe.json --name X`, own);
    const results = [];
    for (const { run, env } of scriptsOf(example))
      results.push(await workspace.run(run, { ...env, ...api, MAPBOX_ACCESS_TOKEN: issue(scopes) }));
    return results;
  }

  it('publishes with only the scope it requests', async () => {
    const results = await publish(['tilesets:write']);
    expect(results.map(({ code }) => code)).toEqual(results.map(() => 0));
    expect(results.at(-1)?.stdout).toContain('"jobId"');
  });

  it('fails without it, and shows Mapbox’s message', async () => {
    const results = await publish(['tilesets:list']);
    expect(results).not.toEqual([]);
    for (const { code, shown } of results) {
      expect(code).not.toBe(0);
      expect(shown).toContain('requires a token with tilesets:write scope');
    }
  });
});

describe('upload.yml', () => {
  const { run, env } = onlyScriptOf('upload.yml');
  const credentials = {
    accessKeyId: 'key-id',
    secretAccessKey: 'secret-key',
    sessionToken: 'session',
    bucket: 'staging',
    key: 'a/b',
    url: 'https://staging.example.com/a/b',
  };

  async function upload(...responses: readonly Response[]) {
    using workspace = newWorkspace();
    await using server = await serve(responses);
    const argumentsSeen = watchCurl(workspace);
    workspace.program(
      'aws',
      'echo "aws $* with $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN"',
    );
    const API = `${server.url.origin}/uploads/v1`;
    const result = await workspace.run(run, { ...env, API, TOKEN, ACCOUNT: 'octo' });
    expect(argumentsSeen()).not.toContain(TOKEN);
    return { ...result, seen: server.seen };
  }

  it('stages the file, creates one upload and waits for it', async () => {
    const state = { id: 'u1', progress: 0.5, complete: false, error: null };
    const { code, shown, seen } = await upload(
      [200, credentials],
      [201, state],
      [200, state],
      [200, { ...state, progress: 1, complete: true }],
    );
    expect(shown).toContain('::add-mask::secret-key\n::add-mask::session\n');
    expect(shown).toContain(
      'aws s3 cp --no-progress data/parks.geojson s3://staging/a/b with key-id secret-key session',
    );
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /uploads/v1/octo/credentials',
      'POST /uploads/v1/octo',
      'GET /uploads/v1/octo/u1',
      'GET /uploads/v1/octo/u1',
    ]);
    expect(JSON.parse(seen[1]?.body ?? '')).toEqual({ url: credentials.url, tileset: 'octo.parks' });
    expect(code).toBe(0);
  });

  it('shows Mapbox’s message after a rejection, and does not repeat the creation', async () => {
    const { code, shown, seen } = await upload([200, credentials], [500, { message: 'Out of order' }]);
    expect(shown).toContain('Out of order');
    expect(seen).toHaveLength(2);
    expect(code).not.toBe(0);
  });

  it('fails if the upload failed', async () => {
    const failed = { id: 'u1', progress: 1, complete: false, error: 'Not a tileset' };
    const { code, shown } = await upload([200, credentials], [201, failed], [200, failed]);
    expect(shown).toContain('Not a tileset');
    expect(code).toBe(1);
  });
});

describe('styles.yml', () => {
  const { run, env } = onlyScriptOf('styles.yml');

  async function publish(...responses: readonly Response[]) {
    using workspace = newWorkspace();
    await using server = await serve(responses);
    const argumentsSeen = watchCurl(workspace);
    mkdirSync(join(workspace.path, 'styles'));
    const style = { version: 8, name: 'Outdoors', created: 'then', modified: 'now' };
    writeFileSync(join(workspace.path, 'styles/outdoors.json'), JSON.stringify(style));
    const API = `${server.url.origin}/styles/v1`;
    const result = await workspace.run(run, { ...env, API, TOKEN, ACCOUNT: 'octo', STYLE: 's1' });
    expect(argumentsSeen()).not.toContain(TOKEN);
    return { ...result, seen: server.seen };
  }

  it('replaces the style with the one in the repository', async () => {
    const { code, shown, seen } = await publish([200, { id: 's1', name: 'Outdoors', modified: 'later' }]);
    expect(seen).toMatchObject([{ method: 'PATCH', path: '/styles/v1/octo/s1' }]);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ version: 8, name: 'Outdoors' });
    expect(JSON.parse(shown)).toEqual({ id: 's1', name: 'Outdoors', modified: 'later' });
    expect(code).toBe(0);
  });

  it('shows Mapbox’s message after a rejection', async () => {
    const { code, shown } = await publish([422, { message: 'Bad layer' }]);
    expect(shown).toContain('Bad layer');
    expect(code).toBe(1);
  });
});
