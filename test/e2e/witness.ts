/**
 * Loaded into every Node program of a job (`NODE_OPTIONS=--import=…`), it records what the runner gave to the program,
 * and what the program left for the runner: one line of JSON in the file named by WITNESS.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

const given = { ...process.env };
const starting = (prefix: string) =>
  Object.fromEntries(Object.entries(given).filter(([name]) => name.startsWith(prefix)));
const file = (name: string) => readFileSync(given[name] ?? '', 'utf8');

process.on('exit', () => {
  const testimony = {
    job: given['GITHUB_JOB'],
    program: basename(process.argv[1] ?? 'a step'),
    inWorkspace: process.cwd() === given['GITHUB_WORKSPACE'],
    inputs: starting('INPUT_'),
    state: starting('STATE_'),
    env: given,
    left: {
      outputs: file('GITHUB_OUTPUT'),
      state: file('GITHUB_STATE'),
      env: file('GITHUB_ENV'),
      summary: file('GITHUB_STEP_SUMMARY'),
    },
  };
  appendFileSync(given['WITNESS'] ?? '', `${JSON.stringify(testimony)}\n`);
});
