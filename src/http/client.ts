import { channel } from 'node:diagnostics_channel';
import type { Dispatcher } from 'undici';
import diagnostics from 'undici/lib/core/diagnostics.js';
import Client from 'undici/lib/dispatcher/client.js';
import { Secret } from '../secret.ts';
import type { ProxySettings } from './proxy.ts';

/** One request, as it goes over the wire. */
export interface HttpRequest {
  readonly method: string;
  /** The path and the query, percent-encoded. It may have a token in it and is told to nobody. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** The body of an answer. It may carry a new token, also where it is broken. */
export type ResponseBody =
  | { readonly kind: 'complete'; readonly text: Secret }
  | {
      readonly kind: 'incomplete';
      readonly how: 'truncated' | 'too-large' | 'timeout';
      readonly text: Secret;
    };

export interface HttpResponse {
  readonly kind: 'response';
  readonly status: number;
  /** By lower-case name; of a repeated header the first, but of `link` all, with commas between. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ResponseBody;
}

/** No answer came. `sent: false` promises that the server never saw the request. */
export interface NoResponse {
  readonly kind: 'no-response';
  readonly sent: boolean;
  /** What failed, as Node, OpenSSL or undici call it (`ECONNREFUSED`), or one of our own: `TIMEOUT`, `NOT_HTTP`, `PROXY_<status>`. */
  readonly code: string;
}

/** A way to a server, and the end of it. */
export interface HttpClient {
  /**
   * Sends one request and waits for its answer, `limit` milliseconds at most. Never rejects for what happens on
   * the wire, follows no redirect, repeats nothing.
   */
  send(request: HttpRequest, limit: number): Promise<HttpResponse | NoResponse>;
  /** Drops every connection. One that is still being made goes on trying, and keeps the process, until its limit. */
  close(): Promise<void>;
}

/** When a single request is given up, whatever time the step still has. Milliseconds and bytes. */
export interface HttpLimits {
  readonly connect: number;
  /** The longest silence before the headers, or within the body. */
  readonly idle: number;
  readonly total: number;
  readonly maxBytes: number;
}

export const LIMITS: HttpLimits = { connect: 10_000, idle: 20_000, total: 30_000, maxBytes: 256 * 1024 };

// undici tells diagnostics channels, and under NODE_DEBUG=undici the log, the path and the headers of every
// request, and with them the token. The channels it publishes on are put out of everybody's reach.
for (const name of Object.keys(diagnostics.channels)) {
  diagnostics.channels[name] = channel(`create-mapbox-token:unheard:${name}`);
}

/**
 * Opens the way to the server at `url`, through a proxy if one is given. Nothing is sent yet. Every request has
 * a connection of its own, so that a connection that died while idle is never mistaken for one that died with a
 * request on it.
 */
export function createHttpClient(
  url: URL,
  proxies: ProxySettings | undefined,
  limits: Partial<HttpLimits> = {},
): HttpClient {
  const { origin } = url;
  const most = { ...LIMITS, ...limits };
  const open = new Set<Dispatcher>();
  return {
    async send({ method, path, headers, body = null }, limit) {
      const handler = new ResponseHandler(Math.min(limit, most.total), most.maxBytes);
      const connection = await connectTo(origin, proxies, most);
      open.add(connection);
      try {
        connection.dispatch({ origin, path, method, headers, body, idempotent: false }, handler);
      } catch (error) {
        handler.fail(errorCode(error));
      }
      const end = await handler.end;
      open.delete(connection);
      connection.destroy().catch(() => {});
      return end;
    },
    async close() {
      await Promise.all(Array.from(open, connection => connection.destroy()));
    },
  };
}

async function connectTo(
  origin: string,
  proxies: ProxySettings | undefined,
  limits: HttpLimits,
): Promise<Dispatcher> {
  // `rejectUnauthorized` is said here so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch the check off:
  // whoever needs another authority has NODE_EXTRA_CA_CERTS.
  // HTTP/2 is not in the bundle; an `https:` proxy must not be offered it either.
  const tls = { timeout: limits.connect, rejectUnauthorized: true, allowH2: false };
  const options = {
    connect: tls,
    allowH2: false,
    // The parser that is still an experiment is left out of the bundle, and so must not be asked for.
    useMilo: false,
    pipelining: 0,
    maxHeaderSize: 16_384,
    headersTimeout: limits.idle,
    bodyTimeout: limits.idle,
  };
  if (proxies === undefined) return new Client(origin, options);
  const { default: EnvHttpProxyAgent } = await import('undici/lib/dispatcher/env-http-proxy-agent.js');
  const { default: connect } = await import('undici/lib/api/api-connect.js');
  return new EnvHttpProxyAgent({
    ...options,
    ...proxies,
    connectTimeout: limits.connect,
    requestTls: tls,
    proxyTls: tls,
    // The connection to the proxy itself does not get the options above; and undici gives its clients `connect`
    // only where it is loaded as a whole.
    clientFactory: (origin: URL, ownOptions: object) =>
      Object.assign(new Client(origin, { ...options, ...ownOptions }), { connect }),
  });
}

/** Gathers one answer. Settles `end` once: with the answer, however broken, or with why there is none. */
class ResponseHandler implements Dispatcher.DispatchHandler {
  readonly end: Promise<HttpResponse | NoResponse>;
  readonly #settle: (end: HttpResponse | NoResponse) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #most: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #head: { status: number; headers: Record<string, string> } | undefined;
  #ended = false;

