/** SECURITY.md names a test for each guarantee, and that test must exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');

const promises = [
  ...read('SECURITY.md').matchAll(/^\| (.+) \| \[[\w/-]+\]\((.+\.test\.ts)\): (.+) \|$/gm),
].map(([, promise = '', file = '', title = '']) => ({ promise, file, title }));

it('SECURITY.md lists its guarantees in a table', () => {
  expect(promises.length).toBeGreaterThan(15);
});

it.each(promises)('there is a test for: $promise', ({ file, title }) => {
  const tests = read(file);
  expect(["'", '`'].some(quote => tests.includes(`${quote}${title}${quote}`))).toBe(true);
});
