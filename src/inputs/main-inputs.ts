import { errorTitles } from '../errors/action-error.ts';
import { extractTokens } from '../secret.ts';
import { missingScopes, parseAuthorizingToken, type ReadAuthorizer } from './authorizing-token.ts';
import { type ConnectionInputs, parseApiUrl, parseFlag, parseTimeout, parseUsername } from './connection.ts';
import { type Lifetime, parseLifetime } from './lifetime.ts';
import { failureOf, type InputProblem } from './problems.ts';
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

/** What has to be known of the world to judge the inputs. */
export interface Surroundings {
  /** The name of the workflow: what a token is called where the workflow does not say. */
  readonly workflow: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The variables that the job has already. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Turns the workflow's words into a checked request.
 *
 * @throws {Failure} that names every fault at once, so that nobody has to run a release three times to find three.
 */
export function parseMainInputs(inputs: GetInput, { workflow, now, env }: Surroundings): MainInputs {
  const problems: InputProblem[] = [];
  const warnings: string[] = [];
  const authorizingToken = parseAuthorizingToken(inputs('authorizing-token'), now, problems);
  const username = parseUsername(inputs('username'), authorizingToken, problems);
  const api = parseApiUrl(inputs('api-url'), problems);
  const timeout = parseTimeout(inputs('timeout'), problems);
  const { scopes, unknown, problems: scopeFaults } = parseScopes(inputs('scopes'));
  for (const message of scopeFaults) problems.push({ title: errorTitles.invalidScopes, message });
  if (unknown.length > 0) warnings.push(unknownScopes(unknown));
  const note = inputs('note').trim() || workflow;
  if (extractTokens(note).length > 0) {
    problems.push({
      title: errorTitles.invalidInput,
      message: '`note` has a token in it. Notes are there to be read.',
    });
  }
  const lifetime = parseLifetimeInput(inputs('lifetime'), problems);
  const allowedUrls = parseAllowedUrls(inputs('allowed-urls'), lifetime, problems);
  const exportEnv = parseExportEnv(inputs('export-env'), problems);
  warnings.push(...conflictingVariables(exportEnv, env));
  const summary = parseFlag('summary', inputs('summary'), problems);
  if (authorizingToken !== undefined) {
    checkGrant(authorizingToken, scopeFaults.length === 0 ? scopes : [], problems);
    if (authorizingToken.expiresAt !== undefined && lifetime?.kind === 'job')
      warnings.push(shortAuthorizingToken(authorizingToken.expiresAt));
  }
  if (
    problems.length > 0 ||
    authorizingToken === undefined ||
    api === undefined ||
    timeout === undefined ||
    lifetime === undefined
  ) {
    throw failureOf(problems);
  }
  const request: TokenRequest =
    lifetime.kind === 'temporary'
      ? { kind: 'temporary', scopes, seconds: lifetime.seconds }
      : {
          kind: 'stored',
          scopes,
          untilJobEnds: lifetime.kind === 'job',
          note,
          allowedUrls,
        };
  return { connection: { authorizingToken, username, timeout, api }, request, exportEnv, summary, warnings };
}

/**
 * What the post step needs of the inputs; the account is known from the trail.
 *
 * @throws {Failure} as {@link parseMainInputs}.
 */
export function parseConnection(inputs: GetInput, now: number): Omit<ConnectionInputs, 'username'> {
  const problems: InputProblem[] = [];
  const authorizingToken = parseAuthorizingToken(inputs('authorizing-token'), now, problems);
  const api = parseApiUrl(inputs('api-url'), problems);
  const timeout = parseTimeout(inputs('timeout'), problems);
  if (authorizingToken === undefined || api === undefined || timeout === undefined) throw failureOf(problems);
  return { authorizingToken, timeout, api };
}

function checkGrant(
  authorizingToken: ReadAuthorizer,
  scopes: readonly string[],
  problems: InputProblem[],
): void {
  const missing = missingScopes(authorizingToken, ['tokens:write', ...scopes]);
  if (missing.length > 0) {
    problems.push({
      title: errorTitles.authorizingTokenMissingScopes,
      message: `\`authorizing-token\` lacks ${missing.map(scope => `\`${scope}\``).join(', ')}. It needs \`tokens:write\` and every scope that it is to hand out.`,
    });
  }
}

