import { describe, expect, it } from 'vitest';
import type { CleanupState } from '../../../src/cleanup/state.ts';
import { ActionError, errorTitles } from '../../../src/errors/action-error.ts';
import type { HttpResponse } from '../../../src/http/client.ts';
import type { TokenRequest } from '../../../src/inputs/token-request.ts';
import { mintStoredToken } from '../../../src/mint/stored.ts';
import { mintTemporaryToken } from '../../../src/mint/temporary.ts';
import { jobMarker, jobNote, permanentNote } from '../../../src/note.ts';
import {
  AUTHORIZER_ID,
  accountOn,
  answer,
  authorizerText,
  DELETE,
  deleted,
  FakeClock,
  GET,
  html,
  idOf,
  json,
  LIST,
  lostAnswer,
  noConnection,
  notFound,
  OWNER,
  POST,
  page,
  patience,
  run,
  START,
  type Step,
  scripted,
  tokenText,
} from '../../support/http-script.ts';

const NONCE = 'abcd1234';

const marker = jobMarker(run, NONCE);

const note = jobNote('Release', marker);

const SCOPES = ['tilesets:write', 'tilesets:read'];

const job = {
  kind: 'stored',
  scopes: SCOPES,
  untilJobEnds: true,
  note: 'Release',
  allowedUrls: [],
} as const satisfies TokenRequest;

const permanent = { ...job, untilJobEnds: false } as const satisfies TokenRequest;

const textOf = (id: string) => tokenText('sk', { u: OWNER, a: id });

/** Mapbox's answer to a creation. */
const made = (id: string, changes: object = {}): HttpResponse =>
  json(201, { client: 'api', usage: 'sk', id, scopes: SCOPES, note, token: textOf(id), ...changes });

/** Mints with a script for a wire, and notes in one list what happened in which order. */
async function mint(
  steps: readonly Step[],
  { request = job, budget = 300_000 }: { request?: TokenRequest & { kind: 'stored' }; budget?: number } = {},
) {
  const clock = new FakeClock();
  const client = scripted(...steps);
  const events: string[] = [];
  const kept: (CleanupState | undefined)[] = [];
  const warnings: string[] = [];
  clock.onSleep = () => void events.push('pause');
  const account = accountOn({
    async send(request, limit) {
      events.push(request.method);
      return client.send(request, limit);
    },
  });
  const end = await mintStoredToken(account, request, {
    run,
    nonce: NONCE,
    options: patience(clock, budget),
    saveState: state => {
      events.push('keep');
      kept.push(state);
    },
    warn: text => warnings.push(text),
  }).catch((error: unknown) => error);
  expect(client.left(), 'every scripted answer is fetched').toBe(0);
  return { end, client, clock, events, kept, last: kept.at(-1), warnings };
}

const state = (changes: Partial<CleanupState>): CleanupState => ({
  username: OWNER,
  note,
  marker,
  id: undefined,
  orphans: 0,
  ...changes,
});

describe('when all is well', () => {
  it('makes one request, and keeps the trail before it leaves and the id after it', async () => {
    const { end, events, kept, warnings, client } = await mint([made(idOf(1))]);
    expect(end).toMatchObject({ usage: 'sk', id: idOf(1), note, scopes: SCOPES, username: OWNER });
    expect(events).toEqual(['keep', 'POST', 'keep']);
    expect(kept).toEqual([state({ orphans: 1 }), state({ id: idOf(1) })]);
    expect(warnings).toEqual([]);
    expect(client.requests[0]?.body).toEqual({ scopes: SCOPES, note });
  });

  it('never keeps the token’s text', async () => {
    const { kept } = await mint([made(idOf(1))]);
    expect(JSON.stringify(kept)).not.toContain(textOf(idOf(1)));
  });

  it('gives a permanent token a note without a mark to delete by', async () => {
    const stays = permanentNote('Release', run);
    const { end, kept, client } = await mint([made(idOf(1), { note: stays })], { request: permanent });
    expect(end).toMatchObject({ id: idOf(1), note: stays });
    expect(client.requests[0]?.body).toEqual({ scopes: SCOPES, note: stays });
    expect(kept.map(entry => entry?.marker)).toEqual([undefined, undefined]);
  });

  it('sends the allowed URLs', async () => {
    const allowedUrls = ['https://example.com'];
    const { client } = await mint([made(idOf(1), { allowedUrls })], { request: { ...job, allowedUrls } });
    expect(client.requests[0]?.body).toEqual({ scopes: SCOPES, note, allowedUrls });
  });
});

