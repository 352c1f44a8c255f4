import { channel } from 'node:diagnostics_channel';
import type { LookupFunction } from 'node:net';
import type { buildConnector, Dispatcher } from 'undici';
import diagnostics from 'undici/lib/core/diagnostics.js';
import Client from 'undici/lib/dispatcher/client.js';
import { createConnector, skippingInterim, tlsOptions } from './connector.ts';
import type { ProxySettings } from './proxy.ts';
import type { HttpResponse, NoResponse, ProxyPeer } from './response.ts';
import { ResponseHandler } from './response-handler.ts';

/** One request, as it is sent. */
export interface HttpRequest {
  readonly method: string;
  /** The path and the query, percent-encoded. It may contain a token, so it never leaves the client in another way. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Where a response may be larger than {@link HttpLimits.maxBytes}. */
  readonly maxBytes?: number | undefined;
  /**
   * Asked last, when the connection is open and nothing has been written. With `false` the request does not leave: no
   * response, with the code `TOO_LATE`.
   */
  readonly mayLeave?: (() => boolean) | undefined;
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
  /** Drops every connection, also those that are still being made. */
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
  const peer = { host: hostAndPort(url), proxy: proxy && toPeer(proxy) };
  const open = new Map<Dispatcher, AbortController>();
  const end = (connection: Dispatcher) => {
    open.get(connection)?.abort(new Error('the request is over'));
    open.delete(connection);
    return connection.destroy();
  };
  return {
    async send({ method, path, headers: given, body = null, maxBytes = most.maxBytes, mayLeave }, timeoutMs) {
      // Nothing here could decompress a response.
      const headers = { 'accept-encoding': 'identity', ...given };
      const handler = new ResponseHandler(Math.min(timeoutMs, most.total), maxBytes, mayLeave);
      const stop = new AbortController();
      const connection = await connectTo(
        origin,
        proxy,
        most,
        createConnector(most.connect, stop.signal, lookup),
      );
      open.set(connection, stop);
      try {
        connection.dispatch({ origin, path, method, headers, body, idempotent: false }, handler);
      } catch (error) {
        handler.fail(error);
      }
      const result = await handler.end;
      end(connection).catch(() => {});
      return result.kind === 'no-response' ? { ...result, peer } : result;
    },
    async close() {
      await Promise.all(Array.from(open.keys(), end));
    },
  };
}

function toPeer({ url, variable, authorization }: ProxySettings): ProxyPeer {
  return { host: hostAndPort(new URL(url)), variable, hasCredentials: authorization !== undefined };
}

function hostAndPort({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === 'http:' ? 80 : 443)}`;
}

async function connectTo(
  origin: string,
  proxy: ProxySettings | undefined,
  limits: HttpLimits,
  connector: buildConnector.connector,
): Promise<Dispatcher> {
  const options = {
    connect: connector,
    allowH2: false,
    // The parser that is still an experiment is left out of the bundle, and so must not be asked for.
    useMilo: false,
    pipelining: 0,
    maxHeaderSize: 16_384,
    headersTimeout: limits.idle,
    bodyTimeout: limits.idle,
  };
  if (proxy === undefined) return new Client(origin, options);
  const { default: ProxyAgent } = await import('undici/lib/dispatcher/proxy-agent.js');
  const { default: connect } = await import('undici/lib/api/api-connect.js');
  return new ProxyAgent({
    ...options,
    uri: proxy.url,
    ...(proxy.authorization !== undefined && { token: proxy.authorization }),
    requestTls: tlsOptions(limits.connect),
    // The connection to the proxy itself does not get the options above; and undici gives its clients `connect`
    // only where it is loaded as a whole.
    clientFactory: (proxyOrigin: URL) => Object.assign(new Client(proxyOrigin, options), { connect }),
    // The one through the proxy.
    factory: (origin: string | URL, { connect: tunnel }: { connect: buildConnector.connector }) =>
      new Client(origin, { ...options, connect: skippingInterim(tunnel) }),
  });
}
