import { errorTitles } from '../errors/action-error.ts';
import type { AuthorizingToken } from '../mapbox/account.ts';
import { knownScopes } from '../mapbox/scopes.ts';
import { extractTokens } from '../secret.ts';
import { parseAllowedUrls } from './allowed-urls.ts';
import { missingScopes, parseAuthorizingToken } from './authorizing-token.ts';
import { type ConnectionInputs, parseApiUrl, parseFlag, parseTimeout, parseUsername } from './connection.ts';
import { conflictingVariables, parseExportEnv } from './export-env.ts';
import { type Lifetime, parseLifetime } from './lifetime.ts';
import { InputProblems } from './problems.ts';
import { parseScopes } from './scopes.ts';
import type { TokenRequest } from './token-request.ts';

/** The workflow's words for the step's inputs, as the runner hands them over. Unset inputs are empty. */
export type GetInput = (name: InputName) => string;

export const inputNames = [
  'authorizing-token',
  'scopes',
  'lifetime',
  'note',
  'allowed-urls',
  'username',
  'export-env',
  'summary',
  'timeout',
  'api-url',
] as const;

export type InputName = (typeof inputNames)[number];

/** A request that was checked as far as it can be without the network. */
export interface MainInputs {
  readonly connection: ConnectionInputs;
  readonly request: TokenRequest;
  readonly exportEnv: readonly string[];
  readonly summary: boolean;
  /** Odd, but no reason to stop. */
  readonly warnings: readonly string[];
}

/**
 * Parses and checks the main step's inputs, as far as that needs no network.
 *
 * @param env the variables of the job: the workflow's name, and what `export-env` may collide with.
 * @param now milliseconds since 1970.
 * @throws {ActionError} that lists every problem at once.
 */
export function parseMainInputs(
  getInput: GetInput,
  env: Readonly<Record<string, string | undefined>>,
  now: number,
): MainInputs {
  const problems = new InputProblems();
  const authorizingToken = parseAuthorizingToken(getInput('authorizing-token'), now, problems);
  const username = parseUsername(getInput('username'), authorizingToken, problems);
  const api = parseApiUrl(getInput('api-url'), problems);
  const timeout = parseTimeout(getInput('timeout'), problems);
  const scopes = parseScopes(getInput('scopes'), problems);
  const note = parseNote(getInput('note').trim() || (env['GITHUB_WORKFLOW'] ?? ''), problems);
  const lifetime = parseLifetime(getInput('lifetime'), problems);
  const allowedUrls = parseAllowedUrls(getInput('allowed-urls'), lifetime, problems);
  const exportEnv = parseExportEnv(getInput('export-env'), problems);
  const summary = parseFlag('summary', getInput('summary'), problems);
  if (authorizingToken !== undefined) checkHeldScopes(authorizingToken, scopes ?? [], problems);
  const parsed = problems.throwIfAny({ authorizingToken, api, timeout, scopes, lifetime });
  return {
    connection: {
      authorizingToken: parsed.authorizingToken,
      username,
      timeout: parsed.timeout,
      api: parsed.api,
    },
    request: toTokenRequest(parsed.scopes, parsed.lifetime, note, allowedUrls),
    exportEnv,
    summary,
    warnings: [
      ...unknownScopeWarnings(parsed.scopes),
      ...conflictingVariables(exportEnv, env),
      ...expiryWarnings(parsed.authorizingToken, parsed.lifetime),
    ],
  };
}

function toTokenRequest(
  scopes: readonly string[],
  lifetime: Lifetime,
  note: string,
  allowedUrls: readonly string[],
): TokenRequest {
  if (lifetime.kind === 'temporary') return { kind: 'temporary', scopes, seconds: lifetime.seconds };
  return { kind: 'stored', scopes, untilJobEnds: lifetime.kind === 'job', note, allowedUrls };
}

/**
 * What the post step needs of the inputs; the account is known from the trail.
 *
 * @throws {Failure} as {@link parseMainInputs}.
 */
export function parseConnection(getInput: GetInput, now: number): Omit<ConnectionInputs, 'username'> {
  const problems = new InputProblems();
  const authorizingToken = parseAuthorizingToken(getInput('authorizing-token'), now, problems);
  const api = parseApiUrl(getInput('api-url'), problems);
  const timeout = parseTimeout(getInput('timeout'), problems);
  return problems.throwIfAny({ authorizingToken, timeout, api });
}

function checkHeldScopes(
  authorizingToken: AuthorizingToken,
  scopes: readonly string[],
  problems: InputProblems,
): void {
  const missing = missingScopes(authorizingToken, ['tokens:write', ...scopes]);
  if (missing.length > 0) {
    problems.add(
      errorTitles.authorizingTokenMissingScopes,
      `\`authorizing-token\` lacks ${missing.map(scope => `\`${scope}\``).join(', ')}. It needs \`tokens:write\` and every scope that it is to hand out.`,
    );
  }
}

function parseNote(input: string, problems: InputProblems): string {
  if (extractTokens(input).length > 0) {
    problems.add(errorTitles.invalidInput, '`note` contains a token. Anyone on the account can read notes.');
  }
  return input;
}

function unknownScopeWarnings(scopes: readonly string[]): string[] {
  const unknown = scopes.filter(scope => !Object.hasOwn(knownScopes, scope));
  if (unknown.length === 0) return [];
  const list = unknown.map(scope => `\`${scope}\``).join(', ');
  return [
    `${list} ${unknown.length === 1 ? 'is' : 'are'} not in this action's list of Mapbox scopes. Mapbox decides.`,
  ];
}

function expiryWarnings({ expiresAt }: AuthorizingToken, lifetime: Lifetime): string[] {
  if (expiresAt === undefined || lifetime.kind !== 'job') return [];
  return [
    `\`authorizing-token\` is a temporary token that expires at ${expiresAt.toISOString()}. If the job runs longer, ` +
      'its token can no longer be deleted when it ends. Use a secret token (`sk.`), or a lifetime such as `20m`.',
  ];
}
