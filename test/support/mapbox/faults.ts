/** Faults between a client and Mapbox. The `*-faults.ts` files have real-world situations by name. */

import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Account } from './account.ts';
import type { ApiResponse, SeenRequest } from './messages.ts';
import { toJson, write, writeGzip, writeHalf, writeHuge, writeInformational } from './response-writer.ts';

/** The facts that a fault may use. */
export interface FaultContext {
  readonly account: Account;
  /** Milliseconds since 1970 on the stand-in's clock. */
  readonly now: () => number;
}

/** Which fault a request meets, if any; `index` counts requests from 0. Called once the request is complete. */
export type FaultPlan = (request: SeenRequest, index: number, context: FaultContext) => Fault | undefined;

/** Whose response it is: Mapbox's have its request IDs, a proxy's have not. */
type From = 'mapbox' | 'proxy';

/**
 * `processed` tells whether the API carried out the request (a token was created) even if the client never learns of
 * it. If false, the request never reached the API. If a fault needs a response to alter and there is none, it alters a
 * 200 with an error message.
 */
export type Fault =
  /** The connection is reset. */
  | { readonly kind: 'reset'; readonly processed: boolean }
  /** The connection is closed cleanly, without a response. */
  | { readonly kind: 'close'; readonly processed: boolean }
  /** No response; the connection stays open until the stand-in closes. */
  | { readonly kind: 'hang'; readonly processed: boolean }
  /** The connection is reset (or hangs), and the request is carried out `ms` milliseconds later. */
  | { readonly kind: 'late'; readonly ms: number; readonly connection?: 'reset' | 'hang' }
  /** The request is delivered twice, as by a retrying proxy. */
  | { readonly kind: 'twice'; readonly answered: 'first' | 'second' }
  /** Head and first half of the response, and then nothing more. */
  | { readonly kind: 'slow-body'; readonly processed: boolean }
  /** Head and first half of the response, and then the connection is closed. */
  | { readonly kind: 'cut'; readonly processed: true }
  /** Another response; a `body` that is not text is written as JSON. Mapbox's unless `from` says otherwise. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly processed: boolean;
      readonly body?: unknown;
      /** Headers that depend on the time get it, in milliseconds since 1970. */
      readonly headers?: Readonly<Record<string, string>> | ((now: number) => Record<string, string>);
      readonly from?: From;
    }
  /** An HTML page, such as a gateway's. */
  | { readonly kind: 'html'; readonly status: number; readonly processed: boolean; readonly from?: From }
  /** Sixteen megabytes that begin like a response; the status is the real one, or 200. */
  | { readonly kind: 'huge'; readonly processed: boolean }
  | {
      readonly kind: 'redirect';
      readonly status: number;
      readonly location: string;
      readonly processed: boolean;
    }
  /** The first half of the response, sent as if it were complete. */
  | { readonly kind: 'garbage'; readonly processed: boolean }
  /** The response, altered. The account is not, unless `rewrite` does it. Processed by default. */
  | {
      readonly kind: 'rewrite';
      readonly rewrite: (
        response: ApiResponse,
        context: FaultContext & { request: SeenRequest },
      ) => ApiResponse;
      readonly processed?: boolean;
    }
  /** The response, `ms` milliseconds of real time later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The response, compressed: if the request allows it, or `always`. */
  | { readonly kind: 'gzip'; readonly always?: boolean }
  /** The response with a byte order mark before the JSON. */
  | { readonly kind: 'bom' }
  /** The response after interim ones. */
  | { readonly kind: 'informational'; readonly statuses: readonly (100 | 102 | 103)[] }
  /** The response with header names in capitals. */
  | { readonly kind: 'capitals' }
  /** Bytes that are not HTTP. */
  | { readonly kind: 'not-http'; readonly processed?: boolean };

/** What a fault can use of the server. */
export interface Exchange extends FaultContext {
  readonly request: SeenRequest;
  /** Lets the API carry out the request, and returns its response with all headers. */
  readonly process: () => ApiResponse;
  /** The headers of a response that the API did not create. */
  readonly headers: (from: From) => Record<string, string>;
  /** Writes a response. */
  readonly send: (response: ApiResponse) => void;
  /** Records what is sent without `send`. */
  readonly record: (status: number, headers: Readonly<Record<string, string>>) => void;
  /** Like setTimeout, but cancelled by the stand-in's `close`. */
  readonly later: (work: () => void, ms: number) => void;
  /** Runs a function once the stand-in's clock has advanced by `ms`. */
  readonly defer: (work: () => void, ms: number) => void;
  readonly response: ServerResponse;
  /** The TCP connection, below TLS if there is any. */
  readonly socket: Socket;
}

const errorPage =
  '<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>\n';

