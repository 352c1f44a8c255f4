/**
 * A Mapbox client for the probes: plain requests with the authorizing token, and test tokens. All stored test tokens
 * are deleted in the end.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isObject, isStrings } from '../support/mapbox/messages.ts';
import { readToken } from '../support/mapbox/token-format.ts';
import { type ApiAnswer, nextQuery, pauseAfter, readAnswer } from './api-answer.ts';

/** A probe that cannot be run here, with the reason. */
export class NotAsked extends Error {}

/** A reason to stop: test tokens could not be told from others. */
export class Unsafe extends Error {}

export interface ApiRequest {
  readonly method?: string;
  /** `{username}` is replaced by the account. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, a string unchanged. */
  readonly body?: unknown;
  /** Instead of the authorizing token; `null` for none. */
  readonly token?: string | null;
}

export interface TestToken {
  readonly id: string;
  readonly token: string;
  readonly answer: ApiAnswer;
}

/** Tokens that could not be cleaned up. */
export interface Leftovers {
  /** The IDs of test tokens that are still alive. */
  readonly alive: readonly string[];
  /** The IDs of possible test tokens with another note, which are not deleted. */
  readonly doubtful: readonly string[];
  /** How many creations got no response and left no token to be found. */
  readonly unaccounted: number;
}

export interface ApiClientOptions {
  readonly url: string;
  readonly authorizingToken: string;
  /** Stops the running probe, but not the clean-up. */
  readonly interrupted: AbortSignal;
  readonly log: (line: string) => void;
  /** How long a creation in progress may take after an interruption, in milliseconds. */
  readonly grace?: number;
}

const REQUEST_TIMEOUT = 30_000;
const CREATION_GRACE = 5000;

export class ApiClient {
  readonly username: string;
  /** The beginning of every test token's note. */
  readonly notePrefix: string;
  readonly #options: ApiClientOptions;
  readonly #created = new Set<string>();
  readonly #doubtful = new Set<string>();
  #held: ReadonlySet<string> = new Set();
  /** Creations of stored tokens since the last clean-up, and how many of them got no response. */
  #sent = 0;
  #unanswered = 0;

  /** @throws {NotAsked} if the authorizing token is invalid. */
  constructor(options: ApiClientOptions) {
    const read = readToken(options.authorizingToken);
    if (read === undefined) throw new NotAsked('MAPBOX_AUTHORIZING_TOKEN is not a Mapbox token.');
    this.username = read.payload.u;
    this.notePrefix = `Test token, conformance ${randomBytes(4).toString('hex')}`;
    this.#options = options;
  }

