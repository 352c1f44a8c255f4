/** That the stand-in for GitHub is held to what GitHub publishes, and to nothing that somebody here wrote. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { API_FILE, cut, readPublished, VERSION } from '../support/github/description/cut.ts';

it(`api.json is what the script cuts out of @octokit/openapi ${VERSION}`, () => {
  const published = readPublished();
  expect(published).toBeDefined();
  expect(readFileSync(API_FILE, 'utf8')).toBe(cut(published ?? ''));
});
