/** How each question of the list is asked. What a probe finds, it tells in the words that the list assumes. */

import { setTimeout } from 'node:timers/promises';
import { knownScopes } from '../../src/mapbox/scopes.ts';
import type { AssumptionId } from '../support/mapbox/assumptions.ts';
import { isObject } from '../support/mapbox/wire.ts';
import { type Laboratory, NotAsked, nextOf, type Told } from './laboratory.ts';

export type Probe = (lab: Laboratory) => Promise<string>;

/** What a probe needs of an account to show nothing but a token's form. */
const MODEST = ['styles:read'];

export const probes: Readonly<Record<AssumptionId, Probe>> = {
  'temporary-status': async lab => String((await lab.lend(MODEST)).status),
  'stored-status': async lab => String((await lab.store(MODEST)).told.status),

  async 'temporary-fields'(lab) {
    const { json } = await lab.lend(MODEST);
    return isObject(json) ? Object.keys(json).sort().join(', ') : 'no JSON object';
  },

  'tiling-takes-tk': lab =>
    asSecret(lab, 'tilesets:list', token => ({ path: '/tilesets/v1/{username}', token })),
  'uploads-takes-tk': lab =>
    asSecret(lab, 'uploads:list', token => ({ path: '/uploads/v1/{username}', token })),
  'downloads-takes-tk': lab =>
    asSecret(lab, 'downloads:read', token => ({
      path: '/downloads/v2/releases/maven/com/mapbox/maps/android/maven-metadata.xml',
      token: null,
      headers: { authorization: `Basic ${Buffer.from(`mapbox:${token}`).toString('base64')}` },
    })),

  'rate-limit-headers-always': async lab => limitHeaders(await lab.ask({ path: '/tokens/v2' })),
  'rate-limit-window': notAsked('it would take the account’s limit for minutes'),

  'unknown-scope': async lab => outcome(await lab.create({ scopes: ['styles:reed'] })),
  'scopes-malformed': async lab =>
    alike([await lab.create({}), await lab.create({ scopes: 'styles:read' })].map(outcome)),

  async 'expires-malformed'(lab) {
    const soon = new Date(Date.now() + 60_000).toISOString();
    const forms = {
      Z: soon.replace(/\.\d+/, ''),
      'Z with milliseconds': soon,
      'an offset': soon.replace(/\.\d+Z/, '+00:00'),
      'no zone': soon.replace(/\.\d+Z/, ''),
    };
    const accepted: string[] = [];
    for (const [form, expires] of Object.entries(forms)) {
      if ((await lab.lend(MODEST, { expires })).status < 300) accepted.push(form);
    }
    return `${accepted.join(', ')}; else ${outcome(await lab.lend(MODEST, { expires: 'tomorrow' }))}`;
  },

  'expires-with-allowed-urls': async lab =>
    outcome(await lab.lend(MODEST, { allowedUrls: ['https://example.com'] })),
  'expires-with-note': async lab => outcome(await lab.lend(MODEST, { note: lab.mark })),
  async 'allowed-urls-limit'(lab) {
    const urls = Array.from({ length: 101 }, (_, n) => `https://example.com/${n}`);
    const answers = [urls, ['nowhere']].map(allowedUrls => lab.create({ scopes: MODEST, allowedUrls }));
    return alike((await Promise.all(answers)).map(outcome));
  },

  async 'note-limit'(lab) {
    const noteOf = (length: number) => lab.mark.padEnd(length, '.');
    const whole = await lab.create({ scopes: MODEST, note: noteOf(256) });
    const kept = isObject(whole.json) && whole.json['note'] === noteOf(256);
    const longer = await lab.create({ scopes: MODEST, note: noteOf(257) });
    return `256 ${kept ? 'kept whole' : outcome(whole)}; 257: ${outcome(longer)}`;
  },

  async 'delete-unknown'(lab) {
    const { id } = await lab.store(MODEST);
    await lab.remove(id);
    return alike([await lab.remove(id), await lab.remove(`c${'0'.repeat(24)}`)].map(outcome));
  },
  'delete-default': notAsked('it would delete a token that is in use'),

  async 'body-malformed'(lab) {
    const question = { method: 'POST', path: '/tokens/v2/{username}' };
    const text = JSON.stringify({ note: lab.mark, scopes: MODEST });
    const broken = await lab.ask({ ...question, body: '{' });
    const plain = await lab.ask({ ...question, body: text, headers: { 'content-type': 'text/plain' } });
    return alike([broken, plain].map(outcome));
  },

  async 'tk-authorizes'(lab) {
    const token = await lab.borrow(['tokens:write', 'tokens:read', ...MODEST]);
    const created = await lab.create({ scopes: MODEST }, token);
    const listed = await lab.ask({ path: '/tokens/v2/{username}', token });
    const deleted = await lab.remove((await lab.store(MODEST)).id, token);
    return Object.entries({ creates: created, lists: listed, deletes: deleted })
      .map(([deed, told]) => (told.status < 300 ? deed : `${deed} not (${told.words})`))
      .join(', ');
  },

  async 'tk-outlives-parent'(lab) {
    const parent = await lab.store(['tokens:write', ...MODEST]);
    const child = await lab.borrow(MODEST, parent.token);
    await lab.remove(parent.id);
    return `it stays ${await lab.verdict(child)}`;
  },

  async 'restricted-authorizer'(lab) {
    const restricted = await lab.store(['tokens:write', ...MODEST], { allowedUrls: ['https://example.com'] });
    return outcome(await lab.create({ scopes: MODEST }, restricted.token));
  },

  async 'list-page-size'(lab) {
    const page = async (query: Record<string, string>) => {
      const { json, headers } = await lab.ask({ path: '/tokens/v2/{username}', query });
      const count = Array.isArray(json) ? json.length : 0;
      if (nextOf(headers) === undefined) throw new NotAsked(`the account has only ${count} tokens`);
      return count;
    };
    return `${await page({})} by default, ${await page({ limit: '1000' })} at most`;
  },

  'list-limit-malformed': async lab =>
    alike(
      [
        await lab.ask({ path: '/tokens/v2/{username}', query: { limit: '0' } }),
        await lab.ask({ path: '/tokens/v2/{username}', query: { limit: 'many' } }),
      ].map(outcome),
    ),

  async 'list-order'(lab) {
    await lab.store(MODEST);
    const { json } = await lab.ask({ path: '/tokens/v2/{username}' });
    const dates = (Array.isArray(json) ? json : []).map(({ created }) => Date.parse(created));
    if (dates.length < 2) throw new NotAsked('the account has too few tokens');
    const rises = dates.slice(1).every((date, n) => date >= (dates[n] ?? 0));
    const falls = dates.slice(1).every((date, n) => date <= (dates[n] ?? 0));
    return rises ? 'oldest first' : falls ? 'newest first' : 'not by creation';
  },

  async 'list-fresh'(lab) {
    const { id } = await lab.store(MODEST);
    const shows = async () => (await wholeList(lab)).includes(id);
    const before = await shows();
    await lab.remove(id);
    const after = await shows();
    if (before && !after) return 'fresh';
    return [...(before ? [] : ['a new token is missing']), ...(after ? ['a deleted one is shown'] : [])].join(
      ', ',
    );
  },

  async 'link-without-token'(lab) {
    const { headers } = await lab.ask({ path: '/tokens/v2/{username}', query: { limit: '1' } });
    const next = nextOf(headers);
    if (next === undefined) throw new NotAsked('the account has only one token');
    return next.includes('access_token') ? 'yes' : 'no';
  },

  async 'link-key-survives'(lab) {
    const ours = new Set([(await lab.store(MODEST)).id, (await lab.store(MODEST)).id]);
    let query: Record<string, string> = {};
    // Page by page of one token, until a page ends with one of ours and another follows.
    for (let pages = 0; pages < 20; pages++) {
      const { json, headers } = await lab.ask({
        path: '/tokens/v2/{username}',
        query: { limit: '1', ...query },
      });
      const next = nextOf(headers);
      if (next === undefined) break;
      query = Object.fromEntries(URL.parse(next, 'https://api.mapbox.com')?.searchParams ?? []);
      const id: unknown = Array.isArray(json) ? json[0]?.id : undefined;
      if (typeof id !== 'string' || !ours.has(id)) continue;
      await lab.remove(id);
      const followed = await lab.ask({ path: '/tokens/v2/{username}', query });
      return followed.status === 200 ? 'yes' : followed.words;
    }
    throw new NotAsked('no page among the first twenty ends with a test token');
  },

  async 'visible-at-once'(lab) {
    const { id, token } = await lab.store(MODEST);
    const valid = await until(async () => (await lab.verdict(token)) === 'TokenValid');
    await lab.remove(id);
    const revoked = await until(async () => (await lab.verdict(token)) === 'TokenRevoked');
    return `valid ${valid}, revoked ${revoked}`;
  },

  async 'scope-table'(lab) {
    lab.needs('scopes:list');
    const { json, words } = await lab.ask({ path: '/scopes/v1/{username}' });
    if (!Array.isArray(json)) throw new NotAsked(words);
    const odd = json.filter(isObject).flatMap(({ id, public: isPublic }) => {
      const known = typeof id === 'string' ? knownScopes[id] : undefined;
      if (known === undefined) return [`${id} (${isPublic === true ? 'public' : 'secret'}, unknown)`];
      const kind = isPublic === true ? 'public' : 'secret';
      return known.kind === kind || known.kind === 'unsure' ? [] : [`${id} (${kind})`];
    });
    return odd.length === 0 ? 'none' : odd.join(', ');
  },

  bearer: async lab => {
    const token = await lab.borrow(['tokens:read']);
    const headers = { authorization: `Bearer ${token}` };
    return outcome(await lab.ask({ path: '/tokens/v2/{username}', token: null, headers }));
  },
  'no-token-status': async lab => outcome(await lab.ask({ path: '/tokens/v2/{username}', token: null })),
  async 'missing-tokens-write'(lab) {
    const { token } = await lab.store(['tokens:read', ...MODEST]);
    return outcome(await lab.create({ scopes: MODEST }, token));
  },

  async 'malformed-details'(lab) {
    const forged = (await lab.borrow(MODEST)).replace(/[^.]*$/, 'S'.repeat(22));
    const codes: string[] = [];
    let more = false;
    for (const token of ['nonsense', forged]) {
      const { json } = await lab.ask({ path: '/tokens/v2', token });
      codes.push(isObject(json) ? String(json['code']) : 'no JSON');
      more ||= isObject(json) && Object.keys(json).length > 1;
    }
    return `${codes.join(' and ')}, ${more ? 'with details' : 'nothing else'}`;
  },

  async 'update-shows-sk'(lab) {
    const { id } = await lab.store(['tokens:read']);
    const body = { note: `${lab.mark}, changed` };
    const { json, status, words } = await lab.ask({
      method: 'PATCH',
      path: `/tokens/v2/{username}/${id}`,
      body,
    });
    if (status >= 300) return words;
    return isObject(json) && 'token' in json ? 'yes' : 'no';
  },
  async 'update-pk-secret-scope'(lab) {
    lab.needs('tokens:read');
    const { id } = await lab.store(MODEST);
    const body = { scopes: ['tokens:read'] };
    return outcome(await lab.ask({ method: 'PATCH', path: `/tokens/v2/{username}/${id}`, body }));
  },

  'tiling-errors': notAsked('it would make a tileset'),
  'tiling-status': notAsked('it would publish a tileset'),
  'tiling-changesets': notAsked('it would make a changeset'),

  async 'rate-limit-answer'(lab) {
    // The documented limit is 100, that of 2018 was 120.
    for (let requests = 0; requests < 130; requests++) {
      const told = await lab.askOnce({ path: '/tokens/v2' });
      if (told.status !== 429) continue;
      const retryAfter = told.headers.has('retry-after') ? ', Retry-After' : '';
      return `${told.words}; ${limitHeaders(told)}${retryAfter}`;
    }
    return 'no limit within 130 requests';
  },
};

