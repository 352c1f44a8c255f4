/** The secrets in plain text, which GitHub's API never shows. */
import { createKeyPair, type KeyPair } from './sealed-box.ts';

/** The access to an organization's secret; `selected` has the repositories' IDs. */
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

  /** The vault with this ID, created on first use. */
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

  /** Creates or replaces a secret, and keeps its creation time. */
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

  /** All secrets. */
  all(): readonly StoredSecret[] {
    return [...this.#vaults.values()].flatMap(({ secrets }) => [...secrets.values()]);
  }
}
