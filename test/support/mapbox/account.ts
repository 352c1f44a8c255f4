/** One Mapbox account in memory: which scopes it offers, which tokens it has and had. */

import { randomBytes } from 'node:crypto';
import {
  isSignedBy,
  newId,
  type ReadToken,
  readToken,
  type TemporaryPayload,
  writeToken,
} from './token-format.ts';

/** A token as the account keeps it [D] TOKENS 1.2. Temporary tokens are not kept [D] TOKENS 1.3. */
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
  /** The text. The API shows that of an `sk` at creation only; tests may see it always. */
  readonly token: string;
}

/** A scope that the account may use [D] TOKENS 1.7: `public` ones may stand in a `pk`. */
export interface OfferedScope {
  readonly id: string;
  readonly description: string;
  readonly public?: true;
}

/** What the account makes of a token's text; `code` is Mapbox's own [D] TOKENS 1.6. */
export type Examined =
  | { readonly code: 'TokenMalformed' | 'TokenInvalid' }
  | { readonly code: 'TokenValid' | 'TokenRevoked'; readonly usage: 'pk' | 'sk'; readonly token: StoredToken }
  | { readonly code: 'TokenValid' | 'TokenExpired'; readonly usage: 'tk'; readonly token: TemporaryPayload };

const publicScopes: Readonly<Record<string, string>> = {
  'styles:tiles': 'Read styles as raster tiles and static images.',
  'styles:read': 'Read styles.',
  'fonts:read': 'Read fonts.',
  'datasets:read': 'Read datasets.',
};

const secretScopes: Readonly<Record<string, string>> = {
  'scopes:list': 'List available scopes.',
  'map:read': 'Read maps.',
  'map:write': 'Write maps.',
  'user:read': 'Read the account profile.',
  'user:write': 'Write the account profile.',
  'uploads:read': 'Read one upload.',
  'uploads:list': 'List uploads.',
  'uploads:write': 'Create and delete uploads.',
  'styles:write': 'Create, update and delete styles.',
  'styles:list': 'List styles.',
  'styles:protect': 'Protect styles.',
  'tokens:read': 'Read tokens.',
  'tokens:write': 'Create, update and delete tokens.',
  'datasets:list': 'List datasets.',
  'datasets:write': 'Create, update and delete datasets.',
  'tilesets:list': 'List tilesets.',
  'tilesets:read': 'Read tilesets.',
  'tilesets:write': 'Create, update and delete tilesets.',
  'downloads:read': 'Download SDKs.',
  'atlas:read': 'Download Atlas data.',
};

export class Account {
  readonly username: string;
  readonly #now: () => number;
  /** New for each account, so that a token of another server is invalid here. */
  readonly #key = randomBytes(32);
  readonly #scopes = new Map<string, OfferedScope>();
  readonly #tokens = new Map<string, StoredToken>();
  readonly #revoked = new Map<string, StoredToken>();

  /** An account with the scopes of the facts' 4.1 and 4.2 and its default public token. `now` gives milliseconds. */
  constructor(username = 'octo', now: () => number = Date.now) {
    this.username = username;
    this.#now = now;
    for (const [id, description] of Object.entries(publicScopes))
      this.offer({ id, description, public: true });
    for (const [id, description] of Object.entries(secretScopes)) this.offer({ id, description });
    this.#store({ scopes: Object.keys(publicScopes), note: 'Default public token' }, true);
  }

  /** What the account may use, as `GET /scopes/v1/{username}` lists it. */
  scopes(): OfferedScope[] {
    return [...this.#scopes.values()];
  }

  /** Adds a scope (Mapbox does so from time to time) or replaces it. */
  offer(scope: OfferedScope): void {
    this.#scopes.set(scope.id, scope);
  }

  /** Whether all these scopes may be used by this account. */
  offers(scopes: readonly string[]): boolean {
    return scopes.every(scope => this.#scopes.has(scope));
  }

  /** Whether all these scopes are public; true for none at all. */
  arePublic(scopes: readonly string[]): boolean {
    return scopes.every(scope => this.#scopes.get(scope)?.public === true);
  }

  /** Makes a stored token as the console does, with no authorizer. A single secret scope makes it `sk` [D] TOKENS 0.1. */
  issue(options: { scopes: string[]; note?: string; allowedUrls?: string[]; created?: Date }): StoredToken {
    return this.#store(options, false);
  }

  /** Makes a temporary token that lives for `seconds` from now; no limit here, a negative number makes an expired one. */
  issueTemporary(options: { scopes: string[]; seconds: number }): string {
    return this.writeTemporary(options.scopes, this.#now() + options.seconds * 1000).token;
  }

  /**
   * Makes a temporary token and says what is in it. `expires` in milliseconds; the token knows seconds only [C], so
   * the rest of the last second is lost.
   */
  writeTemporary(scopes: readonly string[], expires: number): { token: string; payload: TemporaryPayload } {
    const payload: TemporaryPayload = {
      u: this.username,
      exp: Math.floor(expires / 1000),
      iat: Math.floor(this.#now() / 1000),
      scopes,
      client: 'api',
    };
    return { token: writeToken({ usage: 'tk', payload }, this.#key), payload };
  }

  /** What is stored now, oldest first. */
  tokens(): StoredToken[] {
    return [...this.#tokens.values()].sort((a, b) => compare(a.created, b.created));
  }

  /** What was ever stored, revoked tokens included, oldest first. */
  everIssued(): StoredToken[] {
    return [...this.#tokens.values(), ...this.#revoked.values()].sort((a, b) =>
      compare(a.created, b.created),
    );
  }

  find(id: string): StoredToken | undefined {
    return this.#tokens.get(id);
  }

  /** Revokes a stored token; false when there is none of that id. */
  delete(id: string): boolean {
    const token = this.#tokens.get(id);
    if (token === undefined) return false;
    this.#tokens.delete(id);
    this.#revoked.set(id, token);
    return true;
  }

  /** Changes what is given, and `modified`. `allowedUrls: null` clears them [C: SDKJS]. */
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

  /** Judges a token's text as `GET /tokens/v2` does [D] TOKENS 1.6. */
  examine(text: string): Examined {
    const read = readToken(text);
    if (read === undefined) return { code: 'TokenMalformed' };
    if (!isSignedBy(text, this.#key)) return { code: 'TokenInvalid' };
    if (read.usage === 'tk') {
      const expired = read.payload.exp * 1000 <= this.#now();
      return { code: expired ? 'TokenExpired' : 'TokenValid', usage: 'tk', token: read.payload };
    }
    const { usage } = read;
    const stored = this.#tokens.get(read.payload.a);
    if (stored !== undefined) return { code: 'TokenValid', usage, token: stored };
    const revoked = this.#revoked.get(read.payload.a);
    return revoked === undefined ? { code: 'TokenInvalid' } : { code: 'TokenRevoked', usage, token: revoked };
  }

  /** Whether the token works now: signed here, not revoked, not expired. */
  isAlive(text: string): boolean {
    return this.examine(text).code === 'TokenValid';
  }

  #store(
    options: { scopes: string[]; note?: string; allowedUrls?: string[]; created?: Date },
    isDefault: boolean,
  ): StoredToken {
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

/** Orders texts by their code units, which is the order of ISO dates. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
