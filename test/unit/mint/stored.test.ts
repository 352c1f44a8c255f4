import { describe, expect, it } from 'vitest';
import { ActionError, errorTitles } from '../../../src/action-error.ts';
import type { CleanupState } from '../../../src/cleanup/state.ts';
import type { HttpResponse } from '../../../src/http/response.ts';
import type { TokenRequest } from '../../../src/inputs/token-request.ts';
import type { ApiRequest } from '../../../src/mapbox/client.ts';
import { mintStoredToken, type StoredMint } from '../../../src/mint/stored.ts';
import { buildNote, createMarker, type Purpose } from '../../../src/note.ts';
import { FakeClock, START } from '../../support/fake-clock.ts';
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
  POST,
  page,
  type ScriptedResponse,
  scripted,
  textResponse,
} from '../../support/http-script.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { AUTHORIZING_TOKEN_ID, authorizingTokenText, idOf, OWNER, tokenText } from '../../support/tokens.ts';
import { run } from '../../support/workflow-run.ts';

const NONCE = 'abcd1234';

const noteFor = (kind: 'until-job-ends' | 'until-deleted') =>
  buildNote('Release', run, createMarker({ kind }, run, NONCE)).note;

const note = noteFor('until-job-ends');

const permanentNote = noteFor('until-deleted');

const SCOPES = ['tilesets:write', 'tilesets:read'];

const job = {
  kind: 'stored',
  scopes: SCOPES,
  untilJobEnds: true,
  note: 'Release',
  allowedUrls: [],
} as const satisfies TokenRequest;

const permanent = { ...job, untilJobEnds: false } as const satisfies TokenRequest;

/** The default arguments of mintStoredToken. */
const step = {
  run,
  purpose: { kind: 'until-job-ends' },
  nonce: NONCE,
  actionPath: '/action',
  interrupted: new AbortController().signal,
} as const;

const textOf = (id: string) => tokenText('sk', { u: OWNER, a: id });

/** Mapbox's response to a creation. */
const made = (id: string, changes: object = {}): HttpResponse =>
  json(201, { client: 'api', usage: 'sk', id, scopes: SCOPES, note, token: textOf(id), ...changes });

/** The same, with times that prove a token to be new without its note. */
const madeAt = (id: string, changes: object = {}, age = 0): HttpResponse =>
  json(
    201,
    {
      usage: 'sk',
      id,
      scopes: SCOPES,
      note,
      token: textOf(id),
      created: new Date(START - age).toISOString(),
      ...changes,
    },
    { date: new Date(START).toUTCString() },
  );

const asMint = (result: unknown): Partial<StoredMint> =>
  result instanceof Error || typeof result !== 'object' || result === null ? {} : result;

/** Mints with scripted responses, and records requests, states and deletions in order. */
async function mint(
  steps: readonly ScriptedResponse[],
  {
    request = job,
    purpose = { kind: request.untilJobEnds ? 'until-job-ends' : 'until-deleted' },
    budget = 300_000,
    unfetched = false,
  }: {
    request?: TokenRequest & { kind: 'stored' };
    purpose?: Purpose;
    budget?: number;
    unfetched?: boolean;
  } = {},
) {
  const clock = new FakeClock();
  const client = scripted(...steps);
  const events: string[] = [];
  const kept: (CleanupState | undefined)[] = [];
  const warnings: string[] = [];
  const log: string[] = [];
  clock.onSleep = () => void events.push('pause');
  const account = accountOn({
    async send(request, limit) {
      events.push(request.method);
      return client.send(request, limit);
    },
  });
  const result = await mintStoredToken(account, request, {
    ...step,
    purpose,
    options: { ...retryOptions(clock, budget), log: text => void log.push(text) },
    saveState: state => {
      events.push('keep');
      kept.push(state);
    },
    warn: text => warnings.push(text),
  }).catch((error: unknown) => error);
  if (!unfetched) expect(client.unusedResponses(), 'every scripted answer is fetched').toBe(0);
  const { token: end = result, cleanup } = { token: undefined, cleanup: undefined, ...asMint(result) };
  return { end, cleanup, client, clock, events, kept, last: kept.at(-1), warnings, log };
}

