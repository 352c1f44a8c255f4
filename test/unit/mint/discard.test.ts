import { describe, expect, it } from 'vitest';
import { OrphanTracker } from '../../../src/cleanup/orphan-tracker.ts';
import { discardMinted, discardToken, isDiscarded } from '../../../src/mint/discard.ts';
import type { MintedToken } from '../../../src/mint/verify.ts';
import { buildNote, createMarker } from '../../../src/note.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  accountOn,
  DELETE,
  deleted,
  GET,
  json,
  notFound,
  page,
  type ScriptedResponse,
  scripted,
} from '../../support/http-script.ts';
import { stored, temporary } from '../../support/minted.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { idOf } from '../../support/tokens.ts';
import { run } from '../../support/workflow-run.ts';

const NONCE = 'abcd1234';
const note = buildNote('Release', run, createMarker({ kind: 'until-job-ends' }, run, NONCE)).note;
const ID = idOf(1);
const failing = { always: json(503, {}) };

async function discard(id: string | undefined, ...responses: readonly ScriptedResponse[]) {
  const client = scripted(...responses);
  const account = accountOn(client);
  const clock = new FakeClock();
  const tracker = new OrphanTracker(account, { note, nonce: NONCE, actionPath: '' }, () => {});
  const discarded = await discardToken(account, id, note, tracker, retryOptions(clock, 1));
  return { discarded, clock, asked: client.requestLines };
}

describe('a created token that must not be used', () => {
  it('is deleted by its verified ID, even after the step’s time is up', async () => {
    const { discarded, asked } = await discard(ID, json(503, {}), deleted());
    expect(discarded).toEqual({ deleted: true, message: 'It was discarded.' });
    expect(asked).toEqual([DELETE(ID), DELETE(ID)]);
  });

  it('is searched for by its nonce if its ID is unverified', async () => {
    const { discarded, asked } = await discard(
      undefined,
      page([
        { id: idOf(2), note: 'Release' },
        { id: ID, note },
      ]),
      deleted(),
    );
    expect(discarded.deleted).toBe(true);
    expect(asked).toEqual([GET, DELETE(ID)]);
  });

  it('is also searched for if Mapbox does not know its ID', async () => {
    const { discarded, asked } = await discard(ID, notFound(), page([]), page([{ id: ID, note }]), deleted());
    expect(discarded.deleted).toBe(true);
    expect(asked.at(-1)).toBe(DELETE(ID));
  });

  it('is named by its note if it cannot be deleted, after ten seconds for each way', async () => {
    const { discarded, clock } = await discard(ID, failing);
    expect(discarded.deleted).toBe(false);
    expect(discarded.message).toContain(`search for the note "${note}" on the Tokens page`);
    expect(clock.monotonic()).toBeLessThanOrEqual(20_000);
  });
});

describe('a minted token whose outputs cannot be written', () => {
  const discardIt = (token: MintedToken, ...responses: readonly ScriptedResponse[]) =>
    discardMinted(accountOn(scripted(...responses)), token, retryOptions(new FakeClock()));

  it('is deleted', async () => {
    expect(await discardIt(stored, deleted())).toEqual({ deleted: true, message: 'The token was deleted.' });
  });

  it('is named if the deletion fails', async () => {
    const { deleted, message } = await discardIt(stored, failing);
    expect(deleted).toBe(false);
    expect(message).toContain(`The token ${ID} was not used and may still be alive`);
  });

  it('is left alone if it is temporary and cannot be revoked', async () => {
    expect(await discardIt(temporary)).toEqual({
      deleted: false,
      message: 'The token was not used; it expires on its own.',
    });
  });
});

it('a token unknown to Mapbox does not count as discarded, as only this step could have deleted it', async () => {
  const account = accountOn(scripted(notFound(), notFound(), page([])));
  expect(await isDiscarded(account, ID, retryOptions(new FakeClock()))).toBe(false);
});
