import { describe, expect, it } from 'vitest';
import { revoke } from '../../../src/cleanup/revoke.ts';
import type { CleanupState } from '../../../src/cleanup/state.ts';
import { buildNote, createMarker } from '../../../src/note.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  accountOn,
  DELETE,
  deleted,
  GET,
  html,
  json,
  lostResponse,
  noConnection,
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

type Changes = Partial<CleanupState> & { id?: string };

async function after(
  { id, ...changes }: Changes,
  steps: readonly ScriptedResponse[],
  budget = 60_000,
  failureBudget = budget,
) {
  const clock = new FakeClock();
  const client = scripted(...steps);
  const state: CleanupState = {
    apiUrl: 'https://api.mapbox.com/',
    actionPath: '/action',
    authorizingToken: { id: AUTHORIZING_TOKEN_ID, username: OWNER },
    username: OWNER,
    note,
    nonce: NONCE,
    token: id === undefined ? undefined : { id, keep: false },
    orphans: 0,
    ...changes,
  };
  const options = { ...retryOptions(clock, budget), failureDeadline: clock.monotonic() + failureBudget };
  const { lines, warning } = await revoke(state, accountOn(client), options);
  expect(client.unusedResponses(), 'every scripted answer is fetched').toBe(0);
  return { lines, warning, clock, asked: client.requestLines };
}

describe('the job’s token', () => {
  it('is deleted with one request', async () => {
    const { lines, warning, asked } = await after({ id: ID }, [deleted()]);
    expect(asked).toEqual([DELETE(ID)]);
    expect(lines).toEqual([`Deleted the token ${ID}.`]);
    expect(warning).toBeUndefined();
  });

  it('counts as deleted if it is already gone', async () => {
    const { warning, lines } = await after({ id: ID }, [notFound(), notFound(), page([])]);
    expect(warning).toBeUndefined();
    expect(lines).toEqual([`The token ${ID} was already deleted.`]);
  });

  it('is reported once, even if a stale list shows it again', async () => {
    const { lines } = await after({ id: ID, orphans: 1 }, [
      deleted(),
      page([{ id: ID, note }]),
      page([{ id: idOf(2), note }]),
      deleted(),
    ]);
    expect(lines).toEqual([
      `Deleted the token ${ID}.`,
      `Deleted the orphaned token ${idOf(2)}, created by a request without a usable response.`,
    ]);
  });

  it.each([
    ['the connection is lost', lostResponse(), /connection reset/],
    ['Mapbox fails', json(503, {}), /responded with 503/],
    ['no connection comes about', noConnection('ENOTFOUND'), /DNS name not found/],
  ])('is named in a warning with its note if it stays alive because %s', async (_, trouble, why) => {
    const { warning, lines } = await after({ id: ID }, [trouble], 200);
    expect(warning).toContain(ID);
    expect(warning).toContain(`"${note}"`);
    expect(warning).toMatch(why);
    expect(lines).toEqual([]);
  });

  it('is named in a warning if the authorizing token has been revoked', async () => {
    const { warning } = await after({ id: ID }, [{ always: json(401, { message: 'Unauthorized' }) }]);
    expect(warning).toMatch(new RegExp(`The token ${ID} .* is still alive. Mapbox responded with 401`));
  });

  it('is retried until it is gone', async () => {
    const { warning, asked } = await after({ id: ID }, [json(503, {}), lostResponse(), deleted()]);
    expect(asked).toEqual([DELETE(ID), DELETE(ID), DELETE(ID)]);
    expect(warning).toBeUndefined();
  });
});

