/** Handles a request: credentials, names, permissions, and then the endpoint. */
import {
  type Credential,
  type Credentials,
  grants,
  reachesOrganization,
  reachesRepository,
} from './credentials.ts';
import { operationFor } from './description/check.ts';
import type { Directory, Repository } from './directory.ts';
import {
  type GithubRequest,
  type GithubResponse,
  notFound,
  parseTarget,
  refuse,
  respond,
} from './message.ts';
import { pageOf } from './pages.ts';
import type { RateLimit } from './rate-limit.ts';
import { type Job, jobJson, runAttemptJson } from './representations.ts';
import { type Permission, parseRoute, permissionFor, type Route, type Scope } from './routes.ts';
import type { SecretStore } from './secret-store.ts';
import { respondAboutSecrets } from './secrets-api.ts';

const REDIRECTS =
  'https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects';

/** The data of the stand-in. */
export interface GithubState {
  readonly directory: Directory;
  readonly credentials: Credentials;
  readonly secrets: SecretStore;
  readonly rateLimit: RateLimit;
  /** A run attempt with its status in GitHub's words, `undefined` if it does not exist. */
  readonly attempt: (run: string, attempt: string) => { status: string; jobs: readonly Job[] } | undefined;
}

/** A request with a valid credential and an existing endpoint. */
interface Call {
  readonly request: GithubRequest;
  readonly route: Route;
  readonly credential: Credential;
  readonly permission: Permission;
  readonly documentation: string;
  /** The API's URL as the client writes it, without a trailing slash. */
  readonly api: string;
}

/** GitHub's response. `request.target` has no base path; `api` is the API's URL without a trailing slash. */
export function respondTo(request: GithubRequest, state: GithubState, api: string): GithubResponse {
  const { authorization } = request.headers;
  const credential = state.credentials.find(authorization);
  if (credential === undefined)
    return refuse(401, authorization === undefined ? 'Requires authentication' : 'Bad credentials');
  const limited = state.rateLimit.spend();
  if (limited !== undefined) return limited;
  const path = state.directory.namedPath(parseTarget(request.target).path);
  const route = parseRoute(path);
  const documentation = operationFor(request.method, path)?.operation.documentation;
  if (route === undefined || documentation === undefined) return notFound();
  const permission = permissionFor(route, request.method);
  const call = { request, route, credential, permission, documentation, api };
  const { status, headers, body } = refusalOf(call, state) ?? respondWithin(call, state);
  const accepted = { 'x-accepted-github-permissions': `${permission.name}=${permission.level}` };
  return { status, headers: { ...accepted, ...headers }, body };
}

function respondWithin({ request, route, documentation, api }: Call, state: GithubState): GithubResponse {
  const { directory, secrets } = state;
  if (route.kind !== 'run-attempt') {
    const vault = vaultId(route.scope, directory);
    return respondAboutSecrets({ request, route, vault, store: secrets, directory, documentation, api });
  }
  const repository = directory.repository(route.repository);
  const found = state.attempt(route.run, route.attempt);
  if (repository === undefined || found === undefined) return notFound(documentation);
  const [run, attempt] = [Number(route.run), Number(route.attempt)];
  const { status, jobs } = found;
  if (!route.jobs) return respond(200, runAttemptJson(repository, { run, attempt, status }, api));
  const address = `${api}/repositories/${repository.id}/actions/runs/${run}/attempts/${attempt}/jobs`;
  const all = jobs.map((job, index) => jobJson(repository, { run, attempt, id: index + 1, job }, api));
  const { rows, headers } = pageOf(request.target, all, address);
  return respond(200, { total_count: all.length, jobs: rows }, headers);
}

/** The store of a scope's secrets, which is unaffected by a repository's rename. */
export function vaultId(scope: Scope, directory: Directory): string {
  if (scope.kind === 'organization') return `organizations/${scope.organization.toLowerCase()}/${scope.app}`;
  const repository = directory.repository(scope.repository);
  if (repository === undefined) throw new Error(`No repository ${scope.repository}`);
  const part = scope.kind === 'repository' ? scope.app : `environments/${scope.environment.toLowerCase()}`;
  return `repositories/${repository.id}/${part}`;
}

/** The reason to reject a request. A missing and an inaccessible resource look the same. */
function refusalOf(call: Call, state: GithubState): GithubResponse | undefined {
  const { route } = call;
  const scope = route.kind === 'run-attempt' ? undefined : route.scope;
  if (scope?.kind === 'organization') return organizationRefusal(scope.organization, call, state.directory);
  const fullName = route.kind === 'run-attempt' ? route.repository : scope?.repository;
  const environment = scope?.kind === 'environment' ? scope.environment : undefined;
  return repositoryRefusal(fullName ?? '', environment, call, state.directory);
}

function organizationRefusal(login: string, call: Call, directory: Directory): GithubResponse | undefined {
  const { credential, permission, documentation } = call;
  if (!directory.organization(login) || !reachesOrganization(credential, login))
    return notFound(documentation);
  return grants(credential, permission) ? undefined : forbidden(call);
}

function repositoryRefusal(
  fullName: string,
  environment: string | undefined,
  call: Call,
  directory: Directory,
): GithubResponse | undefined {
  const { request, credential, permission, documentation, api } = call;
  const moved = directory.movedRepository(fullName);
  const repository = moved ?? directory.repository(fullName);
  if (repository === undefined) return notFound(documentation);
  if (!reachesRepository(credential, repository, directory))
    return repository.private ? notFound(documentation) : forbidden(call);
  if (moved !== undefined) return redirect(request, moved, api);
  if (!grants(credential, permission)) return forbidden(call);
  if (environment !== undefined && !repository.environments.has(environment.toLowerCase()))
    return notFound(documentation);
  if (repository.archived && request.method !== 'GET')
    return refuse(403, 'Repository was archived so is read-only.', documentation);
  return undefined;
}

function forbidden({ credential, documentation }: Call): GithubResponse {
  if (credential.hides) return notFound(documentation);
  const by = credential.kind === 'personal' ? 'personal access token' : 'integration';
  return refuse(403, `Resource not accessible by ${by}`, documentation);
}

/** Redirects to the same endpoint by the repository's ID: 301, or 307 to keep the method [GitHub, Follow redirects]. */
function redirect({ method, target }: GithubRequest, { id }: Repository, api: string): GithubResponse {
  const url = target.replace(/^\/repos\/[^/]+\/[^/]+/, `${api}/repositories/${id}`);
  const body = { message: 'Moved Permanently', url, documentation_url: REDIRECTS };
  return respond(method === 'GET' ? 301 : 307, body, { location: url });
}
