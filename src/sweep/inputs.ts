import { errorTitles } from '../errors/action-error.ts';
import { missingScopes, parseAuthorizingToken, type TokenUse } from '../inputs/authorizing-token.ts';
import {
  type ConnectionInputs,
  parseApiUrl,
  parseFlag,
  parseTimeout,
  parseUsername,
} from '../inputs/connection.ts';
import { InputProblems } from '../inputs/problems.ts';
import type { AuthorizingToken } from '../mapbox/account.ts';
import { Secret } from '../secret.ts';

export const sweepInputNames = [
  'authorizing-token',
  'github-token',
  'username',
  'dry-run',
  'timeout',
  'api-url',
] as const;

export type SweepInputName = (typeof sweepInputNames)[number];

/** A sweep that was checked as far as it can be without the network. */
export interface SweepInputs {
  readonly connection: ConnectionInputs;
  readonly githubToken: Secret;
  readonly dryRun: boolean;
}

const SWEEPING: TokenUse = {
  cannot: 'list or delete tokens',
  needs: 'the scopes `tokens:read` and `tokens:write`',
};

/**
 * Turns the workflow's words into a checked sweep.
 *
 * @param now milliseconds since 1970.
 * @throws {Failure} that names every fault at once.
 */
export function parseSweepInputs(inputs: (name: SweepInputName) => string, now: number): SweepInputs {
  const problems = new InputProblems();
  const authorizingToken = parseAuthorizingToken(inputs('authorizing-token'), now, problems, SWEEPING);
  const githubToken = parseGithubToken(inputs('github-token'), problems);
  const username = parseUsername(inputs('username'), authorizingToken, problems);
  const dryRun = parseFlag('dry-run', inputs('dry-run'), problems);
  const timeout = parseTimeout(inputs('timeout'), problems);
  const api = parseApiUrl(inputs('api-url'), problems);
  if (authorizingToken !== undefined) checkScopes(authorizingToken, dryRun, problems);
  const { githubToken: checkedGithubToken, ...connection } = problems.throwIfAny({
    authorizingToken,
    username,
    timeout,
    api,
    githubToken,
  });
  return { connection, githubToken: checkedGithubToken, dryRun };
}

function parseGithubToken(input: string, problems: InputProblems): Secret | undefined {
  const text = input.trim();
  if (/^[\x21-\x7e]+$/.test(text)) return new Secret(text);
  return problems.add(
    errorTitles.invalidInput,
    `\`github-token\` ${text === '' ? 'is empty' : 'is not a GitHub token: it has spaces or other odd characters in it'}. Leave it out: the job's own token is used, which needs \`permissions: actions: read\`.`,
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
