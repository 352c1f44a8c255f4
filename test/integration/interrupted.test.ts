import { describe, expect, it } from 'vitest';
import type { CleanupState } from '../../src/cleanup/state.ts';
import type { HttpResponse, NoResponse } from '../../src/http/response.ts';
import type { ApiRequest } from '../../src/mapbox/client.ts';
import { mintStoredToken } from '../../src/mint/stored.ts';
import { buildNote, createMarker } from '../../src/note.ts';
import { InterruptedError } from '../../src/runtime/interruption.ts';
import { FakeClock, START } from '../support/fake-clock.ts';
import { accountOn, deleted, json, lostResponse, noConnection, page } from '../support/http-script.ts';
import { retryOptions } from '../support/retry-options.ts';
import { idOf, OWNER, tokenText } from '../support/tokens.ts';
import { run } from '../support/workflow-run.ts';

/** The last line of a step that cannot know the outcome of its request. */
const MAY_EXIST = expect.stringMatching(
  /^A token with the note ".*#[a-z0-9]{8}\]" may exist: Mapbox had not responded/,
);

const NONCE = 'abcd1234';
const purpose = { kind: 'until-job-ends' } as const;
const note = buildNote('Release', run, createMarker(purpose, run, NONCE)).note;
const SCOPES = ['tilesets:read'];
const request = {
  kind: 'stored',
  scopes: SCOPES,
  untilJobEnds: true,
  note: 'Release',
  allowedUrls: [],
} as const;

const created = (changes: object = {}) => {
  const token = tokenText('sk', { u: OWNER, a: idOf(1) });
  const times = { created: new Date(START).toISOString() };
  const body = { usage: 'sk', id: idOf(1), scopes: SCOPES, note, token, ...times, ...changes };
  return json(201, body, { date: new Date(START).toUTCString() });
};

type Respond = (response: HttpResponse | NoResponse) => void;

/** Mints with a Mapbox that responds, and a clock that advances, when the test says so. */
function start(isInterrupted = false) {
  const controller = new AbortController();
  if (isInterrupted) controller.abort(new InterruptedError());
  const requests: { line: string; respond: Respond }[] = [];
  const sleeps: { ms: number; end: () => void }[] = [];
  const changes: (() => void)[] = [];
  const changed = () => {
    for (const change of changes.splice(0)) change();
  };
  const account = accountOn({
    send({ method, path }: ApiRequest) {
      const { promise, resolve } = Promise.withResolvers<HttpResponse | NoResponse>();
      requests.push({ line: `${method} ${path.split('/').slice(4).join('/')}`.trim(), respond: resolve });
      changed();
      return promise;
    },
  });
  const clock = new FakeClock();
  const states: (CleanupState | undefined)[] = [];
  const warnings: string[] = [];
  const log: string[] = [];
  const done = mintStoredToken(account, request, {
    run,
    purpose,
    nonce: NONCE,
    actionPath: '/action',
    options: {
      ...retryOptions(clock, 300_000, () => 0.5, log),
      clock: {
        now: clock.now,
        monotonic: clock.monotonic,
        sleep(ms) {
          const { promise, resolve } = Promise.withResolvers<void>();
          sleeps.push({ ms, end: resolve });
          changed();
          return promise;
        },
      },
    },
    interrupted: controller.signal,
    saveState: state => void states.push(state),
    warn: text => void warnings.push(text),
  }).catch((error: unknown) => error);
  /** The `n`-th element of a list, once it exists. */
  const at = async <T>(list: readonly T[], n: number): Promise<T> => {
    for (;;) {
      const found = list[n];
      if (found !== undefined) return found;
      await new Promise<void>(resolve => changes.push(resolve));
    }
  };
  return {
    done,
    interrupt: () => controller.abort(new InterruptedError()),
    request: (n: number) => at(requests, n),
    sleep: (n: number) => at(sleeps, n),
    lines: () => requests.map(({ line }) => line),
    sleeps,
    log,
    lastState: () => states.at(-1),
    states,
  };
}

const RATE_LIMITED = json(429, { message: 'Too Many Requests' }, { 'x-rate-limit-interval': '60' });

