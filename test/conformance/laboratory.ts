/**
 * A place to ask Mapbox questions in: plain requests with the authorizing token, and tokens to try things with, of
 * which every one that is stored is deleted in the end.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { parseToken } from '../../src/mapbox/token.ts';
import { extractTokens } from '../../src/secret.ts';
import { isObject, isStrings, parseJson } from '../support/mapbox/wire.ts';

/** A question that cannot be asked here, and why. */
export class NotAsked extends Error {}

export interface Question {
  readonly method?: string;
  /** `{username}` stands for the account. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, a text as it is. */
  readonly body?: unknown;
  /** In place of the authorizing token; `null` for none. */
  readonly token?: string | null;
}

/** An answer, read as far as it is JSON. */
export interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
  /** Status and message in one, never anything that could be a token: `422 scopes are invalid`. */
  readonly words: string;
}

export interface StoredToken {
  readonly id: string;
  readonly token: string;
  readonly told: Told;
}

export interface LaboratoryOptions {
  readonly url: string;
  readonly authorizer: string;
  /** Ends what is being asked; clearing up goes on. */
  readonly interrupted: AbortSignal;
  readonly say: (line: string) => void;
}

/** The longest that any request may take, in milliseconds. */
const LONGEST = 30_000;

export class Laboratory {
  readonly username: string;
  /** How the notes of all tokens made here begin. */
  readonly mark: string;
  readonly #options: LaboratoryOptions;
  readonly #made = new Set<string>();
  #held: ReadonlySet<string> = new Set();
  /** Whether anything was asked for since the last clearing up. */
  #stained = false;

  /** @throws {NotAsked} where the authorizing token cannot be one. */
  constructor(options: LaboratoryOptions) {
    const claims = parseToken(options.authorizer);
    if (claims === undefined) throw new NotAsked('MAPBOX_AUTHORIZING_TOKEN is not a Mapbox token.');
    this.username = claims.username;
    this.mark = `Test token, conformance ${randomBytes(4).toString('hex')}`;
    this.#options = options;
  }

