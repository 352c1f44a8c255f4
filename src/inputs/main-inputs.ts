import { titles } from '../errors/action-error.ts';
import { tokensIn } from '../secret.ts';
import { missingScopes, type ReadAuthorizer, readAuthorizer } from './authorizing-token.ts';
import { type Access, readApiUrl, readFlag, readTimeout, readUsername } from './connection.ts';
import { type Lifetime, readLifetime } from './lifetime.ts';
import { type Fault, failureOf } from './problems.ts';
import { readScopes } from './scopes.ts';
import type { Wanted } from './token-request.ts';

/** The workflow's words for the step's inputs, as the runner hands them over. Unset inputs are empty. */
export type Inputs = (name: InputName) => string;

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
export interface Order {
  readonly access: Access;
  readonly wanted: Wanted;
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
export function readOrder(inputs: Inputs, { workflow, now, env }: Surroundings): Order {
  const faults: Fault[] = [];
  const warnings: string[] = [];
  const authorizer = readAuthorizer(inputs('authorizing-token'), now, faults);
  const username = readUsername(inputs('username'), authorizer, faults);
  const api = readApiUrl(inputs('api-url'), faults);
  const timeout = readTimeout(inputs('timeout'), faults);
  const { scopes, unknown, faults: scopeFaults } = readScopes(inputs('scopes'));
  for (const text of scopeFaults) faults.push({ title: titles.badScopes, text });
  if (unknown.length > 0) warnings.push(unknownScopes(unknown));
  const note = inputs('note').trim() || workflow;
  if (tokensIn(note).length > 0) {
    faults.push({ title: titles.badInput, text: '`note` has a token in it. Notes are there to be read.' });
  }
  const lifetime = readLifetimeInput(inputs('lifetime'), faults);
  const allowedUrls = readAllowedUrls(inputs('allowed-urls'), lifetime, faults);
  const exportEnv = readExportEnv(inputs('export-env'), faults);
  warnings.push(...rivalVariables(exportEnv, env));
  const summary = readFlag('summary', inputs('summary'), faults);
  if (authorizer !== undefined) {
    checkGrant(authorizer, scopeFaults.length === 0 ? scopes : [], faults);
    if (authorizer.expiresAt !== undefined && lifetime?.kind === 'job')
      warnings.push(shortAuthorizer(authorizer.expiresAt));
  }
  if (
    faults.length > 0 ||
    authorizer === undefined ||
    api === undefined ||
    timeout === undefined ||
    lifetime === undefined
  ) {
    throw failureOf(faults);
  }
  const wanted: Wanted =
    lifetime.kind === 'temporary'
      ? { kind: 'temporary', scopes, seconds: lifetime.seconds }
      : {
          kind: 'stored',
          scopes,
          untilJobEnds: lifetime.kind === 'job',
          note,
          allowedUrls,
        };
  return { access: { authorizer, username, timeout, api }, wanted, exportEnv, summary, warnings };
}

/**
 * What the post step needs of the inputs; the account is known from the trail.
 *
 * @throws {Failure} as {@link readOrder}.
 */
export function readAccess(inputs: Inputs, now: number): Omit<Access, 'username'> {
  const faults: Fault[] = [];
  const authorizer = readAuthorizer(inputs('authorizing-token'), now, faults);
  const api = readApiUrl(inputs('api-url'), faults);
  const timeout = readTimeout(inputs('timeout'), faults);
  if (authorizer === undefined || api === undefined || timeout === undefined) throw failureOf(faults);
  return { authorizer, timeout, api };
}

function checkGrant(authorizer: ReadAuthorizer, scopes: readonly string[], faults: Fault[]): void {
  const missing = missingScopes(authorizer, ['tokens:write', ...scopes]);
  if (missing.length > 0) {
    faults.push({
      title: titles.authorizerLacksScopes,
      text: `\`authorizing-token\` lacks ${missing.map(scope => `\`${scope}\``).join(', ')}. It needs \`tokens:write\` and every scope that it is to hand out.`,
    });
  }
}

function readLifetimeInput(input: string, faults: Fault[]): Lifetime | undefined {
  const lifetime = readLifetime(input.trim() || 'job');
  if (!('fault' in lifetime)) return lifetime;
  faults.push({ title: titles.badLifetime, text: lifetime.fault });
  return undefined;
}

/** Mapbox, Tokens API: a token holds at most 100 URLs, a temporary one none. */
const MOST_URLS = 100;

function readAllowedUrls(input: string, lifetime: Lifetime | undefined, faults: Fault[]): string[] {
  const lines = input.split(/\r\n|[\r\n]/).map(line => line.trim());
  const urls = [...new Set(lines.filter(line => line !== ''))];
  const fault = (text: string) => faults.push({ title: titles.badInput, text });
  if (urls.length > 0 && lifetime?.kind === 'temporary') {
    fault(
      '`allowed-urls` does not go with a temporary token: Mapbox restricts stored tokens only. Remove it, or use `lifetime: job` or `lifetime: permanent`.',
    );
  }
  if (urls.length > MOST_URLS) {
    fault(`\`allowed-urls\` has ${urls.length} URLs; Mapbox takes ${MOST_URLS} at most.`);
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
const RUNNERS_OWN = /^(?:GITHUB_.*|RUNNER_.*|ACTIONS_.*|INPUT_.*|STATE_.*|NODE_OPTIONS|PATH|CI)$/i;

function readExportEnv(input: string, faults: Fault[]): string[] {
  const names = [...new Set(input.split(/[\s,]+/).filter(name => name !== ''))];
  for (const name of names) {
    const shown = `\`${name.slice(0, 40)}\``;
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      faults.push({
        title: titles.badInput,
        text: `\`export-env\` has ${shown}, which cannot be the name of an environment variable: letters, digits and \`_\` only, and no digit first.`,
      });
    } else if (RUNNERS_OWN.test(name)) {
      faults.push({
        title: titles.badInput,
        text: `\`export-env\` has ${shown}, which belongs to the runner. Choose another name, such as \`MAPBOX_ACCESS_TOKEN\`.`,
      });
    }
  }
  return names;
}

/** Mapbox's tools read two names, and do not agree which comes first. */
const ACCESS_TOKEN_NAMES = ['MAPBOX_ACCESS_TOKEN', 'MapboxAccessToken'];

function rivalVariables(exportEnv: readonly string[], env: Surroundings['env']): string[] {
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

function shortAuthorizer(expiresAt: Date): string {
  return (
    `\`authorizing-token\` is a temporary token that expires at ${expiresAt.toISOString()}. If the job runs longer, ` +
    'its token cannot be deleted any more when it ends. Use a secret token (`sk.`), or a lifetime such as `20m`.'
  );
}
