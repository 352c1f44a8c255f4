/** False responses to creations: each lies in exactly the point that its name gives. */
import { describe, expect, it } from 'vitest';
import { HELD } from '../tokens.ts';
import {
  doubledCreation,
  foreignResponse,
  lateCreation,
  STRANGERS_NOTE,
  storedCreationFaults,
  temporaryCreationFaults,
} from './creation-faults.ts';
import { once } from './fault-plans.ts';
import type { Fault } from './faults.ts';
import { isObject } from './messages.ts';
import { noteChanges } from './notes.ts';
import { inSeconds, NOW, setUp, TOKENS } from './test-client.ts';
import { readToken } from './token-format.ts';

const WISH = {
  scopes: ['styles:read'],
  note: 'Map <a href="x">&</a> é…  [until job ends: 1/2.1#k3v9x0aa]',
  allowedUrls: ['https://a.example.com', 'https://b.example.com'],
};

/** The response to a creation with a fault, and the tokens that appeared meanwhile. */
async function createWith(fault: Fault, wish: object = WISH) {
  const { mapbox, ask } = await setUp({ fault: once('POST', fault) }, [
    ...HELD,
    'datasets:write',
    'styles:write',
  ]);
  await using _ = mapbox;
  const before = new Set(mapbox.account.tokens().map(({ id }) => id));
  const { status, body } = await ask('POST', TOKENS, wish);
  const made = mapbox.account.tokens().filter(({ id }) => !before.has(id));
  const own = made.find(({ note }) => note === WISH.note);
  const strangers = made.filter(({ note }) => note === STRANGERS_NOTE);
  return { status, body: isObject(body) ? body : {}, own, strangers };
}

describe('the response to a stored token', () => {
  it.each(Object.entries(storedCreationFaults))('with %s is still a success', async (name, fault) => {
    const { status, body, own, strangers } = await createWith(fault);
    expect(status).toBeLessThan(300);
    expect(own === undefined).toBe(name.includes('not created'));
    expect(strangers.length === 1).toBe(/somebody else’s|stranger/.test(name) && !name.includes('temporary'));
    // It is not the response to this request.
    expect({ ...own, unnamed: 0 }).not.toEqual(body);
  });

  it.each([
    ['a stranger’s id', 'id'],
    ['a stranger’s token text', 'token'],
    ['a token text without an id', 'token'],
    ['a token text of one letter', 'token'],
    ['the token of another account', 'token'],
    ['no id', 'id'],
    ['no allowed URLs', 'allowedUrls'],
    ['fewer allowed URLs', 'allowedUrls'],
    ['other allowed URLs', 'allowedUrls'],
    ['more allowed URLs', 'allowedUrls'],
  ] as const)('with %s differs only in %s', async (name, field) => {
    const { body, own } = await createWith(storedCreationFaults[name]);
    const { [field]: claimed, ...rest } = body;
    const { [field]: real, ...expected } = { ...own, unnamed: 0 };
    expect(rest).toEqual(expected);
    expect(claimed).not.toEqual(real);
  });

  it('of someone else has a consistent text and ID', async () => {
    const { body, strangers } = await createWith(
      storedCreationFaults['somebody else’s token with other scopes'],
    );
    expect(body['id']).toBe(strangers[0]?.id);
    expect(readToken(String(body['token']))).toMatchObject({ payload: { a: strangers[0]?.id } });
    expect(body['scopes']).toEqual(['styles:read', 'datasets:write', 'styles:write']);
  });

  it('of someone else can be an old one, or have any note', async () => {
    const old = await createWith(storedCreationFaults['somebody else’s old token']);
    expect(Date.parse(String(old.body['created']))).toBe(NOW - 30 * 86_400_000);
    const { body } = await createWith(foreignResponse({ scopes: 'same', note: 'Their job' }));
    expect(body['note']).toBe('Their job');
  });

  it('without ID and owner has the stranger’s ID', async () => {
    const { body, strangers } = await createWith(
      storedCreationFaults['a token text without an id, and a stranger’s id'],
    );
    expect(body['id']).toBe(strangers[0]?.id);
    const payload = String(body['token']).split('.')[1] ?? '';
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({ u: 'octo' });
  });
});

describe('the response to a temporary token', () => {
  const wish = { scopes: ['styles:read'], expires: inSeconds(300) };
  const nowInSeconds = Math.floor(NOW / 1000);

  it.each([
    ['a token that lives for a day', 86_400],
    ['a token that has expired', -60],
    ['a token that expires at once', 1],
  ] as const)('with %s has the same lifetime in its text and its fields', async (name, lifetime) => {
    const { status, body } = await createWith(temporaryCreationFaults[name], wish);
    expect([status, body['expires_in']]).toEqual([200, lifetime]);
    expect(readToken(String(body['token']))).toMatchObject({
      usage: 'tk',
      payload: { iat: nowInSeconds, exp: nowInSeconds + lifetime, scopes: ['styles:read'] },
    });
  });

  it.each([
    ['another temporary token with the same scopes', 'tk', ['styles:read']],
    ['another temporary token with other scopes', 'tk', ['styles:read', 'datasets:write', 'styles:write']],
    ['somebody else’s stored token', 'pk', undefined],
  ] as const)('with %s is %s', async (name, usage, scopes) => {
    const { body } = await createWith(temporaryCreationFaults[name], wish);
    const read = readToken(String(body['token']));
    expect(read?.usage).toBe(usage);
    if (scopes !== undefined) expect(read?.payload).toMatchObject({ scopes });
  });

  it('can have fields that contradict the text', async () => {
    const { body } = await createWith(temporaryCreationFaults['a token whose fields promise a day'], wish);
    expect(body['expires_in']).toBe(86_400);
    expect(readToken(String(body['token']))).toMatchObject({ payload: { exp: nowInSeconds + 300 } });
  });
});

describe('a creation', () => {
  it('can be late or doubled', () => {
    expect([lateCreation(), doubledCreation()]).toEqual([
      { kind: 'late', ms: 4000 },
      { kind: 'twice', answered: 'first' },
    ]);
  });

  it.each(Object.entries(noteChanges))(
    'whose note is stored %s shows it in the response and in the list',
    async (_, storeNote) => {
      const { mapbox, ask } = await setUp({ storeNote });
      await using __ = mapbox;
      const { body } = await ask('POST', TOKENS, WISH);
      const stored = mapbox.account.tokens().at(-1)?.note;
      expect(stored).not.toBe(WISH.note);
      expect(isObject(body) && body['note']).toBe(stored);
      const list = (await ask('GET', TOKENS)).body;
      expect(Array.isArray(list) && list.map(({ note }) => note)).toContain(stored);
    },
  );

  it.each([
    ['characters', 'é'.repeat(9), '😀'.repeat(10), '😀'.repeat(11)],
    ['utf-16', 'é'.repeat(9), '😀'.repeat(5), '😀'.repeat(6)],
    ['bytes', 'x'.repeat(9), 'é'.repeat(5), 'é'.repeat(6)],
  ] as const)('whose note is counted in %s', async (unit, ...notes) => {
    const { mapbox, ask } = await setUp({ noteLimit: { max: 10, unit } });
    await using _ = mapbox;
    const statuses: number[] = [];
    for (const note of notes) statuses.push((await ask('POST', TOKENS, { ...WISH, note })).status);
    expect(statuses).toEqual([201, 201, 422]);
  });
});
