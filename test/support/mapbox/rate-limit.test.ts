/** The counting limit: 100 requests a minute by default. */
import { describe, expect, it } from 'vitest';
import { HELD } from '../tokens.ts';
import type { RateLimitOptions } from './rate-limit.ts';
import { askerOf, NOW, setUp, TOKENS } from './test-client.ts';

const LIMIT = { requests: 3, intervalSeconds: 60 };

/** A stand-in whose limit is used up, and its 429. */
async function usedUp(rateLimit: RateLimitOptions) {
  let now = NOW;
  const { mapbox, ask } = await setUp({ now: () => now, rateLimit });
  const other = askerOf(mapbox, mapbox.account.issue({ scopes: HELD }).token);
  const admitted = [];
  for (let n = 0; n < rateLimit.requests; n++) admitted.push(await ask('GET', TOKENS));
  const refused = await other('GET', TOKENS);
  const at = async (time: number) => {
    now = time;
    return (await other('GET', TOKENS)).status;
  };
  return { mapbox, admitted, refused, at };
}

it('rejects further requests until the second in its headers, across all tokens of the account', async () => {
  const { mapbox, admitted, refused, at } = await usedUp(LIMIT);
  await using _ = mapbox;
  expect([...admitted, refused].map(({ status }) => status)).toEqual([200, 200, 200, 429]);
  for (const { headers } of [...admitted, refused]) {
    expect([headers['x-rate-limit-interval'], headers['x-rate-limit-limit']]).toEqual(['60', '3']);
    expect(headers['retry-after']).toBeUndefined();
  }
  const reset = Number(refused.headers['x-rate-limit-reset']) * 1000;
  expect(await at(reset - 1)).toBe(429);
  expect(await at(reset)).toBe(200);
});

it('rejects with a message and a request ID', async () => {
  const { mapbox, refused } = await usedUp(LIMIT);
  await using _ = mapbox;
  expect(refused.body).toEqual({ message: 'Too Many Requests' });
  expect(refused.headers['x-amz-cf-id']).toBeDefined();
});

it('does not count the Tiling Service and uploads', async () => {
  const { mapbox, at } = await usedUp(LIMIT);
  await using _ = mapbox;
  expect((await askerOf(mapbox, undefined)('GET', '/tilesets/v1/octo')).status).toBe(401);
  expect(await at(NOW)).toBe(429);
});

describe('can give the end of its window', () => {
  const end = Math.ceil(NOW / 1000 + 60) * 1000;
  it.each([
    [{ reset: 'seconds' }, String(end / 1000), undefined],
    [{ reset: 'milliseconds' }, String(end), undefined],
    [{ reset: 'this second' }, String(Math.floor(NOW / 1000)), undefined],
    [{ reset: 'delta' }, '61', undefined],
    [{ reset: 'absent' }, undefined, undefined],
    [{ reset: 'absent', retryAfter: 'zero' }, undefined, '0'],
    [{ reset: 'absent', retryAfter: 'seconds' }, undefined, '61'],
  ] as const)('by %j', async (options, reset, retryAfter) => {
    const { mapbox, admitted, refused } = await usedUp({ ...LIMIT, ...options });
    await using _ = mapbox;
    expect([refused.headers['x-rate-limit-reset'], refused.headers['retry-after']]).toEqual([
      reset,
      retryAfter,
    ]);
    expect(admitted[0]?.headers['retry-after']).toBeUndefined();
  });
});
