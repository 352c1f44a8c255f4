import { describe, expect, it } from 'vitest';
import { deleteOrphans, orphanWarning } from '../../../src/cleanup/orphans.ts';
import { buildNote, createMarker } from '../../../src/note.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  accountOn,
  DELETE,
  deleted,
  GET,
  html,
  LIST,
  notFound,
  page,
  type ScriptedResponse,
  scripted,
} from '../../support/http-script.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { AUTHORIZING_TOKEN_ID, idOf } from '../../support/tokens.ts';
import { run } from '../../support/workflow-run.ts';

const NONCE = 'abcd1234';
const noteWith = (nonce: string, where = run) =>
  buildNote('Release', where, createMarker({ kind: 'until-job-ends' }, where, nonce)).note;
const note = noteWith(NONCE);

async function clear(steps: readonly ScriptedResponse[], keep?: string) {
  const client = scripted(...steps);
  const stepTokens = { nonce: NONCE, keep, createdBy: AUTHORIZING_TOKEN_ID };
  const search = await deleteOrphans(accountOn(client), stepTokens, retryOptions(new FakeClock(), 60_000));
  expect(client.unusedResponses(), 'every scripted answer is fetched').toBe(0);
  return { search, asked: client.requestLines };
}

describe('deleting orphaned tokens', () => {
  it('deletes tokens with this step’s nonce on every page, and no others', async () => {
    const others = [
      { id: idOf(2), note: noteWith('abcd1235') },
      { id: idOf(4), note: `By hand, see ${NONCE}` },
      { id: idOf(6), note: null },
      { id: idOf(7), note: '' },
    ];
    const { search, asked } = await clear([
      page([{ id: idOf(1), note }, ...others], 'start=b'),
      page([{ id: idOf(8), note: `${note} ` }], 'start=c'),
      page([{ id: idOf(9), note: note.replace('Release', 'Renamed by hand') }]),
      deleted(),
      deleted(),
      deleted(),
    ]);
    expect(search).toEqual({
      kind: 'searched',
      deleted: [idOf(1), idOf(8), idOf(9)],
      undeleted: [],
      complete: true,
    });
    expect(asked).toEqual([
      GET,
      `${LIST}?start=b`,
      `${LIST}?start=c`,
      DELETE(idOf(1)),
      DELETE(idOf(8)),
      DELETE(idOf(9)),
    ]);
  });

  it('keeps the token in use and the authorizing token, whatever their notes', async () => {
    const { search } = await clear(
      [
        page([
          { id: idOf(1), note },
          { id: AUTHORIZING_TOKEN_ID, note },
        ]),
      ],
      idOf(1),
    );
    expect(search).toEqual({ kind: 'searched', deleted: [], undeleted: [], complete: true });
  });

  it('deletes nothing if a page of the list cannot be read', async () => {
    const { search, asked } = await clear([page([{ id: idOf(1), note }], 'start=b'), notFound()]);
    expect(search).toMatchObject({ kind: 'rejected', reason: 'not-found' });
    expect(asked).toEqual([GET, `${LIST}?start=b`]);
  });

  it('names the token that cannot be deleted', async () => {
    const { search } = await clear([
      page([
        { id: idOf(1), note },
        { id: idOf(2), note },
      ]),
      deleted(),
      { always: html(403) },
    ]);
    expect(search).toMatchObject({
      kind: 'searched',
      deleted: [idOf(1)],
      undeleted: [{ id: idOf(2), reason: { last: { cause: { status: 403 } } } }],
    });
  });
});

describe('the warning about tokens that cannot be told apart', () => {
  const warning = (storedNote: string | undefined, steps: readonly ScriptedResponse[], id?: string) => {
    const client = scripted(...steps);
    const token = id === undefined ? undefined : { id, keep: false };
    return orphanWarning(accountOn(client), { note, token }, storedNote, retryOptions(new FakeClock()));
  };

  it('names the note and `tokens:read` if the account cannot be searched, and sends nothing', async () => {
    const text = await warning(undefined, []);
    expect(text).toContain(`"${note}"`);
    expect(text).toMatch(/^A request for a token had no usable response.*`tokens:read`/);
  });

  it('names the tokens with the stored note, except the one in use', async () => {
    const text = await warning(
      'cut',
      [
        page(
          [
            { id: idOf(1), note: 'cut' },
            { id: idOf(2), note: 'cut' },
            { id: idOf(3), note: 'cut short' },
          ],
          'start=b',
        ),
        page([{ id: idOf(4), note: 'cut' }]),
      ],
      idOf(1),
    );
    expect(text).toContain(`Tokens with its note: ${idOf(2)}, ${idOf(4)}. Search for the note "cut"`);
    expect(text).toContain(`(${idOf(1)} is in use)`);
  });

  it('reports if none was found or the list failed', async () => {
    expect(await warning('cut', [page([{ id: idOf(1), note: 'cut' }])], idOf(1))).toContain('None was found');
    expect(await warning('cut', [notFound()], idOf(1))).toContain(`${idOf(1)} is in use`);
    expect(await warning('cut', [notFound()])).toMatch(/not in use\.$/);
  });
});