  constructor(limit: number, bytes: number) {
    this.#most = bytes;
    const { promise, resolve } = Promise.withResolvers<HttpResponse | NoResponse>();
    this.end = promise;
    this.#settle = resolve;
    this.#timer = setTimeout(() => this.#giveUp('timeout', 'TIMEOUT'), Math.max(0, limit));
  }

  /** undici calls this when a connection is there and before the first byte is written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#ended) {
      controller.abort(new Error('given up before it was sent'));
      return;
    }
    this.#controller = controller;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#controller = controller;
    const single = Object.entries(headers).flatMap(([name, value]) => {
      const values = [value ?? []].flat();
      const text = name.toLowerCase() === 'link' ? values.join(', ') : values[0];
      return text === undefined ? [] : [[name.toLowerCase(), text] as const];
    });
    this.#head = { status, headers: Object.fromEntries(single) };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#most) this.#giveUp('too-large', 'TOO_LARGE');
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#head !== undefined) {
      this.#finish({ kind: 'response', ...this.#head, body: { kind: 'complete', text: this.#text() } });
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#breakOff('truncated', errorCode(error));
  }

  /** For what undici throws instead of handing on. */
  fail(code: string): void {
    this.#breakOff('truncated', code);
  }

  #giveUp(how: 'too-large' | 'timeout', code: string): void {
    const controller = this.#controller;
    this.#breakOff(how, code);
    controller?.abort(new Error(code));
  }

  #breakOff(how: 'truncated' | 'too-large' | 'timeout', code: string): void {
    this.#finish(
      this.#head === undefined
        ? { kind: 'no-response', sent: this.#controller !== undefined, code }
        : { kind: 'response', ...this.#head, body: { kind: 'incomplete', how, text: this.#text() } },
    );
  }

  #finish(end: HttpResponse | NoResponse): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#settle(end);
  }

  #text(): Secret {
    return new Secret(Buffer.concat(this.#chunks).toString());
  }
}

/** The error's own code, or that of the error behind it; only letters, digits and `_` leave this function. */
function errorCode(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    // undici gives this error a code that is empty (8.12.4).
    if (at.name === 'HTTPParserError') return 'NOT_HTTP';
    // ProxyAgent tells the proxy's status in words only.
    const proxyStatus = /^Proxy response \((\d{3})\)/.exec(at.message)?.[1];
    if (proxyStatus !== undefined) return `PROXY_${proxyStatus}`;
    if ('code' in at && typeof at.code === 'string' && !/^UND_ERR_(?:PRX|INFO)/.test(at.code)) {
      return at.code.replace(/\W/g, '_');
    }
  }
  return 'UNKNOWN';
}
