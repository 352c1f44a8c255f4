/** A Mapbox account in memory: its scopes, and its past and present tokens. */

import { randomBytes } from 'node:crypto';
import { type OfferedScope, offeredScopes, publicScopeIds } from './scopes.ts';
import {
  isSignedBy,
  newId,
  type ReadToken,
  readToken,
  type TemporaryPayload,
  writeToken,
} from './token-format.ts';

/** A token as the account stores it [Mapbox, Tokens API]. Temporary tokens are not stored. */
export interface StoredToken {
  readonly id: string;
  readonly usage: 'pk' | 'sk';
  note: string | null;
  scopes: string[];
  allowedUrls?: string[];
  /** ISO 8601, UTC, milliseconds. */
  readonly created: string;
  modified: string;
  readonly default: boolean;
  readonly client: 'api';
  /** The token's text. The API shows an `sk` at creation only; tests may always see it. */
  readonly token: string;
}

/** The validation of a token's text; `code` is Mapbox's own [Mapbox, Tokens API: retrieve a token]. */
export type Examined =
  | { readonly code: 'TokenMalformed' }
  | { readonly code: 'TokenInvalid'; readonly read: ReadToken }
  | { readonly code: 'TokenValid' | 'TokenRevoked'; readonly usage: 'pk' | 'sk'; readonly token: StoredToken }
  | { readonly code: 'TokenValid' | 'TokenExpired'; readonly usage: 'tk'; readonly token: TemporaryPayload };

/** A token that this account issued: alive, revoked or expired. */
export type IssuedToken = Exclude<Examined, { code: 'TokenMalformed' } | { code: 'TokenInvalid' }>;

/** The fields of a new stored token. Created now unless a test wants it older. */
export interface NewToken {
  readonly scopes: readonly string[];
  readonly note?: string | null;
  readonly allowedUrls?: readonly string[];
  readonly created?: Date;
}

export class Account {
  readonly username: string;
  readonly #now: () => number;
  /** New for each account, so that tokens of another server are invalid here. */
  readonly #key = randomBytes(32);
  readonly #scopes = new Map<string, OfferedScope>();
  readonly #tokens = new Map<string, StoredToken>();
  readonly #revoked = new Map<string, { readonly token: StoredToken; readonly at: number }>();
  /** Milliseconds by which the list lags: new tokens are missing, and deleted ones remain. */
  listBehind = { created: 0, deleted: 0 };

  /** An account with the usual scopes and its default public token. `now` returns milliseconds. */
  constructor(username = 'octo', now: () => number = Date.now) {
    this.username = username;
    this.#now = now;
    for (const scope of offeredScopes) this.offer(scope);
    this.#store({ scopes: publicScopeIds, note: 'Default public token' }, true);
  }

