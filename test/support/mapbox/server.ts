/**
 * A stand-in for Mapbox: a real HTTP server on loopback with one account in memory. It speaks the Tokens API, and as
 * much of the Tiling Service as a release pipeline needs, so that what a token may and may not do can be seen.
 *
 * Certain (documented by Mapbox): paths, methods and scopes; the three kinds of token and who may make which; the
 * rules of `expires`; the texts of the errors of the Tokens API and the Tiling Service's 401 and 403; validation that
 * answers 200 with a `code`; the text of a secret token shown at its creation only; 204 for a deletion; the headers of
 * the rate limit; pages by `Link`.
 *
 * Inferred (from code that talks to Mapbox, or from decoded tokens): 201 for the creation of a stored token, 200 for an
 * update; `Not Found` as the body says it; a `next` URL without `access_token`; the form of a token's text; the shapes
 * of the Tiling Service's answers as tilesets-cli and Mapbox's SDKs read them.
 *
 * Assumed (no source): the list in `assumptions.ts`, which `npm run conformance` asks of the real Mapbox. The stand-in's
 * own inventions are how tokens are signed, a publish job that gets on by one stage each time it is looked at, and the
 * absence of the Tiling Service's rate limits.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { Account } from './account.ts';
import { type FaultPlan, json, meetFault, write } from './faults.ts';
import { answerOthers } from './other-apis.ts';
import { RateLimit } from './rate-limit.ts';
import { TilingService } from './tiling-service.ts';
import { answerTokens, isTokensPath } from './tokens-api.ts';
import { type Answer, type Call, notFound, refuse, type SeenRequest } from './wire.ts';

export { Account, type StoredToken } from './account.ts';
export type { Fault, FaultPlan } from './faults.ts';
export type { Answer, SeenRequest } from './wire.ts';

export interface StandInOptions {
  /** The account's name; `octo` by default. */
  username?: string;
  /** The stand-in's clock in milliseconds since 1970, also for the `Date` header; the machine's by default. */
  now?: () => number;
  /** Of the Tokens API, over the account; 100 in 60 seconds by default [D] TOKENS. */
  rateLimit?: { requests: number; intervalSeconds: number };
  /** The most tokens on a page of the list; 50 by default. */
  pageSize?: number;
  /** Which documented answer a temporary token comes in; `current` by default. */
  temporaryAnswer?: 'current' | '2018';
  /** Serves HTTPS with this key and certificate (PEM). */
  tls?: { key: string; cert: string };
  fault?: FaultPlan;
  /** A free one by default. */
  port?: number;
}

export interface MapboxStandIn extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, `https:` with `tls`. */
  readonly url: string;
  readonly account: Account;
  /** Every request in the order in which they came. */
  readonly requests: readonly SeenRequest[];
  /** May be changed at any time; counts for requests that become complete after. */
  fault: FaultPlan | undefined;
  /** Ends all connections at once, hanging ones too. */
  close(): Promise<void>;
}

/** Starts a stand-in on 127.0.0.1 and gives it when it listens. */
export async function startMapbox(options: StandInOptions = {}): Promise<MapboxStandIn> {
  const now = options.now ?? Date.now;
  const account = new Account(options.username, now);
  const tiling = new TilingService(account, now);
  const limit = new RateLimit(options.rateLimit ?? { requests: 100, intervalSeconds: 60 }, now);
  const tokensOptions = {
    now,
    pageSize: options.pageSize ?? 50,
    temporaryAnswer: options.temporaryAnswer ?? 'current',
  };
  const scheme = options.tls === undefined ? 'http' : 'https';
  const requests: SeenRequest[] = [];
  const connections = new Map<number, Socket>();
  const timers = new Set<NodeJS.Timeout>();

  const headers = (): Record<string, string> => ({ Date: new Date(now()).toUTCString() });

  const route = (call: Call): Answer => {
    if (!isTokensPath(call.segments)) {
      return tiling.answer(call) ?? answerOthers(call, account) ?? notFound();
    }
    const admitted = limit.admit();
    const found = admitted ? answerTokens(call, account, tokensOptions) : refuse(429, 'Too Many Requests');
    return { ...found, headers: { ...limit.headers(), ...found.headers } };
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
    // We give the date by our own clock; Node's would be the machine's.
    response.sendDate = false;

    const send = (answer: Answer): void => {
      seen.status = answer.status;
      write(response, answer.status, json(answer.body), answer.headers);
    };
    const respond = (bytes: Buffer): void => {
      const process = (): Answer => {
        const answer = route({
          method: seen.method,
          segments: decodePath(seen.path),
          path: seen.path,
          query: seen.query,
          headers: seen.headers,
          bytes,
          origin: `${scheme}://${request.headers.host ?? `127.0.0.1:${port}`}`,
        });
        const type = answer.body === undefined ? {} : { 'Content-Type': 'application/json; charset=utf-8' };
        return { ...answer, headers: { ...headers(), ...type, ...answer.headers } };
      };
      const fault = standIn.fault?.(seen, index);
      if (fault === undefined) {
        send(process());
        return;
      }
      const note = (status: number): void => {
        seen.status = status;
      };
      const later = (work: () => void, ms: number): void => {
        const timer = setTimeout(() => {
          timers.delete(timer);
          work();
        }, ms);
        timers.add(timer);
      };
      meetFault(fault, { process, headers, send, note, later, response, socket });
    };

    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    // A client that goes away before its request is complete has asked for nothing.
    request.on('error', () => {});
    response.on('error', () => {});
    request.on('end', () => {
      const bytes = Buffer.concat(pieces);
      seen.body = bytes.toString('utf8');
      try {
        respond(bytes);
      } catch (error) {
        // A mistake in a test's fault plan, or in the stand-in: told where the test sees it.
        const answer = refuse(500, `stand-in: ${error instanceof Error ? error.message : String(error)}`);
        if (response.headersSent) response.destroy();
        else
          send({ ...answer, headers: { ...headers(), 'Content-Type': 'application/json; charset=utf-8' } });
      }
    });
  };

  const server = options.tls === undefined ? createServer(handle) : createTlsServer(options.tls, handle);
  // With TLS this event gives the connection below it, which alone can be reset; the port is what both have in common.
  server.on('connection', (socket: Socket) => {
    const client = socket.remotePort ?? 0;
    connections.set(client, socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      if (connections.get(client) === socket) connections.delete(client);
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The stand-in has no port');
  const { port } = address;

  const close = async (): Promise<void> => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    if (!server.listening) return;
    const closed = new Promise<void>(resolve => server.close(() => resolve()));
    for (const socket of connections.values()) socket.destroy();
    server.closeAllConnections();
    await closed;
  };
  const standIn: MapboxStandIn = {
    url: `${scheme}://127.0.0.1:${port}`,
    account,
    requests,
    fault: options.fault,
    close,
    [Symbol.asyncDispose]: close,
  };
  return standIn;
}

/** A path's segments, decoded; none for a path that cannot be decoded, which then is not found. */
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
