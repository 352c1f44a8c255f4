/** Secrets in GitHub's REST API: one request each, and what its response means. */

import type { Rejection, Retryable, Success } from '../api/result.ts';
import type { GithubClient, GithubResult } from '../github/client.ts';
import type { Place } from './places.ts';

/** The key that a place's secrets are encrypted to. */
export interface PublicKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** A secret, as far as GitHub shows it. */
export interface StoredSecret {
  /** Whole seconds, by GitHub's clock. */
  readonly updatedAt: Date;
  /** Who has an organization's secret. */
  readonly access: Access | undefined;
}

export type Access =
  | { readonly visibility: 'all' | 'private' }
  | { readonly visibility: 'selected'; readonly repositories: readonly number[] };

/** GitHub said no itself, or redirected: nothing was done. */
export interface GithubRejection extends Rejection {
  /** In GitHub's words, such as `secrets=write`. */
  readonly acceptedPermissions: string | undefined;
}

/** A response, in the form in which it can be retried. */
export type SecretResult<T> = Success<T> | GithubRejection | Retryable;

/** Gets a place's public key. */
export async function getPublicKey(
  github: GithubClient,
  place: Place,
  timeoutMs: number,
): Promise<SecretResult<PublicKey>> {
  return toSecretResult(await requestPublicKey(github, place, timeoutMs), parsePublicKey);
}

function requestPublicKey(github: GithubClient, place: Place, timeoutMs: number): Promise<GithubResult> {
  switch (place.kind) {
    case 'repository': {
      const { owner, repo, app } = place;
      return github.send(`GET /repos/{owner}/{repo}/${app}/secrets/public-key`, { owner, repo }, timeoutMs);
    }
    case 'environment': {
      const { owner, repo, environment } = place;
      const parameters = { owner, repo, environment_name: environment };
      const route = 'GET /repos/{owner}/{repo}/environments/{environment_name}/secrets/public-key';
      return github.send(route, parameters, timeoutMs);
    }
    case 'organization': {
      const { organization: org, app } = place;
      return github.send(`GET /orgs/{org}/${app}/secrets/public-key`, { org }, timeoutMs);
    }
  }
}

/** Gets what GitHub shows of a secret, but for the repositories that a `selected` one is for. */
export async function getSecret(
  github: GithubClient,
  place: Place,
  timeoutMs: number,
): Promise<SecretResult<StoredSecret>> {
  return toSecretResult(await requestSecret(github, place, timeoutMs), data => parseSecret(data, place));
}

function requestSecret(github: GithubClient, place: Place, timeoutMs: number): Promise<GithubResult> {
  const { secret: secret_name } = place;
  switch (place.kind) {
    case 'repository': {
      const { owner, repo, app } = place;
      const parameters = { owner, repo, secret_name };
      return github.send(`GET /repos/{owner}/{repo}/${app}/secrets/{secret_name}`, parameters, timeoutMs);
    }
    case 'environment': {
      const { owner, repo, environment } = place;
      const parameters = { owner, repo, environment_name: environment, secret_name };
      const route = 'GET /repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}';
      return github.send(route, parameters, timeoutMs);
    }
    case 'organization': {
      const { organization: org, app } = place;
      return github.send(`GET /orgs/{org}/${app}/secrets/{secret_name}`, { org, secret_name }, timeoutMs);
    }
  }
}

/** A page of the repositories that an organization's `selected` secret is for. */
export interface RepositoryPage {
  readonly ids: readonly number[];
  readonly total: number;
}

/** A repository takes some 6 KiB, and a response may have 1 MiB. */
const PAGE_SIZE = 50;

/** @param page counts from 1. */
export async function getRepositoryPage(
  github: GithubClient,
  { organization: org, app, secret: secret_name }: Extract<Place, { kind: 'organization' }>,
  page: number,
  timeoutMs: number,
): Promise<SecretResult<RepositoryPage>> {
  const parameters = { org, secret_name, per_page: PAGE_SIZE, page };
  const route = `GET /orgs/{org}/${app}/secrets/{secret_name}/repositories` as const;
  return toSecretResult(await github.send(route, parameters, timeoutMs), parseRepositoryPage);
}

