import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // With programs that have to be installed first: `npm run test:real`.
    exclude: [...configDefaults.exclude, 'test/real/**'],
    // A test that runs the bundle starts two processes and a server; a slow machine may take its time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // GitHub's parser imports JSON in a way that bundlers understand and Node does not.
    server: { deps: { inline: [/@actions\/workflow-parser/] } },
  },
});
