/** Writes responses to the connection: valid and deliberately broken ones. */

import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { ApiResponse } from './messages.ts';

type Headers = Readonly<Record<string, string>>;

/** A response's body as text; empty if there is none. */
export function toJson(body: unknown): string {
  return body === undefined ? '' : JSON.stringify(body);
}

/** Writes a whole response. */
export function write(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Headers,
): void {
  if (response.destroyed) return;
  const bodiless = status === 204 || status === 304;
  response.writeHead(status, {
    ...headers,
    ...(!bodiless && { 'Content-Length': String(Buffer.byteLength(body)) }),
  });
  response.end(bodiless ? undefined : body);
}

/** Writes head and first half of a response, then calls `then`. */
export function writeHalf(response: ServerResponse, answer: ApiResponse, then: () => void): void {
  const text = Buffer.from(toJson(answer.body));
  if (text.length === 0) {
    // There is no body to halve, so the head is truncated.
    response.socket?.write(`HTTP/1.1 ${answer.status} No Content\r\nDa`, then);
    return;
  }
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': String(text.length) });
  response.write(text.subarray(0, Math.floor(text.length / 2)), then);
}

/** Writes sixteen megabytes that start like a token. */
export function writeHuge(response: ServerResponse, status: number, headers: Headers): void {
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

/** Writes a response compressed. */
export function writeGzip(response: ServerResponse, { status, headers, body }: ApiResponse): void {
  write(response, status, gzipSync(toJson(body)), {
    ...headers,
    'Content-Encoding': 'gzip',
    Vary: 'Accept-Encoding',
  });
}

/** Writes interim responses; the final one follows. */
export function writeInformational(response: ServerResponse, statuses: readonly (100 | 102 | 103)[]): void {
  for (const status of statuses) {
    if (status === 100) response.writeContinue();
    else if (status === 102) response.writeProcessing();
    else response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
  }
}