/** Puts an encrypted value into an existing secret, and leaves as it was who has it. Idempotent. */
export async function putSecret(
  github: GithubClient,
  place: Place,
  {
    box,
    keyId,
    access,
  }: { readonly box: string; readonly keyId: string; readonly access: Access | undefined },
  timeoutMs: number,
): Promise<SecretResult<'stored'>> {
  const { secret: secret_name } = place;
  const value = { secret_name, encrypted_value: box, key_id: keyId };
  const send = (): Promise<GithubResult> => {
    switch (place.kind) {
      case 'repository': {
        const { owner, repo, app } = place;
        const route = `PUT /repos/{owner}/{repo}/${app}/secrets/{secret_name}` as const;
        return github.send(route, { owner, repo, ...value }, timeoutMs);
      }
      case 'environment': {
        const { owner, repo, environment } = place;
        const route = 'PUT /repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}';
        return github.send(route, { owner, repo, environment_name: environment, ...value }, timeoutMs);
      }
      case 'organization': {
        // Left out, the secret would become private, or lose its repositories.
        const { organization: org, app } = place;
        const { visibility } = access ?? { visibility: 'private' as const };
        const selected =
          access?.visibility === 'selected' ? { selected_repository_ids: [...access.repositories] } : {};
        const route = `PUT /orgs/{org}/${app}/secrets/{secret_name}` as const;
        return github.send(route, { org, ...value, visibility, ...selected }, timeoutMs);
      }
    }
  };
  return toSecretResult(await send(), () => 'stored');
}

function toSecretResult<T>(result: GithubResult, parse: (data: unknown) => T | undefined): SecretResult<T> {
  switch (result.kind) {
    case 'success': {
      const value = parse(result.data);
      return value === undefined ? unreadable(result.status) : { kind: 'success', value };
    }
    case 'rejected': {
      const { status, isGithubError, acceptedPermissions } = result;
      if (!isGithubError && status >= 400) return unreadable(status);
      return {
        kind: 'rejected',
        status,
        isApiError: isGithubError,
        bodyDescription: 'an error',
        requestId: undefined,
        acceptedPermissions,
      };
    }
    case 'rate-limited':
      return {
        kind: 'rate-limited',
        retryAfter: result.retryAfter,
        interval: result.retryAfter,
        estimated: false,
      };
    case 'server-error':
      return {
        kind: 'indeterminate',
        cause: { kind: 'server-error', status: result.status, bodyDescription: 'an error' },
      };
    case 'unreadable':
      return unreadable(result.status);
    case 'no-response':
      return result.sent
        ? { kind: 'indeterminate', cause: { kind: 'no-response', code: result.code } }
        : { kind: 'not-sent', code: result.code };
  }
}

function unreadable(status: number): Retryable {
  return {
    kind: 'indeterminate',
    cause: { kind: 'unreadable', status, bodyDescription: 'a response that is not how GitHub responds' },
  };
}

const KEY_BYTES = 32;

function parsePublicKey(data: unknown): PublicKey | undefined {
  const { key_id: id, key } = toRecord(data);
  if (typeof id !== 'string' || typeof key !== 'string') return undefined;
  const bytes = Buffer.from(key, 'base64');
  return bytes.length === KEY_BYTES ? { id, bytes } : undefined;
}

function parseSecret(data: unknown, place: Place): StoredSecret | undefined {
  const { updated_at: updated, visibility, name } = toRecord(data);
  if (typeof name !== 'string' || name.toUpperCase() !== place.secret.toUpperCase()) return undefined;
  const updatedAt = typeof updated === 'string' ? new Date(updated) : undefined;
  if (updatedAt === undefined || Number.isNaN(updatedAt.getTime())) return undefined;
  if (place.kind !== 'organization') return { updatedAt, access: undefined };
  if (visibility === 'all' || visibility === 'private') return { updatedAt, access: { visibility } };
  return visibility === 'selected' ? { updatedAt, access: { visibility, repositories: [] } } : undefined;
}

function parseRepositoryPage(data: unknown): RepositoryPage | undefined {
  const { total_count: total, repositories } = toRecord(data);
  if (typeof total !== 'number' || !Array.isArray(repositories)) return undefined;
  const ids = repositories.map(repository => toRecord(repository)['id']);
  return ids.every(id => typeof id === 'number') ? { ids, total } : undefined;
}

function toRecord(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null ? Object.fromEntries(Object.entries(data)) : {};
}