  /** The scopes the account may use, as `GET /scopes/v1/{username}` lists them. */
  scopes(): OfferedScope[] {
    return [...this.#scopes.values()];
  }

  /** Adds a scope, as Mapbox does from time to time, or replaces it. */
  offer(scope: OfferedScope): void {
    this.#scopes.set(scope.id, scope);
  }

  /** Whether this account may use all of these scopes. */
  offers(scopes: readonly string[]): boolean {
    return scopes.every(scope => this.#scopes.has(scope));
  }

  /** Whether all these scopes are public; true for none at all. */
  arePublic(scopes: readonly string[]): boolean {
    return scopes.every(scope => this.#scopes.get(scope)?.public === true);
  }

  /**
   * Creates a stored token as the console does, without an authorizing token. A single secret scope makes it an `sk`.
   */
  issue(options: NewToken): StoredToken {
    return this.#store(options, false);
  }

  /**
   * Creates a temporary token that lives for `seconds` from now, without a limit; a negative number makes an expired
   * one. Tokens of `mapbox auth login` have a `client` of their own and live for eight hours.
   */
  issueTemporary(options: { scopes: string[]; seconds: number; client?: string }): string {
    const { scopes, seconds, client } = options;
    return this.writeTemporary(scopes, this.#now() + seconds * 1000, client).token;
  }

  /**
   * Creates a temporary token and returns its fields. `expires` is in milliseconds, which the token truncates to
   * seconds.
   */
  writeTemporary(
    scopes: readonly string[],
    expires: number,
    client = 'api',
  ): { token: string; payload: TemporaryPayload } {
    const payload: TemporaryPayload = {
      u: this.username,
      exp: Math.floor(expires / 1000),
      iat: Math.floor(this.#now() / 1000),
      scopes,
      client,
    };
    return { token: writeToken({ usage: 'tk', payload }, this.#key), payload };
  }

  /** The stored tokens, oldest first. */
  tokens(): StoredToken[] {
    return [...this.#tokens.values()].sort((a, b) => compare(a.created, b.created));
  }

  /** All tokens ever stored, including revoked ones, oldest first. */
  everIssued(): StoredToken[] {
    const revoked = [...this.#revoked.values()].map(({ token }) => token);
    return [...this.#tokens.values(), ...revoked].sort((a, b) => compare(a.created, b.created));
  }

  /** The tokens on the API's list, unordered: the stored ones, unless the list lags. */
  listed(): StoredToken[] {
    const { created, deleted } = this.listBehind;
    const now = this.#now();
    const gone = [...this.#revoked.values()].filter(({ at }) => now - at < deleted);
    return [...this.#tokens.values(), ...gone.map(({ token }) => token)].filter(
      token => created === 0 || now - Date.parse(token.created) >= created,
    );
  }

  find(id: string): StoredToken | undefined {
    return this.#tokens.get(id);
  }

  /** Revokes a stored token; false if there is none with that ID. */
  delete(id: string): boolean {
    const token = this.#tokens.get(id);
    if (token === undefined) return false;
    this.#tokens.delete(id);
    this.#revoked.set(id, { token, at: this.#now() });
    return true;
  }

  /** Changes the given fields, and `modified`. `allowedUrls: null` clears them [Mapbox's OpenAPI description]. */
  update(
    token: StoredToken,
    changes: { note?: string | null; scopes?: string[]; allowedUrls?: string[] | null },
  ): void {
    if (changes.note !== undefined) token.note = changes.note;
    if (changes.scopes !== undefined) token.scopes = changes.scopes;
    if (changes.allowedUrls === null) delete token.allowedUrls;
    else if (changes.allowedUrls !== undefined) token.allowedUrls = changes.allowedUrls;
    token.modified = new Date(this.#now()).toISOString();
  }

  /** Validates a token's text like `GET /tokens/v2`. */
  examine(text: string): Examined {
    const read = readToken(text);
    if (read === undefined) return { code: 'TokenMalformed' };
    if (!isSignedBy(text, this.#key)) return { code: 'TokenInvalid', read };
    if (read.usage === 'tk') {
      const expired = read.payload.exp * 1000 <= this.#now();
      return { code: expired ? 'TokenExpired' : 'TokenValid', usage: 'tk', token: read.payload };
    }
    const { usage } = read;
    const stored = this.#tokens.get(read.payload.a);
    if (stored !== undefined) return { code: 'TokenValid', usage, token: stored };
    const revoked = this.#revoked.get(read.payload.a);
    return revoked === undefined
      ? { code: 'TokenInvalid', read }
      : { code: 'TokenRevoked', usage, token: revoked.token };
  }

  /** Whether the token works now: signed here, not revoked, not expired. */
  isAlive(text: string): boolean {
    return this.examine(text).code === 'TokenValid';
  }

  #store(options: NewToken, isDefault: boolean): StoredToken {
    const id = newId();
    const usage = this.arePublic(options.scopes) ? 'pk' : 'sk';
    const created = (options.created ?? new Date(this.#now())).toISOString();
    const read: ReadToken = { usage, payload: { u: this.username, a: id } };
    const token: StoredToken = {
      client: 'api',
      note: options.note ?? null,
      usage,
      id,
      default: isDefault,
      scopes: [...options.scopes],
      created,
      modified: created,
      ...(options.allowedUrls && { allowedUrls: [...options.allowedUrls] }),
      token: writeToken(read, this.#key),
    };
    this.#tokens.set(id, token);
    return token;
  }
}

/** Compares texts by code units, which orders ISO dates. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
