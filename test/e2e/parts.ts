/** The external programs of `npm run test:real`, and where they are. */
import { join } from 'node:path';

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '..', '..');
/** Where the parts are installed. Not tracked; may be deleted at any time. */
export const REAL = join(ROOT, '.real');

/** The action as a runner downloads it, created before each run of the tests. */
export const SHIPPED = join(REAL, 'action');

/** Go programs, by the package that `go install` builds, with their exact versions. */
export const GO_PROGRAMS = {
  act: 'github.com/nektos/act@v0.2.87',
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
} as const;
/**
 * The engine of Gitea's runner, a fork of act: our own Go module has its version and the hashes of all its
 * dependencies. Go's proxy rejects the runner itself, `gitea.com/gitea/act_runner`, and all of `code.forgejo.org`, with
 * 403.
 */
export const GITEA_MODULE = join(import.meta.dirname, 'gitea');
/** Gitea's engine requires this one, the others older ones. */
export const GO_NEEDED = '1.26';

/** Every Python package with its exact version and the hashes of its files. */
export const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
/** zizmor requires the first one or newer; numpy 1, which tilesets-cli requires, has no wheels after the last one. */
export const PYTHONS_NEEDED = ['3.11', '3.12'] as const;

/**
 * The Node.js versions with which runners other than GitHub's may start an action: two that are too old, and the oldest
 * one that works. npm has all of them for Linux only.
 */
export type OtherNode = '18.20.8' | '20.20.2' | '22.3.0';
export const NODES: readonly OtherNode[] =
  process.platform === 'linux' ? ['18.20.8', '20.20.2', '22.3.0'] : [];
export const nodeOf = (version: OtherNode) => join(REAL, 'node', version, 'bin', 'node');

const bin = join(REAL, 'bin');
const venv = join(REAL, 'python');

export const ACT = join(bin, 'act');
/** Without what the runner adds to it: the server's side of a run. */
export const GITEA_ACT = join(bin, 'gitea-act');
export const ACTIONLINT = join(bin, 'actionlint');
export const PYTHON_BIN = join(venv, 'bin');
export const TILESETS = join(PYTHON_BIN, 'tilesets');
export const ZIZMOR = join(PYTHON_BIN, 'zizmor');
