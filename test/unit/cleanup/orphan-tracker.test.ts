import { describe, expect, it } from 'vitest';
import { OrphanTracker } from '../../../src/cleanup/orphan-tracker.ts';
import type { CleanupState } from '../../../src/cleanup/state.ts';
import { buildNote, createMarker } from '../../../src/note.ts';
import { noResponse, notSent, rateLimited, rejected, serverError } from '../../support/api-results.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  accountOn,
  DELETE,
  deleted,
  GET,
  html,
  notFound,
  page,
  type ScriptedResponse,
  scripted,
} from '../../support/http-script.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { AUTHORIZING_TOKEN_ID, idOf, OWNER } from '../../support/tokens.ts';
import { run } from '../../support/workflow-run.ts';

const NONCE = 'abcd1234';
const note = buildNote('Release', run, createMarker({ kind: 'until-job-ends' }, run, NONCE)).note;
const ID = idOf(1);

const success = { kind: 'success', value: 'created' } as const;

function track(...responses: readonly ScriptedResponse[]) {
  const states: (CleanupState | undefined)[] = [];
  const disk = { full: false };
  const client = scripted(...responses);
  const tracker = new OrphanTracker(
    accountOn(client),
    { note, nonce: NONCE, actionPath: '/action' },
    state => {
      if (disk.full) throw new Error('ENOSPC');
      states.push(state);
    },
  );
  const options = retryOptions(new FakeClock());
  return { tracker, states, disk, client, options, saved: () => states.at(-1) };
}

/** An attempt with this result. */
function attempt(
  { tracker }: ReturnType<typeof track>,
  result: Parameters<OrphanTracker['afterAttempt']>[0],
) {
  tracker.beforeAttempt();
  tracker.afterAttempt(result);
}

describe('before an attempt', () => {
  it('the state records a possible token and all that the post step needs', () => {
    const tracked = track();
    tracked.tracker.beforeAttempt();
    expect(tracked.states).toEqual([
      {
        apiUrl: 'https://api.mapbox.com/',
        actionPath: '/action',
        authorizingToken: { id: AUTHORIZING_TOKEN_ID, username: OWNER },
        username: OWNER,
        note,
        nonce: NONCE,
        token: undefined,
        orphans: 1,
      },
    ]);
  });

  it('a state that cannot be saved prevents the request', () => {
    const tracked = track();
    tracked.disk.full = true;
    expect(() => tracked.tracker.beforeAttempt()).toThrow('ENOSPC');
  });

  it('the state counts the lost attempts that no search has found since', async () => {
    const tracked = track(page([{ id: ID, note }]), deleted());
    attempt(tracked, serverError());
    attempt(tracked, serverError());
    await tracked.tracker.deleteOrphans(tracked.options);
    tracked.tracker.beforeAttempt();
    expect(tracked.states.map(state => state?.orphans)).toEqual([1, 2]);
  });
});

describe('after an attempt', () => {
  it.each([
    ['a lost response', noResponse(), 1],
    ['a server error', serverError(), 1],
    ['a rejection that Mapbox did not write', rejected({ isApiError: false }), 1],
    ['a rejection', rejected(), 0],
    ['a rate limit', rateLimited(1000), 0],
    ['a request that was not sent', notSent(), 0],
  ] as const)('%s leaves this many orphans: %j', (_, result, orphans) => {
    const tracked = track();
    attempt(tracked, result);
    expect(tracked.saved()?.orphans).toBe(orphans);
  });

  it('a success counts until its token ID is known', () => {
    const tracked = track();
    expect(tracked.tracker.mayHaveOrphans).toBe(false);
    attempt(tracked, success);
    expect(tracked.tracker.mayHaveOrphans).toBe(true);
    expect(tracked.saved()).toMatchObject({ token: undefined, orphans: 1 });
    tracked.tracker.tokenCreated(ID);
    expect(tracked.tracker.mayHaveOrphans).toBe(false);
    expect(tracked.saved()).toMatchObject({ token: { id: ID, keep: false }, orphans: 0 });
  });

  it('an unverified token counts as an orphan without an ID', () => {
    const tracked = track();
    attempt(tracked, noResponse());
    tracked.tracker.tokenUnconfirmed();
    expect(tracked.saved()).toMatchObject({ token: undefined, orphans: 2 });
  });
});

