import type { HttpAnswer, NoAnswer, Wire } from '../http/client.ts';
import type { Secret } from '../secret.ts';

/** One request to Mapbox, before the token is put into its query. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the API's base, beginning with `/`, already percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as the `access_token` parameter, the only way that Mapbox documents. */
  readonly token: Secret;
  /** Sent as JSON. */
  readonly body?: object;
}

/** Asks Mapbox once, `limit` milliseconds at most; as {@link Wire.send}. */
export type Exchange = (request: HttpRequest, limit: number) => Promise<HttpAnswer | NoAnswer>;

/** Speaks to the Mapbox API below `api` over a wire that leads there. */
export function exchangeOver(wire: Wire, api: URL): Exchange {
  const base = api.pathname.replace(/\/+$/, '');
  return ({ method, path, query, token, body }, limit) => {
    const parameters = new URLSearchParams({ ...query, access_token: token.reveal() });
    const headers = { accept: 'application/json', 'user-agent': 'create-mapbox-token' };
    return wire.send(
      {
        method,
        path: `${base}${path}?${parameters}`,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      },
      limit,
    );
  };
}
