/** Planned faults, and the account's state afterwards. */
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressedAnyway, encodingFaults } from './encoding-faults.ts';
import { always, anyOf, firstOfEach, inTurn, once } from './fault-plans.ts';
import type { Fault } from './faults.ts';
import { interveningFaults, replicaBehind } from './intervening-faults.ts';
import { isObject, parseJson } from './messages.ts';
import { limited, rateLimitFaults } from './rate-limit-faults.ts';
import { type Ask, inSeconds, NOW, setUp, TOKENS } from './test-client.ts';

const BODY = { scopes: ['styles:read'], note: 'Map' };
const create = (ask: Ask) => ask('POST', TOKENS, BODY);

describe('a request that is carried out late', () => {
  it('gets no response, has no effect before its time, and is carried out before the next request after it', async () => {
    let now = NOW;
    const { mapbox, ask } = await setUp({ now: () => now, fault: once('POST', { kind: 'late', ms: 4000 }) });
    await using _ = mapbox;
    const before = mapbox.account.tokens().length;

    await expect(create(ask)).rejects.toThrow();
    now += 3999;
    expect((await ask('GET', TOKENS)).body).toHaveLength(before);
    now += 1;
    expect((await ask('GET', TOKENS)).body).toHaveLength(before + 1);
    now += 60_000;
    expect((await ask('GET', TOKENS)).body).toHaveLength(before + 1);
  });

  it('is carried out automatically by a real clock, and by catchUp on a fake one', async () => {
    const { mapbox, ask } = await setUp({ now: Date.now, fault: once('POST', { kind: 'late', ms: 30 }) });
    await using _ = mapbox;
    const before = mapbox.account.tokens().length;
    await expect(create(ask)).rejects.toThrow();
    await expect.poll(() => mapbox.account.tokens().length).toBe(before + 1);

    let now = NOW;
    const { mapbox: other, ask: askOther } = await setUp({
      now: () => now,
      fault: once('POST', { kind: 'late', ms: 60_000 }),
    });
    await using __ = other;
    await expect(create(askOther)).rejects.toThrow();
    now += 60_000;
    other.catchUp();
    expect(other.account.tokens()).toHaveLength(before + 1);
  });

  it('can keep its connection open', async () => {
    const { mapbox, ask } = await setUp({
      fault: once('POST', { kind: 'late', ms: 4000, connection: 'hang' }),
    });
    await using _ = mapbox;
    const ended = create(ask).then(
      () => 'answered',
      () => 'broken',
    );
    expect(await Promise.race([ended, setTimeout(100, 'open')])).toBe('open');
    await mapbox.close();
    expect(await ended).toBe('broken');
  });
});

it.each(['first', 'second'] as const)(
  'a doubled request creates two tokens and gets the %s response',
  async answered => {
    const { mapbox, ask } = await setUp({ fault: once('POST', { kind: 'twice', answered }) });
    await using _ = mapbox;
    const before = new Set(mapbox.account.tokens().map(({ id }) => id));
    const { body } = await create(ask);
    const made = mapbox.account.tokens().filter(({ id }) => !before.has(id));
    expect(made).toHaveLength(2);
    expect(isObject(body) && body['id']).toBe(made[answered === 'first' ? 0 : 1]?.id);
  },
);

describe('a plan', () => {
  const failing: Fault = { kind: 'status', status: 503, processed: false };
  const odd: Fault = { kind: 'html', status: 502, processed: false };
  const statusesOf = async (ask: Ask, methods: string[]) => {
    const statuses: number[] = [];
    for (const method of methods) statuses.push((await ask(method, TOKENS, BODY)).status);
    return statuses;
  };

  it.each([
    ['always', always('POST', failing), [200, 503, 200, 503]],
    ['once', once('POST', failing), [200, 503, 200, 201]],
    ['in turn', inTurn('POST', undefined, failing), [200, 201, 200, 503]],
    ['by what is asked', always(({ body }) => body.includes('Map'), failing), [503, 503, 503, 503]],
    ['the first of several', anyOf(once('POST', failing), always('POST', odd)), [200, 503, 200, 502]],
  ])('%s', async (_, fault, statuses) => {
    const { mapbox, ask } = await setUp({ fault });
    await using __ = mapbox;
    expect(await statusesOf(ask, ['GET', 'POST', 'GET', 'POST'])).toEqual(statuses);
  });
});

