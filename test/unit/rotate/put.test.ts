import { describe, expect, it } from 'vitest';
import type { HttpResponse, NoResponse } from '../../../src/http/response.ts';
import { Deadline } from '../../../src/rotate/deadline.ts';
import { type PlaceResult, putCurrent, putReplacement, storeOf } from '../../../src/rotate/put.ts';
import type { KnownPlace } from '../../../src/rotate/secrets.ts';
import { Secret } from '../../../src/secret.ts';
import { FakeClock, START } from '../../support/fake-clock.ts';
import { createKeyPair, openSealedBox, publicKeyText } from '../../support/github/sealed-box.ts';
import { html, lostResponse, noConnection } from '../../support/http-script.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { rejected, scriptedGithub, success } from '../../support/scripted-github.ts';

const keyPair = createKeyPair();
const key = { id: keyPair.id, bytes: keyPair.publicKey };
const BEFORE = '2026-01-02T03:04:05Z';
const HALF_HOUR = 1_800_000;

const known = (repo: string): KnownPlace => ({
  place: { owner: ['repos', 'octo', repo], environment: undefined, app: 'actions', secret: 'N' },
  tag: 'abcde',
  key,
  updatedAt: new Date(BEFORE),
  access: undefined,
  now: START,
  readAt: START,
});

type Response = HttpResponse | NoResponse | (() => HttpResponse | NoResponse);

/** Puts, after a GET that shows the place unchanged unless `look` is another response. */
async function store(
  responses: readonly Response[],
  {
    places = [known('maps')],
    look = unchanged as Response,
    isStrict = false,
    put = putReplacement,
    age = 0,
    clock = new FakeClock(),
  } = {},
) {
  const github = scriptedGithub(look, ...responses);
  let byte = 0;
  const deadline = new Deadline(clock);
  deadline.restart({ now: clock.now() - age, monotonic: clock.monotonic() - age, ids: new Set() });
  const results: readonly PlaceResult[] = await put(new Secret('the token'), places, {
    github: { send: guarded(github, deadline) },
    options: retryOptions(clock, 60_000),
    deadline,
    randomBytes: () => new Uint8Array(32).fill(++byte),
    isStrict,
  });
  return {
    kinds: results.map(({ result }) => result.kind),
    reasons: results.map(({ result }) => ('reason' in result ? result.reason.kind : undefined)),
    timeouts: github.timeouts.slice(1),
    requests: github.requests.slice(1).map(({ method }) => method),
    boxes: github.requests.flatMap(({ body }) => body['encrypted_value'] ?? []).map(String),
  };
}

/** The result of a put that the deadline's guard stopped. */
function guarded(
  github: ReturnType<typeof scriptedGithub>,
  deadline: Deadline,
): ReturnType<typeof scriptedGithub>['send'] {
  return async (request, read, timeoutMs) =>
    request.method === 'PUT' && deadline.isOver()
      ? { kind: 'not-sent', code: 'TOO_LATE' }
      : github.send(request, read, timeoutMs);
}

const stored = success(undefined, 204);
const lost = lostResponse();
const shows = (updated_at: string, headers = {}) => success({ name: 'N', updated_at }, 200, headers);
const unchanged = shows(BEFORE);
const changed = shows('2026-01-02T03:04:06Z');

it('puts a box that the key’s owner can open', async () => {
  const { kinds, boxes } = await store([stored]);
  expect(kinds).toEqual(['stored']);
  expect(openSealedBox(boxes[0] ?? '', keyPair)).toBe('the token');
});

describe('the store of a rotation', () => {
  const storeWith = (revokePrevious: 'next-rotation' | 'now') =>
    storeOf({
      github: scriptedGithub(),
      options: retryOptions(new FakeClock()),
      deadline: new Deadline(new FakeClock()),
      context: { randomInt: below => below - 1 },
      policy: { revokePrevious },
    });
  it('is strict only with `now`', () => {
    expect(storeWith('now').isStrict).toBe(true);
    expect(storeWith('next-rotation').isStrict).toBe(false);
  });
  it('draws 32 random bytes', () => {
    expect(storeWith('now').randomBytes()).toEqual(new Uint8Array(32).fill(255));
  });
});

