import { describe, expect, it } from 'vitest';
import type { ListedToken } from '../../../src/mapbox/list.ts';
import type { Setback } from '../../../src/mapbox/result.ts';
import { type Fate, removeTokens } from '../../../src/sweep/delete-tokens.ts';
import {
  accountOn,
  DELETE,
  deleted,
  FakeClock,
  GET,
  html,
  idOf,
  json,
  noConnection,
  notFound,
  page,
  patience,
  type Step,
  scripted,
} from '../../support/http-script.ts';

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
  steps: readonly Step[],
  milliseconds = 300_000,
  clock = new FakeClock(),
) {
  const wire = scripted(...steps);
  const told: [string, Fate['kind']][] = [];
  const tokens = Array.from({ length: count }, (_, n) => tokenOf(n + 1));
  const fates = await removeTokens(accountOn(wire), tokens, patience(clock, milliseconds), (token, fate) =>
    told.push([token.id, fate.kind]),
  );
  expect(told).toEqual(fates.map((fate, n) => [idOf(n + 1), fate.kind]));
  expect(wire.left()).toBe(0);
  return { fates, asked: wire.asked, clock };
}

const kinds = (fates: readonly Fate[]) => fates.map(({ kind }) => kind);

it('deletes one after another, and tells of each as it comes', async () => {
  const { fates, asked } = await remove(3, [deleted(), deleted(), deleted()]);
  expect(fates).toEqual(Array(3).fill({ kind: 'gone' }));
  expect(asked).toEqual([1, 2, 3].map(n => DELETE(idOf(n))));
});

describe('Mapbox’s 404', () => {
  it('means that a token is gone once a deletion went through, without another look', async () => {
    const { fates } = await remove(3, [deleted(), notFound(), notFound()]);
    expect(fates).toEqual(Array(3).fill({ kind: 'gone' }));
  });

  it('is looked into before that: a token that is not on the list any more is gone', async () => {
    const { fates, asked } = await remove(1, [notFound(), page([{ id: idOf(7) }])]);
    expect(fates).toEqual([{ kind: 'gone' }]);
    expect(asked).toEqual([DELETE(idOf(1)), GET]);
  });

  it('means that nothing may be deleted where the token is still on the list; the others are left', async () => {
    const { fates } = await remove(3, [notFound(), page([1, 2, 3].map(n => ({ id: idOf(n) })))]);
    expect(fates).toMatchObject([{ kind: 'refused', why: 'not found' }, { kind: 'left' }, { kind: 'left' }]);
  });

  it('takes one look at the list for all that are gone', async () => {
    const { fates, asked } = await remove(3, [notFound(), page([{ id: idOf(3) }]), deleted()]);
    expect(kinds(fates)).toEqual(['gone', 'gone', 'gone']);
    expect(asked).toEqual([DELETE(idOf(1)), GET, DELETE(idOf(3))]);
  });

  it('is not believed where something else spoke in Mapbox’s place', async () => {
    const { fates } = await remove(3, [deleted(), html(404)]);
    expect(fates).toMatchObject([{ kind: 'gone' }, { kind: 'refused', documented: false }, { kind: 'left' }]);
  });

  it('keeps its doubt where the list cannot be read', async () => {
    const { fates } = await remove(2, [notFound(), notFound()]);
    expect(fates).toMatchObject([{ kind: 'refused', status: 404 }, { kind: 'left' }]);
  });
});

describe('what is refused', () => {
  it('for one token alone does not keep the others', async () => {
    const { fates } = await remove(2, [json(422, { message: 'Odd' }), deleted()]);
    expect(fates).toMatchObject([{ kind: 'refused', why: 'other' }, { kind: 'gone' }]);
  });

  it.each([
    ['the authorizing token is not accepted', json(401, { message: 'Unauthorized' })],
    ['it is forbidden', json(403, { message: 'Forbidden' })],
    ['the way leads elsewhere', html(302)],
  ])('for all leaves the others: %s', async (_, answer) => {
    const { fates } = await remove(3, [answer]);
    expect(kinds(fates)).toEqual(['refused', 'left', 'left']);
  });
});

describe('what is given up', () => {
  /** Answers for ever, each after `cost` milliseconds. */
  async function under(count: number, cost: number, milliseconds: number, answerOf: (asked: number) => Step) {
    const clock = new FakeClock();
    const asked: string[] = [];
    const exchange = async ({ method, path }: { method: string; path: string }) => {
      clock.pass(cost);
      asked.push(`${method} ${path}`);
      const step = answerOf(asked.length);
      if (typeof step === 'function') throw new Error('no function here');
      return step;
    };
    const tokens = Array.from({ length: count }, (_, n) => tokenOf(n + 1));
    const fates = await removeTokens(
      accountOn({ exchange }),
      tokens,
      patience(clock, milliseconds),
      () => {},
    );
    return { fates, asked, clock };
  }
  const lastOf = (fate: Fate | undefined): Setback['kind'] | undefined =>
    fate?.kind === 'gave up' ? fate.last.kind : undefined;

  it('after 90 seconds for one token goes on with the next, and after two in a row with none', async () => {
    const { fates, clock } = await under(4, 1000, 3_600_000, () => json(503, { message: 'Down' }));
    expect(kinds(fates)).toEqual(['gave up', 'gave up', 'left', 'left']);
    expect(clock.ticks()).toBeGreaterThan(90_000);
    expect(clock.ticks()).toBeLessThan(2 * 91_000);
  });

  it('counts anew when one comes through between two', async () => {
    const { fates } = await under(5, 1000, 3_600_000, () => noConnection('ERR_TLS_CERT_ALTNAME_INVALID'));
    expect(kinds(fates)).toEqual(['gave up', 'gave up', 'left', 'left', 'left']);
    const mended = await under(5, 1000, 3_600_000, asked =>
      asked % 2 === 1 ? noConnection('ERR_TLS_CERT_ALTNAME_INVALID') : deleted(),
    );
    expect(kinds(mended.fates)).toEqual(['gave up', 'gone', 'gave up', 'gone', 'gave up']);
  });

  it('for a rate limit that outlasts the time leaves the others at once', async () => {
    const { fates, asked } = await under(3, 10, 30_000, () => json(429, {}, { 'retry-after': '60' }));
    expect(kinds(fates)).toEqual(['gave up', 'left', 'left']);
    expect(lastOf(fates[0])).toBe('limited');
    expect(asked).toHaveLength(1);
  });

  it('when the time is up, without another request', async () => {
    const { fates, asked } = await under(4, 1000, 2000, () => deleted());
    expect(kinds(fates)).toEqual(['gone', 'gone', 'left', 'left']);
    expect(asked).toHaveLength(2);
  });

  it('never takes longer for one token than there is for all', async () => {
    const { fates, clock } = await under(1, 1000, 20_000, () => json(503, { message: 'Down' }));
    expect(fates).toMatchObject([{ kind: 'gave up', last: { kind: 'unknown' } }]);
    expect(clock.ticks()).toBeLessThanOrEqual(21_000);
  });
});
