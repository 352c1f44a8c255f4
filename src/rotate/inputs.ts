import { errorTitles } from '../action-error.ts';
import { parseAge } from '../duration.ts';
import { parseAuthorizingToken, type TokenUse, WHY_SECRET_IS_EMPTY } from '../inputs/authorizing-token.ts';
import { parseApiUrl, parseFlag, parseTimeout } from '../inputs/connection.ts';
import { maskTokenInputs, secretsIn } from '../inputs/masking.ts';
import { InputProblems } from '../inputs/problems.ts';
import { type AuthorizingToken, TOKENS_PAGE } from '../mapbox/account.ts';
import { isTokenId, parseToken } from '../mapbox/token.ts';
import type { Runner } from '../runner/runner.ts';
import type { Environment } from '../runtime/context.ts';
import { extractTokens, Secret } from '../secret.ts';
import type { RevokePrevious } from './chain.ts';
import { type App, type Place, placePath, primaryFirst } from './places.ts';

export const rotateInputNames = [
  'token',
  'secret',
  'authorizing-token',
  'github-token',
  'repositories',
  'environment',
  'organization',
  'app',
  'max-age',
  'revoke-previous',
  'revoke-original',
  'output-token',
  'dry-run',
  'summary',
  'timeout',
  'api-url',
] as const;

export type RotateInputName = (typeof rotateInputNames)[number];

/** The token to rotate, as its text describes it. */
export interface RotatedToken {
  readonly secret: Secret;
  readonly usage: 'pk' | 'sk';
  readonly id: string;
  readonly username: string;
}

/** The inputs of a rotation, checked as far as possible without the network. */
export interface RotateInputs {
  readonly token: RotatedToken;
  /** `token` itself if `isSeparate` is false. */
  readonly authorizingToken: AuthorizingToken;
  /** Whether the authorizing token and `token` are different tokens. */
  readonly isSeparate: boolean;
  /** Whether `authorizing-token` was given: it may be stored in another secret, so it is never deleted. */
  readonly isProtected: boolean;
  readonly githubToken: Secret;
  /** The primary one first. */
  readonly places: readonly Place[];
  /** Milliseconds; `undefined`: rotate at any age. */
  readonly maxAge: number | undefined;
  readonly revokePrevious: RevokePrevious;
  readonly revokeOriginal: boolean;
  readonly outputToken: boolean;
  readonly dryRun: boolean;
  readonly summary: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly api: URL;
}

/** The id of the authorizing token if it must never be deleted. */
export function protectedIdOf({ isProtected, authorizingToken }: RotateInputs): string | undefined {
  return isProtected ? authorizingToken.id : undefined;
}

const ROTATING: TokenUse = {
  cannot: 'create or delete tokens',
  needs: 'the scopes `tokens:read`, `tokens:write` and every scope of the token to rotate',
};

const SECRET_INPUTS = ['token', 'authorizing-token', 'github-token'] as const;

/** Masks the inputs that hold tokens, and every token in them. */
export function maskRotateInputs(runner: Runner): void {
  maskTokenInputs(runner, SECRET_INPUTS);
}

/**
 * Parses the inputs of a rotation.
 *
 * @param getInput returns an input as written, empty if unset.
 * @param env names the workflow's repository.
 * @param now milliseconds since 1970, by the runner's clock.
 * @throws {ActionError} that lists every problem.
 */
export function parseRotateInputs(
  getInput: (name: RotateInputName) => string,
  env: Environment,
  now: number,
): RotateInputs {
  const problems = new InputProblems(SECRET_INPUTS.flatMap(name => secretsIn(getInput(name))));
  const token = parseRotatedToken(getInput('token'), problems);
  const isGiven = getInput('authorizing-token').trim() !== '';
  const authorizingToken = isGiven
    ? parseAuthorizingToken(getInput('authorizing-token'), now, problems, ROTATING)
    : token && toAuthorizingToken(token, problems);
  if (token && authorizingToken && authorizingToken.username !== token.username) {
    problems.add(
      errorTitles.invalidInput,
      '`authorizing-token` and `token` belong to different Mapbox accounts. Pass tokens of the same account.',
    );
  }
  const revokePrevious = parseRevokePrevious(getInput('revoke-previous'), problems);
  if (isGiven && token && token.id === authorizingToken?.id && revokePrevious === 'now') {
    problems.add(
      errorTitles.invalidInput,
      '`authorizing-token` is the same token as `token`, which `revoke-previous: now` deletes. If both are the same secret, leave out `authorizing-token`. If they are two secrets, rotate both in one step, or save a different token in one of them first.',
    );
  }
  const parsed = problems.throwIfAny({
    token,
    authorizingToken,
    githubToken: parseGithubToken(getInput('github-token'), problems),
    places: parsePlaces(getInput, env['GITHUB_REPOSITORY']?.trim() ?? '', problems),
    maxAge: parseMaxAge(getInput('max-age'), problems),
    revokePrevious,
    timeout: parseTimeout(getInput('timeout'), problems),
    api: parseApiUrl(getInput('api-url'), problems),
    revokeOriginal: parseFlag('revoke-original', getInput('revoke-original'), problems),
    outputToken: parseFlag('output-token', getInput('output-token'), problems),
    dryRun: parseFlag('dry-run', getInput('dry-run'), problems),
    summary: parseFlag('summary', getInput('summary').trim() || 'true', problems),
  });
  return {
    ...parsed,
    maxAge: parsed.maxAge === 'none' ? undefined : parsed.maxAge,
    isSeparate: parsed.authorizingToken.id !== parsed.token.id,
    isProtected: isGiven,
  };
}