describe('a put that was not sent', () => {
  it('is repeated', async () => {
    expect((await store([noConnection(), stored])).kinds).toEqual(['stored']);
  });
  it('stored nothing', async () => {
    const { kinds, reasons } = await store(Array(30).fill(noConnection()));
    expect([kinds, reasons]).toEqual([['not-stored'], ['retries-exhausted']]);
  });
});

describe('a lost put', () => {
  it('is not repeated if the secret has changed since', async () => {
    expect(await store([lost, changed])).toMatchObject({ kinds: ['stored'], requests: ['PUT', 'GET'] });
  });
  it('is repeated if it has not, in another box', async () => {
    const { kinds, requests, boxes } = await store([lost, unchanged, stored]);
    expect([kinds, requests]).toEqual([['stored'], ['PUT', 'GET', 'PUT']]);
    expect(boxes[0]).not.toBe(boxes[1]);
  });
  it('is checked with the remaining time', async () => {
    const clock = new FakeClock();
    const slow = () => {
      clock.advance(20_000);
      return lost;
    };
    expect((await store([slow, changed], { clock })).timeouts[1]).toBe(40_000);
  });
  it('is repeated with `now` even if the secret has changed: only 201 and 204 count', async () => {
    const { kinds, requests } = await store([lost, stored], { isStrict: true });
    expect([kinds, requests]).toEqual([['stored'], ['PUT', 'PUT']]);
    expect((await store([lost, rejected(403)], { isStrict: true })).kinds).toEqual(['unknown']);
  });
  it('is repeated if GitHub cannot be asked', async () => {
    expect(await store([lost, html(502), stored])).toMatchObject({
      kinds: ['stored'],
      requests: ['PUT', 'GET', 'PUT'],
    });
  });
  it.each([401, 403, 404, 422])('that is then rejected with %i may have been stored', async status => {
    const key = success({ key_id: '9', key: publicKeyText(keyPair) });
    const again = status === 422 ? [key, rejected(422)] : [];
    const { kinds } = await store([lost, unchanged, rejected(status), ...again, unchanged]);
    expect(kinds).toEqual(['unknown']);
  });
  it('that is then rejected but was stored is found at the last check', async () => {
    expect((await store([lost, unchanged, rejected(403), changed])).kinds).toEqual(['stored']);
  });
});

describe('a rejected put', () => {
  it.each([401, 403, 404])('with %i stored nothing', async status => {
    expect((await store([rejected(status)])).kinds).toEqual(['not-stored']);
  });
  it('with 422 is retried once, with a fresh key', async () => {
    const fresh = createKeyPair();
    const key = success({ key_id: fresh.id, key: publicKeyText(fresh) });
    const { kinds, boxes } = await store([rejected(422), key, stored]);
    expect(kinds).toEqual(['stored']);
    expect(openSealedBox(boxes[1] ?? '', fresh)).toBe('the token');
    expect((await store([rejected(422), key, rejected(422)])).kinds).toEqual(['not-stored']);
    expect((await store([rejected(422), rejected(404)])).kinds).toEqual(['not-stored']);
  });
  it('with 422 again does not cause another request for the key', async () => {
    const key = success({ key_id: '9', key: publicKeyText(keyPair) });
    const { kinds, requests } = await store([rejected(422), key, lost, unchanged, rejected(422), unchanged]);
    expect(kinds).toEqual(['unknown']);
    expect(requests).toEqual(['PUT', 'GET', 'PUT', 'GET', 'PUT', 'GET']);
  });
  it.each([400, 410])('with %i, which GitHub does not document, is unknown', async status => {
    expect((await store([rejected(status), unchanged])).kinds).toEqual(['unknown']);
  });
  it.each([
    ['a 409', rejected(409)],
    ['an empty 200', success(undefined, 200)],
    ['a 202', success({}, 202)],
    ['a page', html(200)],
    ['a proxy’s 403', html(403)],
    ['a 500', rejected(500)],
  ])('with %s is unknown, and checked', async (_, response) => {
    const { kinds, requests } = await store([response, unchanged, stored]);
    expect([kinds, requests]).toEqual([['stored'], ['PUT', 'GET', 'PUT']]);
    expect((await store([response, unchanged, rejected(403), unchanged])).kinds).toEqual(['unknown']);
  });
});

