/**
 * Makes `dist/`: TypeScript to JavaScript with tsc, then one bundle an entry with ncc. The same sources and lock
 * file give the same bytes on every machine.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const root = dirname(import.meta.dirname);
/**
 * Imports that a mint never calls, pointed at a module that Node has loaded anyway. They are most of what a
 * bundle of everything weighs, and of the time it takes to load.
 */
const uncalled = {
  // @actions/core: the OpenID client and the description of the machine.
  '@actions/http-client': 'node:util',
  '@actions/http-client/lib/auth': 'node:util',
  '@actions/exec': 'node:util',
  // undici: HTTP/2 (switched off in wire.ts), the parser that is still an experiment, and bodies that are forms.
  './client-h2.js': 'node:util',
  './parser-h1.js': 'node:util',
  '../web/fetch/body.js': 'node:util',
  '../web/fetch/formdata': 'node:util',
  '../web/webidl': 'node:util',
};

/** Octokit calls most of that; what is left out here is called by nobody in either. */
const uncalledBySweep = { '@actions/exec': 'node:util' };

const entries = { main: uncalled, post: uncalled, sweep: uncalledBySweep };

interface Bundle {
  readonly code: string;
  readonly assets: Readonly<Record<string, { readonly source: string | Buffer }>>;
}
type Ncc = (entry: string, options: Readonly<Record<string, unknown>>) => Promise<Bundle>;
const ncc: Ncc = require('@vercel/ncc');

/** Writes the bundles into `target`, which is emptied first. */
export async function build(target: string): Promise<void> {
  const scratch = join(root, 'build');
  rmSync(scratch, { recursive: true, force: true });
  execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  rmSync(target, { recursive: true, force: true });
  for (const [entry, externals] of Object.entries(entries)) {
    const { code, assets } = await ncc(join(scratch, `${entry}.js`), {
      cache: false,
      minify: true,
      quiet: true,
      externals,
      license: 'licenses.txt',
    });
    const folder = join(target, entry);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'index.js'), code);
    for (const [name, { source }] of Object.entries(assets)) {
      writeFileSync(join(folder, name), source);
    }
  }
}

if (import.meta.main) await build(join(root, 'dist'));
