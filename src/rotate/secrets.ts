/** Secrets in GitHub's REST API: a function for each request, and the lookup of all places. */
import { ActionError, errorTitles } from '../action-error.ts';
import { type RetryOptions, retry } from '../api/retry.ts';
import type { Clock } from '../clock.ts';
import type { GithubClient, GithubResponse, GithubResult } from '../github/client.ts';
import type { WorkflowRun } from '../runtime/workflow-run.ts';
import type { PlaceFacts } from './chain.ts';
import { type GithubPurpose, githubError, githubRetryOptions } from './errors.ts';
import { describePlace, type Place, placeTag, secretsPath } from './places.ts';

/** The key that a place's secrets are encrypted to. */
export interface PublicKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** A secret's metadata. GitHub never shows the value. */
export interface StoredSecret {
  /** Whole seconds, by GitHub's clock. */
  readonly updatedAt: Date;
  /** Which repositories can read an organization's secret. */
  readonly access: Access | undefined;
  /** When GitHub responded, by its own clock. */
  readonly date: Date | undefined;
}

export type Access =
  | { readonly visibility: 'all' | 'private' }
  | { readonly visibility: 'selected'; readonly repositories: readonly number[] };

/** Gets a place's public key. */
export function getPublicKey(
  github: GithubClient,
  place: Place,
  timeoutMs: number,
): Promise<GithubResult<PublicKey>> {
  const path = [...secretsPath(place), 'public-key'];
  return github.send({ method: 'GET', path }, ({ data }) => parsePublicKey(data), timeoutMs);
}

/** Gets a secret's metadata, without the list of repositories that can read a `selected` secret. */
export function getSecret(
  github: GithubClient,
  place: Place,
  timeoutMs: number,
): Promise<GithubResult<StoredSecret>> {
  const path = [...secretsPath(place), place.secret];
  return github.send({ method: 'GET', path }, response => parseSecret(response, place), timeoutMs);
}

/** A page of the repositories that can read an organization's `selected` secret. */
interface RepositoryPage {
  readonly ids: readonly number[];
  readonly total: number;
}

/** A repository takes about 6 KiB, and a response may have at most 1 MiB. */
const PAGE_SIZE = 50;

/** @param page counts from 1. */
function getRepositoryPage(
  github: GithubClient,
  place: Place,
  page: number,
  timeoutMs: number,
): Promise<GithubResult<RepositoryPage>> {
  const path = [...secretsPath(place), place.secret, 'repositories'];
  const parameters = { per_page: PAGE_SIZE, page };
  return github.send({ method: 'GET', path, parameters }, ({ data }) => parseRepositoryPage(data), timeoutMs);
}

/** An encrypted value for a secret. */
export interface SecretValue {
  /** The sealed box in Base64. */
  readonly box: string;
  readonly keyId: string;
  readonly access: Access | undefined;
}

/**
 * Puts an encrypted value into an existing secret. Repository access is unchanged. Idempotent. Only 201 and 204 mean
 * that the value was stored [GitHub, REST API: create or update a secret].
 */
export function putSecret(
  github: GithubClient,
  place: Place,
  { box, keyId, access }: SecretValue,
  timeoutMs: number,
): Promise<GithubResult<'stored'>> {
  const path = [...secretsPath(place), place.secret];
  const parameters = { encrypted_value: box, key_id: keyId, ...accessParameters(place, access) };
  const read = ({ status }: GithubResponse) => (status === 201 || status === 204 ? 'stored' : undefined);
  return github.send({ method: 'PUT', path, parameters }, read, timeoutMs);
}

/** Without these, GitHub makes a `selected` secret private or takes it from all its repositories. */
function accessParameters({ owner: [kind] }: Place, access: Access | undefined) {
  if (kind !== 'orgs') return {};
  if (access?.visibility !== 'selected') return { visibility: access?.visibility ?? 'private' };
  return { visibility: access.visibility, selected_repository_ids: access.repositories };
}

const KEY_BYTES = 32;

