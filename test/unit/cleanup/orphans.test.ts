import { describe, expect, it } from 'vitest';
import { deleteOrphans, orphanWarning } from '../../../src/cleanup/orphans.ts';
import type { CleanupState } from '../../../src/cleanup/state.ts';
import { deleteTokenWithRetry, findTokens } from '../../../src/mapbox/tokens.ts';
import { jobMarker, jobNote, permanentNote } from '../../../src/note.ts';
import {
  accountOn,
  DELETE,
  deleted,
  FakeClock,
  GET,
  html,
  idOf,
  json,
  LIST,
  lostAnswer,
  notFound,
  OWNER,
  page,
  patience,
  run,
  scripted,
} from '../../support/http-script.ts';

const marker = jobMarker(run, 'abcd1234');

const note = jobNote('Release', marker);

describe('the search through the account', () => {
  it('goes through every page and takes what is wanted from each', async () => {
    const client = scripted(
      page([{ id: idOf(1), note }, { id: idOf(2) }], 'start=x2'),
      page([{ id: idOf(3) }], 'start=x3&limit=50'),
      page([{ id: idOf(4), note }]),
    );
    const found = await findTokens(accountOn(client), patience(new FakeClock()), token =>
      token.note.endsWith(marker),
    );
    expect(client.asked).toEqual([GET, `${LIST}?start=x2`, `${LIST}?start=x3&limit=50`]);
    expect(found).toMatchObject({ kind: 'found', tokens: [{ id: idOf(1) }, { id: idOf(4) }] });
  });

  it('goes on after a page that is empty: only the link tells where the list ends', async () => {
    const client = scripted(page([], 'start=a'), page([{ id: idOf(1) }]));
    const found = await findTokens(accountOn(client), patience(new FakeClock()), () => true);
    expect(found).toMatchObject({ kind: 'found', tokens: [{ id: idOf(1) }] });
  });

  it('names a token once that moved to a later page meanwhile', async () => {
    const client = scripted(page([{ id: idOf(1) }], 'start=a'), page([{ id: idOf(1) }, { id: idOf(2) }]));
    const found = await findTokens(accountOn(client), patience(new FakeClock()), () => true);
    expect(found).toMatchObject({ tokens: [{ id: idOf(1) }, { id: idOf(2) }] });
    expect(found.kind === 'found' && found.tokens).toHaveLength(2);
  });

  it('repeats the page on which Mapbox failed, and not those before it', async () => {
    const client = scripted(page([], 'start=a'), lostAnswer(), page([{ id: idOf(1) }]));
    const clock = new FakeClock();
    const found = await findTokens(accountOn(client), patience(clock), () => true);
    expect(client.asked).toEqual([GET, `${LIST}?start=a`, `${LIST}?start=a`]);
    expect(clock.slept).toHaveLength(1);
    expect(found).toMatchObject({ kind: 'found', tokens: [{ id: idOf(1) }] });
  });

  it('finds nothing rather than half where a later page is refused', async () => {
    const client = scripted(page([{ id: idOf(1) }], 'start=a'), notFound());
    expect(await findTokens(accountOn(client), patience(new FakeClock()), () => true)).toMatchObject({
      kind: 'rejected',
      reason: 'not-found',
    });
  });

  it('of a list that runs in circles ends with the time at the latest', async () => {
    const clock = new FakeClock();
    const send = async (_request: unknown, limit: number) => {
      if (limit <= 0) return lostAnswer('TIMEOUT');
      clock.pass(1000);
      return page([{ id: idOf(1) }], 'start=a');
    };
    const found = await findTokens(accountOn({ send }), patience(clock, 20_000), () => true);
    expect(found.kind).toBe('retries-exhausted');
    expect(clock.monotonic()).toBeLessThanOrEqual(21_000);
  });

  it('of a list that runs in circles and costs no time ends all the same', async () => {
    let pages = 0;
    const send = async () => {
      if (++pages > 20_000) throw new Error('it never ends');
      return page([{ id: idOf(1) }], 'start=a');
    };
    const found = await findTokens(accountOn({ send }), patience(new FakeClock()), () => true);
    expect(found).toMatchObject({ kind: 'found', tokens: [{ id: idOf(1) }] });
  });
});

describe('deleting one token', () => {
  it('counts a token that Mapbox does not find as gone', async () => {
    const client = scripted(notFound());
    expect(await deleteTokenWithRetry(accountOn(client), idOf(1), patience(new FakeClock()))).toEqual({
      kind: 'deleted',
      found: false,
    });
    expect(client.asked).toEqual([DELETE(idOf(1))]);
  });

  it('does not take the 404 page of something else for Mapbox’s word', async () => {
    const client = scripted(html(404));
    expect(await deleteTokenWithRetry(accountOn(client), idOf(1), patience(new FakeClock()))).toMatchObject({
      kind: 'rejected',
      isMapboxError: false,
    });
  });

  it('does not take a missing account for a deleted token', async () => {
    const client = scripted(json(404, { message: 'No such user' }));
    expect(await deleteTokenWithRetry(accountOn(client), idOf(1), patience(new FakeClock()))).toMatchObject({
      kind: 'rejected',
      reason: 'no-such-user',
    });
  });

  it('tries again when the answer is lost, and believes the 404 that follows', async () => {
    const client = scripted(lostAnswer(), notFound());
    expect(await deleteTokenWithRetry(accountOn(client), idOf(1), patience(new FakeClock()))).toMatchObject({
      kind: 'deleted',
    });
    expect(client.asked).toEqual([DELETE(idOf(1)), DELETE(idOf(1))]);
  });

  it('does not believe a 200 with a page in it', async () => {
    const client = scripted(html(200), html(200), html(200));
    expect(await deleteTokenWithRetry(accountOn(client), idOf(1), patience(new FakeClock()))).toMatchObject({
      kind: 'retries-exhausted',
      attempts: 3,
    });
  });
});

