import { describe, expect, it } from 'vitest';
import type { GithubResult } from '../../../src/github/client.ts';
import type { KnownPlace } from '../../../src/rotate/lookup.ts';
import { storeEverywhere } from '../../../src/rotate/store-everywhere.ts';
import { Secret } from '../../../src/secret.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { createKeyPair, openSealedBox, publicKeyText } from '../../support/github/sealed-box.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { rejected, scriptedGithub, success } from '../../support/scripted-github.ts';

const keyPair = createKeyPair();
const key = { id: keyPair.id, bytes: keyPair.publicKey };
const BEFORE = '2026-01-02T03:04:05Z';

const known = (repo: string): KnownPlace => ({
  place: { kind: 'repository', owner: 'octo', repo, app: 'actions', secret: 'N' },
  tag: 'abcde',
  key,
  updatedAt: new Date(BEFORE),
  access: undefined,
});

async function store(responses: readonly GithubResult[], places = [known('maps')]) {
  const github = scriptedGithub(...responses);
  let byte = 0;
  const clock = new FakeClock();
  clock.advance(5_000);
  const results = await storeEverywhere(new Secret('the token'), places, {
    github,
    options: retryOptions(clock, 60_000),
    randomBytes: () => new Uint8Array(32).fill(++byte),
  });
  return {
    kinds: results.map(({ result }) => result.kind),
    timeouts: github.timeouts,
    requests: github.requests.map(({ route }) => route.slice(0, 3)),
    boxes: github.requests.flatMap(({ parameters }) => parameters['encrypted_value'] ?? []).map(String),
  };
}

const stored = success(undefined, 204);
const lost: GithubResult = { kind: 'no-response', sent: true, code: 'ECONNRESET' };
const shows = (updated_at: string) => success({ name: 'N', updated_at });
const unchanged = shows(BEFORE);
const changed = shows('2026-01-02T03:04:06Z');

it('puts what the owner of the key can open', async () => {
  const { kinds, boxes } = await store([stored]);
  expect(kinds).toEqual(['stored']);
  expect(openSealedBox(boxes[0] ?? '', keyPair)).toBe('the token');
});

describe('a put that was lost', () => {
  it('is not repeated where the secret has changed since', async () => {
    expect(await store([lost, changed])).toMatchObject({ kinds: ['stored'], requests: ['PUT', 'GET'] });
  });
  it('is repeated where it has not, in another box', async () => {
    const { kinds, requests, boxes } = await store([lost, unchanged, stored]);
    expect([kinds, requests]).toEqual([['stored'], ['PUT', 'GET', 'PUT']]);
    expect(boxes[0]).not.toBe(boxes[1]);
  });
  it('is looked for as long as there is time', async () => {
    expect((await store([lost, changed])).timeouts[1]).toBe(60_000);
  });
  it('is repeated where GitHub cannot be asked', async () => {
    const down: GithubResult = { kind: 'server-error', status: 502 };
    expect(await store([lost, down, stored])).toMatchObject({
      kinds: ['stored'],
      requests: ['PUT', 'GET', 'PUT'],
    });
  });
  it.each([401, 403, 404, 422])('and then refused with %i may still have been stored', async status => {
    const key = success({ key_id: '9', key: publicKeyText(keyPair) });
    const again = status === 422 ? [key, rejected(422)] : [];
    const { kinds } = await store([lost, unchanged, rejected(status), ...again, unchanged]);
    expect(kinds).toEqual(['unknown']);
  });
  it('and refused, but stored after all, is seen at the last look', async () => {
    expect((await store([lost, unchanged, rejected(403), changed])).kinds).toEqual(['stored']);
  });
});

describe('a put that was refused', () => {
  it.each([401, 403, 404])('with %i stored nothing', async status => {
    expect((await store([rejected(status)])).kinds).toEqual(['not-stored']);
  });
  it('with 422 is tried with a fresh key, once', async () => {
    const fresh = createKeyPair();
    const key = success({ key_id: fresh.id, key: publicKeyText(fresh) });
    const { kinds, boxes } = await store([rejected(422), key, stored]);
    expect(kinds).toEqual(['stored']);
    expect(openSealedBox(boxes[1] ?? '', fresh)).toBe('the token');
    expect((await store([rejected(422), key, rejected(422)])).kinds).toEqual(['not-stored']);
    expect((await store([rejected(422), rejected(404)])).kinds).toEqual(['not-stored']);
  });
  it('with 422 again does not have the key read again', async () => {
    const key = success({ key_id: '9', key: publicKeyText(keyPair) });
    const { kinds, requests } = await store([rejected(422), key, lost, unchanged, rejected(422), unchanged]);
    expect(kinds).toEqual(['unknown']);
    expect(requests).toEqual(['PUT', 'GET', 'PUT', 'GET', 'PUT', 'GET']);
  });
  it.each([400, 409])('with %i, which GitHub does not document, is unknown', async status => {
    expect((await store([rejected(status)])).kinds).toEqual(['unknown']);
  });
});

it('waits for a rate limit', async () => {
  expect((await store([{ kind: 'rate-limited', retryAfter: 3_000 }, stored])).kinds).toEqual(['stored']);
});

it('is certain of a rate limit and of a name that nobody knows', async () => {
  expect((await store([{ kind: 'rate-limited', retryAfter: 3_600_000 }])).kinds).toEqual(['not-stored']);
  const unknownName: GithubResult = { kind: 'no-response', sent: false, code: 'CERT_HAS_EXPIRED' };
  expect((await store([unknownName])).kinds).toEqual(['not-stored']);
});

describe('several places', () => {
  const places = [known('maps'), known('site'), known('docs')];
  it('get the token one after the other', async () => {
    expect((await store([stored, stored, stored], places)).kinds).toEqual(['stored', 'stored', 'stored']);
  });
  it('are left alone where the primary one refused', async () => {
    const { kinds, requests } = await store([rejected(403)], places);
    expect(kinds).toEqual(['not-stored', 'skipped', 'skipped']);
    expect(requests).toEqual(['PUT']);
  });
  it('get it though another one refused', async () => {
    const { kinds } = await store([stored, rejected(403), stored], places);
    expect(kinds).toEqual(['stored', 'not-stored', 'stored']);
  });
});
