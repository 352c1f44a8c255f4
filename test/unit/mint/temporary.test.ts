import { describe, expect, it } from 'vitest';
import { errorTitles } from '../../../src/action-error.ts';
import type { HttpResponse } from '../../../src/http/response.ts';
import type { TokenRequest } from '../../../src/inputs/token-request.ts';
import { mintTemporaryToken } from '../../../src/mint/temporary.ts';
import { FakeClock, START } from '../../support/fake-clock.ts';
import {
  accountOn,
  DELETE,
  deleted,
  json,
  lostResponse,
  notFound,
  POST,
  page,
  type ScriptedResponse,
  scripted,
} from '../../support/http-script.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { AUTHORIZING_TOKEN_ID, authorizingTokenText, idOf, OWNER, tokenText } from '../../support/tokens.ts';

const SCOPES = ['tilesets:write', 'tilesets:read'];

const textOf = (id: string) => tokenText('sk', { u: OWNER, a: id });

/** Mapbox's response to the creation of a stored token. */
const made = (id: string, changes: object = {}, headers: Record<string, string> = {}): HttpResponse =>
  json(201, { client: 'api', usage: 'sk', id, scopes: SCOPES, token: textOf(id), ...changes }, headers);

/** A token that was created just now, which proves it to be this step's. */
const madeNow = (id: string, changes: object = {}): HttpResponse =>
  made(id, { created: new Date(START).toISOString(), ...changes }, { date: new Date(START).toUTCString() });