function parseLifetimeInput(input: string, problems: InputProblem[]): Lifetime | undefined {
  const lifetime = parseLifetime(input.trim() || 'job');
  if (!('fault' in lifetime)) return lifetime;
  problems.push({ title: errorTitles.invalidLifetime, message: lifetime.fault });
  return undefined;
}

/** Mapbox, Tokens API: a token holds at most 100 URLs, a temporary one none. */
const MAX_ALLOWED_URLS = 100;

function parseAllowedUrls(input: string, lifetime: Lifetime | undefined, problems: InputProblem[]): string[] {
  const lines = input.split(/\r\n|[\r\n]/).map(line => line.trim());
  const urls = [...new Set(lines.filter(line => line !== ''))];
  const fault = (message: string) => problems.push({ title: errorTitles.invalidInput, message });
  if (urls.length > 0 && lifetime?.kind === 'temporary') {
    fault(
      '`allowed-urls` does not go with a temporary token: Mapbox restricts stored tokens only. Remove it, or use `lifetime: job` or `lifetime: permanent`.',
    );
  }
  if (urls.length > MAX_ALLOWED_URLS) {
    fault(`\`allowed-urls\` has ${urls.length} URLs; Mapbox takes ${MAX_ALLOWED_URLS} at most.`);
  }
  for (const url of urls) {
    if (!isWebUrl(url)) {
      fault(
        `\`allowed-urls\` has \`${url.slice(0, 80)}\`, which is not a URL. Write one a line, such as \`https://example.com\`.`,
      );
    }
  }
  return urls;
}

function isWebUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null && /^https?:$/.test(url.protocol) && /^https?:\/\/[^\s/]/i.test(text) && !/\s/.test(text)
  );
}

/** What a step may not set: the runner refuses or overwrites it, or every later step would go wrong. */
const RESERVED_VARIABLES = /^(?:GITHUB_.*|RUNNER_.*|ACTIONS_.*|INPUT_.*|STATE_.*|NODE_OPTIONS|PATH|CI)$/i;

function parseExportEnv(input: string, problems: InputProblem[]): string[] {
  const names = [...new Set(input.split(/[\s,]+/).filter(name => name !== ''))];
  for (const name of names) {
    const shown = `\`${name.slice(0, 40)}\``;
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      problems.push({
        title: errorTitles.invalidInput,
        message: `\`export-env\` has ${shown}, which cannot be the name of an environment variable: letters, digits and \`_\` only, and no digit first.`,
      });
    } else if (RESERVED_VARIABLES.test(name)) {
      problems.push({
        title: errorTitles.invalidInput,
        message: `\`export-env\` has ${shown}, which belongs to the runner. Choose another name, such as \`MAPBOX_ACCESS_TOKEN\`.`,
      });
    }
  }
  return names;
}

/** Mapbox's tools read two names, and do not agree which comes first. */
const ACCESS_TOKEN_NAMES = ['MAPBOX_ACCESS_TOKEN', 'MapboxAccessToken'];

function conflictingVariables(exportEnv: readonly string[], env: Surroundings['env']): string[] {
  return ACCESS_TOKEN_NAMES.filter(
    name =>
      env[name] && !exportEnv.includes(name) && ACCESS_TOKEN_NAMES.some(other => exportEnv.includes(other)),
  ).map(
    name =>
      `The job sets \`${name}\` already, and some of Mapbox's tools prefer it. Export both: \`export-env: ${ACCESS_TOKEN_NAMES.join(' ')}\`.`,
  );
}

function unknownScopes(unknown: readonly string[]): string {
  const list = unknown.map(scope => `\`${scope}\``).join(', ');
  return `${list} ${unknown.length === 1 ? 'is' : 'are'} in no list of Mapbox scopes that this action knows. Mapbox decides.`;
}

function shortAuthorizingToken(expiresAt: Date): string {
  return (
    `\`authorizing-token\` is a temporary token that expires at ${expiresAt.toISOString()}. If the job runs longer, ` +
    'its token cannot be deleted any more when it ends. Use a secret token (`sk.`), or a lifetime such as `20m`.'
  );
}
