/** The GitHub stand-in is checked against GitHub's own published description. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { API_FILE, cut, readPublished, VERSION } from '../support/github/description/cut.ts';

it(`api.json is what the script extracts from @octokit/openapi ${VERSION}`, () => {
  const published = readPublished();
  expect(published).toBeDefined();
  expect(readFileSync(API_FILE, 'utf8')).toBe(cut(published ?? ''));
});
