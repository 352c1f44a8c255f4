/** Probes of the rate limit and of other services. */
import type { serviceAssumptions } from '../../support/mapbox/assumptions/services.ts';
import { limitHeadersOf } from '../api-answer.ts';
import type { ApiClient, ApiRequest } from '../api-client.ts';
import { notAsked, type Probe } from './probe.ts';

export const serviceProbes: Readonly<Record<keyof typeof serviceAssumptions, Probe>> = {
  'tiling-takes-tk': client =>
    asSecret(client, 'tilesets:list', token => ({ path: '/tilesets/v1/{username}', token })),
  'uploads-takes-tk': client =>
    asSecret(client, 'uploads:list', token => ({ path: '/uploads/v1/{username}', token })),
  'downloads-takes-tk': client =>
    asSecret(client, 'downloads:read', token => ({
      path: '/downloads/v2/releases/maven/com/mapbox/maps/android/maven-metadata.xml',
      token: null,
      headers: { authorization: `Basic ${Buffer.from(`mapbox:${token}`).toString('base64')}` },
    })),
  async 'tiling-other-account'(client) {
    const { token } = await client.createToken(['tilesets:list']);
    // An account that cannot exist: names are shorter.
    const { status, json } = await client.request({ path: `/tilesets/v1/${'x'.repeat(60)}`, token });
    return `${status}, ${typeof json === 'string' ? 'a text in JSON' : json === undefined ? 'no JSON' : typeof json}`;
  },
  'tiling-errors': notAsked('it would create a tileset'),
  'tiling-status': notAsked('it would publish a tileset'),
  'tiling-changesets': notAsked('it would create a changeset'),

  'rate-limit-headers-always': async client => limitHeadersOf(await client.request({ path: '/tokens/v2' })),
  'rate-limit-window': notAsked('it would take the account’s limit for minutes'),
  async 'rate-limit-answer'(client) {
    // The documented limit is 100, that of 2018 was 120; a response may give another.
    let most = 130;
    for (let requests = 0; requests < most; requests++) {
      const answer = await client.requestOnce({ path: '/tokens/v2' });
      if (answer.status !== 429) {
        most = Math.min(1000, (Number(answer.headers.get('x-rate-limit-limit')) || 120) + 10);
        continue;
      }
      const retryAfter = answer.headers.has('retry-after') ? ', Retry-After' : '';
      const body = 'message' in answer.fields ? '' : ', no message in JSON';
      return `${answer.words}${body}; ${limitHeadersOf(answer)}${retryAfter}`;
    }
    return `no limit within ${most} requests`;
  },
};

/** Whether a service accepts a temporary token like a secret one with the same scope. */
async function asSecret(
  client: ApiClient,
  scope: string,
  requestWith: (token: string) => ApiRequest,
): Promise<string> {
  const secret = await client.request(requestWith((await client.createToken([scope])).token));
  const temporary = await client.request(requestWith(await client.createTemporary([scope])));
  if (secret.status === 401 || secret.status === 403)
    return `cannot be told: a secret token has ${secret.words}`;
  return secret.status === temporary.status
    ? 'as a secret token'
    : `no: ${temporary.words}, where a secret token has ${secret.status}`;
}
