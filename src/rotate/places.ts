import { createHash } from 'node:crypto';

/** What has secrets of its own in a repository or an organization. */
export type App = 'actions' | 'dependabot' | 'codespaces';

/** Where one copy of the secret is kept. */
export type Place = RepositoryPlace | EnvironmentPlace | OrganizationPlace;

export interface RepositoryPlace {
  readonly kind: 'repository';
  readonly owner: string;
  readonly repo: string;
  readonly app: App;
  readonly secret: string;
}

export interface EnvironmentPlace {
  readonly kind: 'environment';
  readonly owner: string;
  readonly repo: string;
  readonly environment: string;
  readonly secret: string;
}

export interface OrganizationPlace {
  readonly kind: 'organization';
  readonly organization: string;
  readonly app: App;
  readonly secret: string;
}

/** The place's path in GitHub's REST API, decoded and in lower case: neither of GitHub's names is case-sensitive. */
export function placePath(place: Place): string {
  return [...scopePath(place), 'secrets', place.secret].join('/').toLowerCase();
}

function scopePath(place: Place): string[] {
  switch (place.kind) {
    case 'repository':
      return ['repos', place.owner, place.repo, place.app];
    case 'environment':
      return ['repos', place.owner, place.repo, 'environments', place.environment];
    case 'organization':
      return ['orgs', place.organization, place.app];
  }
}

const TAG_LENGTH = 5;

/** Five characters of `0-9a-z` that stand for a place in markers: the end of its path's SHA-256, written in base 36. */
export function placeTag(place: Place): string {
  const hash = createHash('sha256').update(placePath(place)).digest('hex');
  return BigInt(`0x${hash}`).toString(36).slice(-TAG_LENGTH);
}

/** The tag with which the nonces of a rotation begin. */
export function tagOfNonce(nonce: string): string {
  return nonce.slice(0, TAG_LENGTH);
}

/**
 * The places with the primary one first: the one that `secrets.NAME` of this workflow comes from, which is one of the
 * repository that the workflow runs in, for Actions where the secret is kept there; else the first.
 *
 * @param repository `owner/name` of the workflow's repository.
 */
export function primaryFirst(places: readonly Place[], repository: string): Place[] {
  const isHere = (place: Place) =>
    place.kind !== 'organization' &&
    `${place.owner}/${place.repo}`.toLowerCase() === repository.toLowerCase();
  const isForActions = (place: Place) => place.kind === 'environment' || place.app === 'actions';
  const here = places.filter(isHere);
  const candidates = here.length > 0 ? here : places;
  const primary = candidates.find(isForActions) ?? candidates[0];
  return [...places.filter(place => place === primary), ...places.filter(place => place !== primary)];
}

const APP_NAMES: Readonly<Record<App, string>> = {
  actions: '',
  dependabot: 'Dependabot ',
  codespaces: 'Codespaces ',
};

/** A place as people call it. */
export function describePlace(place: Place): string {
  const secret = `\`${place.secret}\``;
  switch (place.kind) {
    case 'repository':
      return `the ${APP_NAMES[place.app]}secret ${secret} of ${place.owner}/${place.repo}`;
    case 'environment':
      return `the secret ${secret} of the environment \`${place.environment}\` of ${place.owner}/${place.repo}`;
    case 'organization':
      return `the ${APP_NAMES[place.app]}secret ${secret} of the organization ${place.organization}`;
  }
}

/** The permission of a GitHub App that may write a secret at this place. */
export interface Permission {
  /** As on GitHub's pages. */
  readonly name: string;
  /** As an input of actions/create-github-app-token. */
  readonly input: string;
}

/** Which permission writing a secret at a place needs [GitHub, Permissions required for GitHub Apps]. */
export function permissionFor(place: Place): Permission {
  if (place.kind === 'environment') return { name: 'Environments', input: 'permission-environments' };
  const { kind, app } = place;
  const words = [
    ...(kind === 'organization' ? ['organization'] : []),
    ...(app === 'actions' ? [] : [app]),
    'secrets',
  ];
  const name = words.map((word, at) => (at === 0 || word === app ? capitalize(word) : word)).join(' ');
  return { name, input: ['permission', ...words].join('-') };
}

/** With a capital letter at its beginning. */
export function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
