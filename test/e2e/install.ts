/**
 * The start of `npm run test:real`: checks the machine, installs the parts into `.real`, and lists them. If they are
 * there already, it installs nothing.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PUBLISHED_FILE, VERSION } from '../support/github/description/cut.ts';
import {
  ACT,
  ACTIONLINT,
  GITEA_ACT,
  GITEA_MODULE,
  GO_NEEDED,
  GO_PROGRAMS,
  NODES,
  nodeOf,
  type OtherNode,
  PYTHON_BIN,
  PYTHONS_NEEDED,
  REAL,
  REQUIREMENTS,
  TILESETS,
  ZIZMOR,
} from './parts.ts';

const STAMP = join(REAL, 'installed');

/** GitHub's description of its API, against which the GitHub stand-in is checked. */
const OPENAPI = `@octokit/openapi@${VERSION}`;

/** A program's version output, `undefined` if it is missing or fails. */
function ask(program: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function atLeast(version: string, needed: string): boolean {
  return version.localeCompare(needed, 'en', { numeric: true }) >= 0;
}

/** Runs one step of the installation and shows its output. */
function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): void {
  const { status, error } = spawnSync(program, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
    cwd,
  });
  if (status === 0) return;
  console.error(
    `\`${[program, ...args].join(' ')}\` failed${error === undefined ? '' : `: ${error.message}`}.`,
  );
  process.exit(1);
}

function hashOf(file: string): string {
  return `sha256:${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
}

/** Extracts one file from the package, which has 404 MB. npm verifies the download. */
function getDescription(): void {
  const folder = join(REAL, 'openapi');
  mkdirSync(folder);
  run('npm', ['pack', OPENAPI, '--silent', '--pack-destination', folder]);
  const archive = join(folder, `octokit-openapi-${VERSION}.tgz`);
  const file = 'package/generated/api.github.com.json';
  run('tar', ['-xzf', archive, '-C', folder, '--strip-components=1', file]);
  rmSync(archive);
}

/** The package of Node.js programs for this machine. */
const NODE_PACKAGE = `node-${process.platform}-${process.arch}`;

/** Extracts the program from npm's package of a Node.js version. npm verifies the download. */
function getNode(version: OtherNode): void {
  const folder = dirname(dirname(nodeOf(version)));
  mkdirSync(folder, { recursive: true });
  run('npm', ['pack', `${NODE_PACKAGE}@${version}`, '--silent', '--pack-destination', folder]);
  const archive = join(folder, `${NODE_PACKAGE}-${version}.tgz`);
  run('tar', ['-xzf', archive, '-C', folder, '--strip-components=1', 'package/bin/node']);
  rmSync(archive);
}

interface Machine {
  readonly go: string;
  /** The command of a suitable Python, and its version. */
  readonly python: string;
  readonly pythonVersion: string;
}

/** The machine's versions of what the parts require; reports everything that is missing at once. */
function inspect(): Machine {
  const lacks: string[] = [];
  const tell = (found: string | undefined) => (found === undefined ? 'found none' : `found ${found}`);
  if (process.platform === 'win32') lacks.push('Linux or macOS: act runs jobs on the host in bash');
  for (const program of ['git', 'tar', 'bash', 'curl', 'ps']) {
    if (spawnSync(program, ['--version']).error !== undefined) lacks.push(program);
  }
  const go = /\bgo(\d+\.\d+(?:\.\d+)?)/.exec(ask('go', 'version') ?? '')?.[1];
  if (go === undefined || !atLeast(go, GO_NEEDED)) lacks.push(`Go ${GO_NEEDED} or newer (${tell(go)})`);

  const pythons = ['python3', ...PYTHONS_NEEDED.map(version => `python${version}`)].flatMap(command => {
    const version = ask(
      command,
      '-c',
      'import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3])',
    );
    return version === undefined ? [] : [{ command, version }];
  });
  const python = pythons.find(({ version }) =>
    PYTHONS_NEEDED.some(needed => version.startsWith(`${needed}.`)),
  );
  if (python === undefined) {
    const found = pythons.length === 0 ? undefined : pythons.map(({ version }) => version).join(', ');
    lacks.push(`Python ${PYTHONS_NEEDED.join(' or ')} with its venv module (${tell(found)})`);
  }
  if (go === undefined || python === undefined || lacks.length > 0) {
    console.error('npm run test:real needs what this machine does not have:');
    for (const lack of lacks) console.error(`- ${lack}`);
    process.exit(1);
  }
  return { go, python: python.command, pythonVersion: python.version };
}

const machine = inspect();
// Python's environment contains paths, so a moved folder needs a new one.
const request = [
  ...Object.values(GO_PROGRAMS),
  OPENAPI,
  ...NODES,
  hashOf(REQUIREMENTS),
  hashOf(join(GITEA_MODULE, 'go.sum')),
  `${process.platform} ${process.arch}`,
  REAL,
].join('\n');
const complete = [ACT, GITEA_ACT, ACTIONLINT, TILESETS, ZIZMOR, PUBLISHED_FILE, ...NODES.map(nodeOf)].every(
  path => existsSync(path),
);
const there = complete && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === request;

if (!there) {
  const start = performance.now();
  console.log(
    'Getting the parts into .real. act, its fork and actionlint are built from source, which takes minutes at first.',
  );
  rmSync(REAL, { recursive: true, force: true });
  mkdirSync(REAL);
  for (const program of Object.values(GO_PROGRAMS))
    run('go', ['install', program], { GOBIN: join(REAL, 'bin') });
  const build = ['build', '-mod=readonly', '-o', GITEA_ACT, 'github.com/nektos/act'];
  run('go', build, {}, GITEA_MODULE);
  run(machine.python, ['-m', 'venv', join(REAL, 'python')]);
  run(join(PYTHON_BIN, 'python'), [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
    ...['--require-hashes', '--only-binary', ':all:', '-r', REQUIREMENTS],
  ]);
  getDescription();
  for (const version of NODES) getNode(version);
  writeFileSync(STAMP, request);
  console.log(`Installed in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
}

const parts = {
  act: ask(ACT, '--version'),
  "Gitea's act": /gitea\/act (v\S+)/.exec(readFileSync(join(GITEA_MODULE, 'go.mod'), 'utf8'))?.[1],
  actionlint: ask(ACTIONLINT, '-version')?.split('\n')[0],
  'tilesets-cli': ask(TILESETS, '--version'),
  zizmor: ask(ZIZMOR, '--version'),
  curl: ask('curl', '--version')?.split(' (')[0],
  bash: ask('bash', '--version')?.split('\n')[0],
  git: ask('git', '--version'),
  Go: machine.go,
  Python: ask(join(PYTHON_BIN, 'python'), '--version') ?? machine.pythonVersion,
  Node: process.version,
  'older Node': NODES.every(version => ask(nodeOf(version), '--version') === `v${version}`)
    ? NODES.join(', ')
    : undefined,
};
console.log(`${there ? 'Nothing to install. ' : ''}The parts:`);
for (const [name, version] of Object.entries(parts))
  console.log(`  ${name.padEnd(13)}${version ?? 'does not start'}`);
console.log('');
if (Object.values(parts).includes(undefined)) process.exit(1);