describe('searching for orphans', () => {
  it('deletes a token with the nonce once, even if a stale list shows it again', async () => {
    const stale = page([{ id: ID, note }]);
    const tracked = track(stale, deleted(), stale);
    attempt(tracked, noResponse());
    attempt(tracked, noResponse());
    await tracked.tracker.deleteOrphans(tracked.options);
    await tracked.tracker.deleteOrphans(tracked.options);
    tracked.tracker.noToken();
    expect(tracked.client.requestLines).toEqual([GET, DELETE(ID), GET]);
    expect(tracked.saved()?.orphans).toBe(1);
  });

  it('leaves the post step nothing to do once all are found', async () => {
    const tracked = track(page([{ id: ID, note }]), deleted());
    attempt(tracked, noResponse());
    await tracked.tracker.deleteOrphans(tracked.options);
    tracked.tracker.noToken();
    expect(tracked.saved()).toBeUndefined();
  });

  it('is not repeated if the list is forbidden', async () => {
    const tracked = track(notFound());
    attempt(tracked, noResponse());
    await tracked.tracker.deleteOrphans(tracked.options);
    await tracked.tracker.deleteOrphans(tracked.options);
    expect(tracked.client.requestLines).toEqual([GET]);
  });

  it('finds the created token that must not be used, and reports whether it was deleted', async () => {
    expect(
      await track(page([{ id: ID, note }]), deleted()).tracker.discardOrphan(retryOptions(new FakeClock())),
    ).toBe(true);
    expect(await track(page([])).tracker.discardOrphan(retryOptions(new FakeClock()))).toBe(false);
    expect(await track(notFound()).tracker.discardOrphan(retryOptions(new FakeClock()))).toBe(false);
    const two = [ID, idOf(2)].map(id => ({ id, note }));
    const half = track(page(two), deleted(), { always: html(403) });
    expect(await half.tracker.discardOrphan(retryOptions(new FakeClock()))).toBe(false);
  });
});

describe('the warning about orphans', () => {
  it('is absent if there are none or the post step can find them', async () => {
    const tracked = track();
    attempt(tracked, success);
    tracked.tracker.tokenCreated(ID);
    expect(await tracked.tracker.warning('changed', tracked.options)).toBeUndefined();
    attempt(tracked, noResponse());
    expect(await tracked.tracker.warning(note, tracked.options)).toBeUndefined();
  });

  it('names the note if the list is forbidden, and then leaves the post step nothing to search for', async () => {
    const tracked = track(notFound());
    attempt(tracked, noResponse());
    await tracked.tracker.deleteOrphans(tracked.options);
    expect(await tracked.tracker.warning(note, tracked.options)).toContain(`"${note}"`);
    expect(tracked.saved()?.orphans).toBe(0);
  });

  it('names other tokens with the changed note', async () => {
    const tracked = track(
      page([
        { id: idOf(2), note: 'Release' },
        { id: ID, note: 'Release' },
      ]),
    );
    attempt(tracked, noResponse());
    attempt(tracked, success);
    tracked.tracker.tokenCreated(ID);
    attempt(tracked, noResponse());
    const warning = await tracked.tracker.warning('Release', tracked.options);
    expect(warning).toContain(idOf(2));
    expect(warning).toContain(`${ID} is in use`);
  });
});

describe('what the post step has to do for a token in use', () => {
  const created = (orphans: number) => {
    const tracked = track();
    for (let lost = 0; lost < orphans; lost++) attempt(tracked, noResponse());
    attempt(tracked, success);
    tracked.tracker.tokenCreated(ID);
    return tracked.tracker;
  };

  it('is to delete it when the job ends', () => {
    expect(created(0).stateInUse(false)).toMatchObject({ token: { id: ID, keep: false }, orphans: 0 });
  });

  it('is nothing if it outlives the job and no request was lost', () => {
    expect(created(0).stateInUse(true)).toBeUndefined();
  });

  it('is to search for orphans but keep it if it outlives the job', () => {
    expect(created(1).stateInUse(true)).toMatchObject({ token: { id: ID, keep: true }, orphans: 1 });
  });
});

it('a step without a token survives a full disk: the post step then searches in vain', () => {
  const tracked = track();
  attempt(tracked, noResponse());
  tracked.disk.full = true;
  expect(() => tracked.tracker.noToken()).not.toThrow();
  expect(() => tracked.tracker.tokenUnconfirmed()).not.toThrow();
});
