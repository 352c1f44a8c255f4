import { errorTitles } from '../errors/action-error.ts';
import {
  missingScopes,
  parseAuthorizingToken,
  type ReadAuthorizer,
  type TokenUse,
} from '../inputs/authorizing-token.ts';
import {
  type ConnectionInputs,
  parseApiUrl,
  parseFlag,
  parseTimeout,
  parseUsername,
} from '../inputs/connection.ts';
import { failureOf, type InputProblem } from '../inputs/problems.ts';
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
  const problems: InputProblem[] = [];
  const authorizingToken = parseAuthorizingToken(inputs('authorizing-token'), now, problems, SWEEPING);
  const githubToken = parseGithubToken(inputs('github-token'), problems);
  const username = parseUsername(inputs('username'), authorizingToken, problems);
  const dryRun = parseFlag('dry-run', inputs('dry-run'), problems);
  const timeout = parseTimeout(inputs('timeout'), problems);
  const api = parseApiUrl(inputs('api-url'), problems);
  if (authorizingToken !== undefined) checkScopes(authorizingToken, dryRun, problems);
  if (
    problems.length > 0 ||
    authorizingToken === undefined ||
    githubToken === undefined ||
    timeout === undefined ||
    api === undefined
  ) {
    throw failureOf(problems);
  }
  return { connection: { authorizingToken, username, timeout, api }, githubToken, dryRun };
}

function parseGithubToken(input: string, problems: InputProblem[]): Secret | undefined {
  const text = input.trim();
  if (/^[\x21-\x7e]+$/.test(text)) return new Secret(text);
  problems.push({
    title: errorTitles.invalidInput,
    message: `\`github-token\` ${text === '' ? 'is empty' : 'is not a GitHub token: it has spaces or other odd characters in it'}. Leave it out: the job's own token is used, which needs \`permissions: actions: read\`.`,
  });
  return undefined;
}

function checkScopes(authorizingToken: ReadAuthorizer, dryRun: boolean, problems: InputProblem[]): void {
  const missing = missingScopes(authorizingToken, ['tokens:read', ...(dryRun ? [] : ['tokens:write'])]);
  if (missing.length === 0) return;
  problems.push({
    title: errorTitles.authorizingTokenMissingScopes,
    message: `\`authorizing-token\` lacks ${missing.map(scope => `\`${scope}\``).join(' and ')}. The sweep needs \`tokens:read\` to find tokens and \`tokens:write\` to delete them.`,
  });
}
