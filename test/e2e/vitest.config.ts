import { defineConfig } from 'vitest/config';

/** The tests with external programs; `npm cit` excludes them. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    globalSetup: ['./ship.ts'],
    // A whole workflow starts a dozen programs, which takes time on a slow machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['verbose'],
  },
});