const state = ({ id, ...changes }: Partial<CleanupState> & { id?: string } = {}): CleanupState => ({
  apiUrl: 'https://api.mapbox.com/',
  actionPath: '/action',
  authorizingToken: { id: AUTHORIZING_TOKEN_ID, username: OWNER },
  username: OWNER,
  note,
  nonce: NONCE,
  token: id === undefined ? undefined : { id, keep: false },
  orphans: 0,
  ...changes,
});

describe('on success', () => {
  it('sends one request, after saving the state, and then saves the ID', async () => {
    const { end, events, kept, warnings, client } = await mint([made(idOf(1))]);
    expect(end).toMatchObject({ usage: 'sk', id: idOf(1), note, scopes: SCOPES, username: OWNER });
    expect(events).toEqual(['keep', 'POST', 'keep']);
    expect(kept).toEqual([state({ orphans: 1 }), state({ id: idOf(1) })]);
    expect(warnings).toEqual([]);
    expect(client.requests[0]?.body).toEqual({ scopes: SCOPES, note });
  });

  it('never saves the token’s text', async () => {
    const { kept } = await mint([made(idOf(1))]);
    expect(JSON.stringify(kept)).not.toContain(textOf(idOf(1)));
  });

  it('gives a permanent token a note without a nonce to delete by', async () => {
    const stays = permanentNote;
    const { end, kept, client } = await mint([made(idOf(1), { note: stays })], { request: permanent });
    expect(end).toMatchObject({ id: idOf(1), note: stays });
    expect(client.requests[0]?.body).toEqual({ scopes: SCOPES, note: stays });
    expect(kept.map(entry => entry?.note)).toEqual([stays, stays]);
  });

  it('sends the allowed URLs', async () => {
    const allowedUrls = ['https://example.com'];
    const { client } = await mint([made(idOf(1), { allowedUrls })], { request: { ...job, allowedUrls } });
    expect(client.requests[0]?.body).toEqual({ scopes: SCOPES, note, allowedUrls });
  });
});

describe('after a request that may have created an unknown token', () => {
  it.each([
    ['the connection was lost', lostResponse()],
    ['Mapbox failed', json(503, { message: 'Service Unavailable' })],
    ['the response cannot be read', textResponse(201, '{"token":')],
    ['the response is a page', html(200)],
  ])('deletes that token before it retries: %s', async (_, trouble) => {
    const { end, client, events } = await mint([
      trouble,
      page([{ id: idOf(1), note }]),
      deleted(),
      made(idOf(2)),
    ]);
    expect(client.requestLines).toEqual([POST, GET, DELETE(idOf(1)), POST]);
    expect(events).toEqual(['keep', 'POST', 'GET', 'DELETE', 'pause', 'POST', 'keep']);
    expect(end).toMatchObject({ id: idOf(2) });
  });

  it('records a possible token before the request', async () => {
    const { kept } = await mint([lostResponse(), page([]), made(idOf(2))]);
    expect(kept).toEqual([state({ orphans: 1 }), state({ orphans: 2 }), state({ orphans: 1, id: idOf(2) })]);
  });

  it('does not count a token as deleted twice if a stale list shows it again', async () => {
    const { last } = await mint([
      lostResponse(),
      page([{ id: idOf(1), note }]),
      deleted(),
      lostResponse(),
      page([{ id: idOf(1), note }]),
      made(idOf(3)),
    ]);
    expect(last).toEqual(state({ orphans: 1, id: idOf(3) }));
  });

  it('lets the post step search again, as the token may appear late', async () => {
    const { last, warnings } = await mint([lostResponse(), page([]), made(idOf(2))]);
    expect(last).toEqual(state({ orphans: 1, id: idOf(2) }));
    expect(warnings).toEqual([]);
  });

  it('deletes the token on every page of the account', async () => {
    const { client } = await mint([
      lostResponse(),
      page([{ id: idOf(7), note: 'somebody else’s' }], 'start=b'),
      page([{ id: idOf(1), note }]),
      deleted(),
      made(idOf(2)),
    ]);
    expect(client.requestLines).toEqual([POST, GET, `${LIST}?start=b`, DELETE(idOf(1)), POST]);
  });

  it('retries even if the clean-up fails, and leaves the rest to the post step', async () => {
    const forbidden = json(403, { message: 'Forbidden' });
    let posts = 0;
    const { end, last } = await mint(
      [
        lostResponse(),
        page([{ id: idOf(1), note }]),
        ...Array.from(
          { length: 30 },
          () =>
            ({ method }: ApiRequest) =>
              method === 'POST' && posts++ === 0 ? made(idOf(2)) : forbidden,
        ),
      ],
      { unfetched: true },
    );
    expect(end).toMatchObject({ id: idOf(2) });
    expect(last).toEqual(state({ orphans: 1, id: idOf(2) }));
  });

  it('spends at most fifteen seconds on the clean-up between two attempts', async () => {
    const clock = new FakeClock();
    let posts = 0;
    let cleaning = 0;
    const account = accountOn({
      async send({ method }, limit) {
        if (method === 'POST') return ++posts === 1 ? lostResponse() : made(idOf(2));
        const took = Math.min(limit, 1000);
        cleaning += took;
        clock.advance(took);
        return json(503, {});
      },
    });
    clock.onSleep = milliseconds => {
      if (posts === 1) cleaning += milliseconds;
    };
    const minted = await mintStoredToken(account, job, {
      ...step,
      options: retryOptions(clock),
      saveState: () => {},
      warn: () => {},
    });
    expect(minted.token.usage).toBe('sk');
    // This includes the pause before the second attempt: half of half a second.
    expect(cleaning).toBeLessThanOrEqual(15_000 + 250);
    expect(cleaning).toBeGreaterThan(5000);
  });

  it('does not search if no token can have been created', async () => {
    const { client, last } = await mint([
      noConnection(),
      json(429, { message: 'Too Many Requests' }, { 'retry-after': '1' }),
      made(idOf(1)),
    ]);
    expect(client.requestLines).toEqual([POST, POST, POST]);
    expect(last).toEqual(state({ id: idOf(1) }));
  });
});