/** Lets a request meet its fault. */
export function applyFault(fault: Fault, exchange: Exchange): void {
  const { socket } = exchange;
  switch (fault.kind) {
    case 'late':
      if (fault.connection !== 'hang') socket.resetAndDestroy();
      exchange.defer(exchange.process, fault.ms);
      return;
    case 'twice': {
      const responses = { first: exchange.process(), second: exchange.process() };
      exchange.send(responses[fault.answered]);
      return;
    }
    case 'reset':
    case 'close':
    case 'hang':
      if (fault.processed) exchange.process();
      if (fault.kind === 'reset') socket.resetAndDestroy();
      if (fault.kind === 'close') socket.end();
      return;
    case 'not-http':
      if (fault.processed) exchange.process();
      socket.end('SSH-2.0-OpenSSH_9.6\r\n');
      return;
    case 'status':
    case 'html':
    case 'redirect':
      if (fault.processed) exchange.process();
      replace(fault, exchange);
      return;
    default:
      spoil(fault, exchange);
  }
}

type Replacement = Extract<Fault, { kind: 'status' | 'html' | 'redirect' }>;

/** Sends another response instead of the API's. */
function replace(fault: Replacement, { response, headers, record, now }: Exchange): void {
  const send = (text: string, extra: Readonly<Record<string, string>>): void => {
    const from = 'from' in fault ? fault.from : undefined;
    const all = { ...headers(from ?? (fault.kind === 'status' ? 'mapbox' : 'proxy')), ...extra };
    record(fault.status, all);
    write(response, fault.status, text, all);
  };
  if (fault.kind === 'html') {
    send(errorPage, { 'Content-Type': 'text/html; charset=utf-8' });
  } else if (fault.kind === 'redirect') {
    send('', { Location: fault.location });
  } else {
    const { body, headers: own = {} } = fault;
    const type = typeof body === 'string' ? 'text/plain' : 'application/json; charset=utf-8';
    send(typeof body === 'string' ? body : toJson(body), {
      ...(body !== undefined && { 'Content-Type': type }),
      ...(typeof own === 'function' ? own(now()) : own),
    });
  }
}

/** Sends the API's response in a form that a healthy server never sends. */
function spoil(
  fault: Exclude<Fault, Replacement | { kind: 'late' | 'twice' | 'reset' | 'close' | 'hang' | 'not-http' }>,
  exchange: Exchange,
): void {
  const { response, record, send } = exchange;
  const processed = !('processed' in fault) || fault.processed !== false;
  const real = processed ? exchange.process() : unprocessed(exchange);
  // With an added body, a 204 becomes a 200.
  const filled = { ...real, status: real.status === 204 ? 200 : real.status };
  switch (fault.kind) {
    case 'slow-body':
    case 'cut':
      record(real.status, real.headers);
      writeHalf(response, real, fault.kind === 'cut' ? () => exchange.socket.destroy() : () => {});
      return;
    case 'huge':
      record(filled.status, filled.headers);
      writeHuge(response, filled.status, filled.headers);
      return;
    case 'garbage': {
      const text = toJson(real.body) || '{"message":';
      record(filled.status, filled.headers);
      write(response, filled.status, text.slice(0, Math.ceil(text.length / 2)), filled.headers);
      return;
    }
    case 'rewrite':
      send(fault.rewrite({ ...real, body: copy(real.body) }, exchange));
      return;
    case 'delay':
      exchange.later(() => send(real), fault.ms);
      return;
    case 'gzip':
      if (real.body === undefined || !(fault.always || allowsGzip(exchange.request.headers))) {
        send(real);
        return;
      }
      record(real.status, real.headers);
      writeGzip(response, real);
      return;
    case 'bom':
      record(real.status, real.headers);
      write(response, real.status, `\uFEFF${toJson(real.body)}`, real.headers);
      return;
    case 'informational':
      writeInformational(response, fault.statuses);
      send(real);
      return;
    case 'capitals':
      send({ ...real, headers: upperCased(real.headers) });
  }
}

function unprocessed({ headers }: Exchange): ApiResponse {
  return {
    status: 200,
    headers: { ...headers('mapbox'), 'Content-Type': 'application/json; charset=utf-8' },
    body: { message: 'This request was not processed' },
  };
}

function upperCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
}

/** Without Accept-Encoding every encoding is allowed [RFC 9110, 12.5.3]. */
function allowsGzip(headers: IncomingHttpHeaders): boolean {
  const accepted = headers['accept-encoding'];
  return accepted === undefined || /(?:\bgzip\b|\*)(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(accepted);
}

function copy(body: unknown): unknown {
  return body === undefined ? undefined : JSON.parse(JSON.stringify(body));
}
