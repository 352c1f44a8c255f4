import { describe, expect, it } from 'vitest';
import type { Retryable } from '../../../src/api/result.ts';
import { deleteTokens, type SweepDeletion } from '../../../src/sweep/deletions.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  accountOn,
  DELETE,
  deleted,
  GET,
  html,
  json,
  noConnection,
  notFound,
  page,
  type ScriptedResponse,
  scripted,
} from '../../support/http-script.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { idOf } from '../../support/tokens.ts';

const due = (count: number) => Array.from({ length: count }, (_, n) => ({ token: { id: idOf(n + 1) } }));

/** Deletes the tokens 1 to `count`, with responses from a script. */
async function remove(
  count: number,
  steps: readonly ScriptedResponse[],
  milliseconds = 300_000,
  clock = new FakeClock(),
) {
  const client = scripted(...steps);
  const results: [string, SweepDeletion['kind']][] = [];
  const deletions = await deleteTokens(
    accountOn(client),
    due(count),
    retryOptions(clock, milliseconds),
    ({ token }, deletion) => results.push([token.id, deletion.kind]),
  );
  expect(results).toEqual([...deletions].map(([{ token }, { kind }]) => [token.id, kind]));
  expect(new Set(results.map(([id]) => id)).size).toBe(count);
  expect(client.unusedResponses()).toBe(0);
  return { deletions: [...deletions.values()], results, asked: client.requestLines, clock };
}

const kinds = (deletions: readonly SweepDeletion[]) => deletions.map(({ kind }) => kind);

it('deletes one token after another, and reports each immediately', async () => {
  const { deletions, results, asked } = await remove(3, [deleted(), deleted(), deleted()]);
  expect(deletions).toEqual(Array(3).fill({ kind: 'deleted' }));
  expect(asked).toEqual([1, 2, 3].map(n => DELETE(idOf(n))));
  expect(results.map(([id]) => id)).toEqual([1, 2, 3].map(idOf));
});

const listOf = (...ns: readonly number[]) => page(ns.map(n => ({ id: idOf(n) })));

/** A page that may be followed by others. */
const cutListOf = (...ns: readonly number[]) => {
  const whole = listOf(...ns);
  return { ...whole, headers: { ...whole.headers, link: '<https://api.mapbox.com/tok' } };
};

