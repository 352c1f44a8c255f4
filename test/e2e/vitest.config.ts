import { dirname } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The tests with programs that are not ours, and those of the stand-ins; `npm cit` leaves them out. */
export default defineConfig({
  test: {
    root: dirname(import.meta.dirname),
    include: ['{e2e,support,conformance}/**/*.test.ts'],
    globalSetup: ['./e2e/ship.ts'],
    // A run of a whole workflow starts a dozen programs; a slow machine may take its time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['verbose'],
    // GitHub's parser imports JSON in a way that bundlers understand and Node does not.
    server: { deps: { inline: [/@actions\/workflow-parser/] } },
  },
});
