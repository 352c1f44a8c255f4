import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../src/http/client.ts';
import { Deadline } from '../../../src/rotate/deadline.ts';
import { textResponse } from '../../support/http-script.ts';
import { idOf } from '../../support/tokens.ts';

const HALF_HOUR = 1_800_000;

/** A clock whose wall time and monotonic time differ. */
function setUp() {
  const time = { now: 0, monotonic: 0 };
  const clock = { now: () => time.now, monotonic: () => time.monotonic, sleep: async () => {} };
  const deadline = new Deadline(clock);
  return { time, deadline };
}

describe('half an hour after the list', () => {
  it.each([
    ['the wall clock', { now: HALF_HOUR + 1, monotonic: 0 }],
    ['the monotonic clock', { now: -HALF_HOUR, monotonic: HALF_HOUR + 1 }],
  ])('has passed by %s', (_, moved) => {
    const { time, deadline } = setUp();
    deadline.restart({ now: 0, monotonic: 0, ids: new Set() });
    expect(deadline.isOver()).toBe(false);
    Object.assign(time, moved);
    expect(deadline.isOver()).toBe(true);
    deadline.restart({ ...time, ids: new Set() });
    expect(deadline.isOver()).toBe(false);
  });
  it('starts with a list', () => {
    expect(setUp().deadline.isOver()).toBe(true);
  });
});

describe('a guarded client', () => {
  const deletion = (n: number) => ({
    method: 'DELETE',
    path: `/tokens/v2/octo/${idOf(n)}?access_token=x`,
    headers: {},
  });
  const put = { method: 'PUT', path: '/repos/o/r/actions/secrets/N', headers: {} };

  /** Sends a request; the machine sleeps while the connection is being made. */
  async function send(request: HttpRequest, { before = 0, connecting = 0, hasList = true }) {
    const { time, deadline } = setUp();
    if (hasList) deadline.restart({ now: 0, monotonic: 0, ids: new Set([idOf(1)]) });
    time.now = before;
    const sent: string[] = [];
    let connections = 0;
    let isClosed = false;
    const create = deadline.guard(async () => ({
      async send({ method, mayLeave = () => true }) {
        connections++;
        time.now += connecting;
        if (!mayLeave()) return { kind: 'no-response', sent: false, code: 'TOO_LATE' };
        sent.push(method);
        return textResponse(204, '');
      },
      async close() {
        isClosed = true;
      },
    }));
    const client = await create(new URL('https://api.github.com'), undefined);
    const result = await client.send(request, 1000);
    await client.close();
    expect(isClosed).toBe(true);
    return { result, sent, connections };
  }
  const late = { kind: 'no-response', sent: false, code: 'TOO_LATE' };

  it.each([
    ['a put', put],
    ['the deletion of a listed token', deletion(1)],
  ])('sends %s in time but not later, even if the connection is open', async (_, request) => {
    expect((await send(request, { before: HALF_HOUR })).sent).toEqual([request.method]);
    expect(await send(request, { before: HALF_HOUR + 1 })).toEqual({
      result: late,
      sent: [],
      connections: 0,
    });
    expect(await send(request, { connecting: HALF_HOUR + 1 })).toMatchObject({ result: late, sent: [] });
  });
  it.each([
    ['the deletion of a token that this run created', deletion(2)],
    ['a GET', { ...put, method: 'GET' }],
  ])('sends %s at any time', async (_, request) => {
    expect((await send(request, { before: 2 * HALF_HOUR })).sent).toEqual([request.method]);
    expect((await send(request, { hasList: false })).sent).toEqual([request.method]);
  });
});
