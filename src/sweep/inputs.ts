import { titles } from '../errors/action-error.ts';
import {
  type Calling,
  missingScopes,
  type ReadAuthorizer,
  readAuthorizer,
} from '../inputs/authorizing-token.ts';
import { type Access, readApiUrl, readFlag, readTimeout, readUsername } from '../inputs/connection.ts';
import { type Fault, failureOf } from '../inputs/problems.ts';
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
export interface SweepOrder {
  readonly access: Access;
  readonly githubToken: Secret;
  readonly dryRun: boolean;
}

const SWEEPING: Calling = {
  cannot: 'list or delete tokens',
  needs: 'the scopes `tokens:read` and `tokens:write`',
};

/**
 * Turns the workflow's words into a checked sweep.
 *
 * @param now milliseconds since 1970.
 * @throws {Failure} that names every fault at once.
 */
export function readSweep(inputs: (name: SweepInputName) => string, now: number): SweepOrder {
  const faults: Fault[] = [];
  const authorizer = readAuthorizer(inputs('authorizing-token'), now, faults, SWEEPING);
  const githubToken = readGithubToken(inputs('github-token'), faults);
  const username = readUsername(inputs('username'), authorizer, faults);
  const dryRun = readFlag('dry-run', inputs('dry-run'), faults);
  const timeout = readTimeout(inputs('timeout'), faults);
  const api = readApiUrl(inputs('api-url'), faults);
  if (authorizer !== undefined) checkScopes(authorizer, dryRun, faults);
  if (
    faults.length > 0 ||
    authorizer === undefined ||
    githubToken === undefined ||
    timeout === undefined ||
    api === undefined
  ) {
    throw failureOf(faults);
  }
  return { access: { authorizer, username, timeout, api }, githubToken, dryRun };
}

function readGithubToken(input: string, faults: Fault[]): Secret | undefined {
  const text = input.trim();
  if (/^[\x21-\x7e]+$/.test(text)) return new Secret(text);
  faults.push({
    title: titles.badInput,
    text: `\`github-token\` ${text === '' ? 'is empty' : 'is not a GitHub token: it has spaces or other odd characters in it'}. Leave it out: the job's own token is used, which needs \`permissions: actions: read\`.`,
  });
  return undefined;
}

function checkScopes(authorizer: ReadAuthorizer, dryRun: boolean, faults: Fault[]): void {
  const missing = missingScopes(authorizer, ['tokens:read', ...(dryRun ? [] : ['tokens:write'])]);
  if (missing.length === 0) return;
  faults.push({
    title: titles.authorizerLacksScopes,
    text: `\`authorizing-token\` lacks ${missing.map(scope => `\`${scope}\``).join(' and ')}. The sweep needs \`tokens:read\` to find tokens and \`tokens:write\` to delete them.`,
  });
}
