/** In processes of their own: what is tested is what becomes of a process whose modules cannot be loaded. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..', '..', '..', 'src');

function load(code: string) {
  const module = pathToFileURL(join(SRC, 'runtime', 'startup.ts')).href;
  const program = `import ${JSON.stringify(module)};\n${code}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], RUNNER_DEBUG: '1' },
  });
  return { status, stdout, stderr };
}

it.each([
  ['throws', `throw new SyntaxError('part of the event');`, 'SyntaxError'],
  ['is rejected', `await Promise.reject(new TypeError('part of the event'));`, 'TypeError'],
  ['has odd words for a name', `throw Object.assign(new Error(), { name: 'a\\n::b' });`, 'ab'],
  ['throws what is no error', `throw 'part of the event';`, 'string'],
])(
  'a module that %s is one annotation that names the kind of the error and nothing else',
  (_, code, name) => {
    expect(load(code)).toEqual({
      status: 1,
      stdout: `::error title=Internal error::The action could not be loaded (${name}). Please report it.\n`,
      stderr: '',
    });
  },
);

it('says nothing where everything loads', () => {
  expect(load('')).toEqual({ status: 0, stdout: '', stderr: '' });
});
