import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { build } from '../../scripts/build.ts';
import { readModules } from '../support/modules.ts';

const root = join(import.meta.dirname, '..', '..');

it('dist is what `npm run build` makes, byte for byte', async () => {
  const target = mkdtempSync(join(tmpdir(), 'dist-'));
  try {
    await build(target);
    const committed = filesIn(join(root, 'dist'));
    const built = filesIn(target);
    expect([...built.keys()]).toEqual([...committed.keys()]);
    // Compared one by one without a diff, which would be unreadable.
    for (const [name, bytes] of built) {
      expect(
        committed.get(name)?.equals(bytes),
        `${name} differs; run \`npm run build\` and commit dist`,
      ).toBe(true);
    }
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
  // A build takes half a minute, and longer on a busy machine.
}, 300_000);

function filesIn(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
  return new Map(names.map(name => [name.slice(folder.length + 1), readFileSync(name)]));
}

it('no module is imported under a name that the build replaces', () => {
  const left = [
    ...readFileSync(join(root, 'scripts', 'build.ts'), 'utf8').matchAll(/^ +'\.\/([\w-]+)(?:\.js)?':/gm),
  ];
  const names = left.map(([, name = '']) => name);
  expect(names).toContain('summary');
  // Types only: no bundle imports it.
  const modules = readModules('src').filter(({ path }) => path !== 'runtime/context.ts');
  expect(modules.map(({ path }) => path).filter(path => names.includes(basename(path, '.ts')))).toEqual([]);
});