  /**
   * Finds out the authorizing token's scopes.
   *
   * @throws {NotAsked} if it could not delete the test tokens.
   */
  async open(): Promise<void> {
    const read = readToken(this.#options.authorizingToken);
    const id = read?.usage === 'tk' ? undefined : read?.payload.a;
    for await (const token of this.#tokens()) {
      if (token['id'] === id && isStrings(token['scopes'])) this.#held = new Set(token['scopes']);
    }
    if (!this.#held.has('tokens:write')) {
      throw new NotAsked('The authorizing token is not on the list of the account, or lacks tokens:write.');
    }
  }

  /** @throws {NotAsked} if the authorizing token lacks one of the scopes. */
  requireScopes(...scopes: readonly string[]): void {
    const missing = scopes.filter(scope => !this.#held.has(scope));
    if (missing.length > 0) throw new NotAsked(`the authorizing token lacks ${missing.join(', ')}`);
  }

  /** Sends a request; after a 429, waits for the reset and sends it once more. */
  async request(request: ApiRequest): Promise<ApiAnswer> {
    const { interrupted, log } = this.#options;
    const answer = await this.#send(request, interrupted);
    if (answer.status !== 429) return answer;
    const pause = pauseAfter(answer);
    log(`The rate limit is exceeded; waiting ${Math.ceil(pause / 1000)} s.`);
    await sleep(pause, undefined, { signal: interrupted });
    return this.#send(request, interrupted);
  }

  /** As {@link request}, but returns a 429. */
  requestOnce(request: ApiRequest): Promise<ApiAnswer> {
    return this.#send(request, this.#options.interrupted);
  }

  /**
   * Requests a stored token with these fields and a test token's note; it may be rejected.
   *
   * @throws {Unsafe} if the response has another note, because it may name someone else's token.
   */
  async requestToken(fields: object, token?: string): Promise<ApiAnswer> {
    const body = { note: this.notePrefix, ...fields };
    const answer = await this.request({ ...CREATE, body, ...(token !== undefined && { token }) });
    const { id, note } = answer.fields;
    if (answer.status >= 300 || typeof id !== 'string') return answer;
    if (typeof note !== 'string' || !note.startsWith(this.notePrefix)) {
      this.#doubtful.add(id);
      throw new Unsafe('Mapbox stored another note than it was sent, or answered another request.');
    }
    this.#created.add(id);
    return answer;
  }

  /** @throws {NotAsked} if it is rejected. */
  async createToken(scopes: readonly string[], fields: object = {}): Promise<TestToken> {
    this.requireScopes(...scopes);
    const answer = await this.requestToken({ scopes, ...fields });
    const { id, token } = answer.fields;
    if (typeof id === 'string' && typeof token === 'string') return { id, token, answer };
    throw new NotAsked(`a test token was refused: ${answer.words}`);
  }

  /** Requests a temporary token that lives for a minute; it may be rejected. */
  async requestTemporary(scopes: readonly string[], fields: object = {}, token?: string): Promise<ApiAnswer> {
    const expires = new Date(Date.now() + 60_000).toISOString();
    const body = { scopes, expires, ...fields };
    const answer = await this.request({ ...CREATE, body, ...(token !== undefined && { token }) });
    // A temporary token has no ID: this one was stored, and without a note.
    if (answer.status < 300 && typeof answer.fields['id'] === 'string')
      this.#doubtful.add(answer.fields['id']);
    return answer;
  }

  /** @throws {NotAsked} if it is rejected. */
  async createTemporary(scopes: readonly string[], token?: string): Promise<string> {
    this.requireScopes(...scopes);
    const { fields, words } = await this.requestTemporary(scopes, {}, token);
    if (typeof fields['token'] === 'string') return fields['token'];
    throw new NotAsked(`a temporary token was refused: ${words}`);
  }

  async deleteToken(id: string, token?: string): Promise<ApiAnswer> {
    const answer = await this.request({ ...DELETE(id), ...(token !== undefined && { token }) });
    if (answer.status === 204) this.#created.delete(id);
    return answer;
  }

  /** Mapbox's validation of a token. */
  async validate(token: string): Promise<unknown> {
    const { fields } = await this.request({ path: '/tokens/v2', token });
    return fields['code'];
  }

  /** Deletes every token created here, including those whose creation got no response. */
  async cleanUp(): Promise<Leftovers> {
    if (this.#sent === 0 && this.#created.size === 0) return this.#leftovers(0);
    const found = await this.#findOwn();
    const unheard = found.filter(id => !this.#created.has(id)).length;
    const unaccounted = Math.max(0, this.#unanswered - unheard);
    for (const id of found) this.#created.add(id);
    let unsure = false;
    for (const id of [...this.#created]) {
      const { status } = await this.#persistently(DELETE(id));
      if (status === 204) this.#created.delete(id);
      // Not proof of deletion, which only the list gives.
      unsure ||= status === 404;
    }
    if (unsure) {
      const alive = new Set(await this.#findOwn());
      for (const id of [...this.#created]) if (!alive.has(id)) this.#created.delete(id);
    }
    this.#sent = 0;
    this.#unanswered = 0;
    return this.#leftovers(unaccounted);
  }

  #leftovers(unaccounted: number): Leftovers {
    return { alive: [...this.#created], doubtful: [...this.#doubtful], unaccounted };
  }

  /** The IDs of the test tokens on the list. */
  async #findOwn(): Promise<string[]> {
    const ids: string[] = [];
    for await (const { id, note } of this.#tokens()) {
      if (typeof id === 'string' && typeof note === 'string' && note.startsWith(this.notePrefix))
        ids.push(id);
    }
    return ids;
  }

  async *#tokens(): AsyncGenerator<Readonly<Record<string, unknown>>> {
    // A new value each time, to bypass caches.
    let query: Record<string, string> = { fresh: randomBytes(6).toString('hex') };
    for (let pages = 0; pages < 1000; pages++) {
      const answer = await this.#persistently({ path: '/tokens/v2/{username}', query });
      if (answer.status !== 200 || !Array.isArray(answer.json)) {
        throw new NotAsked(`the account's tokens cannot be listed (${answer.words}); tokens:read is needed`);
      }
      yield* answer.json.filter(isObject);
      const next = nextQuery(answer);
      if (next === undefined) return;
      query = next;
    }
  }

  /** Retries even when interrupted or over the rate limit: created tokens must be deleted. */
  async #persistently(request: ApiRequest): Promise<ApiAnswer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#send(request, undefined).catch(() => undefined);
      if (answer !== undefined && answer.status !== 429 && answer.status < 500) return answer;
      if (attempt === 5) throw new NotAsked(`Mapbox cannot be asked (${answer?.words ?? 'no response'})`);
      await sleep(answer?.status === 429 ? pauseAfter(answer) : 1000);
    }
  }

  async #send(request: ApiRequest, interrupted: AbortSignal | undefined): Promise<ApiAnswer> {
    interrupted?.throwIfAborted();
    const { method = 'GET', path, query, headers, body, token = this.#options.authorizingToken } = request;
    const url = new URL(path.replace('{username}', encodeURIComponent(this.username)), this.#options.url);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    if (token !== null) url.searchParams.set('access_token', token);
    const creates = method === 'POST';
    const stores = creates && !(isObject(body) && 'expires' in body);
    const stop =
      interrupted && creates ? delayed(interrupted, this.#options.grace ?? CREATION_GRACE) : interrupted;
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT);
    if (stores) this.#sent++;
    try {
      const response = await fetch(url, {
        method,
        redirect: 'manual',
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
        signal: stop === undefined ? timeout : AbortSignal.any([timeout, stop]),
      });
      return readAnswer(response, await response.text());
    } catch (error) {
      if (stores) this.#unanswered++;
      throw error;
    }
  }
}

const CREATE: ApiRequest = { method: 'POST', path: '/tokens/v2/{username}' };
const DELETE = (id: string): ApiRequest => ({
  method: 'DELETE',
  path: `/tokens/v2/{username}/${encodeURIComponent(id)}`,
});

/** A signal that follows another one with a delay. */
function delayed(signal: AbortSignal, ms: number): AbortSignal {
  const controller = new AbortController();
  signal.addEventListener('abort', () => setTimeout(() => controller.abort(), ms).unref(), { once: true });
  return controller.signal;
}
