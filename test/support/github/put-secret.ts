/** `PUT …/secrets/{secret_name}`: GitHub's checks, its error messages, and what it stores. */
import { type GithubResponse, isRecord, parseJson, refuse, respond } from './message.ts';
import { openSealedBox } from './sealed-box.ts';
import type { Access, SecretStore } from './secret-store.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const NAME = /^[A-Z_][A-Z0-9_]*$/i;

export interface PutRequest {
  readonly vault: string;
  readonly name: string;
  readonly body: string;
  /** The visibility of an organization's secret. */
  readonly organization: boolean;
  /** GitHub's documentation of the endpoint. */
  readonly documentation: string;
}

/** Stores the secret and responds with 201 or 204, or with an error. */
export function putSecret(store: SecretStore, put: PutRequest): GithubResponse {
  const invalid = (message: string) => refuse(422, message, put.documentation);
  const body = parseJson(put.body);
  if (!isRecord(body)) return refuse(400, 'Problems parsing JSON', put.documentation);
  if (!NAME.test(put.name)) {
    return invalid(
      'Secret names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). Spaces are not allowed. Must start with a letter ([a-z], [A-Z]) or underscores (_).',
    );
  }
  if (/^GITHUB_/i.test(put.name)) return invalid('Secret names must not start with GITHUB_.');

  const known = store.get(put.vault, put.name);
  const access = put.organization ? parseAccess(body) : undefined;
  if (typeof access === 'string') return invalid(access);
  // The visibility may be changed alone.
  const value =
    put.organization && known !== undefined && body['encrypted_value'] === undefined
      ? known.value
      : openValue(store, put.vault, body);
  if (typeof value !== 'string') return invalid(value.problem);
  store.set(put.vault, put.name, value, access);
  return known === undefined ? respond(201, {}) : respond(204);
}

function openValue(
  store: SecretStore,
  vault: string,
  body: Readonly<Record<string, unknown>>,
): string | { readonly problem: string } {
  for (const field of ['encrypted_value', 'key_id']) {
    if (body[field] === undefined) return { problem: `Invalid request.\n\n"${field}" wasn't supplied.` };
    if (typeof body[field] !== 'string')
      return {
        problem: `Invalid request.\n\nFor '/${field}', ${JSON.stringify(body[field])} is not a string.`,
      };
  }
  const box = String(body['encrypted_value']);
  // GitHub does repeat the value here, which is the secret itself if it was not encrypted.
  if (!BASE64.test(box))
    return {
      problem: `Invalid request.\n\n${box} does not match /${BASE64.source.replaceAll('/', '\\/')}/.`,
    };
  const { key } = store.vault(vault);
  const value = body['key_id'] === key.id ? openSealedBox(box, key) : undefined;
  return value ?? { problem: 'Bad request - validation failed due to an improperly encrypted secret' };
}

/**
 * The access to an organization's secret after this request, regardless of the previous one. If left out, private
 * repositories have it (cli/cli#8110), or none of them (external-secrets#6514).
 */
function parseAccess(body: Readonly<Record<string, unknown>>): Access | string {
  const { visibility = 'private', selected_repository_ids: ids } = body;
  if (visibility !== 'all' && visibility !== 'private' && visibility !== 'selected')
    return `Invalid request.\n\n${JSON.stringify(visibility)} is not a member of ["all", "private", "selected"].`;
  if (visibility !== 'selected')
    return ids === undefined
      ? { visibility }
      : 'Selected repositories can only be set when visibility is selected';
  const repositories: number[] = [];
  for (const id of Array.isArray(ids) ? ids : []) {
    if (!/^\d+$/.test(String(id))) return `Invalid request.\n\n${JSON.stringify(id)} is not an integer.`;
    repositories.push(Number(id));
  }
  return { visibility, repositories: [...new Set(repositories)] };
}
