import { defineConfig } from 'vitest/config';

/** The tests that need no bundle: what the mutation run judges by. */
export default defineConfig({
  test: { include: ['test/unit/**/*.test.ts', 'test/integration/sweep.test.ts'] },
});
