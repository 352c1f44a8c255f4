/** A plain client of the stand-in, for its own tests. */

import { type IncomingHttpHeaders, request } from 'node:http';
import { HELD } from '../tokens.ts';
import { parseJson } from './messages.ts';
import { type MapboxStandIn, type StandInOptions, startMapbox } from './server.ts';

/** The stand-in's time in these tests, which is constant. */
export const NOW = Date.parse('2026-01-02T03:04:05.678Z');
export const inSeconds = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
export const TOKENS = '/tokens/v2/octo';

export interface Asked {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Header names as they were written. */
  readonly headerNames: readonly string[];
  /** The statuses of interim responses. */
  readonly informational: readonly number[];
  readonly bytes: Buffer;
  /** The body as JSON, `undefined` if it is invalid. */
  readonly body: unknown;
}

export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Asked>;

/** A stand-in with an authorizing token, and a function that sends requests with it. */
export async function setUp(options: StandInOptions = {}, held: readonly string[] = HELD) {
  const mapbox = await startMapbox({ now: () => NOW, ...options });
  const authorizer = mapbox.account.issue({ scopes: held });
  return { mapbox, authorizer, ask: askerOf(mapbox, authorizer.token) };
}

/** Sends requests with a token, or without one. A request without a response rejects. */
export function askerOf(mapbox: MapboxStandIn, token: string | undefined): Ask {
  return (method, path, body, headers = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(path, mapbox.url);
      if (token !== undefined) url.searchParams.set('access_token', token);
      const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
      const informational: number[] = [];
      const asked = request(
        url,
        {
          method,
          headers: {
            ...(body !== undefined && {
              'content-type': 'application/json',
              // Node sends no body with a GET or a DELETE by default.
              'content-length': String(Buffer.byteLength(text)),
            }),
            ...headers,
          },
        },
        response => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.on('error', reject);
          response.on('end', () => {
            const bytes = Buffer.concat(pieces);
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              headerNames: response.rawHeaders.filter((_, index) => index % 2 === 0),
              informational,
              bytes,
              body: parseJson(bytes.toString('utf8')),
            });
          });
        },
      );
      asked.on('information', ({ statusCode }) => informational.push(statusCode));
      asked.on('continue', () => informational.push(100));
      asked.on('error', reject);
      asked.end(text);
    });
}

/** The IDs of a list. */
export function idsOf({ body }: Asked): unknown {
  return Array.isArray(body) ? body.map(({ id }) => id) : body;
}