describe('a token created by a lost request', () => {
  it('is searched for and deleted in addition to the job’s token', async () => {
    const { asked, lines, warning } = await after({ id: ID, orphans: 1 }, [
      deleted(),
      page([{ id: idOf(2), note }]),
      deleted(),
    ]);
    expect(asked).toEqual([DELETE(ID), GET, DELETE(idOf(2))]);
    expect(lines).toEqual([
      `Deleted the token ${ID}.`,
      `Deleted the orphaned token ${idOf(2)}, created by a request without a usable response.`,
    ]);
    expect(warning).toBeUndefined();
  });

  it('is searched for four times in addition to the job’s token, and the log reports that none was found', async () => {
    const nothing = Array.from({ length: 4 }, () => page([]));
    const { lines, clock } = await after({ id: ID, orphans: 1 }, [deleted(), ...nothing]);
    expect(clock.sleeps.filter(delay => delay > 0)).toEqual([2000, 3000, 5000]);
    expect(lines).toEqual([
      `Deleted the token ${ID}.`,
      'No orphaned tokens found. A request for a token had no usable response, and probably created none.',
    ]);
  });

  it('is found late, even if the job’s token is known', async () => {
    const { lines } = await after({ id: ID, orphans: 1 }, [
      deleted(),
      page([]),
      page([{ id: idOf(2), note }]),
      deleted(),
    ]);
    expect(lines).toHaveLength(2);
  });

  it('does not cost a token that outlives the job', async () => {
    const { asked, lines } = await after({ token: { id: ID, keep: true }, orphans: 1 }, [
      page([
        { id: ID, note },
        { id: idOf(2), note },
      ]),
      deleted(),
    ]);
    expect(asked).toEqual([GET, DELETE(idOf(2))]);
    expect(lines).toHaveLength(1);
  });

  it('is not searched for if no request was lost', async () => {
    const { asked } = await after({ id: ID, orphans: 0 }, [deleted()]);
    expect(asked).toEqual([DELETE(ID)]);
  });

  it('is searched for four times over ten seconds if the main step ended before its response', async () => {
    const { asked, clock, lines } = await after({ orphans: 1 }, [page([]), page([]), page([]), page([])]);
    expect(asked).toEqual([GET, GET, GET, GET]);
    expect(clock.sleeps.filter(delay => delay > 0)).toEqual([2000, 3000, 5000]);
    expect(lines).toEqual([expect.stringMatching(/^No orphaned tokens found\./)]);
  });

  it('is no longer searched for once the greatest possible number was found', async () => {
    const { asked, clock } = await after({ orphans: 1 }, [page([{ id: ID, note }]), deleted()]);
    expect(asked).toEqual([GET, DELETE(ID)]);
    expect(clock.sleeps.filter(delay => delay > 0)).toEqual([]);
  });

  it('is deleted even if it appears late, after another was found', async () => {
    const found = (n: number) => [page([{ id: idOf(n), note }]), deleted()];
    const { asked, lines, warning } = await after({ orphans: 2 }, [...found(1), page([]), ...found(2)]);
    expect(asked).toEqual([GET, DELETE(idOf(1)), GET, GET, DELETE(idOf(2))]);
    expect(lines).toEqual(
      [1, 2].map(
        n => `Deleted the orphaned token ${idOf(n)}, created by a request without a usable response.`,
      ),
    );
    expect(warning).toBeUndefined();
  });

  it('is still searched for if a stale list shows a deleted token again', async () => {
    const stale = page([{ id: ID, note }]);
    const { asked, lines } = await after({ orphans: 2 }, [
      ...[stale, deleted()],
      stale,
      ...[page([{ id: idOf(2), note }]), deleted()],
    ]);
    expect(asked).toHaveLength(5);
    expect(lines).toEqual(
      [ID, idOf(2)].map(
        id => `Deleted the orphaned token ${id}, created by a request without a usable response.`,
      ),
    );
  });

  it('is named even if a later search fails, which is reported as well', async () => {
    const { warning, lines } = await after({ orphans: 3 }, [page([{ id: ID, note }]), deleted(), notFound()]);
    expect(lines).toEqual([
      `Deleted the orphaned token ${ID}, created by a request without a usable response.`,
    ]);
    expect(warning).toContain('`tokens:read`');
  });

  it('gets a warning if a later search fails and nothing was found', async () => {
    const { warning, lines } = await after({ orphans: 1 }, [page([]), { always: html(403) }]);
    expect(warning).toMatch(/no usable response and may have created one.*Mapbox responded with 403/);
    expect(lines).toEqual([]);
  });

  it('gets a warning if the list could not be read completely', async () => {
    const unreadable = json(200, [{ id: '..' }]);
    const { warning, lines } = await after(
      { orphans: 1 },
      Array.from({ length: 4 }, () => unreadable),
    );
    expect(warning).toMatch(/may have created one.*The list of tokens could not be read completely/);
    expect(lines).toEqual([]);
  });

  it('is not searched for again once it was found, even if it cannot be deleted', async () => {
    const { asked, warning } = await after({ orphans: 1 }, [
      page([{ id: ID, note }]),
      noConnection('CERT_HAS_EXPIRED'),
    ]);
    expect(asked).toEqual([GET, DELETE(ID)]);
    expect(warning).toContain(`The token ${ID}`);
  });

  it('is not searched for beyond the time limit', async () => {
    const { asked, clock } = await after({ orphans: 1 }, [page([]), page([])], 4_000);
    expect(asked).toHaveLength(2);
    expect(clock.sleeps.filter(delay => delay > 0)).toEqual([2000]);
  });

  it('gets a warning if no time remains to search', async () => {
    const { asked, warning } = await after({ orphans: 1 }, [], 200);
    expect(asked).toEqual([]);
    expect(warning).toContain(`may have created one with the note "${note}". There was no time left`);
  });

  it('is searched for within the time limit for failures, not the one for rate limits', async () => {
    const { asked, lines } = await after({ orphans: 1 }, [page([]), page([])], 240_000, 4_000);
    expect(asked).toHaveLength(2);
    expect(lines).toEqual([expect.stringMatching(/^No orphaned tokens found\./)]);
  });

  it('cannot be searched for without `tokens:read`, and the warning gives the note', async () => {
    const { warning, lines, clock } = await after({ orphans: 1 }, [notFound()]);
    expect(warning).toContain('`tokens:read`');
    expect(warning).toContain(`"${note}"`);
    expect(lines).toEqual([]);
    expect(clock.sleeps.filter(delay => delay > 0)).toEqual([]);
  });

  it('blames `tokens:read` only on Mapbox’s word', async () => {
    const { warning } = await after({ orphans: 1 }, [json(401, { message: 'Unauthorized' })]);
    expect(warning).toContain(`"${note}"`);
    expect(warning).not.toContain('tokens:read');
    expect(warning).toContain('401');
  });

  it('is named with the reason if it cannot be deleted', async () => {
    const { warning, lines } = await after({ orphans: 2 }, [
      page([
        { id: ID, note },
        { id: idOf(2), note },
      ]),
      deleted(),
      { always: json(403, { message: 'Forbidden' }) },
    ]);
    expect(warning).toMatch(new RegExp(`${idOf(2)}.*403`));
    expect(warning).not.toContain(ID);
    expect(lines).toEqual([
      `Deleted the orphaned token ${ID}, created by a request without a usable response.`,
    ]);
  });
});