describe('Mapbox’s 404', () => {
  it('means `already deleted` if it comes again two seconds later and the token is no longer listed', async () => {
    const { deletions, asked, clock } = await remove(2, [deleted(), notFound(), notFound(), listOf(7)]);
    expect(deletions).toEqual([{ kind: 'deleted' }, { kind: 'already-deleted' }]);
    expect(asked).toEqual([DELETE(idOf(1)), DELETE(idOf(2)), DELETE(idOf(2)), GET]);
    expect(clock.sleeps).toEqual([2000]);
  });

  it('may come from a stale replica: the second deletion counts', async () => {
    const { deletions, asked } = await remove(2, [notFound(), deleted(), deleted()]);
    expect(deletions).toEqual([{ kind: 'deleted' }, { kind: 'deleted' }]);
    expect(asked).toEqual([DELETE(idOf(1)), DELETE(idOf(2)), DELETE(idOf(1))]);
  });

  it('costs one pause and one list for all affected tokens', async () => {
    const { results, asked, clock } = await remove(5, [
      ...[notFound(), deleted(), notFound(), deleted(), notFound()],
      ...[notFound(), notFound(), notFound()],
      listOf(7),
    ]);
    expect(asked.filter(request => request === GET)).toHaveLength(1);
    expect(clock.sleeps).toEqual([2000]);
    expect(results.map(([, kind]) => kind)).toEqual([
      ...['deleted', 'deleted'],
      ...['already-deleted', 'already-deleted', 'already-deleted'],
    ]);
  });

  it('at both ends of the queue means that another sweep is ahead: tokens no longer listed are skipped', async () => {
    const { results, asked } = await remove(6, [
      ...[notFound(), notFound()],
      ...[notFound(), notFound(), listOf(3, 4)],
      ...[deleted(), deleted()],
    ]);
    expect(asked).toEqual([
      ...[DELETE(idOf(1)), DELETE(idOf(6))],
      ...[DELETE(idOf(1)), DELETE(idOf(6)), GET],
      ...[DELETE(idOf(3)), DELETE(idOf(4))],
    ]);
    expect(results).toEqual([
      [idOf(1), 'already-deleted'],
      [idOf(6), 'already-deleted'],
      [idOf(2), 'unlisted'],
      [idOf(5), 'unlisted'],
      [idOf(3), 'deleted'],
      [idOf(4), 'deleted'],
    ]);
  });

  it('makes the sweep continue from the other end', async () => {
    const { asked } = await remove(4, [
      ...[notFound(), deleted(), deleted(), deleted()],
      ...[notFound(), listOf(7)],
    ]);
    expect(asked.slice(0, 4)).toEqual([1, 4, 3, 2].map(n => DELETE(idOf(n))));
  });

  it('means that deletion is forbidden if the token stays on the list; the others are skipped', async () => {
    const { results } = await remove(4, [notFound(), notFound(), notFound(), notFound(), listOf(1, 2, 3, 4)]);
    expect(results.map(([, kind]) => kind)).toEqual(['rejected', 'rejected', 'skipped', 'skipped']);
  });

  it('concerns one token only once another was deleted', async () => {
    const { results } = await remove(3, [deleted(), notFound(), deleted(), notFound(), listOf(2)]);
    expect(results).toEqual([
      [idOf(1), 'deleted'],
      [idOf(3), 'deleted'],
      [idOf(2), 'rejected'],
    ]);
  });

  it('means that deletion is forbidden even if another sweep deletes tokens meanwhile', async () => {
    const { results } = await remove(4, [notFound(), notFound(), notFound(), notFound(), listOf(1, 2, 3)]);
    expect(results).toEqual([
      [idOf(1), 'rejected'],
      [idOf(4), 'already-deleted'],
      [idOf(2), 'skipped'],
      [idOf(3), 'skipped'],
    ]);
  });

  it('does not stop the others once another was deleted', async () => {
    const { results } = await remove(4, [
      ...[deleted(), notFound(), notFound()],
      ...[notFound(), notFound(), listOf(2, 3)],
      deleted(),
    ]);
    expect(results).toEqual([
      [idOf(1), 'deleted'],
      [idOf(2), 'rejected'],
      [idOf(4), 'already-deleted'],
      [idOf(3), 'deleted'],
    ]);
  });

  it('is ignored from a proxy', async () => {
    const { deletions, asked } = await remove(3, [deleted(), html(404), html(404), html(404)]);
    expect(deletions).toMatchObject([
      { kind: 'deleted' },
      { kind: 'rejected', isApiError: false },
      { kind: 'skipped' },
    ]);
    expect(asked).not.toContain(GET);
  });

  it.each([
    ['is cut', [cutListOf(7)]],
    ['is empty and cut', [cutListOf()]],
    ['has an entry that cannot be read', [json(200, [{ id: 7 }])]],
    ['leads to a page that was read before', Array(2).fill(page([{ id: idOf(7) }], 'start=a'))],
    ['has a second page that is refused', [page([], 'start=a'), json(403, { message: 'Forbidden' })]],
    ['is refused', [json(403, { message: 'Forbidden' })]],
    ['is not found', [notFound()]],
    ['is redirected', [{ always: html(302) }]],
  ])('proves nothing if the list %s: the tokens are kept, and the others skipped', async (_, pages) => {
    const { results } = await remove(4, [notFound(), notFound(), notFound(), notFound(), ...pages]);
    expect(results.map(([, kind]) => kind)).toEqual(['unconfirmed', 'unconfirmed', 'skipped', 'skipped']);
  });

  it('shows a living token even on a list that is cut', async () => {
    const { results } = await remove(2, [notFound(), notFound(), notFound(), notFound(), cutListOf(1)]);
    expect(results).toEqual([
      [idOf(1), 'rejected'],
      [idOf(2), 'unconfirmed'],
    ]);
  });

  it('is not investigated if time is up', async () => {
    const { results, asked, clock } = await remove(2, [deleted(), notFound()], 1500);
    expect(results.map(([, kind]) => kind)).toEqual(['deleted', 'unconfirmed']);
    expect(asked).toHaveLength(2);
    expect(clock.sleeps).toEqual([]);
  });

  it('is not investigated if time is up after the second one', async () => {
    const clock = new FakeClock();
    const late = () => {
      clock.advance(300_000);
      return notFound();
    };
    const { results, asked } = await remove(1, [notFound(), late], 300_000, clock);
    expect(results).toEqual([[idOf(1), 'unconfirmed']]);
    expect(asked).toHaveLength(2);
  });

  it('is not investigated once no deletion can succeed', async () => {
    const unauthorized = json(401, { message: 'Unauthorized' });
    const { results } = await remove(3, [notFound(), unauthorized, unauthorized, unauthorized]);
    expect(results.map(([, kind]) => kind)).toEqual(['rejected', 'unconfirmed', 'skipped']);
  });
});

