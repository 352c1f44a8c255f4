/** Credentials: the tokens of requests to GitHub, and their permissions. */
import type { Directory, Repository } from './directory.ts';
import type { Permission } from './routes.ts';

export interface Credential {
  /** `installation`: of a GitHub App; `personal`: a fine-grained personal access token. */
  readonly kind?: 'installation' | 'personal';
  /** By the name in `X-Accepted-GitHub-Permissions`; `write` includes `read`. */
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
  /** Owners (`octo-org`) and repositories (`octo-org/maps`); everything by default. */
  readonly reach?: readonly string[];
  /** Responds with 404 instead of 403. */
  readonly hides?: boolean;
  /** Milliseconds since 1970. */
  readonly expires?: number;
}

export class Credentials {
  readonly #now: () => number;
  readonly #byToken = new Map<string, Credential>();

  constructor(now: () => number) {
    this.#now = now;
  }

  add(token: string, credential: Credential): void {
    this.#byToken.set(token, credential);
  }

  revoke(token: string): void {
    this.#byToken.delete(token);
  }

  /** The credential in an `Authorization` header, if valid. */
  find(authorization: string | undefined): Credential | undefined {
    const token = /^(?:token|bearer) (\S+)$/i.exec(authorization ?? '')?.[1];
    const found = token === undefined ? undefined : this.#byToken.get(token);
    return found && (found.expires ?? Number.POSITIVE_INFINITY) > this.#now() ? found : undefined;
  }
}

export function grants({ permissions }: Credential, { name, level }: Permission): boolean {
  const given = permissions[name];
  return given === 'write' || given === level;
}

/** Whether a token covers this repository, under any of its names. */
export function reachesRepository(
  { reach }: Credential,
  repository: Repository,
  directory: Directory,
): boolean {
  if (reach === undefined) return true;
  const owner = repository.fullName.split('/')[0] ?? '';
  return reach.some(name => {
    if (!name.includes('/')) return name.toLowerCase() === owner.toLowerCase();
    return (directory.repository(name) ?? directory.movedRepository(name)) === repository;
  });
}

export function reachesOrganization({ reach }: Credential, login: string): boolean {
  return reach?.some(name => name.toLowerCase() === login.toLowerCase()) ?? true;
}