it('puts until time is up, whatever responds in GitHub’s place', async () => {
  const { kinds, requests } = await store([
    ...Array.from({ length: 4 }, () => [html(200), unchanged]).flat(),
    stored,
  ]);
  expect(kinds).toEqual(['stored']);
  expect(requests.filter(method => method === 'PUT')).toHaveLength(5);
});

it('counts a put as stored after 201 and 204', async () => {
  expect((await store([success({}, 201)])).kinds).toEqual(['stored']);
  expect((await store([success(undefined, 204)])).kinds).toEqual(['stored']);
});

it('waits for a rate limit', async () => {
  const limited = rejected(403, 'You have triggered an abuse detection mechanism.', { 'retry-after': '3' });
  expect((await store([limited, stored])).kinds).toEqual(['stored']);
});

it('reports a certain failure if a rate limit outlasts the time or no connection can be made', async () => {
  expect((await store([rejected(429, 'Wait', { 'retry-after': '3600' })])).kinds).toEqual(['not-stored']);
  expect((await store([noConnection('CERT_HAS_EXPIRED')])).kinds).toEqual(['not-stored']);
});

describe('reads the place again before the first put, and puts nothing', () => {
  it.each([
    ['if it has changed since', changed, 'changed'],
    ['if it is older than before', shows('2026-01-01T00:00:00Z'), 'changed'],
    [
      'if GitHub’s clock has moved on by more than half an hour: the machine was paused',
      shows(BEFORE, { date: new Date(START + HALF_HOUR + 1_000).toUTCString() }),
      'too-late',
    ],
    ['if it cannot be read', rejected(404), 'rejected'],
  ])('%s', async (_, look, reason) => {
    expect(await store([], { look })).toMatchObject({
      kinds: ['not-stored'],
      reasons: [reason],
      requests: [],
    });
  });
  it('but puts within half an hour', async () => {
    const look = shows(BEFORE, { date: new Date(START + HALF_HOUR).toUTCString() });
    expect((await store([stored], { look })).kinds).toEqual(['stored']);
  });
});

describe('half an hour after the list', () => {
  it('no put is sent', async () => {
    expect(await store([], { age: HALF_HOUR + 1 })).toMatchObject({
      kinds: ['not-stored'],
      reasons: ['too-late'],
      requests: [],
    });
    expect((await store([stored], { age: HALF_HOUR })).kinds).toEqual(['stored']);
  });
  it('a put with an unknown outcome is not repeated, and stays unknown', async () => {
    const clock = new FakeClock();
    const sleeping = () => {
      clock.advance(2 * HALF_HOUR);
      return lost;
    };
    const { kinds, requests } = await store([sleeping, unchanged], { clock });
    expect([kinds, requests]).toEqual([['unknown'], ['PUT', 'GET']]);
  });
});

describe('several places', () => {
  const places = [known('maps'), known('site'), known('docs')];
  it('get a replacement one after the other', async () => {
    const { kinds } = await store([stored, unchanged, stored, unchanged, stored], { places });
    expect(kinds).toEqual(['stored', 'stored', 'stored']);
  });
  it.each([
    ['refused', [rejected(403)], 'not-stored'],
    ['may have it', [lost, unchanged, rejected(403), unchanged], 'unknown'],
  ])('get no replacement if the primary one %s', async (_, responses, kind) => {
    const { kinds } = await store(responses, { places });
    expect(kinds).toEqual([kind, 'skipped', 'skipped']);
  });
  it('get it even if another one refused', async () => {
    const { kinds } = await store([stored, unchanged, rejected(403), unchanged, stored], { places });
    expect(kinds).toEqual(['stored', 'not-stored', 'stored']);
  });
  it('get the current token whatever the first one does', async () => {
    const { kinds } = await store([rejected(403), unchanged, stored, unchanged, stored], {
      places,
      put: putCurrent,
    });
    expect(kinds).toEqual(['not-stored', 'stored', 'stored']);
  });
});
