import { channel } from 'node:diagnostics_channel';
import type { Dispatcher } from 'undici';
import diagnostics from 'undici/lib/core/diagnostics.js';
import Client from 'undici/lib/dispatcher/client.js';
import { Secret } from '../secret.ts';
import type { Exchange, HttpAnswer, HttpRequest, NoAnswer } from './exchange.ts';
import type { Proxies } from './proxies.ts';

/** When a single request is given up, whatever time the step still has. Milliseconds and bytes. */
export interface Limits {
  readonly connect: number;
  /** The longest silence before the headers, or within the body. */
  readonly silence: number;
  readonly whole: number;
  readonly bytes: number;
}

const LIMITS: Limits = { connect: 10_000, silence: 20_000, whole: 30_000, bytes: 256 * 1024 };

// undici tells diagnostics channels, and under NODE_DEBUG=undici the log, the path of every request: ours has
// the token in its query. The channels it publishes on are put out of everybody's reach.
for (const name of Object.keys(diagnostics.channels)) {
  diagnostics.channels[name] = channel(`create-mapbox-token:unheard:${name}`);
}

/** A way to Mapbox, and the end of it. */
export interface Wire {
  readonly exchange: Exchange;
  /** Drops every connection, also one that is still being made. */
  close(): Promise<void>;
}

/**
 * Opens the way to the Mapbox API below `api`, through a proxy if one is given. Nothing is sent yet. Every
 * request has a connection of its own, so that a connection that died while idle is never mistaken for one
 * that died with a request on it.
 */
export function openWire(api: URL, proxies: Proxies | undefined, limits: Limits = LIMITS): Wire {
  let dispatcher: Promise<Dispatcher> | undefined;
  const base = api.pathname.replace(/\/+$/, '');

  const exchange: Exchange = async (request, limit) => {
    dispatcher ??= connectTo(api, proxies, limits);
    const handler = new AnswerHandler(Math.min(limit, limits.whole), limits.bytes);
    try {
      (await dispatcher).dispatch(
        {
          origin: api.origin,
          path: base + pathAndQuery(request),
          method: request.method,
          headers: headersOf(request),
          body: request.body === undefined ? null : JSON.stringify(request.body),
          idempotent: false,
        },
        handler,
      );
    } catch (error) {
      handler.fail(codeOf(error));
    }
    return handler.end;
  };

  return {
    exchange,
    async close() {
      await (await dispatcher)?.destroy();
    },
  };
}

async function connectTo(api: URL, proxies: Proxies | undefined, limits: Limits): Promise<Dispatcher> {
  // `rejectUnauthorized` is said here so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch the check off:
  // whoever needs another authority has NODE_EXTRA_CA_CERTS.
  const tls = { timeout: limits.connect, rejectUnauthorized: true };
  const options = {
    connect: tls,
    allowH2: false,
    // The parser that is still an experiment is left out of the bundle, and so must not be asked for.
    useMilo: false,
    pipelining: 0,
    headersTimeout: limits.silence,
    bodyTimeout: limits.silence,
  };
  if (proxies === undefined) return new Client(api.origin, options);
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

function pathAndQuery({ path, query, token }: HttpRequest): string {
  const parameters = new URLSearchParams({ ...query, access_token: token.reveal() });
  return `${path}?${parameters}`;
}

function headersOf({ body }: HttpRequest): Record<string, string> {
  const headers = { accept: 'application/json', 'user-agent': 'create-mapbox-token' };
  return body === undefined ? headers : { ...headers, 'content-type': 'application/json' };
}

/** Gathers one answer. Settles `end` once: with the answer, however broken, or with why there is none. */
class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly end: Promise<HttpAnswer | NoAnswer>;
  readonly #settle: (end: HttpAnswer | NoAnswer) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #most: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #head: { status: number; headers: Record<string, string> } | undefined;
  #ended = false;

  constructor(limit: number, bytes: number) {
    this.#most = bytes;
    const { promise, resolve } = Promise.withResolvers<HttpAnswer | NoAnswer>();
    this.end = promise;
    this.#settle = resolve;
    this.#timer = setTimeout(() => this.#giveUp('too slow', 'TIMEOUT'), Math.max(0, limit));
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
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name.toLowerCase(), first] as const];
    });
    this.#head = { status, headers: Object.fromEntries(single) };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#most) this.#giveUp('too large', 'TOO_LARGE');
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#head !== undefined) {
      this.#finish({ kind: 'answer', ...this.#head, body: { kind: 'whole', text: this.#text() } });
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#breakOff('cut off', codeOf(error));
  }

  /** For what undici throws instead of handing on. */
  fail(code: string): void {
    this.#breakOff('cut off', code);
  }

  #giveUp(how: 'too large' | 'too slow', code: string): void {
    const controller = this.#controller;
    this.#breakOff(how, code);
    controller?.abort(new Error(code));
  }

  #breakOff(how: 'cut off' | 'too large' | 'too slow', code: string): void {
    this.#finish(
      this.#head === undefined
        ? { kind: 'no answer', sent: this.#controller !== undefined, code }
        : { kind: 'answer', ...this.#head, body: { kind: 'broken', how, text: this.#text() } },
    );
  }

  #finish(end: HttpAnswer | NoAnswer): void {
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
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    // ProxyAgent tells the proxy's status in words only.
    const proxyStatus = /^Proxy response \((\d{3})\)/.exec(at.message)?.[1];
    if (proxyStatus !== undefined) return `PROXY_${proxyStatus}`;
    if ('code' in at && typeof at.code === 'string' && !/^UND_ERR_(?:PRX|INFO)/.test(at.code)) {
      return at.code.replace(/\W/g, '_');
    }
  }
  return 'UNKNOWN';
}
