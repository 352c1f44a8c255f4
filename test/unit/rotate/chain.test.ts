import { describe, expect, it } from 'vitest';
import type { ListedToken } from '../../../src/mapbox/list.ts';
import {
  chainOf,
  type DeletionPolicy,
  findDoubtful,
  findDueNow,
  findLater,
  findNeverPut,
  findOrphans,
  findRivals,
  findStuck,
  isBehind,
  isFromElsewhere,
  isYoung,
  originalOf,
  type PlaceFacts,
  planDeletions,
  type RotationFacts,
  rotationMarker,
  timeToRest,
} from '../../../src/rotate/chain.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);
const TAG = 'abcde';
const OTHER_TAG = 'fghij';
const FOREIGN_TAG = 'zzzzz';

/** When the tokens of most tests are listed, in days. */
const TODAY = 40;

const time = (day: number) => START + day * DAY;

/** A token created by hand. */
const token = (
  id: string,
  day: number,
  note = 'Releases',
  changes: Partial<ListedToken> = {},
): ListedToken => ({
  id,
  usage: 'sk',
  note,
  scopes: [],
  allowedUrls: [],
  created: new Date(time(day)),
  isDefault: false,
  notUnderstood: [],
  ...changes,
});

/** A token created by a rotation. */
const rotated = (
  id: string,
  day: number,
  replaces: string,
  { tag = TAG, ...changes }: Partial<ListedToken> & { readonly tag?: string } = {},
) => token(id, day, `Releases (o/r) [replaces ${replaces}: 123/7.1#${tag}x1y]`, changes);

const place = (day: number, changes: Partial<PlaceFacts> = {}): PlaceFacts => ({
  tag: TAG,
  updatedAt: new Date(time(day)),
  now: time(TODAY),
  ...changes,
});

const original = token('corig', 0);
const first = rotated('cone1', 10, 'corig');
const second = rotated('ctwo2', 20, 'cone1 corig');
const current = rotated('cthree', 30, 'ctwo2 corig');
const facts: RotationFacts = {
  current,
  tokens: [current, second, first, original, token('cother', 5)],
  places: [place(30)],
  listed: { mapbox: time(TODAY), runner: time(TODAY) },
};

const policy: DeletionPolicy = {
  revokePrevious: 'next-rotation',
  revokeOriginal: false,
  protectedId: undefined,
};

const ids = (tokens: readonly { readonly id: string }[]) => tokens.map(({ id }) => id);
const withTokens = (...more: readonly ListedToken[]) => ({ ...facts, tokens: [...facts.tokens, ...more] });
const at = (milliseconds: number, tokens = facts.tokens): RotationFacts => ({
  ...facts,
  tokens,
  listed: { mapbox: milliseconds, runner: milliseconds },
});

describe('the chain', () => {
  const chain = (head: ListedToken, tokens: readonly ListedToken[]) =>
    chainOf(head, tokens).map(({ id, successor }) => [id, successor?.id]);

  it('has the tokens named in the markers, as far as they are listed, each with its successor', () => {
    expect(chain(current, facts.tokens)).toEqual([
      ['ctwo2', 'cthree'],
      ['cone1', 'ctwo2'],
      ['corig', 'cone1'],
    ]);
  });
  it('includes IDs that are no longer listed, and ends with the original', () => {
    expect(chain(current, [current])).toEqual([
      ['ctwo2', 'cthree'],
      ['corig', undefined],
    ]);
  });
  it('never has an orphan as a successor', () => {
    const orphan = rotated('corph', 21, 'cone1');
    expect(chain(current, [orphan, ...facts.tokens])).toContainEqual(['cone1', 'ctwo2']);
  });
  it('ends if markers refer to each other', () => {
    const a = rotated('caaaa', 1, 'cbbbb');
    const b = rotated('cbbbb', 2, 'caaaa');
    expect(ids(chainOf(a, [a, b]))).toEqual(['cbbbb']);
  });
  it('is empty for a token not created by a rotation', () => {
    expect(chainOf(original, facts.tokens)).toEqual([]);
  });
  it('can have thousands of members', () => {
    const links = Array.from({ length: 20_000 }, (_, n) => rotated(`clink${n + 1}`, n / 1000, `clink${n}`));
    const [last] = links.slice(-1);
    expect(last && chainOf(last, links)).toHaveLength(20_000);
  });
  it('starts with the token not created by a rotation of these places', () => {
    expect(originalOf(facts)).toBe('corig');
    expect(originalOf({ ...facts, tokens: [current, second, first] })).toBeUndefined();
    expect(originalOf({ ...facts, current: original })).toBeUndefined();
    expect(originalOf({ ...facts, current: first })).toBe('corig');
  });
});

