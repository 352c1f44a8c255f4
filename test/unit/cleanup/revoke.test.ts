import { describe, expect, it } from 'vitest';
import { revoke } from '../../../src/cleanup/revoke.ts';
import type { CleanupState } from '../../../src/cleanup/state.ts';
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
  lostAnswer,
  noConnection,
  notFound,
  OWNER,
  page,
  patience,
  run,
  type Step,
  scripted,
} from '../../support/http-script.ts';

const marker = jobMarker(run, 'abcd1234');
const note = jobNote('Release', marker);
const ID = idOf(1);

async function after(changes: Partial<CleanupState>, steps: readonly Step[], budget = 60_000) {
  const clock = new FakeClock();
  const client = scripted(...steps);
  const state: CleanupState = { username: OWNER, note, marker, id: undefined, orphans: 0, ...changes };
  const { lines, warning } = await revoke(state, accountOn(client), patience(clock, budget));
  expect(client.left(), 'every scripted answer is fetched').toBe(0);
  return { lines, warning, clock, asked: client.asked };
}

describe('the token of the job', () => {
  it('is deleted with one request', async () => {
    const { lines, warning, asked } = await after({ id: ID }, [deleted()]);
    expect(asked).toEqual([DELETE(ID)]);
    expect(lines).toEqual([`Deleted the token ${ID}.`]);
    expect(warning).toBeUndefined();
  });

  it('that is already gone is a success', async () => {
    const { warning, lines } = await after({ id: ID }, [notFound()]);
    expect(warning).toBeUndefined();
    expect(lines).toEqual([`The token ${ID} was gone already.`]);
  });

  it('is told of once, also where a stale list shows it again', async () => {
    const { lines } = await after({ id: ID, orphans: 1 }, [deleted(), page([{ id: ID, note }]), notFound()]);
    expect(lines).toEqual([`Deleted the token ${ID}.`]);
  });

  it.each([
    ['the connection is lost', lostAnswer(), /the connection was reset/],
    ['Mapbox fails', json(503, {}), /answered 503/],
    ['no connection comes about', noConnection('ENOTFOUND'), /not known to DNS/],
  ])('is named in a warning with its note when it stays alive because %s', async (_, trouble, why) => {
    const { warning, lines } = await after({ id: ID }, [trouble], 200);
    expect(warning).toContain(ID);
    expect(warning).toContain(`"${note}"`);
    expect(warning).toMatch(why);
    expect(lines).toEqual([]);
  });

  it('is named in a warning when the authorizing token was revoked meanwhile', async () => {
    const { warning } = await after({ id: ID }, [json(401, { message: 'Unauthorized' })]);
    expect(warning).toContain(ID);
    expect(warning).toMatch(/authorizing token.*401/);
  });

  it('is tried again until it is gone', async () => {
    const { warning, asked } = await after({ id: ID }, [json(503, {}), lostAnswer(), notFound()]);
    expect(asked).toEqual([DELETE(ID), DELETE(ID), DELETE(ID)]);
    expect(warning).toBeUndefined();
  });
});