describe('temporary tokens', () => {
  const request = { kind: 'temporary', scopes: SCOPES, seconds: 1200 } as const satisfies TokenRequest;
  const seconds = START / 1000;
  const temporary = (exp = seconds + 1200) =>
    json(200, { token: tokenText('tk', { u: OWNER, exp, iat: seconds, scopes: SCOPES }) });
  const dated = (message: string, skew: number) =>
    json(422, { message }, { date: new Date(START - skew).toUTCString() });

  async function ask(steps: readonly ScriptedResponse[], { length = 1200, budget = 300_000 } = {}) {
    const clock = new FakeClock();
    // The machine has been up for a while.
    const monotonic = clock.monotonic;
    Object.assign(clock, { monotonic: () => monotonic() + 7_200_000 });
    const client = scripted(...steps);
    const lines: string[] = [];
    const end = await mintTemporaryToken(
      accountOn(client, { now: () => clock.now() }),
      { ...request, seconds: length },
      retryOptions(clock, budget, undefined, lines),
    ).catch((error: unknown) => error);
    expect(client.unusedResponses(), 'every scripted answer is fetched').toBe(0);
    return { end, client, clock, lines, expires: client.requests.map(({ body }) => expiry(body)) };
  }

  /** Seconds from the start of the test to the requested expiry. */
  function expiry(body: object | undefined): number {
    return body !== undefined && 'expires' in body && typeof body.expires === 'string'
      ? (Date.parse(body.expires) - START) / 1000
      : Number.NaN;
  }

  it('are requested with scopes and expiry only', async () => {
    const { end, client } = await ask([temporary()]);
    expect(client.requests.map(({ body }) => body)).toEqual([
      { scopes: SCOPES, expires: new Date(START + 1_200_000).toISOString() },
    ]);
    expect(end).toMatchObject({ usage: 'tk', expiresAt: new Date(START + 1_200_000) });
  });

  it('of one hour are requested slightly shorter, as Mapbox counts from the request’s arrival', async () => {
    const { expires } = await ask([temporary()], { length: 3600 });
    expect(expires[0]).toBeLessThan(3600);
    expect(expires[0]).toBeGreaterThan(3570);
  });

  it('are requested again without a search, as that is harmless', async () => {
    const { client } = await ask([lostResponse(), temporary()]);
    expect(client.requestLines).toEqual([POST, POST]);
  });

  it('are requested with an expiry relative to each attempt', async () => {
    const { expires, clock } = await ask([json(429, {}, { 'retry-after': '60' }), temporary()]);
    expect(clock.sleeps).toEqual([62_200]);
    expect(expires).toEqual([1200, 1262.2]);
  });

  it('are requested again by Mapbox’s clock if the runner’s is ahead', async () => {
    const { end, lines, expires } = await ask([
      dated('expires is more than one hour in the future', 120_000),
      temporary(),
    ]);
    expect(end).toMatchObject({ usage: 'tk' });
    // `Date` is truncated to seconds, so one more second is subtracted.
    expect(expires).toEqual([1200, 1200 - 121]);
    expect(lines).toEqual([expect.stringContaining('ahead of')]);
  });

  it('are requested again by Mapbox’s clock if the runner’s is behind', async () => {
    const { end, lines, expires } = await ask([dated('expires is in the past', -1_500_000), temporary()]);
    expect(end).toMatchObject({ usage: 'tk' });
    expect(expires).toEqual([1200, 1200 + 1500]);
    expect(lines).toEqual([expect.stringContaining('behind')]);
  });

  it('are corrected for the clock only once', async () => {
    const ahead = () => dated('expires is more than one hour in the future', 120_000);
    const { end, client } = await ask([ahead(), ahead()]);
    expect(client.requestLines).toEqual([POST, POST]);
    expect(end).toMatchObject({
      title: errorTitles.expiryRejected,
      message: expect.stringContaining('2 min'),
    });
  });

  it('are corrected for a clock in the wrong time zone', async () => {
    const { expires } = await ask([dated('expires is in the past', -7_200_000), temporary()]);
    expect(expires).toEqual([1200, 1200 + 7200]);
  });

  it('are requested again, without blame, if the clocks agree within two seconds', async () => {
    const { lines } = await ask([dated('expires is more than one hour in the future', 100), temporary()]);
    expect(lines).toEqual(["Mapbox rejected the expiry. Retrying by Mapbox's clock."]);
  });

  describe('with a clock that differs from Mapbox’s', () => {
    /** Mapbox's response: its clock is `behind` the runner's, and the token expires when the request said. */
    const byMapbox = (behind: number, expires: number) =>
      json(
        200,
        {
          token: tokenText('tk', { u: OWNER, exp: seconds + expires, iat: seconds - behind, scopes: SCOPES }),
          issued_at: new Date(START - behind * 1000).toISOString(),
          expires: new Date(START + expires * 1000).toISOString(),
        },
        { date: new Date(START - behind * 1000).toUTCString() },
      );

    it('are created again if they would live too short: the runner is 15 min behind', async () => {
      const { end, expires, lines } = await ask([byMapbox(-900, 1200), byMapbox(-900, 2100)]);
      expect(expires).toEqual([1200, 2100]);
      expect(end).toMatchObject({ expiresAt: new Date(START + 2_100_000), lifetimeMs: 1_200_000 });
      expect(lines).toEqual([
        expect.stringMatching(/clock is 15 min behind Mapbox's.*the first expires on its own/),
      ]);
    });

    it('are created again if they would live too long: the runner is 15 min ahead', async () => {
      const { end, expires } = await ask([byMapbox(900, 1200), byMapbox(900, 300)]);
      expect(expires).toEqual([1200, 300]);
      expect(end).toMatchObject({ lifetimeMs: 1_200_000 });
    });

    it.each([
      [24, 1],
      [25, 2],
      [-24, 1],
      [-25, 2],
    ])('may deviate by 2 %% of the lifetime: %i s take %i requests', async (behind, requests) => {
      const { client } = await ask(
        requests === 1 ? [byMapbox(behind, 1200)] : [byMapbox(behind, 1200), byMapbox(behind, 1200 - behind)],
      );
      expect(client.requestLines).toHaveLength(requests);
    });

    it('may deviate by five seconds, however short they are', async () => {
      const { client } = await ask([byMapbox(5, 60)], { length: 60 });
      expect(client.requestLines).toHaveLength(1);
    });

    it('are not used if the second one’s lifetime is wrong too', async () => {
      const { end, client } = await ask([byMapbox(900, 1200), byMapbox(900, 1200)]);
      expect(client.requestLines).toHaveLength(2);
      expect(end).toMatchObject({
        title: errorTitles.tokenMismatch,
        message: expect.stringMatching(/expires in 35 min instead of 20 min.*expires on its own/),
      });
    });
  });

  it.each([
    ['24 h instead of 20 min', 86_400, /expires in 24 h instead of 20 min/],
    ['no time at all', -60, /has already expired/],
  ])('that live %s are not used, and clocks that agree are not blamed', async (_, expires, message) => {
    const { end, client } = await ask([
      json(
        200,
        { token: tokenText('tk', { u: OWNER, exp: seconds + expires, iat: seconds, scopes: SCOPES }) },
        { date: new Date(START).toUTCString() },
      ),
    ]);
    expect(client.requestLines).toEqual([POST]);
    expect(end).toMatchObject({ title: errorTitles.tokenMismatch, message: expect.stringMatching(message) });
  });

  it('are not corrected if Mapbox gives no time', async () => {
    const { end, client } = await ask([json(422, { message: 'expires is in the past' })]);
    expect(client.requestLines).toEqual([POST]);
    expect(end).toMatchObject({ title: errorTitles.expiryRejected });
  });

  it('are not corrected if the clock is not the cause', async () => {
    const { end, client } = await ask([
      dated('expires may not be greater than the expiration of the authorizing token', 120_000),
    ]);
    expect(client.requestLines).toEqual([POST]);
    expect(end).toMatchObject({ title: errorTitles.expiryRejected });
  });

  it('are not used if Mapbox sends a stored token, which is deleted', async () => {
    const { end, client } = await ask([madeNow(idOf(1)), deleted()]);
    expect(client.requestLines).toEqual([POST, DELETE(idOf(1))]);
    expect(end).toMatchObject({
      title: errorTitles.tokenMismatch,
      message: expect.stringMatching(/`sk` token instead of a temporary one.*It was deleted\.$/),
    });
  });

  it.each([
    [
      'Mapbox does not find it',
      madeNow(idOf(1)),
      [notFound(), notFound(), page([])],
      `the token ${idOf(1)} was`,
    ],
    ['it may be another creation', made(idOf(1)), [], `the token ${idOf(1)} was`],
    ['it has a note', madeNow(idOf(1), { note: 'production' }), [], `the token ${idOf(1)} was`],
    ['its text does not confirm the id', made(idOf(1), { id: idOf(9) }), [], `the token ${idOf(9)} was`],
    ['there is no id', made(idOf(1), { id: undefined }), [], 'a token was'],
    [
      'it is a public one',
      made(idOf(1), { usage: 'pk', token: tokenText('pk', { u: OWNER, a: idOf(1) }) }),
      [],
      `the token ${idOf(1)} was`,
    ],
    ['only its text says so', made(idOf(1), { usage: undefined }), [], `the token ${idOf(1)} was`],
    [
      'it is the authorizing token',
      made(AUTHORIZING_TOKEN_ID, { token: authorizingTokenText }),
      [],
      'a token was',
    ],
  ])(
    'do not count as deleted if Mapbox sends a stored one and %s, and the message does not ask for a deletion',
    async (_, odd, steps, named) => {
      const { end } = await ask([odd, ...steps]);
      expect(end).toMatchObject({
        message: expect.stringMatching(
          `may still be alive: check on .*, whether ${named} created just now\\.$`,
        ),
      });
      expect(end).not.toMatchObject({ message: expect.stringContaining('delete it there') });
    },
  );

  it('of an unknown form are left to expire, without advice to search for a stored one', async () => {
    const { end } = await ask([json(200, { token: 'token-of-a-new-kind' })]);
    expect(end).toMatchObject({ message: expect.stringMatching(/A temporary token expires on its own\.$/) });
  });

  it('that do not match the request are not used and not deleted', async () => {
    const { end, client } = await ask([
      json(200, { token: tokenText('tk', { u: OWNER, exp: seconds + 60, scopes: ['styles:read'] }) }),
    ]);
    expect(client.requestLines).toEqual([POST]);
    expect(end).toMatchObject({
      title: errorTitles.tokenMismatch,
      message: expect.stringContaining('expires on its own'),
    });
  });
});
