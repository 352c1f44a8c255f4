import { errorTitles } from '../action-error.ts';
import type { InputProblems } from '../inputs/problems.ts';
import { extractTokens } from '../secret.ts';
import { type App, type Place, placePath, primaryFirst } from './places.ts';

/** GitHub, Naming your secrets. */
const SECRET_NAME = /^[A-Z_][A-Z0-9_]*$/i;

const REPOSITORY = /^[A-Za-z0-9][\w-]*\/(?!\.{1,2}$)[\w.-]+$/;

const ORGANIZATION = /^[A-Za-z0-9][\w-]*$/;

type GetInput = (name: PlaceInputName) => string;

type PlaceInputName = 'secret' | 'repositories' | 'environment' | 'organization' | 'app';

/**
 * Parses the inputs that say where the secret is.
 *
 * @param repository `owner/name` of the workflow's repository.
 * @returns the primary place first, each place once.
 */
export function parsePlaces(
  getInput: GetInput,
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
    invalid('`organization` and `environment` exclude each other: a secret belongs to one of them.');
  }
  if (organization !== '' && repositories?.some(name => name.toLowerCase() !== repository.toLowerCase())) {
    invalid(
      "`organization` and `repositories` exclude each other: which repositories have an organization's secret is set there, and a rotation leaves it as it is.",
    );
  }
  if (environment !== '' && apps?.some(app => app !== 'actions')) {
    invalid('`environment` goes with `app: actions` only: environments have no other secrets.');
  }
  if (secret === undefined || repositories === undefined || apps === undefined) return undefined;
  if (organization !== '')
    return primaryFirst(
      apps.map(app => ({ kind: 'organization', organization, app, secret })),
      repository,
    );
  const places = repositories.flatMap((name): Place[] => {
    const [owner = '', repo = ''] = name.split('/');
    if (environment !== '') return [{ kind: 'environment', owner, repo, environment, secret }];
    return apps.map(app => ({ kind: 'repository', owner, repo, app, secret }));
  });
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
      '`secret` is a token. It takes the name of the secret, such as `secret: MAPBOX_AUTHORIZING_TOKEN`.',
    );
  }
  if (!SECRET_NAME.test(text) || /^GITHUB_/i.test(text)) {
    return invalid(
      `\`secret\` is ${quote(text)}, which cannot be the name of a GitHub secret: letters, digits and \`_\` only, no digit first, and not \`GITHUB_\` at the beginning.`,
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
      `\`repositories\` has ${quote(name)}, which is not a repository. Write \`owner/name\`, one a line.`,
    );
  }
  if (names.length === 0) problems.add(errorTitles.invalidInput, '`repositories` is empty.');
  return wrong.length > 0 || names.length === 0 ? undefined : names;
}

/** The most characters of an environment's name [GitHub, Managing environments for deployment]. */
const MAX_ENVIRONMENT_LENGTH = 255;

/** What breaks lines or steers a terminal. Emoji are joined by characters that are formats, too. */
const CONTROL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** Empty where there is none. A name with nothing but dots would be another path. */
function parseEnvironment(input: string, problems: InputProblems): string {
  const text = input.trim();
  const isPath = !/^\.+$/.test(text) && !CONTROL.test(text);
  if (text.length <= MAX_ENVIRONMENT_LENGTH && isPath && !hasToken(text)) return text;
  problems.add(
    errorTitles.invalidInput,
    `\`environment\` is ${quote(text)}, which cannot be the name of an environment.`,
  );
  return text;
}

/** Empty where there is none. */
function parseOrganization(input: string, problems: InputProblems): string {
  const text = input.trim();
  if (text === '' || (ORGANIZATION.test(text) && !hasToken(text))) return text;
  problems.add(
    errorTitles.invalidInput,
    `\`organization\` is ${quote(text)}, which cannot be the name of an organization.`,
  );
  return text;
}

function parseApps(input: string, problems: InputProblems): App[] | undefined {
  const words = input.match(/[^\s,]+/g) ?? ['actions'];
  const apps = [...new Set(words.map(word => word.toLowerCase()))];
  const known = apps.filter(isApp);
  if (known.length === apps.length) return known;
  const wrong = apps.filter(app => !isApp(app)).map(quote);
  return problems.add(
    errorTitles.invalidInput,
    `\`app\` has ${wrong.join(', ')}. Use \`actions\`, \`dependabot\`, \`codespaces\` or several of them.`,
  );
}

function isApp(word: string): word is App {
  return word === 'actions' || word === 'dependabot' || word === 'codespaces';
}

function hasToken(text: string): boolean {
  return extractTokens(text).length > 0;
}

/** What a message shows of an input: cut, and nothing of it where there is a token in it. */
export function quote(text: string): string {
  return hasToken(text) ? 'a token' : `\`${text.slice(0, 40)}\``;
}
