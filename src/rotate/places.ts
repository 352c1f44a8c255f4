import { createHash } from 'node:crypto';
import { serverKey } from '../note.ts';
import type { WorkflowRun } from '../runtime/workflow-run.ts';

/** A part of GitHub that has its own secrets in a repository or organization. */
export type App = 'actions' | 'dependabot' | 'codespaces';

/** Where one copy of the secret is kept. */
export interface Place {
  /** The beginning of its path in GitHub's REST API: `repos`, owner and name, or `orgs` and organization. */
  readonly owner: readonly ['repos', string, string] | readonly ['orgs', string];
  /** An environment of the repository, which has secrets for Actions only. */
  readonly environment: string | undefined;
  readonly app: App;
  readonly secret: string;
}

/** The path of a place's secrets in GitHub's REST API, as unencoded segments. */
export function secretsPath({ owner, environment, app }: Place): string[] {
  return [...owner, ...(environment === undefined ? [app] : ['environments', environment]), 'secrets'];
}

/** The place's path, decoded and in lower case: GitHub's names are not case-sensitive. */
export function placePath(place: Place): string {
  return [...secretsPath(place), place.secret].join('/').toLowerCase();
}

const TAG_LENGTH = 5;

/**
 * Five characters of `0-9a-z` that identify a place in markers: the last base-36 digits of the SHA-256 of the server
 * and the place's path. The path names the workflow's repository by its id, so that the tag survives a rename.
 */
export function placeTag(
  place: Place,
  { server, repository, repositoryId }: Pick<WorkflowRun, 'server' | 'repository' | 'repositoryId'>,
): string {
  const own = `repos/${repository}/`.toLowerCase();
  const path = placePath(place);
  const lasting =
    repositoryId !== undefined && path.startsWith(own)
      ? `repositories/${repositoryId}/${path.slice(own.length)}`
      : path;
  const hash = createHash('sha256')
    .update(`${serverKey(server)}\n${lasting}`)
    .digest('hex');
  return BigInt(`0x${hash}`).toString(36).slice(-TAG_LENGTH);
}

/** The tag at the beginning of a rotation's nonce. */
export function tagOfNonce(nonce: string): string {
  return nonce.slice(0, TAG_LENGTH);
}

/** `owner/name` of the repository, or the organization's name. */
export function ownerName({ owner: [, ...names] }: Place): string {
  return names.join('/');
}

/** Whether a place is in the repository `owner/name`. */
export function isIn(place: Place, repository: string): boolean {
  return place.owner[0] === 'repos' && ownerName(place).toLowerCase() === repository.toLowerCase();
}

/**
 * Moves the primary place to the front: the one that `secrets.NAME` of this workflow reads. It is the Actions or
 * environment secret in the workflow's repository; if there is none, the first place there, or else the first of all.
 *
 * @param repository `owner/name` of the workflow's repository.
 */
export function primaryFirst(places: readonly Place[], repository: string): Place[] {
  const here = places.filter(place => isIn(place, repository));
  const candidates = here.length > 0 ? here : places;
  const primary = candidates.find(({ app }) => app === 'actions') ?? candidates[0];
  return [...places.filter(place => place === primary), ...places.filter(place => place !== primary)];
}

const APP_NAMES: Readonly<Record<App, string>> = {
  actions: '',
  dependabot: 'Dependabot ',
  codespaces: 'Codespaces ',
};

/** Describes a place, to be used within a sentence. */
export function describePlace(place: Place): string {
  return `the ${APP_NAMES[place.app]}secret \`${place.secret}\` of ${describeScope(place)}`;
}

/** Describes several places, joined by `and`. */
export function describePlaces(places: readonly { readonly place: Place }[]): string {
  return places.map(({ place }) => describePlace(place)).join(' and ');
}

/** What the secret belongs to. */
export function describeScope(place: Place): string {
  const name = ownerName(place);
  if (place.owner[0] === 'orgs') return `the organization ${name}`;
  return place.environment === undefined ? name : `the environment \`${place.environment}\` of ${name}`;
}

/** A permission of a GitHub App. */
export interface Permission {
  /** As shown on GitHub's pages. */
  readonly name: string;
  /** As an input of actions/create-github-app-token. */
  readonly input: string;
}

/** The permission needed to write a secret at a place [GitHub, Permissions required for GitHub Apps]. */
export function permissionFor({ owner: [kind], environment, app }: Place): Permission {
  if (environment !== undefined) return { name: 'Environments', input: 'permission-environments' };
  const words = [
    ...(kind === 'orgs' ? ['organization'] : []),
    ...(app === 'actions' ? [] : [app]),
    'secrets',
  ];
  const name = words.map((word, at) => (at === 0 || word === app ? capitalize(word) : word)).join(' ');
  return { name, input: ['permission', ...words].join('-') };
}

/** Capitalizes the first letter. */
export function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
