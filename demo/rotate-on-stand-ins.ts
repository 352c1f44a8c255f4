/** Runs the bundle of `rotate` or, in the post step, the bundle of its post step, with another `GITHUB_API_URL`. */
import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

const { STATE_main: main, GITHUB_STATE: state = '', 'INPUT_GITHUB-API-URL': github = '' } = process.env;
if (main === undefined) appendFileSync(state, 'main=ended\n');
const bundle = join(import.meta.dirname, '../dist', main === undefined ? 'rotate.js' : 'post.js');
const { status } = spawnSync(process.execPath, [bundle], {
  stdio: 'inherit',
  env: { ...process.env, GITHUB_API_URL: github },
});
process.exitCode = status ?? 1;