describe('when a request may have made a token that nobody holds', () => {
  it.each([
    ['the connection was lost', lostAnswer()],
    ['Mapbox failed', json(503, { message: 'Service Unavailable' })],
    ['the answer cannot be read', answer(201, '{"token":')],
    ['the answer is a page', html(200)],
  ])('deletes what it made before it is repeated: %s', async (_, trouble) => {
    const { end, client, events } = await mint([
      trouble,
      page([{ id: idOf(1), note }]),
      deleted(),
      made(idOf(2)),
    ]);
    expect(client.asked).toEqual([POST, GET, DELETE(idOf(1)), POST]);
    expect(events).toEqual(['keep', 'POST', 'GET', 'DELETE', 'pause', 'POST', 'keep']);
    expect(end).toMatchObject({ id: idOf(2) });
  });

  it('has written down that one may be lost before the request left', async () => {
    const { kept } = await mint([lostAnswer(), page([]), made(idOf(2))]);
    expect(kept).toEqual([state({ orphans: 1 }), state({ orphans: 2 }), state({ orphans: 1, id: idOf(2) })]);
  });

  it('is not made good twice by a list that shows a deleted token again', async () => {
    const { last } = await mint([
      lostAnswer(),
      page([{ id: idOf(1), note }]),
      deleted(),
      lostAnswer(),
      page([{ id: idOf(1), note }]),
      notFound(),
      made(idOf(3)),
    ]);
    expect(last).toEqual(state({ orphans: 1, id: idOf(3) }));
  });

  it('lets the post step look again: what a lost request made may turn up late', async () => {
    const { last, warnings } = await mint([lostAnswer(), page([]), made(idOf(2))]);
    expect(last).toEqual(state({ orphans: 1, id: idOf(2) }));
    expect(warnings).toEqual([]);
  });

  it('deletes what it made on every page of the account', async () => {
    const { client } = await mint([
      lostAnswer(),
      page([{ id: idOf(7), note: 'somebody else’s' }], 'start=b'),
      page([{ id: idOf(1), note }]),
      deleted(),
      made(idOf(2)),
    ]);
    expect(client.asked).toEqual([POST, GET, `${LIST}?start=b`, DELETE(idOf(1)), POST]);
  });

  it('repeats all the same where the clean-up fails, and leaves the rest to the post step', async () => {
    const { end, last } = await mint([
      lostAnswer(),
      page([{ id: idOf(1), note }]),
      json(403, { message: 'Forbidden' }),
      made(idOf(2)),
    ]);
    expect(end).toMatchObject({ id: idOf(2) });
    expect(last).toEqual(state({ orphans: 1, id: idOf(2) }));
  });

  it('spends at most fifteen seconds on the clean-up between two attempts', async () => {
    const clock = new FakeClock();
    let posts = 0;
    let cleaning = 0;
    const account = accountOn({
      async send({ method }, limit) {
        if (method === 'POST') return ++posts === 1 ? lostAnswer() : made(idOf(2));
        const took = Math.min(limit, 1000);
        cleaning += took;
        clock.pass(took);
        return json(503, {});
      },
    });
    clock.onSleep = milliseconds => {
      if (posts === 1) cleaning += milliseconds;
    };
    const minted = await mintStoredToken(account, job, {
      run,
      nonce: NONCE,
      options: patience(clock),
      saveState: () => {},
      warn: () => {},
    });
    expect(minted.usage).toBe('sk');
    // The pause before the second attempt is counted too: half of half a second.
    expect(cleaning).toBeLessThanOrEqual(15_000 + 250);
    expect(cleaning).toBeGreaterThan(5000);
  });

  it('looks for nothing where nothing can have been made', async () => {
    const { client, last } = await mint([
      noConnection(),
      json(429, { message: 'Too Many Requests' }, { 'retry-after': '1' }),
      made(idOf(1)),
    ]);
    expect(client.asked).toEqual([POST, POST, POST]);
    expect(last).toEqual(state({ id: idOf(1) }));
  });
});

