/** A plain client of the stand-in, for tests of the stand-in itself: fetch, and libsodium to encrypt. */
import { isRecord, parseJson } from './message.ts';
import { sealBox } from './sealed-box.ts';
import type { GithubStandIn } from './server.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** A body that is a JSON object; empty for others. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** A unique token in the form of an installation's. */
export function newToken(): string {
  return ['ghs', crypto.randomUUID().replaceAll('-', '')].join('_');
}

/** Sends one request, without following redirects. `path` is below the API's URL, or a whole URL. */
export async function send(
  github: GithubStandIn,
  token: string | undefined,
  method: string,
  path: string,
  body?: object | string,
): Promise<Reply> {
  const response = await fetch(path.startsWith('http') ? path : `${github.url}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const json = parseJson(await response.text());
  return { status: response.status, headers: response.headers, json: isRecord(json) ? json : {} };
}

/** Puts a value into the secret at `place` as GitHub documents it: key, box, PUT. */
export async function putValue(
  github: GithubStandIn,
  token: string,
  place: string,
  value: string,
  more: object = {},
): Promise<Reply> {
  const scope = place.slice(0, place.lastIndexOf('/'));
  const { json } = await send(github, token, 'GET', `/${scope}/public-key`);
  const { key_id, key } = json;
  return send(github, token, 'PUT', `/${place}`, {
    encrypted_value: sealBox(value, String(key)),
    key_id,
    ...more,
  });
}
