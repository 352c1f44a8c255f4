/** The endpoints for secrets, after the permission check. */
import type { Directory } from './directory.ts';
import { type GithubRequest, type GithubResponse, notFound, respond } from './message.ts';
import { pageOf } from './pages.ts';
import { putSecret } from './put-secret.ts';
import { repositoryJson, timestamp } from './representations.ts';
import type { Route } from './routes.ts';
import { publicKeyText } from './sealed-box.ts';
import type { SecretStore, StoredSecret } from './secret-store.ts';

/** An endpoint for secrets, and the parts of its response. */
export interface SecretsCall {
  readonly request: GithubRequest;
  readonly route: Exclude<Route, { readonly kind: 'run-attempt' }>;
  /** The store's ID of the secrets. */
  readonly vault: string;
  readonly store: SecretStore;
  readonly directory: Directory;
  /** The API's URL as the client writes it, without a trailing slash. */
  readonly api: string;
  readonly documentation: string;
}

export function respondAboutSecrets(call: SecretsCall): GithubResponse {
  const { request, route, vault, store, documentation } = call;
  if (route.kind === 'public-key') {
    const { key } = store.vault(vault);
    return respond(200, { key_id: key.id, key: publicKeyText(key) });
  }
  const { name } = route;
  if (request.method === 'PUT') {
    const organization = route.scope.kind === 'organization';
    return putSecret(store, { vault, name, body: request.body, organization, documentation });
  }
  const secret = store.get(vault, name);
  if (secret === undefined) return notFound(documentation);
  if (route.kind === 'selected-repositories') return selectedPage(call, secret);
  return respond(200, secretJson(secret, call));
}

function secretJson({ name, createdAt, updatedAt, access }: StoredSecret, call: SecretsCall): object {
  const { scope } = call.route;
  const known = { name, created_at: timestamp(createdAt), updated_at: timestamp(updatedAt) };
  if (access === undefined || scope.kind !== 'organization') return known;
  const { visibility } = access;
  if (visibility !== 'selected') return { ...known, visibility };
  const path = `/orgs/${scope.organization}/${scope.app}/secrets/${name}/repositories`;
  return { ...known, visibility, selected_repositories_url: `${call.api}${path}` };
}

/** A page of a secret's repositories, empty unless it is `selected` (assumed). */
function selectedPage(call: SecretsCall, { access, name }: StoredSecret): GithubResponse {
  const { request, route, directory, api } = call;
  const ids = access?.visibility === 'selected' ? access.repositories : [];
  const all = ids.map(id => directory.repositoryById(id)).filter(one => one !== undefined);
  const { scope } = route;
  const organization = scope.kind === 'organization' ? directory.organization(scope.organization) : undefined;
  const app = scope.kind === 'organization' ? scope.app : '';
  const address = `${api}/organizations/${organization?.id}/${app}/secrets/${name}/repositories`;
  const { rows, headers } = pageOf(request.target, all, address);
  const repositories = rows.map(repository => repositoryJson(repository, api));
  return respond(200, { total_count: all.length, repositories }, headers);
}
