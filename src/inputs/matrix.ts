import type { Crowd } from '../api/backoff.ts';

/**
 * Reads `job-total` and `job-index`, which `action.yml` fills from GitHub's `strategy` context. Never a reason to
 * stop: whatever is no whole number of jobs counts as one job, or as the first.
 */
export function parseCrowd(getInput: (name: 'job-total' | 'job-index') => string): Crowd {
  return { total: wholeNumber(getInput('job-total')) || 1, index: wholeNumber(getInput('job-index')) };
}

function wholeNumber(input: string): number {
  return /^\s*\d{1,6}\s*$/.test(input) ? Number(input) : 0;
}
