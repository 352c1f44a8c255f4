/** The run attempt of the tests' steps. */
import { currentRun } from '../../src/runtime/workflow-run.ts';

/** The runner's variables for it. */
export const RUN_ENV = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'octo-org/maps',
  GITHUB_REPOSITORY_ID: '123456789',
  GITHUB_RUN_ID: '4711',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_WORKFLOW: 'Release',
};

export const run = currentRun(RUN_ENV);
