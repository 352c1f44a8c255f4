import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { build } from '../../scripts/build.ts';

it('dist is what `npm run build` makes, byte for byte', async () => {
  const target = mkdtempSync(join(tmpdir(), 'dist-'));
  try {
    await build(target);
    const committed = filesIn(join(import.meta.dirname, '..', '..', 'dist'));
    const built = filesIn(target);
    expect([...built.keys()]).toEqual([...committed.keys()]);
    // Compared one by one, without a diff: two bundles side by side help nobody.
    for (const [name, bytes] of built) {
      expect(
        committed.get(name)?.equals(bytes),
        `${name} differs; run \`npm run build\` and commit dist`,
      ).toBe(true);
    }
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
});

function filesIn(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
  return new Map(names.map(name => [name.slice(folder.length + 1), readFileSync(name)]));
}
