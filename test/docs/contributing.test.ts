/** CONTRIBUTING.md and test/README.md name files that exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderOf, ROOT, readModules } from '../support/modules.ts';

/** The project paths that a document has in code or links. */
function namedPaths(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const inCode = text.matchAll(/`((?:src|test|scripts|docs|bench|demo|examples)\/[\w./-]*)`/g);
  return Array.from(inCode, ([, path = '']) => path);
}

it.each(['CONTRIBUTING.md', 'test/README.md'])('%s names files and folders that exist', document => {
  const paths = namedPaths(document);
  expect(paths.length).toBeGreaterThan(5);
  expect(paths.filter(path => !existsSync(join(ROOT, path)))).toEqual([]);
});

it('the map covers every folder of src/, and every file beside them except the smallest', () => {
  const drawn = new Set(namedPaths('CONTRIBUTING.md').map(path => folderOf(path.replace('src/', ''))));
  const places = new Set(readModules('src').map(({ path }) => folderOf(path)));
  // Secret, clock and duration are found by their names.
  const smallest = ['secret.ts', 'clock.ts', 'duration.ts'];
  expect([...places].filter(place => !drawn.has(place) && !smallest.includes(place))).toEqual([]);
});

it('every npm script that runs TypeScript checks Node’s version first, even if npm runs no `pre` scripts', () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  const typed = Object.values(scripts).filter(script => /\.ts\b|vitest|stryker/.test(script));
  expect(typed.length).toBeGreaterThan(5);
  for (const script of typed) expect(script).toMatch(/^node scripts\/check-node\.js && /);
});
