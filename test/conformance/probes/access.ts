/** Probes of permissions, validation and responses in general. */
import { setTimeout } from 'node:timers/promises';
import { knownScopes } from '../../../src/mapbox/scopes.ts';
import type { accessAssumptions } from '../../support/mapbox/assumptions/access.ts';
import { isObject } from '../../support/mapbox/messages.ts';
import { outcomeOf, summarize } from '../api-answer.ts';
import { NotAsked } from '../api-client.ts';
import { MODEST, type Probe, TOKENS } from './probe.ts';

export const accessProbes: Readonly<Record<keyof typeof accessAssumptions, Probe>> = {
  'no-token-status': async client => outcomeOf(await client.request({ path: TOKENS, token: null })),
  async bearer(client) {
    const token = await client.createTemporary(['tokens:read']);
    const headers = { authorization: `Bearer ${token}` };
    return outcomeOf(await client.request({ path: TOKENS, token: null, headers }));
  },

  async 'missing-tokens-write'(client) {
    const { token } = await client.createToken(['tokens:read', ...MODEST]);
    return outcomeOf(await client.requestToken({ scopes: MODEST }, token));
  },
  async 'missing-tokens-read'(client) {
    const { token } = await client.createToken(MODEST);
    return outcomeOf(await client.request({ path: TOKENS, token }));
  },
  async 'missing-scopes-list'(client) {
    const { token } = await client.createToken(['tokens:read']);
    return outcomeOf(await client.request({ path: '/scopes/v1/{username}', token }));
  },
  async 'restricted-authorizer'(client) {
    const allowedUrls = ['https://example.com'];
    const { token } = await client.createToken(['tokens:write', ...MODEST], { allowedUrls });
    return outcomeOf(await client.requestToken({ scopes: MODEST }, token));
  },

  async 'tk-authorizes'(client) {
    const token = await client.createTemporary(['tokens:write', 'tokens:read', ...MODEST]);
    const created = await client.requestToken({ scopes: MODEST }, token);
    const listed = await client.request({ path: TOKENS, token });
    const deleted = await client.deleteToken((await client.createToken(MODEST)).id, token);
    return Object.entries({ creates: created, lists: listed, deletes: deleted })
      .map(([deed, answer]) => (answer.status < 300 ? deed : `${deed} not (${answer.words})`))
      .join(', ');
  },
  async 'tk-outlives-parent'(client) {
    const parent = await client.createToken(['tokens:write', ...MODEST]);
    const child = await client.createTemporary(MODEST, parent.token);
    await client.deleteToken(parent.id);
    return `it stays ${await client.validate(child)}`;
  },
  async 'visible-at-once'(client) {
    const { id, token } = await client.createToken(MODEST);
    const valid = await howSoon(async () => (await client.validate(token)) === 'TokenValid');
    await client.deleteToken(id);
    const revoked = await howSoon(async () => (await client.validate(token)) === 'TokenRevoked');
    return `valid ${valid}, revoked ${revoked}`;
  },

  async 'validation-details'(client) {
    const forged = (await client.createTemporary(MODEST)).replace(/[^.]*$/, 'S'.repeat(22));
    const found: string[] = [];
    for (const token of ['nonsense', forged]) {
      const { fields } = await client.request({ path: '/tokens/v2', token });
      found.push(`${fields['code']} ${isObject(fields['token']) ? 'with a token' : 'alone'}`);
    }
    return found.join(', ');
  },
  async 'validation-authorization'(client) {
    const open = await client.createToken(MODEST);
    const secret = await client.createToken(['tokens:read']);
    const tokens = { pk: open, sk: secret, tk: { id: '', token: await client.createTemporary(MODEST) } };
    const having: string[] = [];
    const kinds = new Set<string>();
    for (const [usage, { id, token }] of Object.entries(tokens)) {
      const { fields } = await client.request({ path: '/tokens/v2', token });
      const authorization = isObject(fields['token']) ? fields['token']['authorization'] : undefined;
      if (authorization === undefined) continue;
      having.push(usage);
      kinds.add(authorization === id ? 'the id' : 'not the id');
    }
    return [having.join(' and '), ...kinds].join(', ');
  },

  async 'scope-table'(client) {
    client.requireScopes('scopes:list');
    const { json, words } = await client.request({ path: '/scopes/v1/{username}' });
    if (!Array.isArray(json)) throw new NotAsked(words);
    const odd = json.filter(isObject).flatMap(({ id, public: isPublic }) => {
      const kind = isPublic === true ? 'public' : 'secret';
      const known = typeof id === 'string' ? knownScopes.get(id) : undefined;
      if (known === undefined) return [`${id} (${kind}, unknown)`];
      return known === kind || known === 'unsure' ? [] : [`${id} (${kind})`];
    });
    return odd.length === 0 ? 'none' : odd.join(', ');
  },
  async 'token-id'(client) {
    const { id } = await client.createToken(MODEST);
    if (/^cm[a-z0-9]{23}$/.test(id)) return 'cm and 23 of a-z0-9';
    return `${id.slice(0, 2)} and ${id.length - 2} others`;
  },

  async 'error-body'(client) {
    const answer = await client.requestToken({ scopes: ['styles:reed'] });
    return isObject(answer.json) ? Object.keys(answer.json).sort().join(', ') : 'no JSON object';
  },
  async 'request-ids'(client) {
    const success = await client.request({ path: TOKENS });
    const failure = await client.deleteToken(`cm${'0'.repeat(23)}`);
    const names = ['x-amz-cf-id', 'x-request-id'];
    return summarize(
      [success, failure].map(({ headers }) => names.filter(name => headers.has(name)).join(', ') || 'none'),
    );
  },
};

/** Checks once a second until the condition holds, for half a minute at most. */
async function howSoon(isSo: () => Promise<boolean>): Promise<string> {
  for (let seconds = 0; seconds <= 30; seconds++) {
    if (await isSo()) return seconds === 0 ? 'at once' : `after ${seconds} s`;
    await setTimeout(1000);
  }
  return 'not within 30 s';
}