describe('clearing what lost requests made', () => {
  it('deletes the tokens with this step’s mark on every page, and no others', async () => {
    const others = [
      { id: idOf(2), note: jobNote('Release', jobMarker(run, 'abcd1235')) },
      { id: idOf(3), note: jobNote('Release', jobMarker({ ...run, attempt: '2' }, 'abcd1234')) },
      { id: idOf(4), note: `${note} kept by Jo` },
      { id: idOf(5), note: permanentNote('Release', run) },
      { id: idOf(6), note: null },
      { id: idOf(7), note: '' },
    ];
    const client = scripted(
      page([{ id: idOf(1), note }, ...others], 'start=b'),
      page([{ id: idOf(8), note: marker }], 'start=c'),
      page([{ id: idOf(9), note: jobNote('Renamed by hand', marker) }]),
      deleted(),
      deleted(),
      deleted(),
    );
    expect(await deleteOrphans(accountOn(client), marker, patience(new FakeClock()))).toEqual({
      kind: 'searched',
      deleted: [idOf(1), idOf(8), idOf(9)],
      alive: [],
    });
    expect(client.asked.slice(3)).toEqual([DELETE(idOf(1)), DELETE(idOf(8)), DELETE(idOf(9))]);
  });

  it('deletes nothing where the list cannot be read to its end', async () => {
    const client = scripted(page([{ id: idOf(1), note }], 'start=b'), notFound());
    expect(await deleteOrphans(accountOn(client), marker, patience(new FakeClock()))).toMatchObject({
      kind: 'rejected',
    });
    expect(client.left()).toBe(0);
  });

  it('goes on with the next token where one cannot be deleted, and names the one that lives', async () => {
    const client = scripted(
      page([
        { id: idOf(1), note },
        { id: idOf(2), note },
      ]),
      json(403, { message: 'Forbidden' }),
      deleted(),
    );
    expect(await deleteOrphans(accountOn(client), marker, patience(new FakeClock()))).toMatchObject({
      kind: 'searched',
      deleted: [idOf(2)],
      alive: [{ id: idOf(1), reason: { kind: 'rejected', status: 403 } }],
    });
  });
});

describe('the warning about what cannot be told from others', () => {
  const jobTrail: CleanupState = { username: OWNER, note, marker, id: idOf(1), orphans: 1 };
  const permanent = permanentNote('Web map', run);
  const permanentTrail: CleanupState = {
    username: OWNER,
    note: permanent,
    marker: undefined,
    id: idOf(1),
    orphans: 1,
  };
  const warning = (state: CleanupState, client = scripted()) =>
    orphanWarning(accountOn(client), state, patience(new FakeClock()));

  it('names the note and `tokens:read` where a job token may be lost, and asks nothing', async () => {
    const client = scripted();
    const text = await warning(jobTrail, client);
    expect(text).toContain(`"${note}"`);
    expect(text).toMatch(/^Mapbox did not answer .*`tokens:read`/);
    expect(client.asked).toEqual([]);
  });

  it('names the tokens with a permanent token’s note, but neither its own nor others', async () => {
    const client = scripted(
      page(
        [
          { id: idOf(1), note: permanent },
          { id: idOf(2), note: permanent },
          { id: idOf(3), note: 'Web map' },
        ],
        'start=b',
      ),
      page([{ id: idOf(4), note: permanent }]),
    );
    const text = await warning(permanentTrail, client);
    expect(text).toContain(`${idOf(2)}, ${idOf(4)}`);
    expect(text).not.toContain(idOf(1));
    expect(text).not.toContain(idOf(3));
    expect(text).toContain(permanent);
  });

  it('never deletes a permanent token: which one nobody uses, only a person knows', async () => {
    const client = scripted(page([{ id: idOf(2), note: permanent }]));
    await warning(permanentTrail, client);
    expect(client.asked).toEqual([GET]);
  });

  it('says so where none is to be seen', async () => {
    const text = await warning(permanentTrail, scripted(page([{ id: idOf(1), note: permanent }])));
    expect(text).toContain('None is to be seen');
    expect(text).toContain(permanent);
  });

  it('names the token that is in use where the account cannot be searched', async () => {
    const text = await warning(permanentTrail, scripted(notFound()));
    expect(text).toContain(`${idOf(1)} is in use`);
    expect(await warning({ ...permanentTrail, id: undefined }, scripted(notFound()))).toMatch(
      /nobody uses\.$/,
    );
  });
});