describe('the job’s token and the search together', () => {
  const forbidden = { always: html(403) };

  it('name a token once if neither could delete it', async () => {
    const { warning } = await after({ id: ID, orphans: 1 }, [forbidden]);
    expect(warning?.split(ID)).toHaveLength(2);
  });

  it('report the token as deleted if the search could delete it', async () => {
    const { lines, warning } = await after({ id: ID, orphans: 1 }, [
      noConnection('CERT_HAS_EXPIRED'),
      page([{ id: ID, note }]),
      deleted(),
      ...Array.from({ length: 3 }, () => page([])),
    ]);
    expect(lines).toEqual([`Deleted the token ${ID}.`, expect.stringMatching(/^No orphaned tokens found/)]);
    expect(warning).toBeUndefined();
  });

  it('count the orphans without the job’s token', async () => {
    const { lines } = await after({ id: ID, orphans: 2 }, [
      deleted(),
      page([
        { id: ID, note },
        { id: idOf(2), note },
      ]),
      deleted(),
      ...Array.from({ length: 3 }, () => page([])),
    ]);
    expect(lines).toContain('Found 1 of up to 2 orphaned tokens. The other requests probably created none.');
  });

  it('list each token on its own line', async () => {
    const { warning } = await after({ id: ID, orphans: 1 }, [forbidden]);
    expect(warning?.split('\n')).toEqual([
      expect.stringContaining(`The token ${ID}`),
      expect.stringContaining('may have created one'),
      expect.stringMatching(/^Delete it on the Tokens page/),
    ]);
  });

  it('warn of both if Mapbox cannot be reached', async () => {
    const certificate = noConnection('CERT_HAS_EXPIRED');
    const { warning } = await after({ id: ID, orphans: 1 }, [certificate, certificate]);
    expect(warning).toContain(`The token ${ID}`);
    expect(warning).toContain('may have created one');
  });
});

it('reports that the post step has another authorizing token', async () => {
  const { warning } = await after({ id: ID, authorizingToken: { id: idOf(8), username: OWNER } }, [
    { always: json(403, { message: 'Forbidden' }) },
  ]);
  expect(warning).toMatch(/`authorizing-token` of the post step is not the one that created it/);
  const same = await after({ id: ID }, [{ always: json(403, { message: 'Forbidden' }) }]);
  expect(same.warning).not.toContain('is not the one');
});

it('deletes a permanent token that never became an output', async () => {
  const { asked, warning } = await after({ id: ID }, [deleted()]);
  expect(asked).toEqual([DELETE(ID)]);
  expect(warning).toBeUndefined();
});