describe('what lost requests made', () => {
  it('is looked for and deleted beside the token of the job', async () => {
    const { asked, lines, warning } = await after({ id: ID, orphans: 1 }, [
      deleted(),
      page([{ id: idOf(2), note }]),
      deleted(),
    ]);
    expect(asked).toEqual([DELETE(ID), GET, DELETE(idOf(2))]);
    expect(lines).toEqual([
      `Deleted the token ${ID}.`,
      `Deleted the token ${idOf(2)}, which a lost request had made.`,
    ]);
    expect(warning).toBeUndefined();
  });

  it('is no longer spoken of where nothing is found beside the token of the job', async () => {
    const { lines } = await after({ id: ID, orphans: 1 }, [deleted(), page([])]);
    expect(lines).toEqual([`Deleted the token ${ID}.`]);
  });

  it('is not looked for where no request was lost', async () => {
    const { asked } = await after({ id: ID, orphans: 0 }, [deleted()]);
    expect(asked).toEqual([DELETE(ID)]);
  });

  it('is looked for when the main step ended before its answer came, four times over ten seconds', async () => {
    const { asked, clock, lines } = await after({ orphans: 1 }, [page([]), page([]), page([]), page([])]);
    expect(asked).toEqual([GET, GET, GET, GET]);
    expect(clock.slept).toEqual([2000, 3000, 5000]);
    expect(lines).toEqual(['No token was found that the main step could have left behind.']);
  });

  it('is not looked for any longer once as many are found as there can be', async () => {
    const { asked, clock } = await after({ orphans: 1 }, [page([{ id: ID, note }]), deleted()]);
    expect(asked).toEqual([GET, DELETE(ID)]);
    expect(clock.slept).toEqual([]);
  });

  it('is deleted though it turned up late, and though another was found before', async () => {
    const found = (n: number) => [page([{ id: idOf(n), note }]), deleted()];
    const { asked, lines, warning } = await after({ orphans: 2 }, [...found(1), page([]), ...found(2)]);
    expect(asked).toEqual([GET, DELETE(idOf(1)), GET, GET, DELETE(idOf(2))]);
    expect(lines).toEqual([1, 2].map(n => `Deleted the token ${idOf(n)}, which a lost request had made.`));
    expect(warning).toBeUndefined();
  });

  it('is looked for on though a stale list shows one again that is deleted', async () => {
    const stale = page([{ id: ID, note }]);
    const { asked, lines } = await after({ orphans: 2 }, [
      stale,
      deleted(),
      stale,
      notFound(),
      page([{ id: idOf(2), note }]),
      deleted(),
    ]);
    expect(asked).toHaveLength(6);
    expect(lines).toEqual([ID, idOf(2)].map(id => `Deleted the token ${id}, which a lost request had made.`));
  });

  it('is not called alive where a later look could delete it', async () => {
    const { warning, lines } = await after({ orphans: 2 }, [
      page([{ id: ID, note }]),
      html(403),
      page([
        { id: ID, note },
        { id: idOf(2), note },
      ]),
      deleted(),
      deleted(),
    ]);
    expect(warning).toBeUndefined();
    expect(lines).toHaveLength(2);
  });

  it('is named though a later look fails, which is told as well', async () => {
    const { warning, lines } = await after({ orphans: 3 }, [
      page([
        { id: ID, note },
        { id: idOf(2), note },
      ]),
      deleted(),
      html(403),
      notFound(),
    ]);
    expect(lines).toEqual([`Deleted the token ${ID}, which a lost request had made.`]);
    expect(warning).toMatch(new RegExp(`The token ${idOf(2)} .*403`));
    expect(warning).toContain('`tokens:read`');
  });

  it('is warned of where a later look fails and nothing had been found', async () => {
    const { warning, lines } = await after({ orphans: 1 }, [page([]), html(403)]);
    expect(warning).toMatch(/interrupted.*403/);
    expect(lines).toEqual([]);
  });

  it('is looked for no longer than there is time', async () => {
    const { asked, clock } = await after({ orphans: 1 }, [page([]), page([])], 4_000);
    expect(asked).toHaveLength(2);
    expect(clock.slept).toEqual([2000]);
  });

  it('cannot be looked for without `tokens:read`, which a warning says with the note', async () => {
    const { warning, lines, clock } = await after({ orphans: 1 }, [notFound()]);
    expect(warning).toContain('`tokens:read`');
    expect(warning).toContain(`"${note}"`);
    expect(lines).toEqual([]);
    expect(clock.slept).toEqual([]);
  });

  it('blames `tokens:read` only where Mapbox says so', async () => {
    const { warning } = await after({ orphans: 1 }, [json(401, { message: 'Unauthorized' })]);
    expect(warning).toContain(`"${note}"`);
    expect(warning).not.toContain('tokens:read');
    expect(warning).toContain('401');
  });

  it('that lives on is named with why', async () => {
    const { warning, lines } = await after({ orphans: 2 }, [
      page([
        { id: ID, note },
        { id: idOf(2), note },
      ]),
      json(403, { message: 'Forbidden' }),
      deleted(),
    ]);
    expect(warning).toMatch(new RegExp(`${ID}.*403`));
    expect(warning).not.toContain(idOf(2));
    expect(lines).toEqual([`Deleted the token ${idOf(2)}, which a lost request had made.`]);
  });
});

describe('the token of the job and the search together', () => {
  it('do not warn of a token that the search deleted after all', async () => {
    const { warning, lines } = await after({ id: ID, orphans: 1 }, [
      html(403),
      page([{ id: ID, note }]),
      deleted(),
    ]);
    expect(warning).toBeUndefined();
    expect(lines).toHaveLength(1);
  });

  it('warn of a token that could not be deleted, whatever else the search found', async () => {
    const { warning } = await after({ id: ID, orphans: 1 }, [
      html(403),
      page([
        { id: idOf(2), note },
        { id: idOf(3), note },
      ]),
      deleted(),
      html(403),
    ]);
    expect(warning).toMatch(new RegExp(`^The token ${ID} .*\nThe token ${idOf(3)} .*\nLook on`));
  });

  it('name a token once that neither could delete', async () => {
    const { warning } = await after({ id: ID, orphans: 1 }, [
      html(403),
      page([
        { id: idOf(2), note },
        { id: ID, note },
      ]),
      html(403),
      html(403),
    ]);
    expect(warning?.split(ID)).toHaveLength(2);
  });

  it('warn of both where nothing can be reached', async () => {
    const certificate = noConnection('CERT_HAS_EXPIRED');
    const { warning } = await after({ id: ID, orphans: 1 }, [certificate, certificate]);
    expect(warning).toContain(`The token ${ID}`);
    expect(warning).toContain('may have made one');
  });
});

describe('a permanent token that was never handed on', () => {
  const stays = permanentNote('Web map', run);
  const state = { note: stays, marker: undefined };

  it('is deleted by its id', async () => {
    const { asked, warning } = await after({ ...state, id: ID }, [deleted()]);
    expect(asked).toEqual([DELETE(ID)]);
    expect(warning).toBeUndefined();
  });

  it('is not deleted by its note: a person is told where to look', async () => {
    const { asked, warning } = await after({ ...state, orphans: 1 }, [page([{ id: ID, note: stays }])]);
    expect(asked).toEqual([GET]);
    expect(warning).toContain(ID);
    expect(warning).toContain(stays);
  });

  it('is warned of also where the main step was killed with its request under way', async () => {
    const { warning } = await after({ ...state, orphans: 1 }, [page([])]);
    expect(warning).toContain(stays);
  });

  it('is warned of with both its id and its note where neither helps', async () => {
    const { warning } = await after({ ...state, id: ID, orphans: 1 }, [html(403), page([])]);
    expect(warning).toMatch(new RegExp(`^The token ${ID} .*\n.*stands\\.\nMapbox did not answer`));
  });

  it('is warned of beside the one that was deleted, where one before it was lost', async () => {
    const { asked, warning } = await after({ ...state, id: ID, orphans: 1 }, [
      deleted(),
      page([{ id: idOf(2), note: stays }]),
    ]);
    expect(asked).toEqual([DELETE(ID), GET]);
    expect(warning).toContain(idOf(2));
    expect(warning).not.toContain(ID);
  });
});
