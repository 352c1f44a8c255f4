/**
 * A stand-in for Mapbox: a real HTTP server on loopback with one account in memory. It has the Tokens API, and as much
 * of the Tiling Service as a release pipeline needs, to show what a token may and may not do.
 *
 * It follows Mapbox's documentation (its Tokens API page, its OpenAPI description of 2026). Without documentation, it
 * follows Mapbox's own programs or recorded responses. The rest is assumed. `assumptions.ts` lists every point that
 * matters with its certainty, and `npm run conformance` checks the real Mapbox.
 *
 * The stand-in's own inventions are the signature of tokens, the name of the undocumented field in live list rows, a
 * publish job that advances by one stage each time it is read, and the absence of the Tiling Service's rate limits.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { listenOnLoopback } from '../loopback-server.ts';
import { Account } from './account.ts';
import { applyFault, type FaultPlan } from './faults.ts';
import { type ApiCall, type ApiResponse, notFound, reject, type SeenRequest } from './messages.ts';
import { type StandInOptions, tokensApiOptions } from './options.ts';
import { answerOthers } from './other-apis.ts';
import { RateLimit } from './rate-limit.ts';
import { requestIds } from './request-ids.ts';
import { toJson, write } from './response-writer.ts';
import { TilingService } from './tiling-service.ts';
import { Timers } from './timers.ts';
import { answerTokens, isTokensPath } from './tokens-api.ts';

export { Account, type StoredToken } from './account.ts';
export type { Fault, FaultPlan } from './faults.ts';
export type { ApiResponse, SeenRequest } from './messages.ts';
export type { StandInOptions } from './options.ts';

export interface MapboxStandIn extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, `https:` with `tls`. */
  readonly url: string;
  readonly account: Account;
  /** Every request, in order of arrival. */
  readonly requests: readonly SeenRequest[];
  /** May be changed at any time; applies to requests completed afterwards. */
  fault: FaultPlan | undefined;
  /** Carries out late requests that are due by the stand-in's clock. Also called before every request. */
  catchUp(): void;
  /** Closes all connections at once, even hanging ones. */
  close(): Promise<void>;
}

/** Starts a stand-in on 127.0.0.1; resolves once it listens. */
export async function startMapbox(options: StandInOptions = {}): Promise<MapboxStandIn> {
  const tokensOptions = tokensApiOptions(options);
  const { now } = tokensOptions;
  const account = new Account(options.username, now);
  const tiling = new TilingService(account, now);
  const limit = new RateLimit(options.rateLimit ?? { requests: 100, intervalSeconds: 60 }, now);
  const scheme = options.tls === undefined ? 'http' : 'https';
  const requests: SeenRequest[] = [];
  const connections = new Map<number, Socket>();
  const timers = new Timers(now);

  const headers = (from: 'mapbox' | 'proxy'): Record<string, string> => ({
    Date: new Date(now()).toUTCString(),
    ...(from === 'mapbox' && requestIds(options.requestIds)),
  });

  const route = (call: ApiCall): ApiResponse => {
    if (!isTokensPath(call.segments)) {
      return tiling.answer(call) ?? answerOthers(call, account) ?? notFound();
    }
    const admitted = limit.admit();
    const response = admitted ? answerTokens(call, account, tokensOptions) : reject(429, 'Too Many Requests');
    return { ...response, headers: { ...limit.headers(!admitted), ...response.headers } };
  };

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const target = request.url ?? '/';
    const mark = target.indexOf('?');
    const seen: SeenRequest = {
      method: request.method ?? 'GET',
      path: mark === -1 ? target : target.slice(0, mark),
      query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
      headers: request.headers,
      body: '',
      at: now(),
    };
    const index = requests.push(seen) - 1;
    const socket = connections.get(request.socket.remotePort ?? 0) ?? request.socket;
    // Our date follows our own clock; Node's would be the machine's.
    response.sendDate = false;

    const record = (status: number, sent: Readonly<Record<string, string>>): void => {
      seen.status = status;
      const id = sent['X-Request-Id'] ?? sent['X-Amz-Cf-Id'];
      if (id !== undefined) seen.requestId = id;
    };
    const send = (answer: ApiResponse): void => {
      record(answer.status, answer.headers);
      write(response, answer.status, toJson(answer.body), answer.headers);
    };
    const answerTo = (bytes: Buffer): void => {
      const process = (): ApiResponse => {
        const answer = route({
          method: seen.method,
          segments: decodePath(seen.path),
          path: seen.path,
          query: seen.query,
          headers: seen.headers,
          bytes,
          origin: `${scheme}://${request.headers.host ?? listening.url.host}`,
        });
        const type = answer.body === undefined ? {} : { 'Content-Type': 'application/json; charset=utf-8' };
        return { ...answer, headers: { ...headers('mapbox'), ...type, ...answer.headers } };
      };
      timers.catchUp();
      const fault = standIn.fault?.(seen, index, { account, now });
      if (fault === undefined) {
        send(process());
        return;
      }
      const { later, defer } = timers;
      const api = { account, now, process, headers };
      applyFault(fault, { ...api, request: seen, response, socket, send, record, later, defer });
    };

    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    // A client that disconnects before its request is complete has requested nothing.
    request.on('error', () => {});
    response.on('error', () => {});
    request.on('end', () => {
      const bytes = Buffer.concat(pieces);
      seen.body = bytes.toString('utf8');
      try {
        answerTo(bytes);
      } catch (error) {
        // A mistake in a test's fault plan, or in the stand-in: reported where the test sees it.
        const answer = reject(500, `stand-in: ${error instanceof Error ? error.message : String(error)}`);
        if (response.headersSent) response.destroy();
        else send({ ...answer, headers: { 'Content-Type': 'application/json; charset=utf-8' } });
      }
    });
  };

  const server = options.tls === undefined ? createServer(handle) : createTlsServer(options.tls, handle);
  // With TLS this event has the underlying connection, the only one that can be reset; both share the port.
  server.on('connection', (socket: Socket) => {
    const client = socket.remotePort ?? 0;
    connections.set(client, socket);
    socket.on('close', () => {
      if (connections.get(client) === socket) connections.delete(client);
    });
  });

  const listening = await listenOnLoopback(server, scheme, options.port);
  const close = async (): Promise<void> => {
    timers.clear();
    await listening.close();
  };
  const standIn: MapboxStandIn = {
    url: listening.url.origin,
    account,
    requests,
    fault: options.fault,
    catchUp: () => timers.catchUp(),
    close,
    [Symbol.asyncDispose]: close,
  };
  return standIn;
}

/** A path's decoded segments; none if decoding fails, which leads to 404. */
function decodePath(path: string): string[] {
  try {
    return path
      .split('/')
      .filter(segment => segment !== '')
      .map(decodeURIComponent);
  } catch {
    return [];
  }
}
