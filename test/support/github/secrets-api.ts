/** The endpoints on secrets, once it is settled that they may be used. */
import type { Directory } from './directory.ts';
import { type GithubRequest, type GithubResponse, notFound, parseTarget, respond } from './message.ts';
import { putSecret } from './put-secret.ts';
import { repositoryJson } from './representations.ts';
import type { Route } from './routes.ts';
import { publicKeyText } from './sealed-box.ts';
import type { SecretStore, StoredSecret } from './secret-store.ts';

/** An endpoint on secrets, and what a response to it is made of. */
export interface SecretsCall {
  readonly request: GithubRequest;
  readonly route: Exclude<Route, { readonly kind: 'run-attempt' }>;
  /** Where the secrets are, by the store's id. */
  readonly vault: string;
  readonly store: SecretStore;
  readonly directory: Directory;
  /** The address of the API as the client writes it, without a slash at its end. */
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

/** `2020-01-10T14:59:22Z`. */
function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A page of the repositories that have a secret. One that is not `selected` has none (assumed). */
function selectedPage(call: SecretsCall, { access, name }: StoredSecret): GithubResponse {
  const { request, route, directory, api } = call;
  const ids = access?.visibility === 'selected' ? access.repositories : [];
  const all = ids.map(id => directory.repositoryById(id)).filter(one => one !== undefined);
  const { query } = parseTarget(request.target);
  const size = Math.min(100, Math.max(1, Number(query.get('per_page') ?? 30)));
  const page = Math.max(1, Number(query.get('page') ?? 1));
  const last = Math.max(1, Math.ceil(all.length / size));
  const shown = all.slice((page - 1) * size, page * size);
  const { scope } = route;
  const organization = scope.kind === 'organization' ? directory.organization(scope.organization) : undefined;
  const app = scope.kind === 'organization' ? scope.app : '';
  // GitHub's links have ids where the request had names.
  const address = `${api}/organizations/${organization?.id}/${app}/secrets/${name}/repositories`;
  const link = (to: number, rel: string) => {
    const params = new URLSearchParams(query);
    params.set('page', String(to));
    return `<${address}?${params}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ];
  const body = {
    total_count: all.length,
    repositories: shown.map(repository => repositoryJson(repository, api)),
  };
  return respond(200, body, links.length > 0 ? { link: links.join(', ') } : {});
}
