import { defineConfig } from 'vitest/config';

/** The tests with programs that are not ours; `npm cit` leaves them out. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    globalSetup: ['./ship.ts'],
    // A run of a whole workflow starts a dozen programs; a slow machine may take its time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['verbose'],
  },
});
