import { createHash } from 'node:crypto';
import { serverKey } from '../note.ts';
import type { WorkflowRun } from '../runtime/workflow-run.ts';

/** What has secrets of its own in a repository or an organization. */
export type App = 'actions' | 'dependabot' | 'codespaces';

/** Where one copy of the secret is kept. */
export interface Place {
  /** Where its path in GitHub's REST API begins: `repos`, owner and name, or `orgs` and organization. */
  readonly owner: readonly ['repos', string, string] | readonly ['orgs', string];
  /** Of the repository; environments have secrets for Actions only. */
  readonly environment: string | undefined;
  readonly app: App;
  readonly secret: string;
}

/** The path of all secrets there in GitHub's REST API, in segments that are not encoded. */
export function secretsPath({ owner, environment, app }: Place): string[] {
  return [...owner, ...(environment === undefined ? [app] : ['environments', environment]), 'secrets'];
}

/** The place's path, decoded and in lower case: neither of GitHub's names is case-sensitive. */
export function placePath(place: Place): string {
  return [...secretsPath(place), place.secret].join('/').toLowerCase();
}

const TAG_LENGTH = 5;

/**
 * Five characters of `0-9a-z` that stand for a place in markers: the end, in base 36, of the SHA-256 of the server and the
 * place's path, in which the workflow's repository has its id, so that the tag survives when it is renamed.
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

/** The tag with which the nonces of a rotation begin. */
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
 * The places with the primary one first: the one that `secrets.NAME` of this workflow comes from, which is the Actions or
 * environment secret of the workflow's repository, else the first place there, else the first.
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

/** A place as people call it. */
export function describePlace(place: Place): string {
  return `the ${APP_NAMES[place.app]}secret \`${place.secret}\` of ${describeScope(place)}`;
}

/** Several places, as a part of a sentence. */
export function describePlaces(places: readonly { readonly place: Place }[]): string {
  return places.map(({ place }) => describePlace(place)).join(' and ');
}

/** What the secret belongs to. */
export function describeScope(place: Place): string {
  const name = ownerName(place);
  if (place.owner[0] === 'orgs') return `the organization ${name}`;
  return place.environment === undefined ? name : `the environment \`${place.environment}\` of ${name}`;
}

/** The permission of a GitHub App that may write a secret at this place. */
export interface Permission {
  /** As on GitHub's pages. */
  readonly name: string;
  /** As an input of actions/create-github-app-token. */
  readonly input: string;
}

/** Which permission writing a secret at a place needs [GitHub, Permissions required for GitHub Apps]. */
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

/** With a capital letter at its beginning. */
export function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