describe('without `tokens:read`', () => {
  it('is not believed of a page that something else put in the way of the list', async () => {
    const { client, last, warnings } = await mint([
      lostAnswer(),
      html(403),
      lostAnswer(),
      page([]),
      made(idOf(2)),
    ]);
    expect(client.asked).toEqual([POST, GET, POST, GET, POST]);
    expect(last).toEqual(state({ orphans: 2, id: idOf(2) }));
    expect(warnings).toEqual([]);
  });

  it('still repeats, and warns of the note to look for', async () => {
    const { end, client, warnings } = await mint([lostAnswer(), notFound(), made(idOf(2))]);
    expect(client.asked).toEqual([POST, GET, POST]);
    expect(end).toMatchObject({ id: idOf(2) });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`"${note}"`);
    expect(warnings[0]).toContain('`tokens:read`');
  });

  it('asks for the list once only, however often the request is repeated', async () => {
    const { client, warnings } = await mint([
      lostAnswer(),
      notFound(),
      lostAnswer(),
      lostAnswer(),
      made(idOf(2)),
    ]);
    expect(client.asked).toEqual([POST, GET, POST, POST, POST]);
    expect(warnings).toHaveLength(1);
  });

  it('does not make the post step search in vain and warn a second time', async () => {
    const { last } = await mint([lostAnswer(), notFound(), made(idOf(2))]);
    expect(last).toEqual(state({ id: idOf(2), orphans: 0 }));
  });

  it('leaves the warning to the post step when no token was made in the end', async () => {
    const { end, last, warnings } = await mint([lostAnswer(), notFound(), notFound(), notFound()]);
    expect(end).toMatchObject({ title: errorTitles.notFound });
    expect(last).toEqual(state({ orphans: 1 }));
    expect(warnings).toEqual([]);
  });
});

describe('a permanent token whose first request was lost', () => {
  const stays = permanentNote('Release', run);

  it('is not held back for long by the search for the lost one', async () => {
    const clock = new FakeClock();
    let posts = 0;
    const account = accountOn({
      async send({ method }, limit) {
        if (method === 'POST') return ++posts === 1 ? lostAnswer() : made(idOf(2), { note: stays });
        clock.pass(Math.min(limit, 1000));
        return json(503, {});
      },
    });
    const minted = await mintStoredToken(account, permanent, {
      run,
      nonce: NONCE,
      options: patience(clock),
      saveState: () => {},
      warn: () => {},
    });
    expect(minted.usage).toBe('sk');
    expect(clock.monotonic()).toBeLessThanOrEqual(15_250);
  });

  it('is not searched for between the attempts, since a note alone is no proof', async () => {
    const { client } = await mint([lostAnswer(), made(idOf(2), { note: stays }), page([])], {
      request: permanent,
    });
    expect(client.asked).toEqual([POST, POST, GET]);
  });

  it('ends with a warning that names the twin, deletes nothing and leaves the post step nothing to find', async () => {
    const { warnings, last } = await mint(
      [
        lostAnswer(),
        made(idOf(2), { note: stays }),
        page([
          { id: idOf(1), note: stays },
          { id: idOf(2), note: stays },
        ]),
      ],
      { request: permanent },
    );
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(idOf(1));
    expect(warnings[0]).not.toContain(idOf(2));
    expect(warnings[0]).toContain(stays);
    expect(last).toEqual({ username: OWNER, note: stays, marker: undefined, id: idOf(2), orphans: 0 });
  });
});

