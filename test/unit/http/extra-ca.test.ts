import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findExtraCaProblem } from '../../../src/http/extra-ca.ts';

const folder = mkdtempSync(join(tmpdir(), 'extra-ca-'));
const file = join(folder, 'ca.pem');
writeFileSync(file, 'x');
const unreadable = join(folder, 'secret.pem');
writeFileSync(unreadable, 'x', { mode: 0 });
const closed = join(folder, 'closed');
mkdirSync(closed);
writeFileSync(join(closed, 'ca.pem'), 'x');
chmodSync(closed, 0);
const loop = join(folder, 'loop');
if (process.platform !== 'win32') symlinkSync(loop, loop);

afterAll(() => {
  chmodSync(closed, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

const took = (count: number | undefined) => async () => count;

it.each([
  ['no file is named', '', 0, undefined],
  ['there is no file', join(folder, 'missing.pem'), 0, 'missing'],
  ['a part of its path is a file', join(file, 'ca.pem'), 0, 'missing'],
  ['it has a certificate in place of a path', 'x\n'.repeat(5000), 0, 'missing'],
  ['its path is a symbolic link to itself', loop, 0, 'missing'],
  ['it is a directory', folder, 0, 'directory'],
  ['Node took nothing from it', file, 0, 'no-certificate'],
  ['Node took a certificate from it', file, 1, undefined],
  ['Node does not say', file, undefined, undefined],
])('if %s, %s is reported as the fault of NODE_EXTRA_CA_CERTS', async (_, path, count, problem) => {
  expect(await findExtraCaProblem(path, took(count))).toBe(problem);
});

// Root may read everything, and Windows has no such modes.
it.skipIf(process.platform === 'win32' || process.getuid?.() === 0).each([
  ['file', unreadable],
  ['file in a folder', join(closed, 'ca.pem')],
])('a %s that this process may not read is reported', async (_, path) => {
  expect(await findExtraCaProblem(path, took(0))).toBe('unreadable');
});

it('reports nothing if Node fails to say how many certificates it loaded', async () => {
  const fail = async () => {
    throw new Error('no certificates');
  };
  expect(await findExtraCaProblem(file, fail)).toBeUndefined();
});

it('reads the variable, and asks Node how many certificates it loaded', () => {
  const module = JSON.stringify(join(import.meta.dirname, '..', '..', '..', 'src', 'http', 'extra-ca.ts'));
  const code = `import { findExtraCaProblem } from ${module}; console.log(await findExtraCaProblem())`;
  const args = ['--no-warnings', '--input-type=module', '-e', code];
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: file };
  expect(execFileSync(process.execPath, args, { env, stdio: 'pipe' }).toString()).toBe('no-certificate\n');
});