function parsePublicKey(data: unknown): PublicKey | undefined {
  const { key_id: id, key } = toRecord(data);
  if (typeof id !== 'string' || typeof key !== 'string') return undefined;
  const bytes = Buffer.from(key, 'base64');
  // Sealing for a key of zeros throws.
  return bytes.length === KEY_BYTES && bytes.some(byte => byte !== 0) ? { id, bytes } : undefined;
}

function parseSecret({ data, date }: GithubResponse, place: Place): StoredSecret | undefined {
  const { updated_at: updated, visibility, name } = toRecord(data);
  if (typeof name !== 'string' || name.toUpperCase() !== place.secret.toUpperCase()) return undefined;
  const updatedAt = typeof updated === 'string' ? new Date(updated) : undefined;
  if (updatedAt === undefined || Number.isNaN(updatedAt.getTime())) return undefined;
  if (place.owner[0] === 'repos') return { updatedAt, access: undefined, date };
  if (visibility === 'all' || visibility === 'private') return { updatedAt, access: { visibility }, date };
  const access = { visibility: 'selected', repositories: [] } as const;
  return visibility === 'selected' ? { updatedAt, access, date } : undefined;
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

/** A place, and its secret's metadata. */
export interface KnownPlace extends PlaceFacts {
  readonly place: Place;
  readonly key: PublicKey;
  readonly access: Access | undefined;
  /** When the secret was read, by the runner's clock: milliseconds since 1970. */
  readonly readAt: number;
}

/**
 * Reads every place: its public key, its secret, and which repositories can read it.
 *
 * @throws {ActionError} if a place or its secret does not exist or is not visible.
 */
export async function lookUpPlaces(
  github: GithubClient,
  places: readonly Place[],
  run: WorkflowRun,
  options: RetryOptions,
): Promise<KnownPlace[]> {
  const known: KnownPlace[] = [];
  for (const place of places) {
    const send: Send = async (purpose, request) => {
      const result = await retry(request, githubRetryOptions(options));
      if (result.kind === 'success') return result.value;
      throw githubError(result, place, purpose, run.repository);
    };
    const key = await send('key', timeoutMs => getPublicKey(github, place, timeoutMs));
    const secret = await send('secret', timeoutMs => getSecret(github, place, timeoutMs));
    const { updatedAt } = secret;
    const { now, readAt } = timesOf(secret, options.clock);
    const access =
      secret.access?.visibility === 'selected'
        ? ({ visibility: 'selected', repositories: await listRepositories(github, place, send) } as const)
        : secret.access;
    known.push({ place, tag: placeTag(place, run), key, updatedAt, access, now, readAt });
  }
  return known;
}

/** When a secret was read, by GitHub's clock (or the runner's if GitHub sent no date) and by the runner's. */
export function timesOf({ date }: StoredSecret, clock: Clock): Pick<KnownPlace, 'now' | 'readAt'> {
  const readAt = clock.now();
  return { now: date?.getTime() ?? readAt, readAt };
}

type Send = <T>(
  purpose: GithubPurpose,
  request: (timeoutMs: number) => Promise<GithubResult<T>>,
) => Promise<T>;

/** More pages than the repositories of any organization fill. */
const MAX_PAGES = 10_000;

/**
 * Lists the ids of all repositories that can read a `selected` secret.
 *
 * @throws {ActionError} if the list is incomplete: a put sends the whole list, and repositories missing from it lose
 * access.
 */
async function listRepositories(github: GithubClient, place: Place, send: Send): Promise<number[]> {
  const ids = new Set<number>();
  let total = 0;
  for (let page = 1; page <= MAX_PAGES; page++) {
    const { ids: found, total: counted } = await send('repositories', timeoutMs =>
      getRepositoryPage(github, place, page, timeoutMs),
    );
    total = counted;
    for (const id of found) ids.add(id);
    if (ids.size >= total) return [...ids];
    if (found.length === 0) break;
  }
  throw new ActionError(
    errorTitles.githubUnexpectedResponse,
    `GitHub lists only ${ids.size} of the ${total} repositories that can read ${describePlace(place)}. The others would lose access if the secret were updated. Nothing was changed. Start a new run; if it fails again, install the GitHub App for all repositories of the organization.`,
  );
}