describe('when there is no token in the end', () => {
  it('keeps no trail after a refusal: nothing was made', async () => {
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

  it('keeps no trail when no request ever left', async () => {
    const { end, last } = await mint([noConnection('CERT_HAS_EXPIRED')]);
    expect(end).toMatchObject({ title: errorTitles.unreachable });
    expect(last).toBeUndefined();
  });

  it('keeps the trail after a refusal that Mapbox did not write: the request may have passed', async () => {
    const { end, last } = await mint([html(403)]);
    expect(end).toMatchObject({ title: errorTitles.unexpectedResponse });
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('keeps the trail when an earlier attempt was lost, though the last was refused', async () => {
    const { last } = await mint([
      lostAnswer(),
      page([]),
      json(401, { message: 'Unauthorized' }),
      json(200, { code: 'TokenRevoked' }),
    ]);
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('gives up in time, says how hard it tried, and leaves the clean-up to the post step', async () => {
    const { end, last, client } = await mint([lostAnswer()], { budget: 200 });
    expect(end).toBeInstanceOf(ActionError);
    expect(end).toMatchObject({
      title: errorTitles.unreachable,
      message: expect.stringMatching(/reset.*one attempt.*status\.mapbox\.com.*`timeout`/),
    });
    expect(client.asked).toEqual([POST]);
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('says when a rate limit resets that outlasts the timeout', async () => {
    const { end, last } = await mint(
      [json(429, { message: 'Too Many Requests' }, { 'retry-after': '1800' })],
      { budget: 60_000 },
    );
    expect(end).toMatchObject({
      title: errorTitles.rateLimited,
      message: expect.stringMatching(/resets in 30 min.*`timeout` above that.*fewer jobs/),
    });
    expect(last).toBeUndefined();
  });
});

describe('an answer that is not what was asked for', () => {
  it('is not handed on, and its token is deleted by the id that the token itself confirms', async () => {
    const { end, client, last } = await mint([
      made(idOf(1), { scopes: [...SCOPES, 'user:write'] }),
      deleted(),
    ]);
    expect(end).toMatchObject({
      title: errorTitles.tokenMismatch,
      message: expect.stringMatching(/user:write.*It was discarded/),
    });
    expect(client.asked).toEqual([POST, DELETE(idOf(1))]);
    expect(last).toBeUndefined();
  });

  it('never deletes by an id that the token does not confirm: it may be somebody’s production key', async () => {
    const { end, client, last } = await mint([
      made(idOf(1), { id: idOf(99) }),
      page([{ id: idOf(99), note: 'production' }], 'start=b'),
      page([{ id: idOf(1), note }]),
      deleted(),
    ]);
    expect(client.asked).toEqual([POST, GET, `${LIST}?start=b`, DELETE(idOf(1))]);
    expect(end).toMatchObject({ message: expect.stringContaining('It was discarded') });
    expect(last).toBeUndefined();
  });

  it('never builds a path from an id that has not the form of one', async () => {
    for (const confirmed of [idOf(1), '../styles/v1']) {
      const { client, kept } = await mint([made(confirmed, { id: '../styles/v1' }), page([])]);
      expect(client.asked).toEqual([POST, GET]);
      expect(kept.map(state => state?.id)).not.toContain('../styles/v1');
    }
  });

  it('is looked for by its mark where its text is no token', async () => {
    const { end, client } = await mint([
      made(idOf(1), { token: 'a token, believe me' }),
      page([{ id: idOf(1), note }]),
      deleted(),
    ]);
    expect(client.asked).toEqual([POST, GET, DELETE(idOf(1))]);
    expect(end).toMatchObject({
      title: errorTitles.tokenMismatch,
      message: expect.stringContaining('It was discarded'),
    });
  });

  it.each([
    ['the account cannot be searched', [notFound()]],
    [
      'one of two with the mark cannot be deleted',
      [
        page([
          { id: idOf(1), note },
          { id: idOf(2), note },
        ]),
        deleted(),
        html(403),
      ],
    ],
  ])('is not called deleted where %s', async (_, steps) => {
    const { end, last } = await mint([made(idOf(1), { id: undefined }), ...steps]);
    expect(end).toMatchObject({ message: expect.stringContaining('may still be alive') });
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('is found by its mark where it has no id', async () => {
    const text = tokenText('sk', { u: OWNER });
    const { client, kept, last } = await mint([
      made(idOf(1), { id: undefined, token: text }),
      page([{ id: idOf(1), note }]),
      deleted(),
    ]);
    expect(client.asked).toEqual([POST, GET, DELETE(idOf(1))]);
    // Until it is deleted, it is as good as lost.
    for (const entry of kept.slice(0, -1)) expect(entry).toEqual(state({ orphans: 1 }));
    expect(last).toBeUndefined();
  });

  it('is left to the post step by its mark where its id is not confirmed and it cannot be found now', async () => {
    const { end, last } = await mint([made(idOf(1), { id: idOf(99) }), notFound()]);
    expect(end).toMatchObject({ message: expect.stringContaining('may still be alive') });
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('is left to the post step by its id where it cannot be deleted now, and the note is named', async () => {
    const { end, last } = await mint([made(idOf(1), { usage: 'pk' }), json(403, { message: 'Forbidden' })]);
    expect(end).toMatchObject({ message: expect.stringContaining(`"${note}"`) });
    expect(last).toEqual(state({ id: idOf(1) }));
  });

  it('is left to the post step by its mark where it is not to be seen yet', async () => {
    const { end, last } = await mint([made(idOf(1), { id: undefined }), page([])]);
    expect(end).toMatchObject({ message: expect.stringContaining(`"${note}"`) });
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('does not make the post step forget an earlier request that was lost', async () => {
    const { last } = await mint([
      lostAnswer(),
      page([]),
      made(idOf(2), { scopes: ['tilesets:read'] }),
      deleted(),
    ]);
    expect(last).toEqual(state({ orphans: 1 }));
  });

  it('is deleted even if the time of the step is up', async () => {
    const { clock, end, client } = await mint([made(idOf(1), { scopes: [] }), json(503, {}), deleted()], {
      budget: 0,
    });
    expect(end).toMatchObject({ message: expect.stringContaining('It was discarded') });
    expect(client.limits[1]).toBe(10_000);
    expect(clock.slept).toHaveLength(1);
  });

  it('is not believed gone where it is permanent and has no id: its note may be on others as well', async () => {
    const { end, client } = await mint([made(idOf(1), { id: undefined })], { request: permanent });
    expect(client.asked).toEqual([POST]);
    expect(end).toMatchObject({
      message: expect.stringContaining(`"${permanentNote('Release', run)}"`),
    });
  });
});

describe('an answer that names another token', () => {
  it('of another account is looked for by its mark, since it cannot be deleted by that id', async () => {
    const stranger = tokenText('sk', { u: 'hexa', a: idOf(9) });
    const { end, client, last } = await mint([
      made(idOf(9), { token: stranger }),
      page([{ id: idOf(1), note }]),
      deleted(),
    ]);
    expect(client.asked).toEqual([POST, GET, DELETE(idOf(1))]);
    expect(end).toMatchObject({ message: expect.stringMatching(/another account.*It was discarded/) });
    expect(last).toBeUndefined();
  });

  it('that Mapbox does not find is not called deleted, and is looked for by its mark', async () => {
    const odd = made(idOf(9), { scopes: [] });
    const found = await mint([odd, notFound(), page([{ id: idOf(1), note }]), deleted()]);
    expect(found.client.asked).toEqual([POST, DELETE(idOf(9)), GET, DELETE(idOf(1))]);
    expect(found.end).toMatchObject({ message: expect.stringContaining('It was discarded') });
    const missing = await mint([odd, notFound(), page([])]);
    expect(missing.end).toMatchObject({ message: expect.stringContaining('may still be alive') });
    expect(missing.last).toEqual(state({ id: idOf(9) }));
  });

  it('is neither handed on nor deleted where it is the authorizing token', async () => {
    const echo = { token: authorizerText, id: AUTHORIZER_ID };
    for (const changes of [{}, { scopes: ['tokens:write'] }]) {
      const { end, client, kept } = await mint([made(AUTHORIZER_ID, { ...echo, ...changes }), page([])]);
      expect(client.asked).toEqual([POST, GET]);
      expect(end).toMatchObject({ message: expect.stringContaining('it is the authorizing token') });
      expect(kept.map(entry => entry?.id)).not.toContain(AUTHORIZER_ID);
    }
  });
});

it('warns of what was lost where notes are cut, since no mark is to be found then', async () => {
  const { warnings, last } = await mint([
    lostAnswer(),
    page([]),
    made(idOf(2), { note: 'cut' }),
    page([{ id: idOf(2), note: 'cut' }]),
  ]);
  expect(warnings).toEqual([
    expect.stringContaining('stored the note without'),
    expect.stringMatching(/may have made one that nobody holds.*Look for the note/),
  ]);
  expect(last).toEqual(state({ id: idOf(2) }));
});

it('warns where Mapbox has cut the note, by which the sweep would find the token', async () => {
  const { end, warnings } = await mint([made(idOf(1), { note: note.slice(0, -5) })]);
  expect(end).toMatchObject({ id: idOf(1) });
  expect(warnings).toEqual([expect.stringMatching(/stored the note without.*the sweep could not find it/)]);
});

describe('where the trail cannot be kept', () => {
  /** Mints where the `n`-th keeping fails. */
  async function failing(n: number, steps: readonly Step[]) {
    const client = scripted(...steps);
    let kept = 0;
    const end = await mintStoredToken(accountOn(client), job, {
      run,
      nonce: NONCE,
      options: patience(new FakeClock()),
      saveState() {
        if (++kept === n) throw new ActionError(errorTitles.outputsNotWritten, 'No space.');
      },
      warn: () => {},
    }).catch((error: unknown) => error);
    expect(client.left()).toBe(0);
    return { end, asked: client.asked };
  }

  it('makes no token', async () => {
    const { end, asked } = await failing(1, []);
    expect(end).toMatchObject({ title: errorTitles.outputsNotWritten, message: 'No space.' });
    expect(asked).toEqual([]);
  });

  it('deletes the token that was made', async () => {
    const { end, asked } = await failing(2, [made(idOf(1)), deleted()]);
    expect(asked).toEqual([POST, DELETE(idOf(1))]);
    expect(end).toMatchObject({
      title: errorTitles.outputsNotWritten,
      message: 'No space. It was discarded.',
    });
  });
});

describe('temporary tokens', () => {
  const request = { kind: 'temporary', scopes: SCOPES, seconds: 1200 } as const satisfies TokenRequest;
  const seconds = START / 1000;
  const temporary = (exp = seconds + 1200) =>
    json(200, { token: tokenText('tk', { u: OWNER, exp, iat: seconds, scopes: SCOPES }) });
  const dated = (message: string, skew: number) =>
    json(422, { message }, { date: new Date(START - skew).toUTCString() });

  async function ask(steps: readonly Step[], { length = 1200, budget = 300_000 } = {}) {
    const clock = new FakeClock();
    const client = scripted(...steps);
    const lines: string[] = [];
    const end = await mintTemporaryToken(
      accountOn(client, { now: () => clock.now() }),
      { ...request, seconds: length },
      patience(clock, budget, undefined, lines),
    ).catch((error: unknown) => error);
    expect(client.left(), 'every scripted answer is fetched').toBe(0);
    return { end, client, clock, lines, expires: client.requests.map(({ body }) => expiry(body)) };
  }

  /** Seconds from the start of the test to the expiry that was asked for. */
  function expiry(body: object | undefined): number {
    return body !== undefined && 'expires' in body && typeof body.expires === 'string'
      ? (Date.parse(body.expires) - START) / 1000
      : Number.NaN;
  }

  it('are asked for with scopes and expiry and nothing else', async () => {
    const { end, client } = await ask([temporary()]);
    expect(client.requests.map(({ body }) => body)).toEqual([
      { scopes: SCOPES, expires: new Date(START + 1_200_000).toISOString() },
    ]);
    expect(end).toMatchObject({ usage: 'tk', expiresAt: new Date(START + 1_200_000) });
  });

  it('of one hour are asked for a little shorter: Mapbox counts from when the request arrives', async () => {
    const { expires } = await ask([temporary()], { length: 3600 });
    expect(expires[0]).toBeLessThan(3600);
    expect(expires[0]).toBeGreaterThan(3570);
  });

  it('are asked for again without any search: repeating is harmless', async () => {
    const { client } = await ask([lostAnswer(), temporary()]);
    expect(client.asked).toEqual([POST, POST]);
  });

  it('are asked for with an expiry that counts from the attempt, not from the first', async () => {
    const { expires, clock } = await ask([json(429, {}, { 'retry-after': '60' }), temporary()]);
    expect(clock.slept).toEqual([63_000]);
    expect(expires).toEqual([1200, 1263]);
  });

  it('are asked for again by Mapbox’s clock where the runner’s is ahead', async () => {
    const { end, lines, expires } = await ask([
      dated('expires is more than one hour in the future', 120_000),
      temporary(),
    ]);
    expect(end).toMatchObject({ usage: 'tk' });
    // `Date` is cut to seconds, so one more second is taken off.
    expect(expires).toEqual([1200, 1200 - 121]);
    expect(lines).toEqual([expect.stringContaining('ahead of')]);
  });

  it('are asked for again by Mapbox’s clock where the runner’s is behind', async () => {
    const { end, lines, expires } = await ask([dated('expires is in the past', -1_500_000), temporary()]);
    expect(end).toMatchObject({ usage: 'tk' });
    expect(expires).toEqual([1200, 1200 + 1500]);
    expect(lines).toEqual([expect.stringContaining('behind')]);
  });

  it('are corrected for the clock once, not for ever', async () => {
    const ahead = () => dated('expires is more than one hour in the future', 120_000);
    const { end, client } = await ask([ahead(), ahead()]);
    expect(client.asked).toEqual([POST, POST]);
    expect(end).toMatchObject({
      title: errorTitles.expiryRejected,
      message: expect.stringContaining('2 min'),
    });
  });

  it('are not corrected by more than an hour: such a clock is wrong and has to be set', async () => {
    const { end, client } = await ask([dated('expires is in the past', -3_601_000)]);
    expect(client.asked).toEqual([POST]);
    expect(end).toMatchObject({ title: errorTitles.expiryRejected });
  });

  it('are not corrected where Mapbox does not tell its time', async () => {
    const { end, client } = await ask([json(422, { message: 'expires is in the past' })]);
    expect(client.asked).toEqual([POST]);
    expect(end).toMatchObject({ title: errorTitles.expiryRejected });
  });

  it('are not corrected where not the clock is to blame', async () => {
    const { end, client } = await ask([
      dated('expires may not be greater than the expiration of the authorizing token', 120_000),
    ]);
    expect(client.asked).toEqual([POST]);
    expect(end).toMatchObject({ title: errorTitles.expiryRejected });
  });

  it('are not handed on where a stored one came, which is deleted', async () => {
    const { end, client } = await ask([made(idOf(1)), deleted()]);
    expect(client.asked).toEqual([POST, DELETE(idOf(1))]);
    expect(end).toMatchObject({
      title: errorTitles.tokenMismatch,
      message: expect.stringMatching(/`sk` token instead of a temporary one.*It was deleted\.$/),
    });
  });

  it.each([
    ['Mapbox does not find it', made(idOf(1)), [notFound()], `the token ${idOf(1)} was`],
    ['its text does not confirm the id', made(idOf(1), { id: idOf(9) }), [], `the token ${idOf(9)} was`],
    ['there is no id', made(idOf(1), { id: undefined }), [], 'a token was'],
    ['it is the authorizing token', made(AUTHORIZER_ID, { token: authorizerText }), [], 'a token was'],
  ])(
    'are not called deleted where a stored one came and %s; nobody is told to delete it',
    async (_, odd, steps, named) => {
      const { end } = await ask([odd, ...steps]);
      expect(end).toMatchObject({
        message: expect.stringMatching(
          `may still be alive: look on .*, whether ${named} created just now\\.$`,
        ),
      });
      expect(end).not.toMatchObject({ message: expect.stringContaining('delete it there') });
    },
  );

  it('of an unknown form are left to expire, and nobody is sent to look for a stored one', async () => {
    const { end } = await ask([json(200, { token: 'token-of-a-new-kind' })]);
    expect(end).toMatchObject({ message: expect.stringMatching(/A temporary token expires on its own\.$/) });
  });

  it('that are not what was asked for are not handed on, and nothing is tried to delete them', async () => {
    const { end, client } = await ask([
      json(200, { token: tokenText('tk', { u: OWNER, exp: seconds + 60, scopes: ['styles:read'] }) }),
    ]);
    expect(client.asked).toEqual([POST]);
    expect(end).toMatchObject({
      title: errorTitles.tokenMismatch,
      message: expect.stringContaining('expires on its own'),
    });
  });
});
