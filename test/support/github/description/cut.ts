/**
 * Extracts what the tests need from GitHub's own OpenAPI description of its REST API, as published in the package
 * `@octokit/openapi` (MIT): the operations on secrets for a rotation, and the run attempt and its jobs for a sweep.
 * Nothing is changed, only texts for humans are left out.
 *
 * The package has 404 MB, so it is not a dependency: `npm run test:real` downloads the one file into `.real`, and
 * compares. `node test/support/github/description/cut.ts` generates `api.json` from that file.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../message.ts';

type Json = Readonly<Record<string, unknown>>;

/** The path of the result. */
export const API_FILE = join(import.meta.dirname, 'api.json');

const REPOSITORY = '/repos/{owner}/{repo}';
const SECRET = '/secrets/{secret_name}';
const ATTEMPT = `${REPOSITORY}/actions/runs/{run_id}/attempts/{attempt_number}`;

/** By path, the methods to keep. */
const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['actions', 'dependabot', 'codespaces'].flatMap(app => [
      [`${REPOSITORY}/${app}/secrets/public-key`, ['get']],
      [`${REPOSITORY}/${app}${SECRET}`, ['get', 'put']],
      [`/orgs/{org}/${app}/secrets/public-key`, ['get']],
      [`/orgs/{org}/${app}${SECRET}`, ['get', 'put']],
      [`/orgs/{org}/${app}${SECRET}/repositories`, ['get']],
    ]),
  ),
  [`${REPOSITORY}/environments/{environment_name}/secrets/public-key`]: ['get'],
  [`${REPOSITORY}/environments/{environment_name}${SECRET}`]: ['get', 'put'],
  [ATTEMPT]: ['get'],
  [`${ATTEMPT}/jobs`]: ['get'],
};

/** The schemas of GitHub's responses that operations do not describe. */
export const ERRORS: readonly string[] = ['basic-error', 'validation-error', 'validation-error-simple'];
/** GitHub's own examples, from which the stand-in's responses are made. */
const EXAMPLES = ['workflow-run', 'job-paginated', 'public-repository-paginated'];
/** For humans, or for the tools that generate GitHub's documentation. */
const PROSE = /^(?:description|summary|title|tags|deprecated|examples?|x-.*)$/;

/** The version of `@octokit/openapi` that `api.json` is extracted from. */
export const VERSION = '23.0.2';

/** Where `npm run test:real` puts GitHub's description. */
export const PUBLISHED_FILE = join(
  import.meta.dirname,
  ...['..', '..', '..', '..', '.real', 'openapi', 'generated', 'api.github.com.json'],
);

/** The text of GitHub's description, `undefined` if it was not downloaded. */
export function readPublished(): string | undefined {
  return existsSync(PUBLISHED_FILE) ? readFileSync(PUBLISHED_FILE, 'utf8') : undefined;
}

/** The text of `api.json` for the text of GitHub's description. Throws if the description lacks something. */
export function cut(published: string): string {
  const all = parse(published);
  const paths: Record<string, Json> = {};
  for (const [path, methods] of Object.entries(OPERATIONS)) {
    const kept = methods.map(method => [method, keptOf(at(all, 'paths', path, method))]);
    paths[path] = Object.fromEntries(kept);
  }
  const components: Record<string, Record<string, unknown>> = {
    schemas: Object.fromEntries(ERRORS.map(name => [name, bare(at(all, 'components', 'schemas', name))])),
    examples: Object.fromEntries(EXAMPLES.map(name => [name, at(all, 'components', 'examples', name)])),
  };
  // References of a component are appended to the list, so that the loop reaches them too.
  const references = [...referencesIn(paths), ...referencesIn(components)];
  for (const reference of references) {
    const [, , kind = '', name = ''] = reference.split('/');
    const section = components[kind] ?? {};
    components[kind] = section;
    if (name in section) continue;
    section[name] = bare(at(all, 'components', kind, name));
    references.push(...referencesIn(section[name]));
  }
  const source = `@octokit/openapi ${text(at(all, 'info'), 'version')}, generated/api.github.com.json`;
  return `${JSON.stringify({ source, paths, components: sorted(components) }, undefined, 1)}\n`;
}

function keptOf(operation: Json): Json {
  const { parameters, requestBody, responses } = operation;
  return {
    documentation: text(at(operation, 'externalDocs'), 'url'),
    ...bareRecord({ parameters, requestBody, responses }),
  };
}

/** The same without prose. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  return isRecord(value) ? bareRecord(value) : value;
}

/** Names in `properties` are free: a property may be called `description`. */
function bareRecord(value: Json): Json {
  const kept = Object.entries(value).filter(([key, item]) => item !== undefined && !PROSE.test(key));
  return Object.fromEntries(
    kept.map(([key, item]) => {
      if (key !== 'properties' || !isRecord(item)) return [key, bare(item)];
      return [key, Object.fromEntries(Object.entries(item).map(([name, schema]) => [name, bare(schema)]))];
    }),
  );
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isRecord(value)) return [];
  const own = typeof value['$ref'] === 'string' ? [value['$ref']] : [];
  return [...own, ...Object.values(value).flatMap(referencesIn)];
}

function sorted(components: Readonly<Record<string, Json>>): Json {
  const byName = (section: Json) =>
    Object.fromEntries(Object.entries(section).sort(([a], [b]) => (a < b ? -1 : 1)));
  return byName(Object.fromEntries(Object.entries(components).map(([kind, all]) => [kind, byName(all)])));
}

function parse(json: string): Json {
  const value: unknown = JSON.parse(json);
  if (!isRecord(value)) throw new Error("GitHub's description is no JSON object");
  return value;
}

/** The object under this key in another. */
function at(value: Json, ...keys: readonly string[]): Json {
  let found: unknown = value;
  for (const key of keys) found = isRecord(found) ? found[key] : undefined;
  if (!isRecord(found)) throw new Error(`GitHub's description has no ${keys.join(' > ')}`);
  return found;
}

function text(value: Json, key: string): string {
  const found = value[key];
  if (typeof found !== 'string') throw new Error(`GitHub's description has no text ${key}`);
  return found;
}

if (import.meta.main) {
  const published = readPublished();
  if (published === undefined) throw new Error("GitHub's description is not there: run `npm run test:real`");
  writeFileSync(API_FILE, cut(published));
}