function parseRotatedToken(input: string, problems: InputProblems): RotatedToken | undefined {
  const text = input.trim();
  const invalid = (message: string) => problems.add(errorTitles.invalidInput, message);
  if (text === '') {
    return invalid(
      `\`token\` is empty. Pass the secret to rotate: \`token: \${{ secrets.MAPBOX_AUTHORIZING_TOKEN }}\`. ${WHY_SECRET_IS_EMPTY}`,
    );
  }
  const claims = parseToken(text);
  if (claims === undefined) {
    return invalid(
      '`token` is not a Mapbox token: it should begin with `sk.` or `pk.` and have three parts separated by dots. ' +
        `Copy one from ${TOKENS_PAGE} into the secret, without any other text.`,
    );
  }
  const { usage, id, username } = claims;
  if (usage === 'tk') {
    return invalid(
      '`token` is a temporary token (`tk.`), which expires on its own. Only public and secret tokens can be rotated.',
    );
  }
  if (id === undefined || !isTokenId(id)) {
    return invalid(
      `\`token\` does not contain its id, so it cannot be found in the account. Create a new token on ${TOKENS_PAGE} and save it in the secret.`,
    );
  }
  return { secret: new Secret(text), usage, id, username };
}

function toAuthorizingToken(
  { secret, usage, id, username }: RotatedToken,
  problems: InputProblems,
): AuthorizingToken | undefined {
  if (usage === 'sk') return { secret, usage, username, id, expiresAt: undefined, scopes: undefined };
  return problems.add(
    errorTitles.missingAuthorizingToken,
    '`token` is a public token (`pk.`), which cannot create its own replacement. Pass `authorizing-token` as well: a secret token (`sk.`) with `tokens:read`, `tokens:write` and every scope of `token`.',
  );
}

function parseGithubToken(input: string, problems: InputProblems): Secret | undefined {
  const text = input.trim();
  if (/^[\x21-\x7e]+$/.test(text)) return new Secret(text);
  return problems.add(
    errorTitles.invalidInput,
    `\`github-token\` ${text === '' ? 'is empty' : 'is not a GitHub token: it has spaces or other unexpected characters'}. Pass a token that can write secrets, such as a GitHub App token: \`github-token: \${{ steps.app.outputs.token }}\`. The job's own \`GITHUB_TOKEN\` cannot.`,
  );
}

/** `none` if there is no limit; milliseconds otherwise. */
function parseMaxAge(input: string, problems: InputProblems): number | 'none' | undefined {
  const text = input.trim();
  if (text === '') return 'none';
  const seconds = parseAge(text);
  if (seconds !== undefined && seconds > 0) return seconds * 1000;
  return problems.add(
    errorTitles.invalidInput,
    `\`max-age\` is ${problems.quote(text)}. Use an age with a unit, such as \`30d\` or \`36h\`.`,
  );
}

function parseRevokePrevious(input: string, problems: InputProblems): RevokePrevious | undefined {
  const text = input.trim().toLowerCase() || 'next-rotation';
  if (text === 'next-rotation' || text === 'now' || text === 'never') return text;
  const seconds = parseAge(text);
  if (seconds !== undefined && seconds > 0) return { after: seconds * 1000 };
  return problems.add(
    errorTitles.invalidInput,
    `\`revoke-previous\` is ${problems.quote(text)}. Use \`next-rotation\`, \`now\`, \`never\`, or a duration with a unit, such as \`2d\` or \`36h\`.`,
  );
}

/** The names that GitHub allows [GitHub, Naming your secrets]. */
const SECRET_NAME = /^[A-Z_][A-Z0-9_]*$/i;

const REPOSITORY = /^[A-Za-z0-9][\w-]*\/(?!\.{1,2}$)[\w.-]+$/;

const ORGANIZATION = /^[A-Za-z0-9][\w-]*$/;

type PlaceInputName = 'secret' | 'repositories' | 'environment' | 'organization' | 'app';

/**
 * Parses the inputs that say where the secret is.
 *
 * @param repository `owner/name` of the workflow's repository.
 * @returns each place once, the primary one first.
 */
