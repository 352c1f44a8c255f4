/** Starts real processes, because a module that cannot be loaded ends its process. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { authorizingTokenText, idOf } from '../../support/tokens.ts';

const SRC = join(import.meta.dirname, '..', '..', '..', 'src');

function load(code: string, { node = process.versions.node, entry = 'main.js', state = '' } = {}) {
  const module = pathToFileURL(join(SRC, 'runtime', 'startup.ts')).href;
  const program = `Object.defineProperty(process, 'versions', { value: { node: '${node}' } });
await import(${JSON.stringify(module)});
${code}`;
  const args = ['--input-type=module', '--eval', program, `dist/${entry}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], RUNNER_DEBUG: '1', STATE_cleanup: state },
  });
  return { status, stdout, stderr };
}

it.each([
  ['throws', `throw new SyntaxError('part of the event');`, 'SyntaxError'],
  ['is rejected', `await Promise.reject(new TypeError('part of the event'));`, 'TypeError'],
  ['throws an error with an odd name', `throw Object.assign(new Error(), { name: 'a\\n::b' });`, 'ab'],
  ['throws a string', `throw 'part of the event';`, 'string'],
])('a module that %s causes one annotation with the error’s class only', (_, code, name) => {
  expect(load(code)).toEqual({
    status: 1,
    stdout: `::error title=Internal error::The action could not be loaded (${name}). Please report it.\n`,
    stderr: '',
  });
});

it.each(['22.3.0', '24.0.0', '30.0.0'])('prints nothing if everything loads, under Node.js %s', node => {
  expect(load('', { node })).toEqual({ status: 0, stdout: '', stderr: '' });
});

describe('the post step under a Node.js that is too old', () => {
  const warningOf = (state: object) => {
    const { status, stdout, stderr } = load('', {
      ...{ node: '20.20.2', entry: 'post.js' },
      state: JSON.stringify(state),
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^::warning title=Mapbox token::[^\n]* Node\.js 20\.20\.2 but needs 24\.[^\n]*\n$/,
    );
    return stdout;
  };

  it('does not advise deleting a token in use', () => {
    const token = { id: idOf(1), keep: true };
    const text = warningOf({ action: 'mint', cleanup: { note: 'Web map', token, orphans: 1 } });
    expect(text).not.toContain(idOf(1));
    expect(text).toContain('A token with the note "Web map" may still be alive.');
  });

  it.each<[string, object]>([
    ['created', { cleanup: { note: 'Releases', token: { id: idOf(1), keep: false } } }],
    ['being put', { rotation: { phase: 'putting', replacement: idOf(1), previous: idOf(2) } }],
  ])(
    'does not advise deleting the replacement of a rotation that was %s, as a secret may have it',
    (_, state) => {
      const text = warningOf({ action: 'rotation', ...state });
      expect(text).toContain(`The token ${idOf(1)}`);
      expect(text).toContain('Do not delete it by hand. Start a new run');
    },
  );

  it('names the leaked tokens that a rotation did not delete', () => {
    const rotation = { phase: 'deleting', replacement: idOf(1), undeleted: [idOf(2), idOf(3)] };
    expect(warningOf({ action: 'rotation', rotation })).toContain(
      `::These leaked tokens are still alive: ${idOf(2)}, ${idOf(3)}.`,
    );
  });

  it.each([
    ['quotes and backslashes', 'The "new" C:\\maps'],
    ['joined emoji', 'Karten 👩‍🚀'],
  ])('shows a note with %s', (_, note) => {
    expect(warningOf({ action: 'mint', cleanup: { note } })).toContain(`A token with the note "${note}" may`);
  });

  it.each([{}, { cleanup: { note: 'x'.repeat(129), token: { id: '../x', keep: false } } }])(
    'names the nonce if the state has no usable note: %j',
    state => {
      expect(warningOf({ action: 'mint', nonce: 'ab12cd34', ...state })).toContain(
        '::A token with the note "#ab12cd34" may still be alive.',
      );
    },
  );

  it.each(['', '{"action":"mint"', '{"action":"a"}', '[]'])('has nothing to name in the state %j', state => {
    const { status, stdout } = load('', { node: '20.20.2', entry: 'post.js', state });
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^This step runs on Node\.js 20\.20\.2/)]);
  });

  it('prints one line without tokens, whatever the state', () => {
    const note = `50% of\n${authorizingTokenText}`;
    const text = warningOf({ action: 'mint', cleanup: { note, token: { id: idOf(1), keep: false } } });
    expect(text).toContain('note "50%25 of ***" may');
    expect(text).not.toContain(authorizingTokenText);
  });
});
