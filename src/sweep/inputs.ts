import { errorTitles } from '../action-error.ts';
import { HOUR, parseAge } from '../duration.ts';
import { missingScopes, parseAuthorizingToken, type TokenUse } from '../inputs/authorizing-token.ts';
import {
  type ConnectionInputs,
  parseApiUrl,
  parseFlag,
  parseTimeout,
  parseUsername,
} from '../inputs/connection.ts';
import { secretsIn } from '../inputs/masking.ts';
import { InputProblems } from '../inputs/problems.ts';
import type { AuthorizingToken } from '../mapbox/account.ts';
import type { Runner } from '../runner/runner.ts';
import { Secret } from '../secret.ts';
import type { PermanentRule } from './rule.ts';

export const sweepInputNames = [
  'authorizing-token',
  'github-token',
  'username',
  'job-max-age',
  'keep-permanent',
  'permanent-min-age',
  'dry-run',
  'timeout',
  'api-url',
] as const;

export type SweepInputName = (typeof sweepInputNames)[number];

/** The inputs of a sweep, checked as far as possible without the network. */
export interface SweepInputs {
  readonly connection: ConnectionInputs;
  readonly githubToken: Secret;
  /** Job tokens older than this are deleted without asking GitHub. Milliseconds. */
  readonly jobMaxAge: number | undefined;
  /** `undefined`: permanent tokens are left alone. */
  readonly permanent: PermanentRule | undefined;
  readonly dryRun: boolean;
}

const SWEEPING: TokenUse = {
  cannot: 'list or delete tokens',
  needs: 'the scopes `tokens:read` and `tokens:write`',
};

/** Masks the GitHub token, with and without the white space around it. */
export function maskGithubToken(runner: Runner): void {
  const input = runner.getInput('github-token');
  for (const text of [input, input.trim()]) runner.mask(new Secret(text));
}

/**
 * Parses the inputs of the sweep.
 *
 * @param getInput returns an input as written, empty if unset.
 * @param now milliseconds since 1970.
 * @throws {ActionError} that lists every problem.
 */
export function parseSweepInputs(getInput: (name: SweepInputName) => string, now: number): SweepInputs {
  const problems = new InputProblems([
    ...secretsIn(getInput('authorizing-token')),
    getInput('github-token').trim(),
  ]);
  const authorizingToken = parseAuthorizingToken(getInput('authorizing-token'), now, problems, SWEEPING);
  const githubToken = parseGithubToken(getInput('github-token'), problems);
  const username = parseUsername(getInput('username'), authorizingToken, problems);
  const jobMaxAge = parseJobMaxAge(getInput('job-max-age'), problems);
  const keep = parseKeepPermanent(getInput('keep-permanent'), problems);
  const minAge = parseMinAge(getInput('permanent-min-age'), problems);
  const dryRun = parseFlag('dry-run', getInput('dry-run'), problems);
  const timeout = parseTimeout(getInput('timeout'), problems);
  const api = parseApiUrl(getInput('api-url'), problems);
  if (authorizingToken !== undefined) checkScopes(authorizingToken, dryRun, problems);
  const checked = problems.throwIfAny({
    ...{ authorizingToken, username, timeout, api },
    ...{ githubToken, jobMaxAge, keep, minAge },
  });
  return {
    connection: checked,
    githubToken: checked.githubToken,
    jobMaxAge: checked.jobMaxAge === 'none' ? undefined : checked.jobMaxAge,
    permanent: checked.keep === 'all' ? undefined : { keep: checked.keep, minAge: checked.minAge },
    dryRun,
  };
}

function parseGithubToken(input: string, problems: InputProblems): Secret | undefined {
  const text = input.trim();
  if (/^[\x21-\x7e]+$/.test(text)) return new Secret(text);
  return problems.add(
    errorTitles.invalidInput,
    `\`github-token\` ${text === '' ? 'is empty' : 'is not a GitHub token: it has spaces or other unexpected characters'}. Leave it out to use the job's own token, which needs \`permissions: actions: read\`.`,
  );
}

/** Parses the `job-max-age` input into milliseconds. */
function parseJobMaxAge(input: string, problems: InputProblems): number | 'none' | undefined {
  const text = input.trim();
  if (text === '') return 'none';
  const seconds = parseAge(text);
  if (seconds !== undefined && seconds >= HOUR) return seconds * 1000;
  return problems.add(
    errorTitles.invalidInput,
    `\`job-max-age\` is ${problems.quote(text)}. Use a duration with a unit that none of your jobs exceeds, such as \`6h\`, and at least \`1h\`. Leave it out to rely on GitHub alone.`,
  );
}

/** More than any account has. */
const MAX_KEEP = 1_000_000;

function parseKeepPermanent(input: string, problems: InputProblems): number | 'all' | undefined {
  const text = input.trim() || 'all';
  if (text.toLowerCase() === 'all') return 'all';
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_KEEP) return count;
  return problems.add(
    errorTitles.invalidInput,
    `\`keep-permanent\` is ${problems.quote(text)}. Use \`all\`, or how many of the newest tokens with the same note to keep, at least 1.`,
  );
}

/** Parses the `permanent-min-age` input into milliseconds. */
function parseMinAge(input: string, problems: InputProblems): number | undefined {
  const text = input.trim() || '7d';
  const seconds = parseAge(text);
  if (seconds !== undefined) return seconds * 1000;
  return problems.add(
    errorTitles.invalidInput,
    `\`permanent-min-age\` is ${problems.quote(text)}. Use a duration with a unit, such as \`7d\` or \`36h\`.`,
  );
}

function checkScopes(authorizingToken: AuthorizingToken, dryRun: boolean, problems: InputProblems): void {
  const missing = missingScopes(authorizingToken, ['tokens:read', ...(dryRun ? [] : ['tokens:write'])]);
  if (missing.length === 0) return;
  problems.add(
    errorTitles.authorizingTokenMissingScopes,
    `\`authorizing-token\` lacks ${missing.map(scope => `\`${scope}\``).join(' and ')}. The sweep needs \`tokens:read\` to find tokens and \`tokens:write\` to delete them.`,
  );
}
