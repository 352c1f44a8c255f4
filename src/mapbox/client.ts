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
}

/** Sends Mapbox one request; as {@link HttpClient.send}. */
export type SendRequest = (request: ApiRequest, timeoutMs: number) => Promise<HttpResponse | NoResponse>;

/** Sends requests to the Mapbox API below `api`. */
export function createApiClient(client: HttpClient, api: URL): SendRequest {
  const base = api.pathname.replace(/\/+$/, '');
  return ({ method, path, query, token, body, maxBytes }, timeoutMs) => {
    const parameters = new URLSearchParams({ ...query, access_token: token.reveal() });
    const headers = { accept: 'application/json', 'user-agent': 'create-mapbox-token' };
    return client.send(
      {
        method,
        path: `${base}${path}?${parameters}`,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
        maxBytes,
      },
      timeoutMs,
    );
  };
}
