/** A scripted Mapbox: a client that returns one response after another, and records the requests. */
import type { HttpResponse, NoResponse } from '../../src/http/response.ts';
import type { Account } from '../../src/mapbox/account.ts';
import type { ApiRequest, SendRequest } from '../../src/mapbox/client.ts';
import { Secret } from '../../src/secret.ts';
import { START } from './fake-clock.ts';
import { authorizingToken, OWNER } from './tokens.ts';

export function textResponse(
  status: number,
  text: string,
  headers: Record<string, string> = {},
): HttpResponse {
  return { kind: 'response', status, headers, body: { kind: 'complete', text: new Secret(text) } };
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): HttpResponse {
  return textResponse(status, JSON.stringify(value), { 'content-type': 'application/json', ...headers });
}

export const html = (status: number) =>
  textResponse(status, '<!DOCTYPE html><p>Sign in</p>', { 'content-type': 'text/html' });

/** A response whose body ended early, although its text may be complete by chance. */
export function truncated(status: number, value: unknown): HttpResponse {
  const text = new Secret(JSON.stringify(value));
  return { kind: 'response', status, headers: {}, body: { kind: 'incomplete', how: 'truncated', text } };
}

export const notFound = () => json(404, { message: 'Not Found' });

export const deleted = () => textResponse(204, '');

/** The request was sent, and no response arrived. */
export const lostResponse = (code = 'ECONNRESET'): NoResponse => ({ kind: 'no-response', sent: true, code });

/** The request was never sent. */
export const noConnection = (code = 'ECONNREFUSED'): NoResponse => ({
  kind: 'no-response',
  sent: false,
  code,
});

export interface Listed {
  readonly id: string;
  readonly note?: string | null;
  readonly scopes?: readonly string[];
}

/** A page of the token list; `next` is the query of the next page. */
export function page(tokens: readonly Listed[], next?: string): HttpResponse {
  return json(
    200,
    tokens.map(token => ({ usage: 'sk', client: 'api', default: false, ...token })),
    next === undefined ? {} : { link: `<https://api.mapbox.com/tokens/v2/${OWNER}?${next}>; rel="next"` },
  );
}

type Response = HttpResponse | NoResponse;

export type ScriptedResponse = Response | Always | ((request: ApiRequest, timeoutMs: number) => Response);

/** Responds to every further request the same way. */
export interface Always {
  readonly always: Response;
}

export interface ScriptedClient {
  readonly send: SendRequest;
  /** `METHOD path?query`, without the token. */
  readonly requestLines: string[];
  readonly requests: ApiRequest[];
  /** The time limit of each request, in milliseconds. */
  readonly timeouts: number[];
  /** The number of unused responses. */
  readonly unusedResponses: () => number;
}

/** Responds to one request after another; an unexpected request fails the test. */
export function scripted(...responses: readonly ScriptedResponse[]): ScriptedClient {
  const requestLines: string[] = [];
  const requests: ApiRequest[] = [];
  const timeouts: number[] = [];
  let next = 0;
  return {
    requestLines,
    requests,
    timeouts,
    unusedResponses: () =>
      responses.slice(next).filter(response => !('always' in response)).length -
      Math.max(0, next - responses.length),
    async send(request, timeoutMs) {
      // A cache buster, different each time.
      const { timestamp: _timestamp, ...rest } = request.query ?? {};
      const query = new URLSearchParams(rest).toString();
      requestLines.push(`${request.method} ${request.path}${query === '' ? '' : `?${query}`}`);
      requests.push(request);
      timeouts.push(timeoutMs);
      const response = responses[next];
      if (response === undefined || !('always' in response)) next++;
      if (response === undefined) throw new Error(`unforeseen request: ${requestLines.join(', ')}`);
      if (typeof response === 'function') return response(request, timeoutMs);
      return 'always' in response ? response.always : response;
    },
  };
}

export function accountOn(client: Pick<ScriptedClient, 'send'>, changes: Partial<Account> = {}): Account {
  return {
    send: client.send,
    authorizingToken,
    username: OWNER,
    api: new URL('https://api.mapbox.com'),
    now: () => START,
    mask: () => {},
    ...changes,
  };
}

export const TOKENS = `/tokens/v2/${OWNER}`;

export const POST = `POST ${TOKENS}`;

export const LIST = `GET ${TOKENS}`;

/** The first page of the list. */
export const GET = `${LIST}?limit=100`;

export const DELETE = (id: string) => `DELETE ${TOKENS}/${id}`;