describe('the tokens due for deletion', () => {
  const due = (changes: Partial<DeletionPolicy> = {}, more: RotationFacts = facts) =>
    ids(findDueNow(more, { ...policy, ...changes }));

  it('are the chain of the current token, oldest first', () => {
    expect(due()).toEqual(['cone1', 'ctwo2']);
  });
  it('are none with `never`', () => {
    expect(due({ revokePrevious: 'never' }, withTokens(rotated('corph', 31, 'cthree')))).toEqual([]);
  });
  it('include the original if requested', () => {
    expect(due({ revokeOriginal: true })).toEqual(['corig', 'cone1', 'ctwo2']);
  });
  it('are never a default token, a separate authorizing token, or from another secret’s rotation', () => {
    const tokens = [current, { ...second, isDefault: true }, first, original];
    expect(due({ protectedId: 'cone1' }, { ...facts, tokens })).toEqual([]);
    const foreign = rotated('ctwo2', 20, 'cone1', { tag: FOREIGN_TAG });
    expect(due({}, { ...facts, tokens: [current, foreign, first] })).toEqual(['cone1']);
    const orphan = rotated('corph', 31, 'cthree');
    expect(due({ protectedId: 'corph' }, withTokens(orphan))).not.toContain('corph');
    expect(due({}, withTokens({ ...orphan, isDefault: true }))).not.toContain('corph');
  });

  describe('include the chain after an hour', () => {
    const young = (created: number, successor: number) => [
      rotated('cthree', (successor - START) / DAY, 'ctwo2'),
      rotated('ctwo2', (created - START) / DAY, 'cgone'),
    ];
    const dueAt = (created: number, successor: number, revokePrevious: DeletionPolicy['revokePrevious']) => {
      const [head = current, member = second] = young(time(TODAY) - created, time(TODAY) - successor);
      return due({ revokePrevious }, { ...at(time(TODAY), [head, member]), current: head });
    };
    it('since the token’s creation and its successor’s', () => {
      expect(dueAt(3 * HOUR, HOUR + 1, 'next-rotation')).toEqual(['ctwo2']);
      expect(dueAt(3 * HOUR, HOUR, 'next-rotation')).toEqual([]);
      expect(dueAt(HOUR, HOUR + 1, 'next-rotation')).toEqual([]);
    });
    it('but immediately with `now`', () => {
      expect(dueAt(MINUTE, MINUTE, 'now')).toEqual(['ctwo2']);
    });
    it('by the clock that shows less', () => {
      for (const listed of [
        { mapbox: time(TODAY), runner: time(TODAY - 365) },
        { mapbox: time(TODAY - 365), runner: time(TODAY) },
      ])
        expect(due({}, { ...facts, listed })).toEqual([]);
    });
    it('and, with a duration, once the successor is that old', () => {
      expect(dueAt(9 * DAY, 2 * DAY, { after: 2 * DAY })).toEqual(['ctwo2']);
      expect(dueAt(9 * DAY, 2 * DAY - 1, { after: 2 * DAY })).toEqual([]);
      expect(dueAt(9 * DAY, HOUR, { after: MINUTE })).toEqual([]);
    });
    it('if the successor is no longer listed', () => {
      const tokens = [current, original];
      expect(
        due({ revokePrevious: { after: 500 * DAY }, revokeOriginal: true }, { ...facts, tokens }),
      ).toEqual(['corig']);
    });
    it('since the last change of a place if Mapbox gives no creation time', () => {
      const unknown = { created: undefined };
      const tokens = [
        { ...current, ...unknown },
        { ...second, ...unknown },
      ];
      const updated = (milliseconds: number) => ({
        ...facts,
        tokens,
        places: [place(1), place(0, { updatedAt: new Date(time(TODAY) - milliseconds) })],
      });
      expect(due({}, updated(HOUR))).toEqual([]);
      expect(due({}, updated(HOUR + 1))).toEqual(['ctwo2']);
    });
  });

  describe('include orphans', () => {
    const orphan = (age: number, changes: Partial<ListedToken> = {}) =>
      rotated('corph', TODAY - age / DAY, 'cthree', changes);
    it.each([
      ['that are more than an hour old', HOUR + 1, 'next-rotation', true],
      ['but no younger ones', HOUR, 'next-rotation', false],
      ['after an hour with `now`', HOUR + 1, 'now', true],
      ['but no younger ones with `now`', HOUR, 'now', false],
      ['that are as old as the duration', 2 * DAY, { after: 2 * DAY }, true],
      ['but none younger than the duration', 2 * DAY - 1, { after: 2 * DAY }, false],
    ] as const)('%s', (_, age, revokePrevious, isDue) => {
      expect(due({ revokePrevious }, withTokens(orphan(age))).includes('corph')).toBe(isDue);
    });
    it('but none without a creation time', () => {
      expect(due({}, withTokens(orphan(DAY, { created: undefined })))).not.toContain('corph');
    });
    it('whatever they replace', () => {
      expect(due({}, withTokens(rotated('corph', 12, 'cgone')))).toContain('corph');
    });
  });
});

