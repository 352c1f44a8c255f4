/** Runs the scripts of the examples, as a runner would, with tilesets-cli and curl: people copy them as they are. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { listenOnLoopback } from '../support/loopback-server.ts';
import { startMapbox } from '../support/mapbox/server.ts';
import { PYTHON_BIN, ROOT } from './parts.ts';

/** Stands in for the token: what the scripts must not put where others can see it. */
const TOKEN = 'the-token';

interface Step {
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The one step of an example that gets the token and has a script. */
function stepOf(example: string): { readonly run: string; readonly env: Readonly<Record<string, string>> } {
  const { jobs }: { jobs: Record<string, { steps?: Step[] }> } = parse(
    readFileSync(join(ROOT, 'examples', example), 'utf8'),
  );
  const steps = Object.values(jobs).flatMap(job => job.steps ?? []);
  const found = steps.filter(({ env = {} }) =>
    Object.values(env).some(value => /outputs\.token/.test(value)),
  );
  const [step] = found;
  if (found.length !== 1 || step?.run === undefined || step.env === undefined)
    throw new Error(`No single step with the token in ${example}`);
  // What only GitHub can evaluate has to be set by the test.
  const env = Object.fromEntries(Object.entries(step.env).filter(([, value]) => !value.includes('${{')));
  return { run: step.run, env };
}

/** A folder to run scripts in, with programs that stand before all others. */
function newWorkspace() {
  const path = mkdtempSync(join(tmpdir(), 'example-'));
  const bin = join(path, 'bin');
  mkdirSync(bin);
  const program = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  program('sleep', 'exit 0');
  cpSync(join(import.meta.dirname, 'data'), join(path, 'data'), { recursive: true });

  /** Runs a script as `shell: bash` does. */
  const run = async (script: string, env: Readonly<Record<string, string>>) => {
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
      cwd: path,
      env: {
        PATH: [bin, PYTHON_BIN, process.env['PATH']].join(delimiter),
        HOME: path,
        NO_PROXY: '*',
        LC_ALL: 'C.UTF-8',
        ...env,
      },
    });
    const [stdout, stderr, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>(resolve => child.on('close', resolve)),
    ]);
    return { code, stdout, shown: stdout + stderr };
  };
  return {
    path,
    program,
    run,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

type Response = readonly [status: number, body: unknown];

/** A server that gives the responses one after another, each request one of them. */
async function serve(responses: readonly Response[]) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const [path = '', query] = (request.url ?? '').split('?');
    expect(query).toBe(`access_token=${TOKEN}`);
    seen.push({ method: request.method ?? '', path, body: await text(request) });
    const [status, body] = responses[seen.length - 1] ?? [500, { message: 'one request too many' }];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  return Object.assign(await listenOnLoopback(server), { seen });
}

/** Has every call of curl write down what it was given, as any process of the machine could see it. */
function watchCurl({ program, path }: ReturnType<typeof newWorkspace>): () => string {
  const real = execFileSync('which', ['curl'], { encoding: 'utf8' }).trim();
  program('curl', `printf '%s\\n' "$@" >> '${path}/arguments'\nexec '${real}' "$@"`);
  return () => readFileSync(join(path, 'arguments'), 'utf8');
}

describe('tileset.yml', () => {
  const { run, env } = stepOf('tileset.yml');

  it('uploads, publishes and waits for the job, with just the scopes that it requests', async () => {
    using workspace = newWorkspace();
    await using mapbox = await startMapbox();
    const { token } = mapbox.account.issue({ scopes: ['tilesets:write', 'tilesets:read'] });
    const given = { ...env, MAPBOX_API: mapbox.url, MAPBOX_ACCESS_TOKEN: token, ACCOUNT: 'octo' };
    const byHand = [
      'tilesets upload-source octo parks data/parks.ldgeojson',
      'tilesets create octo.parks --recipe data/recipe.json --name Parks',
    ];
    // As the example's first lines say.
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

describe('upload.yml', () => {
  const { run, env } = stepOf('upload.yml');
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

  it('shows what Mapbox says when it refuses, and does not repeat the creation', async () => {
    const { code, shown, seen } = await upload([200, credentials], [500, { message: 'Out of order' }]);
    expect(shown).toContain('Out of order');
    expect(seen).toHaveLength(2);
    expect(code).not.toBe(0);
  });

  it('fails when the upload did', async () => {
    const failed = { id: 'u1', progress: 1, complete: false, error: 'Not a tileset' };
    const { code, shown } = await upload([200, credentials], [201, failed], [200, failed]);
    expect(shown).toContain('Not a tileset');
    expect(code).toBe(1);
  });
});

describe('styles.yml', () => {
  const { run, env } = stepOf('styles.yml');

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

  it('replaces the style by what is in the repository', async () => {
    const { code, shown, seen } = await publish([200, { id: 's1', name: 'Outdoors', modified: 'later' }]);
    expect(seen).toMatchObject([{ method: 'PATCH', path: '/styles/v1/octo/s1' }]);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ version: 8, name: 'Outdoors' });
    expect(JSON.parse(shown)).toEqual({ id: 's1', name: 'Outdoors', modified: 'later' });
    expect(code).toBe(0);
  });

  it('shows what Mapbox says when it refuses', async () => {
    const { code, shown } = await publish([422, { message: 'Bad layer' }]);
    expect(shown).toContain('Bad layer');
    expect(code).toBe(1);
  });
});

describe('ios.yml', () => {
  const { run, env } = stepOf('ios.yml');

  it.each([0, 1])(
    'has the token in ~/.netrc while xcodebuild runs, which ends with %i, and not after',
    async code => {
      using workspace = newWorkspace();
      workspace.program('xcodebuild', `ls -l ~/.netrc; cat ~/.netrc; exit ${code}`);
      const result = await workspace.run(run, { ...env, TOKEN });
      expect(result.shown).toMatch(/^-rw-------/);
      expect(result.shown).toContain(`machine api.mapbox.com\nlogin mapbox\npassword ${TOKEN}\n`);
      expect(result.code).toBe(code);
      expect(await workspace.run('cat ~/.netrc', {})).toMatchObject({ code: 1 });
    },
  );
});
