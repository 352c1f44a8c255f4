import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '../../../src/http/response.ts';
import { type ApiRequest, type SendRequest, withinBudget } from '../../../src/mapbox/client.ts';
import { deleteTokenWithRetry, findTokens } from '../../../src/mapbox/tokens.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  accountOn,
  DELETE,
  deleted,
  GET,
  html,
  json,
  LIST,
  lostResponse,
  noConnection,
  notFound,
  page,
  type ScriptedResponse,
  scripted,
  textResponse,
} from '../../support/http-script.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { AUTHORIZING_TOKEN_ID, authorizingToken, idOf } from '../../support/tokens.ts';

const note = 'Release';
const ID = idOf(1);
const VALIDATE = 'GET /tokens/v2';

describe('the search through the account', () => {
  it('reads every page and takes the wanted tokens from each', async () => {
    const client = scripted(
      page([{ id: idOf(1), note }, { id: idOf(2) }], 'start=x2'),
      page([{ id: idOf(3) }], 'start=x3&limit=50'),
      page([{ id: idOf(4), note }]),
    );
    const found = await findTokens(
      accountOn(client),
      retryOptions(new FakeClock()),
      token => token.note === note,
    );
    expect(client.requestLines).toEqual([GET, `${LIST}?start=x2`, `${LIST}?start=x3&limit=50`]);
    expect(found).toMatchObject({ kind: 'found', tokens: [{ id: idOf(1) }, { id: idOf(4) }] });
  });

  it('continues after an empty page: only a missing link ends the list', async () => {
    const client = scripted(page([], 'start=a'), page([{ id: idOf(1) }]));
    const found = await findTokens(accountOn(client), retryOptions(new FakeClock()), () => true);
    expect(found).toMatchObject({ kind: 'found', tokens: [{ id: idOf(1) }] });
  });

  it('has the time of its first page, the earliest it can have', async () => {
    const dated = (response: HttpResponse, date: string) => ({
      ...response,
      headers: { ...response.headers, date },
    });
    const client = scripted(
      dated(page([], 'start=a'), 'Fri, 02 Jan 2026 03:04:05 GMT'),
      dated(page([]), 'Fri, 02 Jan 2026 03:04:35 GMT'),
    );
    const found = await findTokens(accountOn(client), retryOptions(new FakeClock()), () => true);
    expect(found).toMatchObject({ serverDate: new Date('2026-01-02T03:04:05Z') });
  });

  it('gives a token once if it moved to a later page meanwhile', async () => {
    const client = scripted(page([{ id: idOf(1) }], 'start=a'), page([{ id: idOf(1) }, { id: idOf(2) }]));
    const found = await findTokens(accountOn(client), retryOptions(new FakeClock()), () => true);
    expect(found).toMatchObject({ tokens: [{ id: idOf(1) }, { id: idOf(2) }] });
    expect(found.kind === 'found' && found.tokens).toHaveLength(2);
  });

  it('retries a failed page, not those before it', async () => {
    const client = scripted(page([], 'start=a'), lostResponse(), page([{ id: idOf(1) }]));
    const clock = new FakeClock();
    const found = await findTokens(accountOn(client), retryOptions(clock), () => true);
    expect(client.requestLines).toEqual([GET, `${LIST}?start=a`, `${LIST}?start=a`]);
    expect(clock.sleeps).toHaveLength(1);
    expect(found).toMatchObject({ kind: 'found', tokens: [{ id: idOf(1) }] });
  });

  it.each([
    ['a page with 403', html(403)],
    ['a page with 404', html(404)],
    ['an empty 404', textResponse(404, '')],
    ['a redirect', html(302)],
    ['another service’s 401', json(401, { error: 'login' })],
  ])('does not take %s for Mapbox’s rejection, and retries', async (_, once) => {
    const client = scripted(once, page([{ id: idOf(1) }]));
    const found = await findTokens(accountOn(client), retryOptions(new FakeClock()), () => true);
    expect(found).toMatchObject({ kind: 'found', tokens: [{ id: idOf(1) }] });
  });

  it('gives up after three such rejections, with the last one', async () => {
    const client = scripted({ always: html(403) });
    expect(await findTokens(accountOn(client), retryOptions(new FakeClock()), () => true)).toMatchObject({
      kind: 'retries-exhausted',
      attempts: 3,
      last: { cause: { kind: 'rejected', status: 403, bodyDescription: 'an HTML page' } },
    });
  });

  it('finds nothing, rather than a part, if a later page is refused', async () => {
    const client = scripted(page([{ id: idOf(1) }], 'start=a'), notFound());
    expect(await findTokens(accountOn(client), retryOptions(new FakeClock()), () => true)).toMatchObject({
      kind: 'rejected',
      reason: 'not-found',
    });
  });

  it('ends when a query recurs: the list runs in a circle', async () => {
    const client = scripted(
      page([{ id: idOf(1) }], 'start=a'),
      page([{ id: idOf(2) }], 'start=b'),
      page([{ id: idOf(1) }], 'start=a'),
    );
    const found = await findTokens(accountOn(client), retryOptions(new FakeClock()), () => true);
    expect(found).toMatchObject({
      kind: 'found',
      tokens: [{ id: idOf(1) }, { id: idOf(2) }],
      complete: false,
    });
    expect(client.requestLines).toHaveLength(3);
  });

  it.each([
    [[page([], 'start=a'), page([])], true],
    [[page([], 'start=a'), json(200, [null])], false],
    [[json(200, [{}], { link: '<?start=a>; rel=next' }), page([])], false],
  ])('reports whether the whole list was read (%#)', async (pages, complete) => {
    const found = await findTokens(accountOn(scripted(...pages)), retryOptions(new FakeClock()), () => true);
    expect(found).toMatchObject({ kind: 'found', complete });
  });
});