it('finds orphans by these places’ tags, and those that replace the current token', () => {
  const all: RotationFacts = {
    ...withTokens(
      rotated('crival', 31, 'cthree', { tag: OTHER_TAG }),
      rotated('colder', 21, 'cone1'),
      rotated('celse', 31, 'cthree', { tag: FOREIGN_TAG }),
    ),
    places: [place(30), place(30, { tag: OTHER_TAG })],
  };
  expect(ids(findOrphans(all))).toEqual(['crival', 'colder']);
  expect(ids(findRivals(all))).toEqual(['crival']);
});

describe('a token that was never put', () => {
  const find = (orphan: ListedToken, more: Partial<RotationFacts> = {}, protectedId?: string) =>
    ids(findNeverPut({ ...withTokens(orphan), ...more }, { protectedId }));
  const orphan = rotated('corph', 31, 'cthree');

  it('replaces the current token and is younger than its place', () => {
    expect(find(orphan)).toEqual(['corph']);
    expect(find(rotated('corph', 31, 'ctwo2'))).toEqual([]);
    expect(find(orphan, { places: [place(31 - 1.01 / 1440)] })).toEqual(['corph']);
    expect(find(orphan, { places: [place(31 - 1 / 1440)] })).toEqual([]);
  });
  it('is judged by the place with its tag', () => {
    const places = [place(32), place(30, { tag: OTHER_TAG })];
    expect(find(orphan, { places })).toEqual([]);
    expect(find(rotated('corph', 31, 'cthree', { tag: OTHER_TAG }), { places })).toEqual(['corph']);
  });
  it('is more than an hour old', () => {
    expect(find(orphan, { listed: { mapbox: time(31) + HOUR, runner: time(TODAY) } })).toEqual([]);
    expect(find(orphan, { listed: { mapbox: time(31) + HOUR + 1, runner: time(TODAY) } })).toEqual(['corph']);
  });
  it('is doubtful if it is more than an hour old by one clock only', () => {
    const doubtful = (mapbox: number, runner: number) =>
      ids(findDoubtful({ ...withTokens(orphan), listed: { mapbox, runner } }, { protectedId: undefined }));
    const early = time(31) + HOUR;
    expect(doubtful(early + 1, early)).toEqual(['corph']);
    expect(doubtful(early, early + 1)).toEqual(['corph']);
    expect(doubtful(early, early)).toEqual([]);
    expect(doubtful(early + 1, early + 1)).toEqual([]);
  });
  it('has a creation time, and may be deleted', () => {
    expect(find({ ...orphan, created: undefined })).toEqual([]);
    expect(find({ ...orphan, isDefault: true })).toEqual([]);
    expect(find(orphan, {}, 'corph')).toEqual([]);
  });
});