it('logs as many plain retries as the error counts: those of the search are marked', async () => {
  const { end, log } = await mint([html(200), html(403), page([]), html(200), page([]), html(200)]);
  expect(end).toMatchObject({ message: expect.stringContaining('Gave up after 3 attempts') });
  expect(log).toEqual([
    expect.stringMatching(/^Mapbox responded with 200,.* Retrying/),
    expect.stringMatching(/^Searching for orphaned tokens: Mapbox responded with 403 .* Retrying/),
    expect.stringMatching(/^Mapbox responded with 200,.* Retrying/),
  ]);
});

describe('without `tokens:read`', () => {
  it('is not inferred from a page that a proxy sent instead of the list', async () => {
    const { client, last, warnings } = await mint([
      lostResponse(),
      html(403),
      html(403),
      html(403),
      lostResponse(),
      page([]),
      made(idOf(2)),
    ]);
    expect(client.requestLines).toEqual([POST, GET, GET, GET, POST, GET, POST]);
    expect(last).toEqual(state({ orphans: 2, id: idOf(2) }));
    expect(warnings).toEqual([]);
  });

  it('retries, and the warning has the note to search for', async () => {
    const { end, client, warnings } = await mint([lostResponse(), notFound(), made(idOf(2))]);
    expect(client.requestLines).toEqual([POST, GET, POST]);
    expect(end).toMatchObject({ id: idOf(2) });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`"${note}"`);
    expect(warnings[0]).toContain('`tokens:read`');
  });

  it('requests the list only once, however often it retries', async () => {
    const { client, warnings } = await mint([
      lostResponse(),
      notFound(),
      lostResponse(),
      lostResponse(),
      made(idOf(2)),
    ]);
    expect(client.requestLines).toEqual([POST, GET, POST, POST, POST]);
    expect(warnings).toHaveLength(1);
  });

  it('leaves the post step no futile search and no second warning', async () => {
    const { last } = await mint([lostResponse(), notFound(), made(idOf(2))]);
    expect(last).toEqual(state({ id: idOf(2), orphans: 0 }));
  });

  it('leaves the warning to the post step if no token was created in the end', async () => {
    const { end, last, warnings } = await mint([lostResponse(), notFound(), notFound(), notFound()]);
    expect(end).toMatchObject({ title: errorTitles.notFound });
    expect(last).toEqual(state({ orphans: 1 }));
    expect(warnings).toEqual([]);
  });
});

