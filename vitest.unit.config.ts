import { defineConfig } from 'vitest/config';

/** The unit tests, by which the mutation run judges: with a whole step for each mutant, it would take a day. */
export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts'],
    isolate: false,
    // Instrumented code is slow.
    testTimeout: 60_000,
  },
});
