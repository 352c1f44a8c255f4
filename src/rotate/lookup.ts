import { ActionError, errorTitles } from '../action-error.ts';
import { type RetryOptions, retry } from '../api/retry.ts';
import type { GithubClient } from '../github/client.ts';
import type { PlaceFacts } from './chain.ts';
import { type GithubQuestion, githubError, githubRetryOptions } from './github-errors.ts';
import { describePlace, type Place, placeTag } from './places.ts';
import {
  getPublicKey,
  getRepositoryPage,
  getSecret,
  type PublicKey,
  type SecretResult,
  type StoredSecret,
} from './secrets.ts';

/** A place, and what GitHub has there. */
export interface KnownPlace extends PlaceFacts {
  readonly place: Place;
  readonly key: PublicKey;
  readonly access: StoredSecret['access'];
}

/**
 * Looks at every place: its public key, its secret, and who has it.
 *
 * @throws {ActionError} where a place or its secret is not there, or may not be seen.
 */
export async function lookUpPlaces(
  github: GithubClient,
  places: readonly Place[],
  options: RetryOptions,
): Promise<KnownPlace[]> {
  const known: KnownPlace[] = [];
  for (const place of places) {
    const ask = asker(place, options);
    const key = await ask('key', timeoutMs => getPublicKey(github, place, timeoutMs));
    const { updatedAt, access } = await ask('secret', timeoutMs => getSecret(github, place, timeoutMs));
    const complete =
      place.kind === 'organization' && access?.visibility === 'selected'
        ? ({ visibility: 'selected', repositories: await listRepositories(github, place, ask) } as const)
        : access;
    known.push({ place, tag: placeTag(place), key, updatedAt, access: complete });
  }
  return known;
}

type Ask = <T>(
  question: GithubQuestion,
  request: (timeoutMs: number) => Promise<SecretResult<T>>,
) => Promise<T>;

function asker(place: Place, options: RetryOptions): Ask {
  return async (question, request) => {
    const result = await retry(request, githubRetryOptions(options));
    if (result.kind === 'success') return result.value;
    throw githubError(result, place, question);
  };
}

/** More pages than an organization has repositories. */
const MAX_PAGES = 10_000;

/**
 * The ids of all repositories that a `selected` secret is for.
 *
 * @throws {ActionError} where not all can be had: the put sends them all, and takes the secret from every other.
 */
async function listRepositories(
  github: GithubClient,
  place: Extract<Place, { kind: 'organization' }>,
  ask: Ask,
): Promise<number[]> {
  const ids = new Set<number>();
  let total = 0;
  for (let page = 1; page <= MAX_PAGES; page++) {
    const { ids: found, total: counted } = await ask('repositories', timeoutMs =>
      getRepositoryPage(github, place, page, timeoutMs),
    );
    total = counted;
    for (const id of found) ids.add(id);
    if (ids.size >= total) return [...ids];
    if (found.length === 0) break;
  }
  throw new ActionError(
    errorTitles.githubUnexpectedResponse,
    `GitHub lists ${ids.size} of the ${total} repositories that have ${describePlace(place)}. The others would lose the secret if it were updated. Nothing was changed. Start a new run; if it fails in the same way, install the GitHub App for all repositories of the organization.`,
  );
}
