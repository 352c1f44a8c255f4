/** What can go wrong between a client and Mapbox, to order. */

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Answer, SeenRequest } from './wire.ts';

/** Which fault a request meets, if any; `index` counts requests from 0. Asked when the whole request is there. */
export type FaultPlan = (request: SeenRequest, index: number) => Fault | undefined;

/**
 * `processed` tells on which side of the fault the API stands: true means that it did what was asked (a token was
 * made) though the client may never learn of it, false that the request never reached it. Where a fault needs an
 * answer to spoil and there was none made, it spoils a 200 with an error message in it.
 */
export type Fault =
  /** The connection is reset. */
  | { readonly kind: 'reset'; readonly processed: boolean }
  /** The connection is ended in good order, without an answer. */
  | { readonly kind: 'close'; readonly processed: boolean }
  /** No answer ever; the connection stays open until the stand-in closes. */
  | { readonly kind: 'hang'; readonly processed: boolean }
  /** Head and first half of the answer, and then nothing more. */
  | { readonly kind: 'slow-body'; readonly processed: boolean }
  /** Head and first half of the answer, and then the connection is gone. */
  | { readonly kind: 'cut'; readonly processed: true }
  /** Another answer; a `body` that is no text is written as JSON. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly processed: boolean;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
    }
  /** A page for people, such as a gateway's. */
  | { readonly kind: 'html'; readonly status: number; readonly processed: boolean }
  /** Sixteen megabytes that begin like an answer; the status is the real one, or 200. */
  | { readonly kind: 'huge'; readonly processed: boolean }
  | {
      readonly kind: 'redirect';
      readonly status: number;
      readonly location: string;
      readonly processed: boolean;
    }
  /** The first half of the answer, sent as if it were all. */
  | { readonly kind: 'garbage'; readonly processed: boolean }
  /** The answer, changed. What the account holds is not. */
  | { readonly kind: 'rewrite'; readonly rewrite: (answer: Answer) => Answer }
  /** The answer, `ms` milliseconds of real time later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Bytes that are not HTTP. */
  | { readonly kind: 'not-http'; readonly processed?: boolean };

/** How the server takes part in a fault. */
export interface Exchange {
  /** Lets the API do what is asked, and gives its answer with all headers that go out. */
  readonly process: () => Answer;
  /** Headers of every answer, for one that the API did not make. */
  readonly headers: () => Record<string, string>;
  /** Writes an answer. */
  readonly send: (answer: Answer) => void;
  /** Notes the status that goes out where `send` is not used. */
  readonly note: (status: number) => void;
  /** Like setTimeout, but ended by the stand-in's `close`. */
  readonly later: (work: () => void, ms: number) => void;
  readonly response: ServerResponse;
  /** The TCP connection, below TLS where there is TLS. */
  readonly socket: Socket;
}

const page =
  '<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>\n';

/** Lets a request meet its fault. */
export function meetFault(fault: Fault, exchange: Exchange): void {
  const { response, socket, headers } = exchange;
  const processed = 'processed' in fault ? fault.processed === true : true;
  const real = processed ? exchange.process() : undefined;
  const spoilt: Answer = real ?? {
    status: 200,
    headers: { ...headers(), 'Content-Type': 'application/json; charset=utf-8' },
    body: { message: 'This request was not processed' },
  };
  switch (fault.kind) {
    case 'reset':
      socket.resetAndDestroy();
      return;
    case 'close':
      socket.end();
      return;
    case 'hang':
      return;
    case 'slow-body':
      exchange.note(spoilt.status);
      sendHalf(response, spoilt, () => {});
      return;
    case 'cut':
      exchange.note(spoilt.status);
      sendHalf(response, spoilt, () => socket.destroy());
      return;
    case 'status': {
      const plain = typeof fault.body === 'string';
      exchange.note(fault.status);
      write(response, fault.status, plain ? fault.body : json(fault.body), {
        ...headers(),
        ...(fault.body !== undefined && {
          'Content-Type': plain ? 'text/plain' : 'application/json; charset=utf-8',
        }),
        ...fault.headers,
      });
      return;
    }
    case 'html':
      exchange.note(fault.status);
      write(response, fault.status, page, { ...headers(), 'Content-Type': 'text/html; charset=utf-8' });
      return;
    case 'huge':
      exchange.note(spoilt.status === 204 ? 200 : spoilt.status);
      sendHuge(response, spoilt.status === 204 ? 200 : spoilt.status, spoilt.headers);
      return;
    case 'redirect':
      exchange.note(fault.status);
      write(response, fault.status, '', { ...headers(), Location: fault.location });
      return;
    case 'garbage': {
      const text = json(spoilt.body) || '{"message":';
      const status = spoilt.status === 204 ? 200 : spoilt.status;
      exchange.note(status);
      write(response, status, text.slice(0, Math.ceil(text.length / 2)), spoilt.headers);
      return;
    }
    case 'rewrite':
      exchange.send(fault.rewrite({ ...spoilt, headers: { ...spoilt.headers }, body: copy(spoilt.body) }));
      return;
    case 'delay':
      exchange.later(() => exchange.send(spoilt), fault.ms);
      return;
    case 'not-http':
      socket.end('SSH-2.0-OpenSSH_9.6\r\n');
      return;
  }
}

/** The body of an answer as text; empty when there is none. */
export function json(body: unknown): string {
  return body === undefined ? '' : JSON.stringify(body);
}

/** Writes a whole answer. */
export function write(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string>,
): void {
  if (response.destroyed) return;
  const bodiless = status === 204 || status === 304;
  response.writeHead(status, {
    ...headers,
    ...(!bodiless && { 'Content-Length': String(Buffer.byteLength(text)) }),
  });
  response.end(bodiless ? undefined : text);
}

function sendHalf(response: ServerResponse, answer: Answer, then: () => void): void {
  const text = Buffer.from(json(answer.body));
  if (text.length === 0) {
    // There is no body to halve, so that the head stops half way.
    response.socket?.write(`HTTP/1.1 ${answer.status} No Content\r\nDa`, then);
    return;
  }
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': String(text.length) });
  response.write(text.subarray(0, Math.floor(text.length / 2)), then);
}

function sendHuge(response: ServerResponse, status: number, headers: Record<string, string>): void {
  const piece = Buffer.alloc(65_536, 'a');
  let left = 256;
  response.writeHead(status, { ...headers, 'Content-Type': 'application/json; charset=utf-8' });
  response.write('{"note":"');
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= 1;
      if (!response.write(piece)) {
        response.once('drain', more);
        return;
      }
    }
    if (!response.destroyed) response.end('"}');
  };
  more();
}

function copy(body: unknown): unknown {
  return body === undefined ? undefined : JSON.parse(JSON.stringify(body));
}