it('reports when the first page arrived', async () => {
  const clock = new FakeClock();
  clock.advance(1_000);
  const start = clock.now();
  const client = scripted(
    () => {
      clock.advance(200);
      return page([], 'start=a');
    },
    () => {
      clock.advance(500);
      return page([]);
    },
  );
  expect(await findTokens(accountOn(client), retryOptions(clock), () => true)).toMatchObject({
    received: { now: start + 200, monotonic: 1_200 },
  });
});

describe('deleting one token', () => {
  async function remove(
    steps: readonly ScriptedResponse[],
    createdBy: string | undefined = AUTHORIZING_TOKEN_ID,
  ) {
    const clock = new FakeClock();
    const client = scripted(...steps);
    const result = await deleteTokenWithRetry(accountOn(client), ID, createdBy, retryOptions(clock, 60_000));
    expect(client.unusedResponses(), 'every scripted answer is fetched').toBe(0);
    return { result, asked: client.requestLines, clock };
  }

  it('takes one request', async () => {
    const { result, asked } = await remove([deleted()]);
    expect(result).toEqual({ kind: 'deleted' });
    expect(asked).toEqual([DELETE(ID)]);
  });

  it.each([
    ['an empty 200', json(200, '')],
    ['an empty 202', { ...deleted(), status: 202 }],
    ['a page with 200', html(200)],
    ['a page with 404', html(404)],
    ['a page with 408', html(408)],
    ['a 401', json(401, { message: 'Unauthorized' })],
    ['a 403', json(403, { message: 'Forbidden' })],
    ['a 409', json(409, { message: 'Conflict' })],
    ['a 404 about the account', json(404, { message: 'No such user' })],
    ['a redirect', html(301)],
    ['a lost response', lostResponse()],
    ['a lost connection', noConnection()],
  ])('does not take %s for a deletion, and retries', async (_, once) => {
    const { result, asked } = await remove([once, deleted()]);
    expect(result).toEqual({ kind: 'deleted' });
    expect(asked).toEqual([DELETE(ID), DELETE(ID)]);
  });

  it.each([
    ['an empty 200', json(200, '')],
    ['an empty 202', { ...deleted(), status: 202 }],
    ['an empty 205', { ...deleted(), status: 205 }],
    ['a page with 200', html(200)],
    ['JSON with 200', json(200, { message: 'OK' })],
    ['a page with 404', html(404)],
    ['a page with 429', { ...html(429), headers: { 'retry-after': '1' } }],
  ])('never takes %s for a deletion, however often, and retries', async (_, often) => {
    const { result } = await remove([often, often, often, often, often, deleted()]);
    expect(result).toEqual({ kind: 'deleted' });
  });

  it('gives up within its time, with the last response', async () => {
    const { result, clock } = await remove([{ always: html(403) }]);
    expect(result).toMatchObject({
      kind: 'retries-exhausted',
      last: { cause: { kind: 'rejected', status: 403, isApiError: false } },
    });
    expect(clock.monotonic()).toBeLessThanOrEqual(60_000);
    expect(clock.monotonic()).toBeGreaterThan(20_000);
  });

  describe('rejected with Mapbox’s 404', () => {
    it('retries after two seconds before it accepts it', async () => {
      const { result, clock, asked } = await remove([notFound(), deleted()]);
      expect(result).toEqual({ kind: 'deleted' });
      expect(clock.sleeps).toEqual([2000]);
      expect(asked).toEqual([DELETE(ID), DELETE(ID)]);
    });

    it('reports the token as already deleted if the list no longer has it on any page', async () => {
      const { result, asked } = await remove([
        notFound(),
        notFound(),
        page([{ id: idOf(2) }], 'start=b'),
        page([{ id: idOf(3) }]),
      ]);
      expect(result).toEqual({ kind: 'already-deleted' });
      expect(asked).toEqual([DELETE(ID), DELETE(ID), GET, `${LIST}?start=b`]);
    });

    it('retries if the list still has it, as a replica may be behind', async () => {
      const { result, asked } = await remove([
        notFound(),
        notFound(),
        page([], 'start=b'),
        page([{ id: ID }]),
        deleted(),
      ]);
      expect(result).toEqual({ kind: 'deleted' });
      expect(asked).toEqual([DELETE(ID), DELETE(ID), GET, `${LIST}?start=b`, DELETE(ID)]);
    });

    it('never takes a 403 about a missing scope for one', async () => {
      const forbidden = json(403, { message: 'This API requires a token with tokens:write scope.' });
      const { result, asked } = await remove([forbidden, forbidden, forbidden, deleted()]);
      expect(result).toEqual({ kind: 'deleted' });
      expect(asked).toEqual([DELETE(ID), DELETE(ID), DELETE(ID), DELETE(ID)]);
    });

    it('ignores a list with an unreadable entry', async () => {
      const { result } = await remove([notFound(), notFound(), json(200, [{ note: 'ci' }]), deleted()]);
      expect(result).toEqual({ kind: 'deleted' });
    });

    it('ignores a list that runs in a circle', async () => {
      const circle = page([], 'start=a');
      const { result } = await remove([notFound(), notFound(), circle, circle, deleted()]);
      expect(result).toEqual({ kind: 'deleted' });
    });

    it.each([
      ['fails', json(503, {})],
      ['is lost', lostResponse()],
      ['is a page', html(200)],
    ])('retries if the list %s', async (_, list) => {
      const { result } = await remove([notFound(), notFound(), list, deleted()]);
      expect(result).toEqual({ kind: 'deleted' });
    });

    it.each([
      ['the list', [notFound()]],
      ['the authorizing token', [notFound(), notFound()]],
    ])('waits for a rate limit on the request for %s', async (_, before) => {
      const limit = json(429, { message: 'Too Many Requests' }, { 'retry-after': '30' });
      const { result, clock } = await remove([notFound(), ...before, limit, deleted()]);
      expect(result).toEqual({ kind: 'deleted' });
      expect(clock.sleeps).toEqual([2000, 31_100]);
    });

    it('sends at most a dozen requests a minute, including the list', async () => {
      const clock = new FakeClock();
      const sent: number[] = [];
      const send = async ({ method }: ApiRequest) => {
        sent.push(clock.monotonic());
        return method === 'DELETE' ? notFound() : page([{ id: ID }]);
      };
      const options = retryOptions(clock, 300_000, () => 0);
      await deleteTokenWithRetry(
        accountOn({ send: withinBudget(send, options.budget, clock) }),
        ID,
        AUTHORIZING_TOKEN_ID,
        options,
      );
      expect(sent.length).toBeGreaterThan(12);
      for (const [n, at] of sent.entries())
        expect(at - (sent[n - 12] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(60_000);
    });

    it('accepts it without a list if the authorizing token created the token and is valid', async () => {
      const { result, asked } = await remove([
        notFound(),
        notFound(),
        notFound(),
        json(200, { code: 'TokenValid' }),
      ]);
      expect(result).toEqual({ kind: 'already-deleted' });
      expect(asked).toEqual([DELETE(ID), DELETE(ID), GET, VALIDATE]);
    });

    it.each([
      [
        'is no longer valid',
        AUTHORIZING_TOKEN_ID,
        AUTHORIZING_TOKEN_ID,
        [json(200, { code: 'TokenRevoked' })],
      ],
      ['cannot be validated', AUTHORIZING_TOKEN_ID, AUTHORIZING_TOKEN_ID, [lostResponse()]],
      ['is another', idOf(8), AUTHORIZING_TOKEN_ID, []],
      ['is unknown', undefined, AUTHORIZING_TOKEN_ID, []],
      ['is unknown, like the one that deletes it', undefined, undefined, []],
    ])('retries without a list if the token that created it %s', async (_, createdBy, id, validation) => {
      const clock = new FakeClock();
      const client = scripted(notFound(), notFound(), notFound(), ...validation, deleted());
      const account = accountOn(client, { authorizingToken: { ...authorizingToken, id } });
      const result = await deleteTokenWithRetry(account, ID, createdBy, retryOptions(clock));
      expect(result).toEqual({ kind: 'deleted' });
      expect(client.unusedResponses()).toBe(0);
    });
  });
});

describe('a token whose first deletion had no response', () => {
  /** Deletes at once, but for a while other responses do not show it. */
  async function deleteLost(answer: (request: ApiRequest, elapsed: number) => HttpResponse) {
    const clock = new FakeClock();
    const sentAt: number[] = [];
    const options = { ...retryOptions(clock, 240_000), failureDeadline: 60_000 };
    const send: SendRequest = async request => {
      sentAt.push(clock.monotonic());
      return sentAt.length === 1 ? lostResponse() : answer(request, clock.monotonic());
    };
    const account = accountOn({ send: withinBudget(send, options.budget, clock) });
    const result = await deleteTokenWithRetry(account, ID, AUTHORIZING_TOKEN_ID, options);
    return { result, sentAt };
  }

  const isDelete = ({ method }: ApiRequest) => method === 'DELETE';
  const isList = ({ path }: ApiRequest) => path.split('/').length > 3;

  it('is found to be deleted after a list that is stale for some seconds', async () => {
    const { result, sentAt } = await deleteLost((request, elapsed) => {
      if (isDelete(request)) return notFound();
      return page(elapsed < 5_000 ? [{ id: ID }] : []);
    });
    expect(result).toEqual({ kind: 'already-deleted' });
    expect(sentAt.length).toBeLessThanOrEqual(12);
  });

  it('is found to be deleted if the list fails and validation fails for some seconds', async () => {
    const { result, sentAt } = await deleteLost((request, elapsed) => {
      if (isDelete(request) || isList(request)) return notFound();
      return elapsed < 5_000 ? json(503, {}) : json(200, { code: 'TokenValid' });
    });
    expect(result).toEqual({ kind: 'already-deleted' });
    expect(sentAt.length).toBeLessThanOrEqual(12);
  });
});
