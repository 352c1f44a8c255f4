import { channel } from 'node:diagnostics_channel';
import type { LookupFunction } from 'node:net';
import type { buildConnector, Dispatcher } from 'undici';
import createConnector from 'undici/lib/core/connect.js';
import diagnostics from 'undici/lib/core/diagnostics.js';
import Client from 'undici/lib/dispatcher/client.js';
import type { ProxySettings } from './proxy.ts';
import type { HttpResponse, NoResponse } from './response.ts';
import { ResponseHandler } from './response-handler.ts';
import { skipContinue } from './skip-continue.ts';

/** One request, as it is sent. */
export interface HttpRequest {
  readonly method: string;
  /** The path and the query, percent-encoded. It may contain a token, so it never leaves the client in another way. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Where a response may be larger than {@link HttpLimits.maxBytes}. */
  readonly maxBytes?: number | undefined;
}

/** Sends requests to one server. */
export interface HttpClient {
  /**
   * Sends one request and waits for its response. Never rejects for what happens on the network, follows no
   * redirect, repeats nothing.
   *
   * @param timeoutMs milliseconds that it may take in all.
   */
  send(request: HttpRequest, timeoutMs: number): Promise<HttpResponse | NoResponse>;
  /** Drops every connection. One that is still being made goes on trying, and keeps the process, until its limit. */
  close(): Promise<void>;
}

/** The limits of a single request, whatever time the step still has. Milliseconds and bytes. */
export interface HttpLimits {
  readonly connect: number;
  /** The longest silence before the headers, or within the body. */
  readonly idle: number;
  readonly total: number;
  readonly maxBytes: number;
}

/**
 * Node tries a host's addresses one after another, and by default has only 250 ms for each: too little for a slow one. All
 * together have {@link HttpLimits.connect}.
 */
const ADDRESS_TIMEOUT_MS = 2_500;

export const LIMITS: HttpLimits = { connect: 10_000, idle: 20_000, total: 30_000, maxBytes: 256 * 1024 };

// undici publishes the path and the headers of every request, and with them the token, on diagnostics channels, and under
// NODE_DEBUG=undici to the log. It gets channels of its own that nobody can subscribe to by name.
for (const name of Object.keys(diagnostics.channels)) {
  diagnostics.channels[name] = channel(`create-mapbox-token:private:${name}`);
}

/**
 * Creates a client for the server at `url`, through a proxy if one is given. Nothing is sent yet. Every request has a
 * connection of its own, so that a connection that died while idle is never mistaken for one that died with a request on
 * it.
 *
 * @param lookup resolves host names; Node's own unless given.
 */
export function createHttpClient(
  url: URL,
  proxy: ProxySettings | undefined,
  limits: Partial<HttpLimits> = {},
  lookup?: LookupFunction,
): HttpClient {
  const { origin } = url;
  const most = { ...LIMITS, ...limits };
  const peer = {
    host: hostAndPort(url),
    proxy: proxy === undefined ? undefined : hostAndPort(new URL(proxy.url)),
    hasProxyCredentials: proxy?.authorization !== undefined,
  };
  const open = new Set<Dispatcher>();
  return {
    async send({ method, path, headers, body = null, maxBytes = most.maxBytes }, timeoutMs) {
      const handler = new ResponseHandler(Math.min(timeoutMs, most.total), maxBytes);
      const connection = await connectTo(origin, proxy, most, lookup);
      open.add(connection);
      try {
        connection.dispatch({ origin, path, method, headers, body, idempotent: false }, handler);
      } catch (error) {
        handler.fail(error);
      }
      const end = await handler.end;
      open.delete(connection);
      connection.destroy().catch(() => {});
      return end.kind === 'no-response' ? { ...end, peer } : end;
    },
    async close() {
      await Promise.all(Array.from(open, connection => connection.destroy()));
    },
  };
}

function hostAndPort({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === 'http:' ? 80 : 443)}`;
}

async function connectTo(
  origin: string,
  proxy: ProxySettings | undefined,
  limits: HttpLimits,
  lookup: LookupFunction | undefined,
): Promise<Dispatcher> {
  // `rejectUnauthorized` is said here so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch the check off:
  // whoever needs another authority has NODE_EXTRA_CA_CERTS.
  // HTTP/2 is not in the bundle; an `https:` proxy must not be offered it either.
  const tls = {
    timeout: limits.connect,
    rejectUnauthorized: true,
    allowH2: false,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
    ...(lookup && { lookup }),
  };
  const options = {
    connect: withoutContinue(createConnector(tls)),
    allowH2: false,
    // The parser that is still an experiment is left out of the bundle, and so must not be asked for.
    useMilo: false,
    pipelining: 0,
    maxHeaderSize: 16_384,
    headersTimeout: limits.idle,
    bodyTimeout: limits.idle,
  };
  if (proxy === undefined) return new Client(origin, options);
  const { default: EnvHttpProxyAgent } = await import('undici/lib/dispatcher/env-http-proxy-agent.js');
  const { default: connect } = await import('undici/lib/api/api-connect.js');
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: '',
    httpsProxy: proxy.url,
    noProxy: '',
    ...(proxy.authorization !== undefined && { token: proxy.authorization }),
    connectTimeout: limits.connect,
    requestTls: tls,
    proxyTls: tls,
    // The connection to the proxy itself does not get the options above; and undici gives its clients `connect`
    // only where it is loaded as a whole.
    clientFactory: (origin: URL, ownOptions: ClientOptions) => {
      const connector =
        ownOptions.connect === undefined ? options.connect : withoutContinue(ownOptions.connect);
      return Object.assign(new Client(origin, { ...options, ...ownOptions, connect: connector }), {
        connect,
      });
    },
  });
}

/** What undici gives a client that it connects itself. */
interface ClientOptions {
  readonly connect?: buildConnector.connector;
}

function withoutContinue(connector: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connector(options, (...[error, socket]) => {
      if (error === null) callback(null, skipContinue(socket));
      else callback(error, null);
    });
}