describe('overdue deletions', () => {
  const stuck = (revokePrevious: DeletionPolicy['revokePrevious'], more: RotationFacts = facts) =>
    ids(findStuck(more, { ...policy, revokePrevious }));
  const zeroth = rotated('czero', 5, 'corig');
  const longer = {
    ...facts,
    tokens: [current, second, rotated('cone1', 10, 'czero corig'), zeroth, original],
  };

  it('were due when the current token was created, without the token it replaced', () => {
    expect(stuck('next-rotation', longer)).toEqual(['czero', 'cone1']);
    expect(stuck('next-rotation')).toEqual(['cone1']);
  });
  it('include orphans that were due then', () => {
    expect(stuck('next-rotation', withTokens(rotated('corph', 12, 'corig')))).toEqual(['cone1', 'corph']);
    expect(stuck('next-rotation', withTokens(rotated('corph', 30 - 1 / 25, 'corig')))).toEqual(['cone1']);
    expect(stuck('next-rotation', withTokens(rotated('corph', 31, 'corig')))).toEqual(['cone1']);
  });
  it('are judged by today’s duration', () => {
    expect(stuck({ after: 15 * DAY }, longer)).toEqual(['czero']);
    expect(stuck({ after: 25 * DAY }, longer)).toEqual([]);
  });
  it('are none with `now` and `never`', () => {
    expect(stuck('now', longer)).toEqual([]);
    expect(stuck('never', longer)).toEqual([]);
  });
});

describe('a plan', () => {
  const plan = (changes: Partial<DeletionPolicy> = {}, more: RotationFacts = facts) => {
    const { due, kept } = planDeletions(more, { ...policy, ...changes });
    return { due: ids(due), kept: Object.fromEntries(kept.map(({ token, reason }) => [token.id, reason])) };
  };
  it('deletes tokens that are due, gives reasons for those that stay, and ignores the rest', () => {
    expect(plan()).toEqual({
      due: ['cone1', 'ctwo2'],
      kept: { corig: 'original', cthree: 'next-rotation' },
    });
  });
  it('also deletes a leaked replaced token', () => {
    expect(plan({ revokePrevious: 'now' })).toEqual({
      due: ['cone1', 'ctwo2', 'cthree'],
      kept: { corig: 'original' },
    });
    expect(plan({ revokePrevious: 'now' }, { ...facts, current: original, tokens: [original] }).due).toEqual([
      'corig',
    ]);
  });
  it('keeps a leaked token that must not be deleted', () => {
    const leaked = { ...current, isDefault: true };
    const more = { ...facts, current: leaked, tokens: [leaked, second] };
    expect(plan({ revokePrevious: 'now' }, more)).toEqual({
      due: ['ctwo2'],
      kept: { cthree: 'default-token' },
    });
    expect(plan({ revokePrevious: 'now', protectedId: 'cthree' })).toMatchObject({
      kept: { cthree: 'authorizing-token' },
    });
  });
  it('gives the reasons why the chain stays', () => {
    expect(plan({ revokePrevious: 'never' }).kept).toEqual({
      cone1: 'never',
      ctwo2: 'never',
      cthree: 'never',
      corig: 'original',
    });
    expect(plan({ revokePrevious: { after: 15 * DAY } })).toEqual({
      due: ['cone1'],
      kept: { ctwo2: 'duration', cthree: 'duration', corig: 'original' },
    });
    expect(plan({}, at(time(30) + HOUR)).kept).toMatchObject({ ctwo2: 'too-young' });
  });
  it('names every orphan that stays, and tokens that replace the chain’s for another secret', () => {
    const more = withTokens(
      rotated('cyoung', TODAY, 'cthree'),
      rotated('cmute', 31, 'cthree', { created: undefined }),
      rotated('celse', 31, 'cone1', { tag: FOREIGN_TAG }),
      rotated('cfar', 31, 'cgone', { tag: FOREIGN_TAG }),
    );
    expect(plan({}, more).kept).toEqual({
      corig: 'original',
      cthree: 'next-rotation',
      cyoung: 'young-orphan',
      cmute: 'orphan',
      celse: 'elsewhere',
    });
    expect(plan({ revokePrevious: 'never' }, more).kept).toMatchObject({ cyoung: 'orphan' });
  });
});