describe('a response in an unusual form', () => {
  it.each(Object.entries(encodingFaults))('%s is the same response', async (name, fault) => {
    const { mapbox, ask } = await setUp({ fault: always('GET', fault) });
    await using _ = mapbox;
    const asked = await ask('GET', TOKENS);
    const bytes = asked.headers['content-encoding'] === 'gzip' ? gunzipSync(asked.bytes) : asked.bytes;
    const text = bytes.toString('utf8');
    expect(parseJson(text.replace(/^\uFEFF/, ''))).toHaveLength(2);
    expect(asked.status).toBe(200);

    const changes = [
      asked.headers['content-encoding'],
      text.startsWith('\uFEFF'),
      asked.headerNames.includes('CONTENT-TYPE'),
      asked.informational,
    ];
    expect(changes, name).not.toEqual([undefined, false, false, []]);
  });

  it('is compressed only if the request allows it, unless `always` is set', async () => {
    const encodingOf = async (fault: Fault, accepted: Record<string, string>) => {
      const { mapbox, ask } = await setUp({ fault: always('GET', fault) });
      await using _ = mapbox;
      return (await ask('GET', TOKENS, undefined, accepted)).headers['content-encoding'];
    };
    const gzip: Fault = { kind: 'gzip' };
    expect(await encodingOf(gzip, {})).toBe('gzip');
    expect(await encodingOf(gzip, { 'accept-encoding': 'br, gzip' })).toBe('gzip');
    expect(await encodingOf(gzip, { 'accept-encoding': 'identity' })).toBeUndefined();
    expect(await encodingOf(gzip, { 'accept-encoding': 'gzip;q=0, identity' })).toBeUndefined();
    expect(await encodingOf(compressedAnyway, { 'accept-encoding': 'identity' })).toBe('gzip');
  });
});

describe('a proxy in front of Mapbox', () => {
  it.each(Object.entries(interveningFaults))(
    'responds with %s, deletes nothing and creates nothing',
    async (_, fault) => {
      const { mapbox, authorizer, ask } = await setUp({ fault: () => fault });
      await using __ = mapbox;
      const before = mapbox.account.tokens();
      const deletion = await ask('DELETE', `${TOKENS}/${authorizer.id}`);
      const creation = await create(ask);

      expect([deletion.status, creation.status]).toEqual([fault.status, fault.status]);
      expect(mapbox.account.tokens()).toEqual(before);
      const isMapbox = fault.kind === 'status' && fault.from === 'mapbox';
      expect(deletion.headers['x-amz-cf-id'] !== undefined).toBe(isMapbox);
    },
  );

  it('can be a stale replica: its 404 is Mapbox’s own, but the token exists', async () => {
    const { mapbox, ask } = await setUp({ fault: firstOfEach('DELETE', replicaBehind) });
    await using _ = mapbox;
    for (const scope of ['styles:read', 'fonts:read']) {
      const { id } = mapbox.account.issue({ scopes: [scope] });
      const first = await ask('DELETE', `${TOKENS}/${id}`);
      expect([first.status, first.body]).toEqual([404, { message: 'Not Found' }]);
      expect(first.headers['x-amz-cf-id']).toBeDefined();
      expect(mapbox.account.find(id)).toBeDefined();
      expect((await ask('DELETE', `${TOKENS}/${id}`)).status).toBe(204);
    }
  });
});

describe('a 429', () => {
  const nowInSeconds = Math.floor(NOW / 1000);
  it.each([
    ['a reset in milliseconds', String(NOW + 30_000), undefined],
    ['a reset of this very second', String(nowInSeconds), undefined],
    ['a reset as a delta', '30', undefined],
    ['no reset', undefined, undefined],
    ['a reset in the past', String(nowInSeconds - 3599), undefined],
    ['a reset in an hour', String(nowInSeconds + 3601), undefined],
    ['Retry-After: 0', undefined, '0'],
    ['Retry-After: 0 beside a reset', String(nowInSeconds + 31), '0'],
    ['a negative Retry-After', undefined, '-1'],
    ['a Retry-After in words', undefined, 'soon'],
    ['no header at all', undefined, undefined],
  ] as const)('with %s', async (name, reset, retryAfter) => {
    const { mapbox, ask } = await setUp({ fault: () => rateLimitFaults[name] });
    await using _ = mapbox;
    const { status, headers, body } = await ask('GET', TOKENS);
    expect([status, body]).toEqual([429, { message: 'Too Many Requests' }]);
    expect([headers['x-rate-limit-reset'], headers['retry-after']]).toEqual([reset, retryAfter]);
  });

  it('gives the end of the window by the stand-in’s clock', async () => {
    const { mapbox, ask } = await setUp({ fault: () => limited(5, 'seconds') });
    await using _ = mapbox;
    const { headers } = await ask('GET', TOKENS);
    expect(Number(headers['x-rate-limit-reset'])).toBe(Math.ceil(Date.parse(inSeconds(5)) / 1000));
  });
});

it('responses from Mapbox itself have its request ID, HTML pages have none', async () => {
  const idsWith = async (fault: Fault) => {
    const { mapbox, ask } = await setUp({ fault: () => fault });
    await using _ = mapbox;
    return (await ask('GET', TOKENS)).headers['x-amz-cf-id'] !== undefined;
  };
  expect(await idsWith({ kind: 'status', status: 500, processed: false })).toBe(true);
  expect(await idsWith({ kind: 'status', status: 500, processed: false, from: 'proxy' })).toBe(false);
  expect(await idsWith({ kind: 'html', status: 502, processed: false })).toBe(false);
  expect(await idsWith({ kind: 'html', status: 502, processed: false, from: 'mapbox' })).toBe(true);
});