  /**
   * Learns what the authorizing token holds.
   *
   * @throws {NotAsked} where it cannot clear up behind itself.
   */
  async open(): Promise<void> {
    const id = parseToken(this.#options.authorizer)?.id;
    for await (const token of this.#tokens()) {
      if (token['id'] === id && isStrings(token['scopes'])) this.#held = new Set(token['scopes']);
    }
    if (!this.#held.has('tokens:write')) {
      throw new NotAsked('The authorizing token is not on the list of the account, or lacks tokens:write.');
    }
  }

  /** @throws {NotAsked} where the authorizing token lacks one of the scopes. */
  needs(...scopes: readonly string[]): void {
    const missing = scopes.filter(scope => !this.#held.has(scope));
    if (missing.length > 0) throw new NotAsked(`the authorizing token lacks ${missing.join(', ')}`);
  }

  /** Asks once; over the rate limit, it waits for the reset and asks once more. */
  async ask(question: Question): Promise<Told> {
    const { interrupted, say } = this.#options;
    const told = await this.#send(question, interrupted);
    if (told.status !== 429) return told;
    const reset = Number(told.headers.get('x-rate-limit-reset')) * 1000 - Date.now();
    const pause = Math.min(Math.max(reset, 1000) || 60_000, 61_000);
    say(`The rate limit is reached; waiting ${Math.ceil(pause / 1000)} s.`);
    await setTimeout(pause, undefined, { signal: interrupted });
    return this.#send(question, interrupted);
  }

  /** As {@link ask}, but takes a 429 for the answer. */
  askOnce(question: Question): Promise<Told> {
    return this.#send(question, this.#options.interrupted);
  }

  /** Asks for a stored token with these fields and the note of a test token; it may be refused. */
  async create(fields: object, token?: string): Promise<Told> {
    const body = { note: this.mark, ...fields };
    const question = { method: 'POST', path: '/tokens/v2/{username}', body };
    const told = await this.ask(token === undefined ? question : { ...question, token });
    if (isObject(told.json) && typeof told.json['id'] === 'string') this.#made.add(told.json['id']);
    return told;
  }

  /** @throws {NotAsked} where it is refused. */
  async store(scopes: readonly string[], fields: object = {}): Promise<StoredToken> {
    this.needs(...scopes);
    const told = await this.create({ scopes, ...fields });
    const { id, token } = isObject(told.json) ? told.json : {};
    if (typeof id === 'string' && typeof token === 'string') return { id, token, told };
    throw new NotAsked(`a test token was refused: ${told.words}`);
  }

  /** Asks for a temporary token that lives for a minute. */
  lend(scopes: readonly string[], fields: object = {}, token?: string): Promise<Told> {
    const expires = new Date(Date.now() + 60_000).toISOString();
    const question = { method: 'POST', path: '/tokens/v2/{username}', body: { scopes, expires, ...fields } };
    return this.ask(token === undefined ? question : { ...question, token });
  }

  /** @throws {NotAsked} where it is refused. */
  async borrow(scopes: readonly string[], token?: string): Promise<string> {
    this.needs(...scopes);
    const { json, words } = await this.lend(scopes, {}, token);
    if (isObject(json) && typeof json['token'] === 'string') return json['token'];
    throw new NotAsked(`a temporary token was refused: ${words}`);
  }

  async remove(id: string, token?: string): Promise<Told> {
    const question = { method: 'DELETE', path: `/tokens/v2/{username}/${id}` };
    const told = await this.ask(token === undefined ? question : { ...question, token });
    if (told.status === 204) this.#made.delete(id);
    return told;
  }

  /** Mapbox's verdict on a token. */
  async verdict(token: string): Promise<unknown> {
    const { json } = await this.ask({ path: '/tokens/v2', token });
    return isObject(json) ? json['code'] : undefined;
  }

  /**
   * Deletes every token that was made here, also those whose making nobody heard of.
   *
   * @returns the ids of those that are still alive.
   */
  async clear(): Promise<string[]> {
    if (!this.#stained) return [];
    for await (const { id, note } of this.#tokens()) {
      if (typeof id === 'string' && typeof note === 'string' && note.startsWith(this.mark))
        this.#made.add(id);
    }
    const alive: string[] = [];
    for (const id of this.#made) {
      const { status } = await this.#patiently({ method: 'DELETE', path: `/tokens/v2/{username}/${id}` });
      if (status !== 204 && status !== 404) alive.push(id);
    }
    this.#made.clear();
    for (const id of alive) this.#made.add(id);
    this.#stained = alive.length > 0;
    return alive;
  }

  async *#tokens(): AsyncGenerator<Readonly<Record<string, unknown>>> {
    let query: Record<string, string> = {};
    for (let pages = 0; pages < 1000; pages++) {
      const { status, json, headers, words } = await this.#patiently({
        path: '/tokens/v2/{username}',
        query,
      });
      if (status !== 200 || !Array.isArray(json)) {
        throw new NotAsked(`the account's tokens cannot be listed (${words}); tokens:read is needed`);
      }
      yield* json.filter(isObject);
      const next = nextOf(headers);
      if (next === undefined) return;
      query = Object.fromEntries(new URL(next, this.#options.url).searchParams);
    }
  }

  /** Also when interrupted, and beyond the rate limit: what was made has to be deleted. */
  async #patiently(question: Question): Promise<Told> {
    for (let attempt = 1; ; attempt++) {
      const told = await this.#send(question, undefined).catch(() => undefined);
      if (told !== undefined && told.status !== 429 && told.status < 500) return told;
      if (attempt === 5) throw new NotAsked(`Mapbox cannot be asked (${told?.words ?? 'no answer'})`);
      const reset = Number(told?.headers.get('x-rate-limit-reset')) * 1000 - Date.now();
      await setTimeout(told?.status === 429 ? Math.min(Math.max(reset, 1000) || 60_000, 61_000) : 1000);
    }
  }

  async #send(question: Question, signal: AbortSignal | undefined): Promise<Told> {
    const { method = 'GET', path, query, headers, body, token = this.#options.authorizer } = question;
    const url = new URL(path.replace('{username}', encodeURIComponent(this.username)), this.#options.url);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    if (token !== null) url.searchParams.set('access_token', token);
    this.#stained ||= method === 'POST';
    const limit = AbortSignal.timeout(LONGEST);
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    });
    const json = parseJson(await answer.text());
    const message = isObject(json) && typeof json['message'] === 'string' ? json['message'] : '';
    const hidden = extractTokens(message).reduce((text, found) => text.replaceAll(found, '***'), message);
    return {
      status: answer.status,
      headers: answer.headers,
      json,
      words: `${answer.status} ${hidden.slice(0, 80)}`.trim(),
    };
  }
}

/** The link to the next page. */
export function nextOf(headers: Headers): string | undefined {
  return /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(headers.get('link') ?? '')?.[1];
}
