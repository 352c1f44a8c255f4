import dns from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import { isCertificateCode } from './error-codes.ts';
import { findExtraCaProblem } from './extra-ca.ts';
import { TunnelError } from './failure.ts';
import type { ProxySettings } from './proxy.ts';
import type { Findings, HttpResponse, NoResponse, ProxyPeer } from './response.ts';
import { ResponseHandler } from './response-handler.ts';

/** One request, as it is sent. */
export interface HttpRequest {
  readonly method: string;
  /** The path and the query, percent-encoded. It may contain a token, so it must not be logged or returned. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Set if a response may be larger than {@link HttpLimits.maxBytes}. */
  readonly maxBytes?: number | undefined;
  /**
   * Called once the connection is open, before anything is written. If it returns `false`, the request is not sent, and
   * the result is no response with the code `TOO_LATE`.
   */
  readonly mayLeave?: (() => boolean) | undefined;
}

/** Sends requests to one server. */
export interface HttpClient {
  /**
   * Sends one request and waits for its response. Never rejects because of the network, follows no redirects and does
   * not retry.
   *
   * @param timeoutMs total time limit in milliseconds.
   */
  send(request: HttpRequest, timeoutMs: number): Promise<HttpResponse | NoResponse>;
  /** Closes all connections, including those still being opened. */
  close(): Promise<void>;
}

/** The limits of a single request, in milliseconds and bytes, no matter how much time the step has left. */
export interface HttpLimits {
  readonly connect: number;
  /** The longest silence before the headers, or within the body. */
  readonly idle: number;
  readonly total: number;
  readonly maxBytes: number;
}

export const LIMITS: HttpLimits = { connect: 10_000, idle: 20_000, total: 30_000, maxBytes: 256 * 1024 };

/**
 * Creates a client for the server at `url`, through a proxy if one is given. Nothing is sent yet. Each request has its
 * own connection, so a connection that died while idle is never mistaken for one that died during a request.
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
    const closed = connection.destroy();
    open.get(connection)?.abort();
    open.delete(connection);
    return closed;
  };
  return {
    async send({ method, path, headers: given, body = null, maxBytes = most.maxBytes, mayLeave }, timeoutMs) {
      // This client cannot decompress a response.
      const headers = { 'accept-encoding': 'identity', ...given };
      const handler = new ResponseHandler(Math.min(timeoutMs, most.total), maxBytes, mayLeave);
      const stop = new AbortController();
      const connection = await connectTo(origin, proxy, connectionOptions(most, stop.signal, lookup));
      open.set(connection, stop);
      try {
        connection.dispatch({ origin, path, method, headers, body, idempotent: false }, handler);
      } catch (error) {
        handler.fail(error);
      }
      const result = await handler.end;
      end(connection).catch(() => {});
      if (result.kind === 'response') return { ...result, peer };
      const { findings, ...failure } = result;
      return { ...failure, peer: { ...peer, findings: await completeFindings(failure.code, findings) } };
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

/**
 * Milliseconds after which the next of a host's addresses is tried. Node gives up on an address before it tries the
 * next one, so a shorter time would fail addresses that accept late (one second after a lost SYN), and a longer one
 * would leave no time for a fifth address.
 */
const ADDRESS_TIMEOUT_MS = 2_000;

type ConnectionOptions = ReturnType<typeof connectionOptions>;

/** @param signal closes a connection that is still being opened, which undici's `destroy` does not. */
function connectionOptions(limits: HttpLimits, signal: AbortSignal, lookup?: LookupFunction) {
  return {
    connect: {
      timeout: limits.connect,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
      // Without a hint, Node uses ADDRCONFIG, and an IPv6-only machine does not find `localhost` at 127.0.0.1.
      hints: dns.V4MAPPED,
      ...(lookup && { lookup }),
      // NODE_TLS_REJECT_UNAUTHORIZED must not disable this. NODE_EXTRA_CA_CERTS can add an authority.
      rejectUnauthorized: true,
      signal,
      // Also applies to TLS to the proxy and through the tunnel: the bundle has no HTTP/2.
      allowH2: false,
    },
    allowH2: false,
    // An experimental parser that the bundle leaves out.
    useMilo: false,
    pipelining: 0,
    maxHeaderSize: 16_384,
    headersTimeout: limits.idle,
    bodyTimeout: limits.idle,
  };
}

async function connectTo(
  origin: string,
  proxy: ProxySettings | undefined,
  options: ConnectionOptions,
): Promise<Dispatcher> {
  if (proxy === undefined) return new Client(origin, options);
  const { ProxyAgent } = await import('undici');
  return new ProxyAgent({
    ...options,
    uri: proxy.url,
    ...(proxy.authorization !== undefined && { token: proxy.authorization }),
    requestTls: options.connect,
    // The connection to the proxy itself does not get the options above.
    clientFactory: proxyOrigin => explainingTunnels(new Client(proxyOrigin, options)),
    connections: 1,
  });
}

/** Makes `connect` throw errors with the status and the headers, which ProxyAgent drops. */
function explainingTunnels(client: Client): Client {
  const connect = client.connect.bind(client);
  const explained = async (options: Dispatcher.ConnectOptions) => {
    const response = await connect(options).catch((error: unknown) => {
      throw new TunnelError(undefined, '', error);
    });
    if (response.statusCode === 200) return response;
    response.socket.on('error', () => {}).destroy();
    throw new TunnelError(response.statusCode, [response.headers['proxy-authenticate'] ?? []].flat().join());
  };
  return Object.assign(client, { connect: explained });
}

/** If a certificate was rejected, adds the reason why NODE_EXTRA_CA_CERTS did not help. */
async function completeFindings(code: string, findings: Findings | undefined): Promise<Findings | undefined> {
  if (!isCertificateCode(code)) return findings;
  const extraCaProblem = await findExtraCaProblem();
  return extraCaProblem === undefined ? findings : { ...findings, extraCaProblem };
}