describe('a response other than 204', () => {
  it.each([
    ['200', json(200, {})],
    ['an empty 202', { ...deleted(), status: 202 }],
    ['a page with 404', html(404)],
    ['a redirect', html(302)],
    ['401', json(401, { message: 'Sign in' })],
    ['403', json(403, { message: 'Blocked' })],
    ['408', html(408)],
    ['409', json(409, { message: 'Conflict' })],
    ['422', json(422, { message: 'Odd' })],
  ])('is not a deletion, and is retried: %s', async (_, response) => {
    const { deletions, asked, clock } = await remove(1, [response, deleted()]);
    expect(deletions).toEqual([{ kind: 'deleted' }]);
    expect(asked).toHaveLength(2);
    expect(clock.sleeps).toHaveLength(1);
  });

  it('is a rejection of one token after three attempts, and does not stop the others', async () => {
    const odd = json(422, { message: 'Odd' });
    const { deletions } = await remove(2, [odd, odd, odd, deleted()]);
    expect(deletions).toMatchObject([{ kind: 'rejected', reason: 'other' }, { kind: 'deleted' }]);
  });

  it('is a rejection of all tokens after two in a row', async () => {
    const { deletions } = await remove(4, Array(6).fill(json(422, { message: 'Odd' })));
    expect(kinds(deletions)).toEqual(['rejected', 'rejected', 'skipped', 'skipped']);
  });

  it.each([
    ['the authorizing token is not accepted', json(401, { message: 'Unauthorized' })],
    ['it is forbidden', json(403, { message: 'Forbidden' })],
    ['it leads elsewhere', html(302)],
  ])('is a rejection of all after three attempts if %s', async (_, response) => {
    const { deletions } = await remove(3, [response, response, response]);
    expect(kinds(deletions)).toEqual(['rejected', 'skipped', 'skipped']);
  });
});

describe('a failing deletion', () => {
  /** Responds to every request, each time after `cost` milliseconds. */
  async function under(
    count: number,
    cost: number,
    milliseconds: number,
    answerOf: (asked: number) => ScriptedResponse,
  ) {
    const clock = new FakeClock();
    const asked: string[] = [];
    const send = async ({ method, path }: { method: string; path: string }) => {
      clock.advance(cost);
      asked.push(`${method} ${path}`);
      const step = answerOf(asked.length);
      if (typeof step === 'function' || 'always' in step) throw new Error('only one response here');
      return step;
    };
    const results = await deleteTokens(
      accountOn({ send }),
      due(count),
      retryOptions(clock, milliseconds),
      () => {},
    );
    return { deletions: [...results.values()], asked, clock };
  }
  const lastOf = (deletion: SweepDeletion | undefined): Retryable['kind'] | undefined =>
    deletion?.kind === 'retries-exhausted' ? deletion.last.kind : undefined;

  it('is abandoned after 90 seconds, and two in a row end the sweep', async () => {
    const { deletions, clock } = await under(4, 1000, 3_600_000, () => json(503, { message: 'Down' }));
    expect(kinds(deletions)).toEqual(['retries-exhausted', 'retries-exhausted', 'skipped', 'skipped']);
    expect(clock.monotonic()).toBeGreaterThan(90_000);
    expect(clock.monotonic()).toBeLessThan(2 * 91_000);
  });

  it('waits for rate limits as long as there is time, longer than 90 seconds', async () => {
    const { deletions, asked, clock } = await under(2, 1000, 600_000, asked =>
      asked < 4 ? json(429, {}, { 'retry-after': '100' }) : deleted(),
    );
    expect(kinds(deletions)).toEqual(['deleted', 'deleted']);
    expect(asked).toHaveLength(5);
    expect(clock.monotonic()).toBeGreaterThan(300_000);
  });

  it('starts a new count after a success', async () => {
    const { deletions } = await under(5, 1000, 3_600_000, () => noConnection('ERR_TLS_CERT_ALTNAME_INVALID'));
    expect(kinds(deletions)).toEqual([
      'retries-exhausted',
      'retries-exhausted',
      'skipped',
      'skipped',
      'skipped',
    ]);
    const mended = await under(5, 1000, 3_600_000, asked =>
      asked % 2 === 1 ? noConnection('ERR_TLS_CERT_ALTNAME_INVALID') : deleted(),
    );
    expect(kinds(mended.deletions)).toEqual([
      'retries-exhausted',
      'deleted',
      'retries-exhausted',
      'deleted',
      'retries-exhausted',
    ]);
  });

  it('with a rate limit that outlasts the time stops the others', async () => {
    const { deletions, asked } = await under(3, 10, 30_000, () => json(429, {}, { 'retry-after': '60' }));
    expect(kinds(deletions)).toEqual(['retries-exhausted', 'skipped', 'skipped']);
    expect(lastOf(deletions[0])).toBe('rate-limited');
    expect(asked).toHaveLength(1);
  });

  it('that runs out of time stops the others', async () => {
    const { deletions, asked } = await under(4, 1000, 2000, () => deleted());
    expect(kinds(deletions)).toEqual(['deleted', 'deleted', 'skipped', 'skipped']);
    expect(asked).toHaveLength(2);
  });

  it('never takes longer for one token than the time for all', async () => {
    const { deletions, clock } = await under(1, 1000, 20_000, () => json(503, { message: 'Down' }));
    expect(deletions).toMatchObject([{ kind: 'retries-exhausted', last: { kind: 'indeterminate' } }]);
    expect(clock.monotonic()).toBeLessThanOrEqual(21_000);
  });
});