describe('a permanent token whose first request was lost', () => {
  const stays = permanentNote;

  it('is not delayed for long by the search for orphans', async () => {
    const clock = new FakeClock();
    let posts = 0;
    const account = accountOn({
      async send({ method }, limit) {
        if (method === 'POST') return ++posts === 1 ? lostResponse() : made(idOf(2), { note: stays });
        clock.advance(Math.min(limit, 1000));
        return json(503, {});
      },
    });
    const minted = await mintStoredToken(account, permanent, {
      ...step,
      purpose: { kind: 'until-deleted' },
      options: retryOptions(clock),
      saveState: () => {},
      warn: () => {},
    });
    expect(minted.token.usage).toBe('sk');
    expect(clock.monotonic()).toBeLessThanOrEqual(15_250);
  });

  it('is deleted by its nonce, like an orphan of a job', async () => {
    const { client, last, cleanup } = await mint(
      [lostResponse(), page([{ id: idOf(1), note: stays }]), deleted(), made(idOf(2), { note: stays })],
      { request: permanent },
    );
    expect(client.requestLines).toEqual([POST, GET, DELETE(idOf(1)), POST]);
    expect(last).toEqual(state({ note: stays, id: idOf(2) }));
    expect(cleanup).toBeUndefined();
  });

  it('is left to the post step if it was not found, with the token to keep', async () => {
    const { cleanup } = await mint([lostResponse(), page([]), made(idOf(2), { note: stays })], {
      request: permanent,
    });
    expect(cleanup).toEqual(state({ note: stays, token: { id: idOf(2), keep: true }, orphans: 1 }));
  });
});

