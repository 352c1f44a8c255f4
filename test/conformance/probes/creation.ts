/** Probes of creating and updating tokens. */
import type { creationAssumptions } from '../../support/mapbox/assumptions/creation.ts';
import { type ApiAnswer, outcomeOf, rowsOf, summarize } from '../api-answer.ts';
import { type ApiClient, NotAsked } from '../api-client.ts';
import { describeExtraFields, MODEST, type Probe, TOKENS } from './probe.ts';

export const creationProbes: Readonly<Record<keyof typeof creationAssumptions, Probe>> = {
  'stored-status': async client => String((await client.createToken(MODEST)).answer.status),
  'stored-fields': async client => describeExtraFields((await client.createToken(MODEST)).answer.fields),
  'stored-unknown-field': async client =>
    outcomeOf(await client.requestToken({ scopes: MODEST, colour: 'blue' })),
  async 'stored-created'(client) {
    const { fields, headers } = (await client.createToken(MODEST)).answer;
    const apart = Date.parse(String(fields['created'])) - Date.parse(headers.get('date') ?? '');
    if (Number.isNaN(apart)) return 'one of the two is missing';
    return Math.abs(apart) <= 2000 ? 'within 2 s' : `${(apart / 1000).toFixed(1)} s`;
  },

  'temporary-status': async client => String((await client.requestTemporary(MODEST)).status),
  'temporary-fields': async client =>
    Object.keys((await client.requestTemporary(MODEST)).fields)
      .sort()
      .join(', '),
  async 'temporary-expires'(client) {
    const expires = new Date(Math.floor(Date.now() / 1000) * 1000 + 60_789);
    const { fields } = await client.requestTemporary(MODEST, { expires: expires.toISOString() });
    const kept = Date.parse(String(fields['expires'])) - expires.getTime();
    if (Number.isNaN(kept)) throw new NotAsked('the response has no `expires`');
    const rounding = { '-789': 'rounded down to the second', '0': 'kept', '211': 'rounded up to the second' };
    return Object.entries(rounding).find(([apart]) => Number(apart) === kept)?.[1] ?? `${kept} ms apart`;
  },
  async 'temporary-expires-forms'(client) {
    const soon = new Date(Date.now() + 60_000).toISOString();
    const forms = {
      Z: soon.replace(/\.\d+/, ''),
      'Z with milliseconds': soon,
      'an offset': soon.replace(/\.\d+Z/, '+00:00'),
      'no zone': soon.replace(/\.\d+Z/, ''),
    };
    const accepted: string[] = [];
    for (const [form, expires] of Object.entries(forms)) {
      if ((await client.requestTemporary(MODEST, { expires })).status < 300) accepted.push(form);
    }
    const other = outcomeOf(await client.requestTemporary(MODEST, { expires: 'tomorrow' }));
    return `${accepted.join(', ')}; else ${other}`;
  },
  'temporary-note': async client =>
    outcomeOf(await client.requestTemporary(MODEST, { note: client.notePrefix })),
  'temporary-allowed-urls': async client =>
    outcomeOf(await client.requestTemporary(MODEST, { allowedUrls: ['https://example.com'] })),
  'temporary-unknown-field': async client =>
    outcomeOf(await client.requestTemporary(MODEST, { colour: 'blue' })),

  'unknown-scope': async client => outcomeOf(await client.requestToken({ scopes: ['styles:reed'] })),
  'scopes-malformed': async client =>
    summarize(
      [await client.requestToken({}), await client.requestToken({ scopes: 'styles:read' })].map(outcomeOf),
    ),

  async 'allowed-urls-limit'(client) {
    const allowedUrls = Array.from({ length: 101 }, (_, n) => `https://example.com/${n}`);
    return outcomeOf(await client.requestToken({ scopes: MODEST, allowedUrls }));
  },
  async 'allowed-urls-forms'(client) {
    const forms = ['example.com', 'http://localhost:*', 'capacitor://localhost', 'https://example.com/maps'];
    const kept: string[] = [];
    for (const form of forms) {
      const { fields } = await client.requestToken({ scopes: MODEST, allowedUrls: [form] });
      if (Array.isArray(fields['allowedUrls']) && fields['allowedUrls'][0] === form) kept.push(form);
    }
    const other = await client.requestToken({ scopes: MODEST, allowedUrls: ['two words'] });
    return `${kept.join(', ')}; else ${outcomeOf(other)}`;
  },

  async 'body-malformed'(client) {
    const request = { method: 'POST', path: TOKENS };
    const text = JSON.stringify({ note: client.notePrefix, scopes: MODEST });
    const broken = await client.request({ ...request, body: '{' });
    const plain = await client.request({ ...request, body: text, headers: { 'content-type': 'text/plain' } });
    return summarize([broken, plain].map(outcomeOf));
  },

  async 'note-length'(client) {
    const whole = await requestNote(client, client.notePrefix.padEnd(128, '.'));
    const longer = await requestNote(client, client.notePrefix.padEnd(129, '.'));
    return `128 ${whole}; 129: ${longer}`;
  },
  async 'note-unit'(client) {
    const longer = await requestNote(client, client.notePrefix.padEnd(129, '.'));
    if (longer === KEPT) throw new NotAsked('a note of 129 characters is kept whole');
    // 128 characters each: the first exceeds 128 bytes, the second also 128 UTF-16 code units.
    const rest = 128 - client.notePrefix.length;
    const accented = await requestNote(client, client.notePrefix + 'é'.repeat(rest));
    const astral = await requestNote(client, client.notePrefix + '😀'.repeat(rest));
    if (accented !== KEPT) return { found: 'bytes', detail: accented };
    return astral === KEPT ? 'characters' : { found: 'UTF-16 code units', detail: astral };
  },
  async 'note-stored'(client) {
    const note = `${client.notePrefix} <b title="é">&amp; 'ß' /</b>  😀 `;
    const answer = await client.requestToken({ scopes: MODEST, note });
    if (answer.status >= 300) return outcomeOf(answer);
    const listed = rowsOf(await client.request({ path: TOKENS })).find(
      ({ id }) => id === answer.fields['id'],
    );
    const notes = [answer.fields['note'], ...(listed === undefined ? [] : [listed['note']])];
    return summarize(notes.map(stored => (stored === note ? 'as sent' : `as ${JSON.stringify(stored)}`)));
  },

  'update-status': async client => String((await update(client, MODEST, {})).status),
  async 'update-shows-sk'(client) {
    const { fields, status, words } = await update(client, ['tokens:read'], {});
    if (status >= 300) return words;
    return 'token' in fields ? 'yes' : 'no';
  },
  async 'update-pk-secret-scope'(client) {
    client.requireScopes('tokens:read');
    return outcomeOf(await update(client, MODEST, { scopes: ['tokens:read'] }));
  },
};

const KEPT = 'kept whole';

/** How a note is stored. */
async function requestNote(client: ApiClient, note: string): Promise<string> {
  const answer = await client.requestToken({ scopes: MODEST, note });
  if (answer.status >= 300) return outcomeOf(answer);
  const { note: stored } = answer.fields;
  if (stored === note) return KEPT;
  return typeof stored === 'string' ? `stored with ${[...stored].length} characters` : 'not stored';
}

/** Updates a new test token. */
async function update(client: ApiClient, scopes: readonly string[], changes: object): Promise<ApiAnswer> {
  const { id } = await client.createToken(scopes);
  const body = { note: `${client.notePrefix}, changed`, ...changes };
  return client.request({ method: 'PATCH', path: `${TOKENS}/${id}`, body });
}
