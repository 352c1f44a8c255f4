import { EARLIER_TOKEN_HINT } from '../mapbox/errors.ts';
import { parseAllowedUrls } from './allowed-urls.ts';
import { parseAuthorizingToken } from './authorizing-token.ts';
import { checkHeldScopes, expiryWarnings, exportedTokenHint, MINTING } from './authorizing-token-checks.ts';
import { type ConnectionInputs, parseApiUrl, parseFlag, parseTimeout, parseUsername } from './connection.ts';
import {
  checkExportedVariables,
  conflictingVariables,
  parseExportEnv,
  type Variables,
} from './export-env.ts';
import { type Lifetime, parseLifetime } from './lifetime.ts';
import { parseNote } from './note.ts';
import { InputProblems } from './problems.ts';
import { parseScopes } from './scopes.ts';
import type { TokenRequest } from './token-request.ts';

/** Gives an input's text as the workflow has it; unset inputs are empty. */
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
 * @param now milliseconds since 1970, by the runner's clock.
 * @throws {ActionError} that lists every problem at once.
 */
export function parseMainInputs(getInput: GetInput, env: Variables, now: number): MainInputs {
  const problems = new InputProblems();
  const token = getInput('authorizing-token');
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