describe('a step interrupted during a creation request', () => {
  it('deletes the token in the response, and leaves nothing to the post step', async () => {
    const mint = start();
    const post = await mint.request(0);
    mint.interrupt();
    post.respond(created());
    (await mint.request(1)).respond(deleted());

    expect(await mint.done).toEqual(new InterruptedError('Mapbox had created a token. It was discarded.'));
    expect(mint.lines()).toEqual(['POST', `DELETE ${idOf(1)}`]);
    expect(mint.lastState()).toBeUndefined();
  });

  it('saves the ID before it deletes the token', async () => {
    const mint = start();
    const post = await mint.request(0);
    mint.interrupt();
    post.respond(created());
    await mint.request(1);

    expect(mint.lastState()).toMatchObject({ token: { id: idOf(1), keep: false }, orphans: 0 });
  });

  it('waits five seconds, and then leaves the token to the post step', async () => {
    const mint = start();
    await mint.request(0);
    mint.interrupt();
    const grace = await mint.sleep(0);
    expect(grace.ms).toBe(5_000);
    grace.end();

    expect(await mint.done).toMatchObject({ message: MAY_EXIST });
    expect(mint.lines()).toEqual(['POST']);
    expect(mint.lastState()).toMatchObject({ token: undefined, orphans: 1 });
  });

  it('retries the deletion', async () => {
    const mint = start();
    const post = await mint.request(0);
    mint.interrupt();
    post.respond(created());
    (await mint.request(1)).respond(json(503, {}));
    (await mint.sleep(1)).end();
    (await mint.request(2)).respond(deleted());

    expect(await mint.done).toMatchObject({ message: expect.stringContaining('discarded') });
    expect(mint.lastState()).toBeUndefined();
  });

  it('deletes a token by its nonce if the response does not prove its ID', async () => {
    const mint = start();
    const post = await mint.request(0);
    mint.interrupt();
    post.respond(created({ id: idOf(7) }));
    (await mint.request(1)).respond(page([{ id: idOf(1), note }]));
    (await mint.request(2)).respond(deleted());

    expect(await mint.done).toBeInstanceOf(Error);
    expect(mint.lines()).toEqual(['POST', 'GET', `DELETE ${idOf(1)}`]);
    expect(mint.lastState()).toBeUndefined();
  });

  it.each([
    ['is lost', lostResponse(), 1],
    ['is a server error', json(500, {}), 1],
    ['is a rate limit', RATE_LIMITED, 0],
    ['is a rejection', json(422, { message: 'Invalid scopes' }), 0],
    ['was never requested', noConnection(), 0],
  ])('stops at once if that %s, and sends nothing more', async (_, response, orphans) => {
    const mint = start();
    const post = await mint.request(0);
    mint.interrupt();
    post.respond(response);

    expect(await mint.done).toMatchObject({ message: orphans === 1 ? MAY_EXIST : '' });
    expect(mint.lines()).toEqual(['POST']);
    expect(mint.log).toEqual([]);
    expect(mint.lastState()).toMatchObject({ token: undefined, orphans });
  });
});

describe('an interrupted step', () => {
  it('creates nothing before its first request, and leaves nothing to the post step', async () => {
    const mint = start(true);

    expect(await mint.done).toEqual(new InterruptedError());
    expect([mint.lines(), mint.states]).toEqual([[], []]);
  });

  it('creates nothing between two attempts', async () => {
    const mint = start();
    (await mint.request(0)).respond(RATE_LIMITED);
    await mint.sleep(0);
    mint.interrupt();

    expect(await mint.done).toEqual(new InterruptedError());
    expect(mint.lines()).toEqual(['POST']);
    expect(mint.lastState()).toMatchObject({ token: undefined, orphans: 0 });
  });

  it('stops searching for an orphan at once, and leaves it to the post step', async () => {
    const mint = start();
    (await mint.request(0)).respond(lostResponse());
    await mint.request(1);
    mint.interrupt();

    expect(await mint.done).toMatchObject({ message: MAY_EXIST });
    expect(mint.lines()).toEqual(['POST', 'GET']);
    expect(mint.lastState()).toMatchObject({ token: undefined, orphans: 1 });
  });

  it('stops investigating a rejection at once', async () => {
    const mint = start();
    (await mint.request(0)).respond(json(401, { message: 'Not Authorized - Invalid Token' }));
    await mint.request(1);
    mint.interrupt();

    expect(await mint.done).toEqual(new InterruptedError());
    expect(mint.lastState()).toBeUndefined();
  });

  it('discards the token if it is interrupted while it looks for warnings', async () => {
    const mint = start();
    (await mint.request(0)).respond(lostResponse());
    (await mint.request(1)).respond(page([]));
    (await mint.sleep(0)).end();
    (await mint.request(2)).respond(created({ note: 'stored otherwise' }));
    await mint.request(3);
    mint.interrupt();

    expect(await mint.done).toMatchObject({ token: { id: idOf(1) } });
    expect(mint.lines()).toEqual(['POST', 'GET', 'POST', 'GET']);
  });
});
