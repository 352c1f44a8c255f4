import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

const seed = process.env['SEED'] ?? String(Date.now() % 2 ** 31);
console.info(`Random tests use SEED=${seed}. Set SEED to repeat a run.`);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    env: { SEED: seed },
    // `npm run test:real` runs these: they need installed programs, or test the stand-ins.
    exclude: [...configDefaults.exclude, 'test/{e2e,support,conformance}/**'],
    // No test changes a module that another one imports, so each worker loads the modules only once.
    isolate: false,
    maxWorkers: availableParallelism(),
    // Concurrent tests mostly wait.
    maxConcurrency: 6,
    // A test of the bundle starts two processes and a server, which takes long on a slow machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // GitHub's parser imports JSON in a way that bundlers understand and Node does not.
    server: { deps: { inline: [/@actions\/workflow-parser/] } },
  },
});
