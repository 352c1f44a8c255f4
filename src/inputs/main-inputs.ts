import { Failure, type Title, titles } from '../errors/action-error.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import { type Claims, readToken } from '../mapbox/token.ts';
import { Secret, tokensIn } from '../secret.ts';
import { type Lifetime, readDuration, readLifetime } from './lifetime.ts';
import { readScopes } from './scopes.ts';

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

/** The token that may make tokens. */
export interface Authorizer {
  readonly secret: Secret;
  readonly usage: 'sk' | 'tk';
  /** The account it says it belongs to. */
  readonly username: string;
  readonly id: string | undefined;
  readonly expiresAt: Date | undefined;
}

/** Where and how long to ask: what main and post have in common. */
export interface Access {
  readonly authorizer: Authorizer;
  readonly username: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly api: URL;
}

/** The token that is asked for. */
export type Wanted =
  | {
      readonly kind: 'stored';
      readonly scopes: readonly string[];
      readonly untilJobEnds: boolean;
      /** As the workflow wrote it, without the mark. */
      readonly note: string;
      readonly allowedUrls: readonly string[];
    }
  | { readonly kind: 'temporary'; readonly scopes: readonly string[]; readonly seconds: number };

/** A request that was checked as far as it can be without the network. */
export interface Order {
  readonly access: Access;
  readonly wanted: Wanted;
  readonly exportEnv: readonly string[];
  readonly summary: boolean;
  /** Odd, but no reason to stop. */
  readonly warnings: readonly string[];
}

/** Something wrong with an input. */
export interface Fault {
  readonly title: Title;
  readonly text: string;
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

/** The one failure that tells every fault. */
export function failureOf(faults: readonly Fault[]): Failure {
  const [only, ...others] = faults;
  if (only !== undefined && others.length === 0) return new Failure(only.title, only.text);
  return new Failure(titles.badInputs, faults.map(({ text }) => `- ${text}`).join('\n'));
}

/** What a public token cannot do, and what a token needs that can: as each action words it. */
export interface Calling {
  readonly cannot: string;
  readonly needs: string;
}

const MINTING: Calling = {
  cannot: 'create tokens',
  needs: 'the scope `tokens:write` and every scope that is asked for',
};

/** Reads the `authorizing-token` input as far as its text tells. */
export function readAuthorizer(
  input: string,
  now: number,
  faults: Fault[],
  { cannot, needs } = MINTING,
): ReadAuthorizer | undefined {
  const text = input.trim();
  const fault = (words: string, title: Title = titles.badAuthorizer) => {
    faults.push({ title, text: words });
    return undefined;
  };
  if (text === '') {
    return fault(
      '`authorizing-token` is empty. Hand it a secret: `authorizing-token: ${{ secrets.MAPBOX_AUTHORIZING_TOKEN }}`. ' +
        'If it does so already, either the secret does not exist here (look for its name under Settings, Secrets and variables, Actions), ' +
        'or the run has none: GitHub gives no secrets to pull requests from forks, and to Dependabot only Dependabot secrets.',
      titles.noAuthorizer,
    );
  }
  const claims = readToken(text);
  if (claims === undefined) {
    return fault(
      '`authorizing-token` is not a Mapbox token: one begins with `sk.` (or `tk.`) and has three parts with dots between. ' +
        `Copy it again from ${TOKENS_PAGE} into the secret.`,
    );
  }
  const { usage, username, id, expiresAt } = claims;
  if (usage === 'pk') {
    return fault(
      `\`authorizing-token\` is a public token (\`pk.\`), which cannot ${cannot}. Use a secret token (\`sk.\`) with ${needs}.`,
    );
  }
  if (expiresAt !== undefined && expiresAt.getTime() <= now) {
    return fault(
      `\`authorizing-token\` is a temporary token that expired at ${expiresAt.toISOString()}. Hand over a fresh one, or a secret token (\`sk.\`), which does not expire.`,
    );
  }
  return { secret: new Secret(text), usage, username, id, expiresAt, scopes: claims.scopes };
}

/** The authorizing token, and its scopes where its text tells them. */
export type ReadAuthorizer = Authorizer & { readonly scopes: Claims['scopes'] };

/** Which of the scopes an authorizing token lacks for certain: the text of a `tk` tells, an `sk` keeps it to itself. */
export function missingScopes({ usage, scopes: held }: ReadAuthorizer, needed: readonly string[]): string[] {
  if (usage !== 'tk' || held === undefined) return [];
  return [...new Set(needed)].filter(scope => !held.includes(scope));
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

/** Reads the `username` input; the account of the authorizing token where it is empty. */
export function readUsername(input: string, authorizer: Authorizer | undefined, faults: Fault[]): string {
  const username = input.trim() || authorizer?.username || '';
  // It stands in the state and in messages: a token that was put here by mistake must not get that far.
  if (tokensIn(username).length > 0 || /[\s/?#%\\\p{Cc}]|^\.+$/u.test(username)) {
    faults.push({
      title: titles.badInput,
      text: '`username` is not the name of a Mapbox account. Leave it out: it is read from the authorizing token.',
    });
  }
  return username;
}

function readLifetimeInput(input: string, faults: Fault[]): Lifetime | undefined {
  const lifetime = readLifetime(input.trim() || 'job');
  if (!('fault' in lifetime)) return lifetime;
  faults.push({ title: titles.badLifetime, text: lifetime.fault });
  return undefined;
}

/** More than a day is a slip: no job that GitHub hosts runs as long as that. */
const LONGEST_TIMEOUT = 24 * 3600;

/** Reads the `timeout` input into milliseconds. */
export function readTimeout(input: string, faults: Fault[]): number | undefined {
  const seconds = readDuration(input.trim() || '5m');
  if (seconds !== undefined && seconds > 0 && seconds <= LONGEST_TIMEOUT) return seconds * 1000;
  faults.push({
    title: titles.badInput,
    text: `\`timeout\` is \`${input.trim().slice(0, 40)}\`. Write a duration with its unit, such as \`5m\` or \`90s\`, from one second to 24 hours.`,
  });
  return undefined;
}

/** Reads the `api-url` input. */
export function readApiUrl(input: string, faults: Fault[]): URL | undefined {
  const url = URL.parse(input.trim() || 'https://api.mapbox.com');
  const fault = (words: string) => {
    faults.push({ title: titles.badInput, text: `\`api-url\` ${words}` });
    return undefined;
  };
  if (url === null) return fault('is not a URL. Leave it out for https://api.mapbox.com.');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return fault(
      'must begin with `https:`; `http:` is for loopback only, since the token travels in the URL.',
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return fault('must have neither credentials nor a query nor a fragment.');
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
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

/** Reads an input that is `true`, `false` or empty, which means `false`. */
export function readFlag(name: string, input: string, faults: Fault[]): boolean {
  const word = input.trim().toLowerCase();
  if (word !== '' && word !== 'true' && word !== 'false') {
    faults.push({ title: titles.badInput, text: `\`${name}\` must be \`true\` or \`false\`.` });
  }
  return word === 'true';
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