export function parsePlaces(
  getInput: (name: PlaceInputName) => string,
  repository: string,
  problems: InputProblems,
): readonly Place[] | undefined {
  const secret = parseSecretName(getInput('secret'), problems);
  const repositories = parseRepositories(getInput('repositories').trim() || repository, problems);
  const environment = parseEnvironment(getInput('environment'), problems);
  const organization = parseOrganization(getInput('organization'), problems);
  const apps = parseApps(getInput('app'), problems);
  const invalid = (message: string) => problems.add(errorTitles.invalidInput, message);
  if (organization !== '' && environment !== '') {
    invalid(
      '`organization` and `environment` cannot be used together: a secret belongs to one or the other.',
    );
  }
  if (organization !== '' && repositories?.some(name => name.toLowerCase() !== repository.toLowerCase())) {
    invalid(
      '`organization` and `repositories` cannot be used together: the organization decides which repositories can read its secret, and a rotation does not change that.',
    );
  }
  if (environment !== '' && apps?.some(app => app !== 'actions')) {
    invalid('`environment` can be used only with `app: actions`: environments have no other secrets.');
  }
  if (secret === undefined || repositories === undefined || apps === undefined) return undefined;
  const owners: Place['owner'][] =
    organization === ''
      ? repositories.map(name => {
          const [owner = '', repo = ''] = name.split('/');
          return ['repos', owner, repo];
        })
      : [['orgs', organization]];
  const places = owners.flatMap(owner =>
    apps.map(app => ({ owner, environment: environment || undefined, app, secret })),
  );
  const unique = new Map(places.toReversed().map(place => [placePath(place), place] as const));
  return primaryFirst([...unique.values()].toReversed(), repository);
}

function parseSecretName(input: string, problems: InputProblems): string | undefined {
  const text = input.trim();
  const invalid = (message: string) => problems.add(errorTitles.invalidInput, message);
  if (text === '') {
    return invalid('`secret` is empty. Name the GitHub secret, such as `secret: MAPBOX_AUTHORIZING_TOKEN`.');
  }
  if (extractTokens(text).length > 0) {
    return invalid(
      '`secret` contains a token. Pass the name of the secret, such as `secret: MAPBOX_AUTHORIZING_TOKEN`.',
    );
  }
  if (!SECRET_NAME.test(text) || /^GITHUB_/i.test(text)) {
    return invalid(
      `\`secret\` is ${problems.quote(text)}, which is not a valid name for a GitHub secret: use only letters, digits and \`_\`, and begin with neither a digit nor \`GITHUB_\`.`,
    );
  }
  return text;
}

function parseRepositories(input: string, problems: InputProblems): string[] | undefined {
  const names = input.match(/[^\s,]+/g) ?? [];
  const wrong = names.filter(name => !REPOSITORY.test(name));
  for (const name of wrong) {
    problems.add(
      errorTitles.invalidInput,
      `\`repositories\` contains ${problems.quote(name)}, which is not a repository. Write \`owner/name\`, one per line.`,
    );
  }
  if (names.length === 0) problems.add(errorTitles.invalidInput, '`repositories` is empty.');
  return wrong.length > 0 || names.length === 0 ? undefined : names;
}

/** The maximum length of an environment's name, in characters [GitHub, Managing environments for deployment]. */
const MAX_ENVIRONMENT_LENGTH = 255;

/** Characters that break lines or control a terminal. Other format characters are allowed: some join emoji. */
const CONTROL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** Returns an empty string if unset. A name of only dots would change the request's path. */
function parseEnvironment(input: string, problems: InputProblems): string {
  const text = input.trim();
  const isPath = !/^\.+$/.test(text) && !CONTROL.test(text);
  if (text.length <= MAX_ENVIRONMENT_LENGTH && isPath && extractTokens(text).length === 0) return text;
  problems.add(
    errorTitles.invalidInput,
    `\`environment\` is ${problems.quote(text)}, which is not a valid name for an environment.`,
  );
  return text;
}

/** Returns an empty string if unset. */
function parseOrganization(input: string, problems: InputProblems): string {
  const text = input.trim();
  if (text === '' || (ORGANIZATION.test(text) && extractTokens(text).length === 0)) return text;
  problems.add(
    errorTitles.invalidInput,
    `\`organization\` is ${problems.quote(text)}, which is not a valid name for an organization.`,
  );
  return text;
}

function parseApps(input: string, problems: InputProblems): App[] | undefined {
  const words = input.match(/[^\s,]+/g) ?? ['actions'];
  const apps = [...new Set(words.map(word => word.toLowerCase()))];
  const known = apps.filter(isApp);
  if (known.length === apps.length) return known;
  const wrong = apps.filter(app => !isApp(app)).map(word => problems.quote(word));
  return problems.add(
    errorTitles.invalidInput,
    `\`app\` contains ${wrong.join(', ')}. Use \`actions\`, \`dependabot\`, \`codespaces\` or several of them.`,
  );
}

function isApp(word: string): word is App {
  return word === 'actions' || word === 'dependabot' || word === 'codespaces';
}