describe('without a token in the end', () => {
  it('saves no state after a rejection, as nothing was created', async () => {
    const { end, kept, last } = await mint([
      json(422, { message: 'scopes are invalid' }),
      page([{ id: idOf(0), scopes: ['tokens:write', 'tilesets:read'] }]),
    ]);
    expect(end).toMatchObject({
      title: errorTitles.scopesRejected,
      message: expect.stringContaining('`tilesets:write`'),
    });
    expect(kept).toEqual([state({ orphans: 1 }), state({}), undefined]);
    expect(last).toBeUndefined();
  });

  it('saves no state if no request was sent', async () => {
    const { end, last } = await mint([noConnection('CERT_HAS_EXPIRED')]);
    expect(end).toMatchObject({ title: errorTitles.unreachable });
    expect(last).toBeUndefined();
  });

  it('saves the state after a rejection that is not from Mapbox, as the request may have succeeded', async () => {
    const { end, last } = await mint([html(403)]);
    expect(end).toMatchObject({ title: errorTitles.unexpectedResponse });
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('saves the state if an earlier attempt was lost, even if the last was rejected', async () => {
    const { last } = await mint([
      lostResponse(),
      page([]),
      json(401, { message: 'Unauthorized' }),
      json(200, { code: 'TokenRevoked' }),
    ]);
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('gives up in time, reports its attempts, and leaves the clean-up to the post step', async () => {
    const { end, last, client } = await mint([lostResponse()], { budget: 200 });
    expect(end).toBeInstanceOf(ActionError);
    expect(end).toMatchObject({
      title: errorTitles.unreachable,
      message: expect.stringMatching(/reset.*one attempt.*Check `api-url`/),
    });
    expect(client.requestLines).toEqual([POST]);
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('gives the reset of a rate limit that outlasts the timeout', async () => {
    const { end, last } = await mint(
      [json(429, { message: 'Too Many Requests' }, { 'retry-after': '1800' })],
      { budget: 60_000 },
    );
    expect(end).toMatchObject({
      title: errorTitles.rateLimited,
      message: expect.stringMatching(/resets in 30 min.*Run the job again after that.*fewer jobs/),
    });
    expect(last).toBeUndefined();
  });
});

describe('a response that does not match the request', () => {
  it('is not written to the outputs, and its token is deleted by the id that the token itself confirms', async () => {
    const { end, client, last } = await mint([
      made(idOf(1), { scopes: [...SCOPES, 'user:write'] }),
      deleted(),
    ]);
    expect(end).toMatchObject({
      title: errorTitles.tokenMismatch,
      message: expect.stringMatching(/user:write.*It was discarded/),
    });
    expect(client.requestLines).toEqual([POST, DELETE(idOf(1))]);
    expect(last).toBeUndefined();
  });

  it('never deletes by an ID that the token does not confirm, which may be a production key’s', async () => {
    const { end, client, last } = await mint([
      made(idOf(1), { id: idOf(99) }),
      page([{ id: idOf(99), note: 'production' }], 'start=b'),
      page([{ id: idOf(1), note }]),
      deleted(),
    ]);
    expect(client.requestLines).toEqual([POST, GET, `${LIST}?start=b`, DELETE(idOf(1))]);
    expect(end).toMatchObject({ message: expect.stringContaining('It was discarded') });
    expect(last).toBeUndefined();
  });

  it('never builds a path from an invalid ID', async () => {
    for (const confirmed of [idOf(1), '../styles/v1']) {
      const { client, kept } = await mint([made(confirmed, { id: '../styles/v1' }), page([])]);
      expect(client.requestLines).toEqual([POST, GET]);
      expect(kept.map(state => state?.token?.id)).not.toContain('../styles/v1');
    }
  });

  it('is searched for by its nonce if its text is not a token', async () => {
    const { end, client } = await mint([
      made(idOf(1), { token: 'a token, believe me' }),
      page([{ id: idOf(1), note }]),
      deleted(),
    ]);
    expect(client.requestLines).toEqual([POST, GET, DELETE(idOf(1))]);
    expect(end).toMatchObject({
      title: errorTitles.tokenMismatch,
      message: expect.stringContaining('It was discarded'),
    });
  });

  it.each([
    ['the account cannot be searched', [notFound()]],
    [
      'one of two with the nonce cannot be deleted',
      [
        page([
          { id: idOf(1), note },
          { id: idOf(2), note },
        ]),
        deleted(),
        { always: html(403) },
      ],
    ],
  ])('does not count as deleted if %s', async (_, steps) => {
    const { end, last } = await mint([made(idOf(1), { id: undefined }), ...steps]);
    expect(end).toMatchObject({ message: expect.stringContaining('may still be alive') });
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('is found by its nonce if it has no ID', async () => {
    const text = tokenText('sk', { u: OWNER });
    const { client, kept, last } = await mint([
      made(idOf(1), { id: undefined, token: text }),
      page([{ id: idOf(1), note }]),
      deleted(),
    ]);
    expect(client.requestLines).toEqual([POST, GET, DELETE(idOf(1))]);
    // Counts as lost until it is deleted.
    for (const entry of kept.slice(0, -1)) expect(entry).toEqual(state({ orphans: 1 }));
    expect(last).toBeUndefined();
  });

  it('is left to the post step by its nonce if its ID is unconfirmed and it is not found', async () => {
    const { end, last } = await mint([made(idOf(1), { id: idOf(99) }), notFound()]);
    expect(end).toMatchObject({ message: expect.stringContaining('may still be alive') });
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('is left to the post step by its ID if it cannot be deleted, and the note is named', async () => {
    const { end, last } = await mint([
      made(idOf(1), { usage: 'pk' }),
      { always: json(403, { message: 'Forbidden' }) },
    ]);
    expect(end).toMatchObject({ message: expect.stringContaining(`"${note}"`) });
    expect(last).toEqual(state({ id: idOf(1) }));
  });

  it('is left to the post step by its nonce if it is not listed yet', async () => {
    const { end, last } = await mint([made(idOf(1), { id: undefined }), page([])]);
    expect(end).toMatchObject({ message: expect.stringContaining(`"${note}"`) });
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('does not make the post step forget an earlier lost request', async () => {
    const { last } = await mint([
      lostResponse(),
      page([]),
      made(idOf(2), { scopes: ['tilesets:read'] }),
      deleted(),
    ]);
    expect(last).toEqual(state({ orphans: 1 }));
    const unconfirmed = await mint([
      lostResponse(),
      page([]),
      made(idOf(2), { id: undefined }),
      page([{ id: idOf(2), note }]),
      deleted(),
    ]);
    expect(unconfirmed.last).toEqual(state({ orphans: 1 }));
  });

  it('is deleted even if the step’s time is up', async () => {
    const { clock, end, client } = await mint([made(idOf(1), { scopes: [] }), json(503, {}), deleted()], {
      budget: 0,
    });
    expect(end).toMatchObject({ message: expect.stringContaining('It was discarded') });
    expect(client.timeouts[1]).toBe(10_000);
    expect(clock.sleeps).toHaveLength(1);
  });
});

describe('a response with another token', () => {
  it('of another account is searched for by its nonce, since it cannot be deleted by that ID', async () => {
    const stranger = tokenText('sk', { u: 'hexa', a: idOf(9) });
    const { end, client, last } = await mint([
      made(idOf(9), { token: stranger }),
      page([{ id: idOf(1), note }]),
      deleted(),
    ]);
    expect(client.requestLines).toEqual([POST, GET, DELETE(idOf(1))]);
    expect(end).toMatchObject({ message: expect.stringMatching(/another account.*It was discarded/) });
    expect(last).toBeUndefined();
  });

  it('that Mapbox does not find does not count as deleted, and is searched for by its nonce', async () => {
    const odd = made(idOf(9), { scopes: [] });
    const found = await mint([
      odd,
      notFound(),
      notFound(),
      page([]),
      page([{ id: idOf(1), note }]),
      deleted(),
    ]);
    expect(found.client.requestLines).toEqual([
      POST,
      ...[DELETE(idOf(9)), DELETE(idOf(9)), GET],
      ...[GET, DELETE(idOf(1))],
    ]);
    expect(found.end).toMatchObject({ message: expect.stringContaining('It was discarded') });
    const missing = await mint([odd, notFound(), notFound(), page([]), page([])]);
    expect(missing.end).toMatchObject({ message: expect.stringContaining('may still be alive') });
    expect(missing.last).toEqual(state({ id: idOf(9) }));
  });

  it('is neither used nor deleted if it is the authorizing token', async () => {
    const echo = { token: authorizingTokenText, id: AUTHORIZING_TOKEN_ID };
    for (const changes of [{}, { scopes: ['tokens:write'] }]) {
      const { end, client, kept } = await mint([
        made(AUTHORIZING_TOKEN_ID, { ...echo, ...changes }),
        page([]),
      ]);
      expect(client.requestLines).toEqual([POST, GET]);
      expect(end).toMatchObject({ message: expect.stringContaining('it is the authorizing token') });
      expect(kept.map(entry => entry?.token?.id)).not.toContain(AUTHORIZING_TOKEN_ID);
    }
  });
});

it('an unverified token is left to the post step as an orphan if it cannot be searched for', async () => {
  const { last } = await mint([made(idOf(1), { id: idOf(2) }), notFound()]);
  expect(last).toEqual(state({ orphans: 1 }));
});

describe('if Mapbox stores the note changed', () => {
  it.each([
    ['cut', 'cut'],
    ['null', null],
    ['without its end', note.slice(0, -12)],
    ['with a blank at its end', `${note} `],
    ['with an escaped end', note.replace(']', '&#93;')],
  ])(
    '(%s) accepts a token that was just created, and warns that the sweep cannot find it',
    async (_, stored) => {
      const { end, warnings } = await mint([madeAt(idOf(1), { note: stored })]);
      expect(end).toMatchObject({ id: idOf(1) });
      expect(warnings).toEqual([
        expect.stringMatching(/stored the note without.*the sweep could not find it/),
      ]);
    },
  );

  it.each([
    [{ kind: 'until-deleted' }, "the sweep's `keep-permanent` does not count it"],
    [{ kind: 'replaces', replaced: idOf(9), original: undefined }, 'the next rotation does not recognize it'],
  ] as const)('explains the consequence for %j', async (purpose, consequence) => {
    const { warnings } = await mint([madeAt(idOf(1), { note: 'cut' })], { request: permanent, purpose });
    expect(warnings).toEqual([expect.stringContaining(consequence)]);
    expect(warnings[0]).not.toContain('post step');
  });

  it('(HTML-escaped) recognizes its token by the nonce', async () => {
    const stored = note.replace('(', '&#40;');
    const { end, warnings } = await mint([made(idOf(1), { note: stored })]);
    expect(end).toMatchObject({ id: idOf(1), note: stored });
    expect(warnings).toEqual([]);
  });

  it('warns about lost requests, as there is no nonce to find', async () => {
    const { warnings, last } = await mint([
      lostResponse(),
      page([]),
      madeAt(idOf(2), { note: 'cut' }),
      page([
        { id: idOf(2), note: 'cut' },
        { id: idOf(3), note: 'cut' },
      ]),
    ]);
    expect(warnings).toEqual([
      expect.stringContaining('stored the note without'),
      expect.stringMatching(
        `may have created an unknown token.*note: ${idOf(3)}\\. Search for the note "cut"`,
      ),
    ]);
    expect(last).toEqual(state({ id: idOf(2) }));
  });
});

describe('a response that belongs to another creation', () => {
  const other = buildNote('Release', run, createMarker({ kind: 'until-job-ends' }, run, 'zzzz9999')).note;

  it.each([
    ['of another step of this run', madeAt(idOf(9), { note: other })],
    ['of a key made by hand an hour ago', madeAt(idOf(9), { note: 'production' }, 3_600_000)],
    ['of a key of unknown age', made(idOf(9), { note: 'production' })],
    ['whose text has no id', madeAt(idOf(9), { note: 'production', token: tokenText('sk', { u: OWNER }) })],
    ['with other scopes', madeAt(idOf(9), { note: other, scopes: ['styles:read'] })],
  ])('%s: is not used, and its token is not deleted', async (_, foreign) => {
    const { end, client, last } = await mint([foreign, page([{ id: idOf(9), note: other }])]);
    expect(end).toMatchObject({ title: errorTitles.tokenMismatch });
    expect(client.requestLines).toEqual([POST, GET]);
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('does not hide a token that the request created, which is found by its nonce', async () => {
    const { end, client, last } = await mint([
      madeAt(idOf(9), { note: other }),
      page([
        { id: idOf(9), note: other },
        { id: idOf(1), note },
      ]),
      deleted(),
    ]);
    expect(client.requestLines).toEqual([POST, GET, DELETE(idOf(1))]);
    expect(end).toMatchObject({
      message: expect.stringMatching(/not the one that this step requested.*discarded/),
    });
    expect(last).toBeUndefined();
  });
});

describe('a note that was cut', () => {
  const mintWithNote = async (note: string, request: typeof job | typeof permanent, purpose?: Purpose) => {
    const kind = request.untilJobEnds ? 'until-job-ends' : 'until-deleted';
    const built = buildNote(note, run, createMarker(purpose ?? { kind }, run, NONCE)).note;
    const minted = await mint([made(idOf(1), { note: built })], {
      request: { ...request, note },
      ...(purpose === undefined ? {} : { purpose }),
    });
    return { ...minted, built };
  };
  const long = 'Public web map of the open data portal, production. '.repeat(2);

  it('is logged for a job’s token', async () => {
    const { warnings, log, built } = await mintWithNote(long, job);
    expect(warnings).toEqual([]);
    expect(log).toEqual([
      `The note is longer than the 128 bytes that Mapbox stores, so it was cut: "${built}".`,
    ]);
  });

  it.each<[string, Purpose | undefined, RegExp]>([
    ['a permanent token', undefined, /so it was cut: ".*\. Shorten it: the sweep always keeps/],
    ['a rotation', { kind: 'replaces', replaced: idOf(2), original: undefined }, /so it was cut: "[^"]*"\.$/],
  ])('causes a warning for %s', async (_, purpose, warning) => {
    const { warnings, log } = await mintWithNote(long, permanent, purpose);
    expect(warnings).toEqual([expect.stringMatching(warning)]);
    expect(log).toEqual([]);
  });

  it('is not reported if only the repository’s name is missing', async () => {
    const { warnings, log, built } = await mintWithNote('x'.repeat(70), permanent);
    expect(built).not.toContain(run.repository);
    expect([warnings, log]).toEqual([[], []]);
  });
});

describe('if the state cannot be saved', () => {
  /** Mints with a state that cannot be saved the `n`-th time. */
  async function failing(
    n: number,
    steps: readonly ScriptedResponse[],
    error: Error = new ActionError(errorTitles.outputsNotWritten, 'No space.'),
  ) {
    const client = scripted(...steps);
    let kept = 0;
    const end = await mintStoredToken(accountOn(client), job, {
      ...step,
      options: retryOptions(new FakeClock()),
      saveState() {
        if (++kept === n) throw error;
      },
      warn: () => {},
    }).catch((error: unknown) => error);
    expect(client.unusedResponses()).toBe(0);
    return { end, asked: client.requestLines };
  }

  it('creates no token', async () => {
    const { end, asked } = await failing(1, []);
    expect(end).toMatchObject({ title: errorTitles.outputsNotWritten, message: 'No space.' });
    expect(asked).toEqual([]);
  });

  it('deletes a created token', async () => {
    const { end, asked } = await failing(2, [made(idOf(1)), deleted()]);
    expect(asked).toEqual([POST, DELETE(idOf(1))]);
    expect(end).toMatchObject({
      title: errorTitles.outputsNotWritten,
      message: 'No space. It was discarded.',
    });
    const odd = await failing(2, [made(idOf(1)), deleted()], new TypeError('odd'));
    expect(odd.end).toMatchObject({
      message: "The post step's state could not be saved. It was discarded.",
    });
  });
});
