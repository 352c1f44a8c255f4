/** The secrets as users of the website and jobs see them, without the API. */
import { vaultId } from './api.ts';
import type { Directory } from './directory.ts';
import { parseRoute, type Scope } from './routes.ts';
import type { Access, SecretStore, StoredSecret } from './secret-store.ts';

/** `place` is everywhere a secret's path in the API, such as `repos/octo/maps/environments/need%2Fencoding/secrets/NAME`. */
export class PlainSecrets {
  readonly #directory: Directory;
  readonly #store: SecretStore;

  constructor(directory: Directory, store: SecretStore) {
    this.#directory = directory;
    this.#store = store;
  }

  get(place: string): StoredSecret | undefined {
    const { vault, name } = this.#locate(place);
    return this.#store.get(vault, name);
  }

  /**
   * Saves a secret like a user of the website. The access to an organization's secret is unchanged unless `access` is
   * given.
   */
  set(place: string, value: string, access?: Access): void {
    const { vault, name, scope } = this.#locate(place);
    const kept = this.#store.get(vault, name)?.access ?? { visibility: 'private' };
    this.#store.set(vault, name, value, scope.kind === 'organization' ? (access ?? kept) : undefined);
  }

  delete(place: string): void {
    const { vault, name } = this.#locate(place);
    this.#store.delete(vault, name);
  }

  /** Replaces GitHub's public key for this secret. */
  rotateKey(place: string): void {
    this.#store.rotateKey(this.#locate(place).vault);
  }

  /** All secrets. */
  all(): readonly StoredSecret[] {
    return this.#store.all();
  }

  /**
   * The value of `secrets.NAME` in a job created now: the environment's secret overrides the repository's, which
   * overrides the organization's [GitHub, Secrets reference]. `undefined` if there is none: a workflow then gets an
   * empty string.
   */
  forJob(repository: string, name: string, environment?: string): string | undefined {
    const found = this.#directory.repository(repository);
    if (found === undefined) throw new Error(`No repository ${repository}`);
    const [organization = ''] = found.fullName.split('/');
    const scopes: Scope[] = [
      { kind: 'repository', repository, app: 'actions' },
      { kind: 'organization', organization, app: 'actions' },
    ];
    if (environment !== undefined) scopes.unshift({ kind: 'environment', repository, environment });
    const secrets = scopes.map(scope => this.#store.get(vaultId(scope, this.#directory), name));
    return secrets.find(secret => {
      if (secret?.access?.visibility === 'private') return found.private;
      if (secret?.access?.visibility === 'selected') return secret.access.repositories.includes(found.id);
      return secret !== undefined;
    })?.value;
  }

  #locate(place: string): { readonly vault: string; readonly name: string; readonly scope: Scope } {
    const route = parseRoute(`/${place.replace(/^\//, '')}`);
    if (route?.kind !== 'secret') throw new Error(`No path of a secret: ${place}`);
    const { scope, name } = route;
    return { vault: vaultId(scope, this.#directory), name, scope };
  }
}
