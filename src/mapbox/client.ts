import type { RequestBudget, RequestKind } from '../api/request-budget.ts';
import type { Clock } from '../clock.ts';
import type { HttpClient, HttpRequest } from '../http/client.ts';
import type { HttpResponse, NoResponse } from '../http/response.ts';
import type { Secret } from '../secret.ts';

/** One request to Mapbox, before the token is put into its query. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the API's base, beginning with `/`, already percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as the `access_token` parameter, the only way that Mapbox documents. */
  readonly token: Secret;
  /** Sent as JSON. */
  readonly body?: object;
  /** See {@link HttpRequest.maxBytes}. */
  readonly maxBytes?: number;
  /** How the budget treats the request. Without a kind, the request counts. */
  readonly kind?: RequestKind;
}

/** Sends one request to Mapbox; see {@link HttpClient.send}. */
export type SendRequest = (request: ApiRequest, timeoutMs: number) => Promise<HttpResponse | NoResponse>;

/** Sends requests to the Mapbox API below `api`, within `budget`. */
export function createApiClient(
  client: HttpClient,
  api: URL,
  budget: RequestBudget,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
): SendRequest {
  const base = api.pathname.replace(/\/+$/, '');
  const send: SendRequest = ({ method, path, query, token, body, maxBytes }, timeoutMs) => {
    const parameters = new URLSearchParams({ ...query, access_token: token.reveal() });
    const headers = { accept: 'application/json', 'user-agent': 'create-mapbox-token' };
    return client.send(
      {
        method,
        path: `${base}${path}?${parameters}`,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
        maxBytes,
      },
      timeoutMs,
    );
  };
  return withinBudget(send, budget, clock);
}

/**
 * Counts requests. If the budget has no room for a request, the request waits, or is not sent if the wait would exceed
 * its time-out.
 */
export function withinBudget(
  send: SendRequest,
  budget: RequestBudget,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
): SendRequest {
  return (request, timeoutMs) => {
    const { kind } = request;
    const room = budget.isFree(kind) ? 0 : budget.delay(clock.monotonic());
    const sendCounted = () => {
      budget.count(kind, clock.monotonic());
      return send(request, timeoutMs - room);
    };
    if (room === 0) return sendCounted();
    if (room >= timeoutMs)
      return Promise.resolve({ kind: 'no-response', sent: false, code: 'REQUEST_BUDGET' });
    return clock.sleep(room).then(sendCounted);
  };
}
