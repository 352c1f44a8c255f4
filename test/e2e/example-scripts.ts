/** Runs the examples' scripts in a folder and against a server of their own. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { listenOnLoopback } from '../support/loopback-server.ts';
import { PYTHON_BIN, ROOT } from './parts.ts';

/** A fake token, which the scripts must not expose. */
export const TOKEN = 'the-token';

interface Step {
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Script {
  readonly run: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Every script of an example, in order, with its unevaluated variables. */
export function allScriptsOf(example: string): Script[] {
  const { jobs }: { jobs: Record<string, { steps?: Step[] }> } = parse(
    readFileSync(join(ROOT, 'examples', example), 'utf8'),
  );
  const steps = Object.values(jobs).flatMap(job => job.steps ?? []);
  return steps.flatMap(({ run, env = {} }) => (run === undefined ? [] : [{ run, env }]));
}

export function getsToken({ env }: Script): boolean {
  return Object.values(env).some(value => /outputs\.token/.test(value));
}

/** The scripts of an example that get the token. The test must set variables that only GitHub can evaluate. */
export function scriptsOf(example: string): Script[] {
  const isPlain = ([, value]: [string, string]) => !value.includes('${{');
  return allScriptsOf(example)
    .filter(getsToken)
    .map(({ run, env }) => ({ run, env: Object.fromEntries(Object.entries(env).filter(isPlain)) }));
}

export function onlyScriptOf(example: string): Script {
  const [script, ...more] = scriptsOf(example);
  if (script === undefined || more.length > 0) throw new Error(`Not one script with the token in ${example}`);
  return script;
}

/** A folder to run scripts in, with programs that come first on PATH. */
export function newWorkspace() {
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
  const run = async (script: string, env: Readonly<Record<string, string>> = {}) => {
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
  readonly query: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

export type Response = readonly [status: number, body: unknown];

/** A server that returns one response after another, one for each authorized request. */
export async function serve(
  responses: readonly Response[],
  isAuthorized = ({ query }: Seen) => query === `access_token=${TOKEN}`,
) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const [path = '', query] = (request.url ?? '').split('?');
    const { authorization } = request.headers;
    const one = { method: request.method ?? '', path, query, authorization, body: await text(request) };
    seen.push(one);
    const planned = responses[seen.length - 1] ?? [500, { message: 'one request too many' }];
    const [status, body] = isAuthorized(one) ? planned : [401, { message: 'no token' }];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  return Object.assign(await listenOnLoopback(server), { seen });
}

/** Records the arguments of every curl call, which any process on the machine could see. */
export function watchCurl({ program, path }: ReturnType<typeof newWorkspace>): () => string {
  const real = execFileSync('which', ['curl'], { encoding: 'utf8' }).trim();
  program('curl', `printf '%s\\n' "$@" >> '${path}/arguments'\nexec '${real}' "$@"`);
  return () => readFileSync(join(path, 'arguments'), 'utf8');
}