function notAsked(why: string): Probe {
  return async () => {
    throw new NotAsked(why);
  };
}

/** What was refused, in Mapbox's words. */
function outcome({ status, words }: Told): string {
  return status < 300 ? 'accepted' : words;
}

/** One text where all say the same. */
function alike(texts: readonly string[]): string {
  return [...new Set(texts)].join(' / ');
}

/** Whether a service takes a temporary token as it takes a secret one of the same scope. */
async function asSecret(
  lab: Laboratory,
  scope: string,
  questionOf: (token: string) => Parameters<Laboratory['ask']>[0],
): Promise<string> {
  const secret = await lab.ask(questionOf((await lab.store([scope])).token));
  const temporary = await lab.ask(questionOf(await lab.borrow([scope])));
  if (secret.status === 401 || secret.status === 403)
    return `cannot be told: a secret token has ${secret.words}`;
  return secret.status === temporary.status
    ? 'as a secret token'
    : `no: ${temporary.words}, where a secret token has ${secret.status}`;
}

function limitHeaders({ headers }: Told): string {
  const names = ['interval', 'limit', 'reset'].filter(name => headers.has(`x-rate-limit-${name}`));
  return names.length === 0 ? 'no headers' : names.join(', ');
}

async function wholeList(lab: Laboratory): Promise<unknown[]> {
  const ids: unknown[] = [];
  let query: Record<string, string> = {};
  for (let pages = 0; pages < 20; pages++) {
    const { json, headers } = await lab.ask({ path: '/tokens/v2/{username}', query });
    if (Array.isArray(json)) ids.push(...json.map(({ id }) => id));
    const next = nextOf(headers);
    if (next === undefined) return ids;
    query = Object.fromEntries(URL.parse(next, 'https://api.mapbox.com')?.searchParams ?? []);
  }
  throw new NotAsked('the account has too many tokens');
}

/** Looks once a second until it is so, for half a minute at the most. */
async function until(so: () => Promise<boolean>): Promise<string> {
  for (let seconds = 0; seconds <= 30; seconds++) {
    if (await so()) return seconds === 0 ? 'at once' : `after ${seconds} s`;
    await setTimeout(1000);
  }
  return 'not within 30 s';
}
