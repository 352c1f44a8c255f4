import { EARLIER_TOKEN_HINT } from '../mapbox/errors.ts';
import {
  checkHeldScopes,
  expiryWarnings,
  exportedTokenHint,
  MINTING,
  parseAuthorizingToken,
} from './authorizing-token.ts';
import { type ConnectionInputs, parseApiUrl, parseFlag, parseTimeout, parseUsername } from './connection.ts';
import {
  checkExportedVariables,
  conflictingVariables,
  overwrittenTokens,
  parseExportEnv,
  type Variables,
} from './export-env.ts';
import { secretsIn } from './masking.ts';
import { InputProblems } from './problems.ts';
import { parseScopes } from './scopes.ts';
import {
  type Lifetime,
  parseAllowedUrls,
  parseLifetime,
  parseNote,
  type TokenRequest,
} from './token-request.ts';

/** Returns an input's text as written in the workflow, empty if unset. */
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

/** The inputs, checked as far as possible without the network. */
export interface MainInputs {
  readonly connection: ConnectionInputs;
  readonly request: TokenRequest;
  readonly exportEnv: readonly string[];
  readonly summary: boolean;
  /** Unusual, but not an error. */
  readonly warnings: readonly string[];
}

/**
 * Parses the main step's inputs and checks them as far as possible without the network.
 *
 * @param env the variables of the job: the workflow's name, and what `export-env` may collide with.
 * @param now milliseconds since 1970, by the runner's clock.
 * @throws {ActionError} that lists every problem.
 */
export function parseMainInputs(getInput: GetInput, env: Variables, now: number): MainInputs {
  const token = getInput('authorizing-token');
  const problems = new InputProblems(secretsIn(token));
  const hint = exportedTokenHint(token, env);
  const authorizingToken = parseAuthorizingToken(token, now, problems, { ...MINTING, hint });
  const username = parseUsername(getInput('username'), authorizingToken, problems);
  const api = parseApiUrl(getInput('api-url'), problems);
  const timeout = parseTimeout(getInput('timeout'), problems);
  const scopes = parseScopes(getInput('scopes'), problems);
  const note = parseNote(getInput('note'), env['GITHUB_WORKFLOW'] ?? '', problems);
  const lifetime = parseLifetime(getInput('lifetime'), problems);
  const allowedUrls = parseAllowedUrls(getInput('allowed-urls'), lifetime, problems);
  const exportEnv = parseExportEnv(getInput('export-env'), problems);
  checkExportedVariables(exportEnv, token, env, problems);
  const summary = parseFlag('summary', getInput('summary'), problems);
  if (authorizingToken !== undefined) {
    checkHeldScopes(authorizingToken, scopes?.scopes ?? [], hint ?? EARLIER_TOKEN_HINT, problems);
  }
  const parsed = problems.throwIfAny({ authorizingToken, api, timeout, scopes, lifetime });
  return {
    connection: {
      authorizingToken: parsed.authorizingToken,
      username,
      timeout: parsed.timeout,
      api: parsed.api,
    },
    request: toTokenRequest(parsed.scopes.scopes, parsed.lifetime, note, allowedUrls),
    exportEnv,
    summary,
    warnings: [
      ...parsed.scopes.warnings,
      ...conflictingVariables(exportEnv, env),
      ...overwrittenTokens(exportEnv, token, env),
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
