import { describe, expect, it } from 'vitest';
import type { ListedToken } from '../../../src/mapbox/list.ts';
import type { Retryable } from '../../../src/mapbox/result.ts';
import { deleteTokens, type SweepDeletion } from '../../../src/sweep/delete-tokens.ts';
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

const tokenOf = (n: number): ListedToken => ({
  id: idOf(n),
  usage: 'sk',
  note: `note ${n}`,
  scopes: [],
  created: undefined,
  isDefault: false,
});

/** Deletes the tokens 1 to `count`, with answers from a script. */
async function remove(
  count: number,
  steps: readonly ScriptedResponse[],
  milliseconds = 300_000,
  clock = new FakeClock(),
) {
  const client = scripted(...steps);
  const onResult: [string, SweepDeletion['kind']][] = [];
  const tokens = Array.from({ length: count }, (_, n) => tokenOf(n + 1));
  const deletions = await deleteTokens(
    accountOn(client),
    tokens,
    retryOptions(clock, milliseconds),
    (token, deletion) => onResult.push([token.id, deletion.kind]),
  );
  expect(onResult).toEqual(deletions.map((deletion, n) => [idOf(n + 1), deletion.kind]));
  expect(client.unusedResponses()).toBe(0);
  return { deletions, asked: client.requestLines, clock };
}

const kinds = (deletions: readonly SweepDeletion[]) => deletions.map(({ kind }) => kind);

it('deletes one after another, and tells of each as it comes', async () => {
  const { deletions, asked } = await remove(3, [deleted(), deleted(), deleted()]);
  expect(deletions).toEqual(Array(3).fill({ kind: 'deleted' }));
  expect(asked).toEqual([1, 2, 3].map(n => DELETE(idOf(n))));
});

describe('Mapbox’s 404', () => {
  it('means that a token is gone once a deletion went through, without another look', async () => {
    const { deletions } = await remove(3, [deleted(), notFound(), notFound()]);
    expect(deletions).toEqual(Array(3).fill({ kind: 'deleted' }));
  });

  it('is looked into before that: a token that is not on the list any more is gone', async () => {
    const { deletions, asked } = await remove(1, [notFound(), page([{ id: idOf(7) }])]);
    expect(deletions).toEqual([{ kind: 'deleted' }]);
    expect(asked).toEqual([DELETE(idOf(1)), GET]);
  });

  it('means that nothing may be deleted where the token is still on the list; the others are left', async () => {
    const { deletions } = await remove(3, [notFound(), page([1, 2, 3].map(n => ({ id: idOf(n) })))]);
    expect(deletions).toMatchObject([
      { kind: 'rejected', reason: 'not-found' },
      { kind: 'skipped' },
      { kind: 'skipped' },
    ]);
  });

  it('takes one look at the list for all that are gone', async () => {
    const { deletions, asked } = await remove(3, [notFound(), page([{ id: idOf(3) }]), deleted()]);
    expect(kinds(deletions)).toEqual(['deleted', 'deleted', 'deleted']);
    expect(asked).toEqual([DELETE(idOf(1)), GET, DELETE(idOf(3))]);
  });

  it('is not believed where something else spoke in Mapbox’s place', async () => {
    const { deletions } = await remove(3, [deleted(), html(404)]);
    expect(deletions).toMatchObject([
      { kind: 'deleted' },
      { kind: 'rejected', isMapboxError: false },
      { kind: 'skipped' },
    ]);
  });

  it('keeps its doubt where the list cannot be read', async () => {
    const { deletions } = await remove(2, [notFound(), notFound()]);
    expect(deletions).toMatchObject([{ kind: 'rejected', status: 404 }, { kind: 'skipped' }]);
  });
});

describe('what is refused', () => {
  it('for one token alone does not keep the others', async () => {
    const { deletions } = await remove(2, [json(422, { message: 'Odd' }), deleted()]);
    expect(deletions).toMatchObject([{ kind: 'rejected', reason: 'other' }, { kind: 'deleted' }]);
  });

  it.each([
    ['the authorizing token is not accepted', json(401, { message: 'Unauthorized' })],
    ['it is forbidden', json(403, { message: 'Forbidden' })],
    ['the way leads elsewhere', html(302)],
  ])('for all leaves the others: %s', async (_, answer) => {
    const { deletions } = await remove(3, [answer]);
    expect(kinds(deletions)).toEqual(['rejected', 'skipped', 'skipped']);
  });
});

describe('what is given up', () => {
  /** Answers for ever, each after `cost` milliseconds. */
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
    const tokens = Array.from({ length: count }, (_, n) => tokenOf(n + 1));
    const deletions = await deleteTokens(
      accountOn({ send }),
      tokens,
      retryOptions(clock, milliseconds),
      () => {},
    );
    return { deletions, asked, clock };
  }
  const lastOf = (deletion: SweepDeletion | undefined): Retryable['kind'] | undefined =>
    deletion?.kind === 'retries-exhausted' ? deletion.last.kind : undefined;

  it('after 90 seconds for one token goes on with the next, and after two in a row with none', async () => {
    const { deletions, clock } = await under(4, 1000, 3_600_000, () => json(503, { message: 'Down' }));
    expect(kinds(deletions)).toEqual(['retries-exhausted', 'retries-exhausted', 'skipped', 'skipped']);
    expect(clock.monotonic()).toBeGreaterThan(90_000);
    expect(clock.monotonic()).toBeLessThan(2 * 91_000);
  });

  it('counts anew when one comes through between two', async () => {
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

  it('for a rate limit that outlasts the time leaves the others at once', async () => {
    const { deletions, asked } = await under(3, 10, 30_000, () => json(429, {}, { 'retry-after': '60' }));
    expect(kinds(deletions)).toEqual(['retries-exhausted', 'skipped', 'skipped']);
    expect(lastOf(deletions[0])).toBe('rate-limited');
    expect(asked).toHaveLength(1);
  });

  it('when the time is up, without another request', async () => {
    const { deletions, asked } = await under(4, 1000, 2000, () => deleted());
    expect(kinds(deletions)).toEqual(['deleted', 'deleted', 'skipped', 'skipped']);
    expect(asked).toHaveLength(2);
  });

  it('never takes longer for one token than there is for all', async () => {
    const { deletions, clock } = await under(1, 1000, 20_000, () => json(503, { message: 'Down' }));
    expect(deletions).toMatchObject([{ kind: 'retries-exhausted', last: { kind: 'indeterminate' } }]);
    expect(clock.monotonic()).toBeLessThanOrEqual(21_000);
  });
});
