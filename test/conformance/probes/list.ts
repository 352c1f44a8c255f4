/** Probes of the list and of deletions. */
import { randomBytes } from 'node:crypto';
import type { listAssumptions } from '../../support/mapbox/assumptions/list.ts';
import { linkOf, linksOf, nextQuery, outcomeOf, rowsOf, summarize } from '../api-answer.ts';
import { type ApiClient, NotAsked } from '../api-client.ts';
import { describeExtraFields, MODEST, notAsked, type Probe, TOKENS } from './probe.ts';

type Query = Record<string, string>;

export const listProbes: Readonly<Record<keyof typeof listAssumptions, Probe>> = {
  async 'list-page-size'(client) {
    const size = async (query: Query) => {
      const answer = await list(client, query);
      const { length } = rowsOf(answer);
      if (linkOf(answer.headers, 'next') === undefined) {
        throw new NotAsked(`the account has only ${length} tokens`);
      }
      return length;
    };
    return `${await size({})} by default, ${await size({ limit: '1000' })} at most`;
  },

  async 'list-fields'(client) {
    await client.createToken(MODEST);
    return describeExtraFields(Object.assign({}, ...rowsOf(await list(client))));
  },

  async 'list-usage-limit'(client) {
    const both = rowsOf(await list(client, { usage: 'sk', limit: '10' })).length;
    return both === 0 ? 'nothing' : 'tokens';
  },
  'list-usage-tk': async client => outcomeOf(await list(client, { usage: 'tk' })),
  'list-limit-malformed': async client =>
    summarize([await list(client, { limit: '0' }), await list(client, { limit: 'many' })].map(outcomeOf)),
  async 'list-unknown-parameter'(client) {
    const answer = await list(client, { fresh: randomBytes(6).toString('hex') });
    return answer.status === 200 && rowsOf(answer).length > 0 ? 'yes' : answer.words;
  },

  async 'list-order'(client) {
    await client.createToken(MODEST);
    const dates = rowsOf(await list(client)).map(({ created }) => Date.parse(String(created)));
    if (dates.length < 2) throw new NotAsked('the account has too few tokens');
    const rises = dates.slice(1).every((date, n) => date >= (dates[n] ?? 0));
    const falls = dates.slice(1).every((date, n) => date <= (dates[n] ?? 0));
    return rises ? 'oldest first' : falls ? 'newest first' : 'not by creation';
  },

  async 'list-fresh'(client) {
    const { id } = await client.createToken(MODEST);
    const before = (await wholeList(client)).includes(id);
    await client.deleteToken(id);
    const after = (await wholeList(client)).includes(id);
    if (before && !after) return 'fresh';
    return [...(before ? [] : ['a new token is missing']), ...(after ? ['a deleted one is shown'] : [])].join(
      ', ',
    );
  },
  async 'list-cache-headers'(client) {
    const { headers } = await list(client);
    const found = ['cache-control', 'age', 'etag', 'x-cache'].flatMap(name => {
      const value = headers.get(name);
      return value === null ? [] : [`${name}: ${name === 'etag' ? '…' : value}`];
    });
    return found.length === 0 ? 'none' : found.join(', ');
  },

  async 'link-token'(client) {
    const next = linkOf((await list(client, { limit: '1' })).headers, 'next');
    if (next === undefined) throw new NotAsked('the account has only one token');
    return next.includes('access_token') ? 'yes' : 'no';
  },
  async 'link-last'(client) {
    const { length } = rowsOf(await list(client));
    let query: Query | undefined = { limit: String(Math.max(1, length - 1)) };
    // Two pages if the account fits on one, else as many as it takes.
    for (let pages = 0; pages < 20; pages++) {
      const answer = await list(client, query);
      query = nextQuery(answer);
      if (query !== undefined) continue;
      if (pages === 0) throw new NotAsked('the account has only one token');
      return [...linksOf(answer.headers).keys()].join(', ') || 'none';
    }
    throw new NotAsked('the account has too many tokens');
  },
  async 'link-key-survives'(client) {
    const own = new Set([(await client.createToken(MODEST)).id, (await client.createToken(MODEST)).id]);
    let query: Query = { limit: '1' };
    // Reads pages of one token until one ends with a test token and another page follows.
    for (let pages = 0; pages < 20; pages++) {
      const answer = await list(client, query);
      const next = nextQuery(answer);
      if (next === undefined) break;
      query = next;
      const [row] = rowsOf(answer);
      if (typeof row?.['id'] !== 'string' || !own.has(row['id'])) continue;
      await client.deleteToken(row['id']);
      const followed = await list(client, query);
      return followed.status === 200 ? 'yes' : followed.words;
    }
    throw new NotAsked('no page among the first twenty ends with a test token');
  },

  'delete-status': async client =>
    String((await client.deleteToken((await client.createToken(MODEST)).id)).status),
  async 'delete-unknown'(client) {
    const { id } = await client.createToken(MODEST);
    await client.deleteToken(id);
    const unknown = `cm${'0'.repeat(23)}`;
    return summarize([await client.deleteToken(id), await client.deleteToken(unknown)].map(outcomeOf));
  },
  async 'delete-by-text'(client) {
    const { token } = await client.createToken(MODEST);
    return outcomeOf(await client.deleteToken(token));
  },
  'delete-default': notAsked('it would delete a token that is in use'),
};

function list(client: ApiClient, query: Query = {}) {
  return client.request({ path: TOKENS, query });
}

/** The ids of all tokens. */
async function wholeList(client: ApiClient): Promise<unknown[]> {
  const ids: unknown[] = [];
  let query: Query | undefined = {};
  for (let pages = 0; pages < 20; pages++) {
    const answer = await list(client, query);
    ids.push(...rowsOf(answer).map(({ id }) => id));
    query = nextQuery(answer);
    if (query === undefined) return ids;
  }
  throw new NotAsked('the account has too many tokens');
}
