import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

const seed = process.env['SEED'] ?? String(Date.now() % 2 ** 31);
console.info(`Random tests begin with SEED=${seed}; set it to repeat what they do.`);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    env: { SEED: seed },
    // With programs that have to be installed first, and of the stand-ins: `npm run test:real`.
    exclude: [...configDefaults.exclude, 'test/{e2e,support,conformance}/**'],
    // No test changes what another one imports, so that each worker loads the modules once.
    isolate: false,
    maxWorkers: availableParallelism(),
    // Of tests that mostly wait.
    maxConcurrency: 6,
    // A test that runs the bundle starts two processes and a server; a slow machine may take its time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // GitHub's parser imports JSON in a way that bundlers understand and Node does not.
    server: { deps: { inline: [/@actions\/workflow-parser/] } },
  },
});
