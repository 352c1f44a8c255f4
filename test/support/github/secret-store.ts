/** The secrets, in plain text: what GitHub has behind its API, and gives to nobody but a job. */
import { createKeyPair, type KeyPair } from './sealed-box.ts';

/** Which repositories have an organization's secret; `selected` has their ids. */
export type Access =
  | { readonly visibility: 'all' | 'private' }
  | { readonly visibility: 'selected'; readonly repositories: readonly number[] };

export interface StoredSecret {
  /** In upper case. */
  readonly name: string;
  readonly value: string;
  /** Milliseconds since 1970, whole seconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Of an organization's secret. */
  readonly access: Access | undefined;
}

/** The secrets with one public key. */
export interface Vault {
  key: KeyPair;
  readonly secrets: Map<string, StoredSecret>;
}

export class SecretStore {
  readonly #now: () => number;
  readonly #vaults = new Map<string, Vault>();

  /** `now` is GitHub's clock, in milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The vault with this id, made at its first use. */
  vault(id: string): Vault {
    const found = this.#vaults.get(id) ?? { key: createKeyPair(), secrets: new Map() };
    this.#vaults.set(id, found);
    return found;
  }

  rotateKey(id: string): void {
    this.vault(id).key = createKeyPair();
  }

  get(id: string, name: string): StoredSecret | undefined {
    return this.vault(id).secrets.get(name.toUpperCase());
  }

  /** Creates or replaces a secret; what was created when, stays. */
  set(id: string, name: string, value: string, access?: Access): StoredSecret {
    const at = Math.floor(this.#now() / 1000) * 1000;
    const createdAt = this.get(id, name)?.createdAt ?? at;
    const secret = { name: name.toUpperCase(), value, createdAt, updatedAt: at, access };
    this.vault(id).secrets.set(secret.name, secret);
    return secret;
  }

  delete(id: string, name: string): void {
    this.vault(id).secrets.delete(name.toUpperCase());
  }

  /** Every secret there is. */
  all(): readonly StoredSecret[] {
    return [...this.#vaults.values()].flatMap(({ secrets }) => [...secrets.values()]);
  }
}
