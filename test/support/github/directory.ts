/** The organizations and repositories of the stand-in. Names are not case-sensitive. */

export interface Repository {
  readonly id: number;
  /** `owner/name`. */
  fullName: string;
  readonly private: boolean;
  /** Read-only. */
  archived: boolean;
  /** In lower case. */
  readonly environments: Set<string>;
}

export interface Organization {
  readonly id: number;
  readonly login: string;
}

export class Directory {
  readonly #repositories: Repository[] = [];
  readonly #organizations: Organization[] = [];
  /** Former names in lower case. */
  readonly #moved = new Map<string, Repository>();
  #ids = 1000;

  /** Private by default, like most repositories with secrets. */
  addRepository(
    fullName: string,
    options: {
      readonly id?: number;
      readonly private?: boolean;
      readonly environments?: readonly string[];
    } = {},
  ): Repository {
    const repository: Repository = {
      id: options.id ?? ++this.#ids,
      fullName,
      private: options.private ?? true,
      archived: false,
      environments: new Set((options.environments ?? []).map(name => name.toLowerCase())),
    };
    this.#repositories.push(repository);
    return repository;
  }

  addOrganization(login: string): Organization {
    const organization = { id: ++this.#ids, login };
    this.#organizations.push(organization);
    return organization;
  }

  /** The old name redirects to the new one until another repository takes it. */
  renameRepository(from: string, to: string): void {
    const repository = this.repository(from);
    if (repository === undefined) throw new Error(`No repository ${from}`);
    this.#moved.set(from.toLowerCase(), repository);
    repository.fullName = to;
  }

  repository(fullName: string): Repository | undefined {
    return this.#repositories.find(one => one.fullName.toLowerCase() === fullName.toLowerCase());
  }

  repositoryById(id: number): Repository | undefined {
    return this.#repositories.find(one => one.id === id);
  }

  /** The repository that was renamed from this name. */
  movedRepository(fullName: string): Repository | undefined {
    return this.repository(fullName) ? undefined : this.#moved.get(fullName.toLowerCase());
  }

  organization(login: string): Organization | undefined {
    return this.#organizations.find(one => one.login.toLowerCase() === login.toLowerCase());
  }

  /**
   * Replaces names in a path by IDs, as in GitHub's redirects for renamed repositories (`/repositories/7/…`) and links
   * to further pages (`/organizations/3/…`); other paths stay unchanged.
   */
  namedPath(path: string): string {
    return path
      .replace(/^\/repositories\/(\d+)(?=\/)/, (whole, id) => {
        const repository = this.repositoryById(Number(id));
        return repository ? `/repos/${repository.fullName}` : whole;
      })
      .replace(/^\/organizations\/(\d+)(?=\/)/, (whole, id) => {
        const organization = this.#organizations.find(one => one.id === Number(id));
        return organization ? `/orgs/${organization.login}` : whole;
      });
  }
}