describe('a run is older than the secret', () => {
  const later = (replacement: ListedToken) =>
    findLater({ ...facts, current: second, tokens: [second, replacement] })?.id;
  it('if a replacement of its token was created before the secret changed', () => {
    expect(later(rotated('cthree', 30, 'ctwo2'))).toBe('cthree');
    expect(later(rotated('cthree', 30, 'cxxxx ctwo2'))).toBe('cthree');
  });
  it('within a minute', () => {
    const minute = MINUTE / DAY;
    expect(later(rotated('cthree', 30 + minute, 'ctwo2'))).toBe('cthree');
    expect(later(rotated('cthree', 30 + 1.01 * minute, 'ctwo2'))).toBeUndefined();
  });
  it('if the replacement has no creation time', () => {
    expect(later({ ...rotated('cthree', 0, 'ctwo2'), created: undefined })).toBe('cthree');
  });
  it('but not because of its own token, whatever its note', () => {
    const own = rotated('cthree', 30, 'ctwo2 cthree');
    expect(findLater({ ...facts, current: own, tokens: [own] })).toBeUndefined();
  });
  it('but not if the replacement is for another place or another token', () => {
    expect(later(rotated('cthree', 30, 'ctwo2', { tag: FOREIGN_TAG }))).toBeUndefined();
    expect(later(rotated('cthree', 30, 'cone1'))).toBeUndefined();
  });
});

it('finds a place that never got the current token', () => {
  const updated = (milliseconds: number) => place(0, { updatedAt: new Date(time(30) + milliseconds) });
  expect(isBehind(updated(-60_001), current)).toBe(true);
  expect(isBehind(updated(-60_000), current)).toBe(false);
  expect(isBehind(updated(-DAY), { ...current, created: undefined })).toBe(false);
});

it('calls a token young by Mapbox’s clock, and only if its creation time is known', () => {
  const young = (age: number, changes: Partial<ListedToken> = {}) =>
    isYoung(
      {
        ...facts,
        current: { ...current, ...changes },
        listed: { mapbox: time(30) + age, runner: time(900) },
      },
      DAY,
    );
  expect([young(DAY), young(DAY + 1), young(0, { created: undefined })]).toEqual([true, false, false]);
});

describe('the pause before a rotation', () => {
  const rest = (age: number, updatedAge: number, changes: Partial<ListedToken> = {}) =>
    timeToRest({
      ...facts,
      current: { ...current, ...changes },
      listed: { mapbox: time(30) + age, runner: 0 },
      places: [place(1, { now: time(2) }), place(3, { now: time(3) + updatedAge })],
    });
  it('ends two minutes after the token was created and the last place was changed', () => {
    expect(rest(120_000, 120_000)).toBe(0);
    expect(rest(119_000, DAY)).toBe(1_000);
    expect(rest(DAY, 90_000)).toBe(30_000);
  });
  it('continues if a time is in the future', () => {
    expect(rest(-5_000, DAY)).toBe(125_000);
  });
  it('ignores a token without a creation time', () => {
    expect(rest(0, DAY, { created: undefined })).toBe(0);
  });
});

it('recognizes a token of another secret’s rotation', () => {
  const places = [place(30, { tag: FOREIGN_TAG })];
  expect(isFromElsewhere(facts)).toBe(false);
  expect(isFromElsewhere({ ...facts, current: original })).toBe(false);
  expect(isFromElsewhere({ ...facts, places })).toBe(true);
  expect(isFromElsewhere({ ...facts, places: [...places, place(30)] })).toBe(false);
});

it('accepts only markers of rotations', () => {
  expect(rotationMarker(current)?.purpose.replaced).toBe('ctwo2');
  expect(rotationMarker(token('cjob0', 1, 'x (o/r) [until job ends: 123/7.1#abcdex1y]'))).toBeUndefined();
});
