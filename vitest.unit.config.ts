import { defineConfig } from 'vitest/config';

/** The tests that need no bundle, and no time: what the mutation run judges by. */
export default defineConfig({
  test: {
    // Each mutant runs its tests anew: modules are loaded once per worker, and instrumented code is slow.
    isolate: false,
    testTimeout: 60_000,
    include: ['test/unit/**/*.test.ts', 'test/integration/**/*.test.ts'],
    exclude: [
      'test/integration/{*schedules,rotate-failures,rotate-named,sweep-random,two-sweeps,crowd}.test.ts',
    ],
  },
});
