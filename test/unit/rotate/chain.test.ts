import { describe, expect, it } from 'vitest';
import type { ListedToken } from '../../../src/mapbox/list.ts';
import {
  chainOf,
  type DeletionPolicy,
  findOrphans,
  findSuccessor,
  isBehind,
  isFromElsewhere,
  isOld,
  originalOf,
  planDeletions,
  rotationMarker,
} from '../../../src/rotate/chain.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const TAG = 'abcde';
const places = [{ tag: TAG, updatedAt: new Date(START + 30 * DAY) }];

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
  created: new Date(START + day * DAY),
  isDefault: false,
  ...changes,
});

/** A token created by a rotation. */
const rotated = (id: string, day: number, replaces: string, { tag = TAG, run = '7', ...changes } = {}) =>
  token(id, day, `Releases (o/r) [replaces ${replaces}: 123/${run}.1#${tag}x1y]`, changes);

const original = token('corig', 0);
const first = rotated('cone1', 10, 'corig');
const second = rotated('ctwo2', 20, 'cone1 corig');
const current = rotated('cthree', 30, 'ctwo2 corig');
const tokens = [current, second, first, original, token('cother', 5)];
const facts = { current, tokens, places };

const policy: DeletionPolicy = {
  revokePrevious: 'next-rotation',
  revokeOriginal: false,
  protectedId: undefined,
  anyBehind: false,
};

const plan = (changes: Partial<DeletionPolicy> = {}, more: Partial<typeof facts> = {}) => {
  const all = { ...facts, ...more };
  const orphans = findOrphans(all, { ...policy, ...changes });
  const { due, kept } = planDeletions(all, { ...policy, ...changes }, () => 'run-unknown');
  return {
    due: due.map(({ id }) => id),
    orphans: orphans.map(({ token }) => token.id),
    kept: Object.fromEntries(kept.map(({ token, reason }) => [token.id, reason])),
  };
};

describe('the chain', () => {
  it('is what the markers name, as far as the list has them, and the originals', () => {
    expect([...chainOf(current, tokens)].sort()).toEqual(['cone1', 'corig', 'ctwo2']);
  });
  it('has ids that are no longer listed', () => {
    expect([...chainOf(current, [current])].sort()).toEqual(['corig', 'ctwo2']);
  });
  it('ends where markers name each other', () => {
    const a = rotated('caaaa', 1, 'cbbbb');
    const b = rotated('cbbbb', 2, 'caaaa');
    expect([...chainOf(a, [a, b])]).toEqual(['cbbbb']);
  });
  it('is empty for a token that no rotation created', () => {
    expect(chainOf(original, tokens).size).toBe(0);
  });
  it('began with the token that no rotation of these places created', () => {
    expect(originalOf(facts)).toBe('corig');
    expect(originalOf({ ...facts, tokens: [current, second, first] })).toBeUndefined();
    expect(originalOf({ ...facts, current: original })).toBeUndefined();
    expect(originalOf({ ...facts, current: first })).toBe('corig');
  });
});

describe('a plan', () => {
  it('deletes what earlier rotations replaced, oldest first, and leaves everything else', () => {
    expect(plan()).toEqual({
      due: ['cone1', 'ctwo2'],
      orphans: [],
      kept: { corig: 'original', cthree: 'next-rotation' },
    });
  });
  it('deletes the replaced token, too, where it has leaked', () => {
    expect(plan({ revokePrevious: 'now' })).toMatchObject({
      due: ['cone1', 'ctwo2', 'cthree'],
      kept: { corig: 'original' },
    });
  });
  it('deletes a leaked token that no rotation created', () => {
    expect(plan({ revokePrevious: 'now' }, { current: original, tokens: [original] }).due).toEqual(['corig']);
  });
  it('deletes nothing where that is requested', () => {
    expect(plan({ revokePrevious: 'never' })).toMatchObject({
      due: [],
      kept: { cone1: 'never', ctwo2: 'never', cthree: 'never', corig: 'original' },
    });
  });
  it('deletes the original where that is requested', () => {
    expect(plan({ revokeOriginal: true }).due).toEqual(['corig', 'cone1', 'ctwo2']);
    expect(plan({ revokeOriginal: true, revokePrevious: 'never' }).due).toEqual([]);
  });
  it('keeps the chain while a place is behind, but not a leaked token', () => {
    expect(plan({ anyBehind: true })).toMatchObject({ due: [], kept: { cone1: 'behind', ctwo2: 'behind' } });
    expect(plan({ anyBehind: true, revokePrevious: 'now' }).due).toEqual(['cthree']);
  });
  it('never has a default token or an authorizing token of its own', () => {
    const chain = [current, { ...second, isDefault: true }, first];
    expect(plan({ protectedId: 'cone1', revokeOriginal: true }, { tokens: chain })).toMatchObject({
      due: [],
      kept: { ctwo2: 'default-token', cone1: 'authorizing-token' },
    });
    expect(plan({ protectedId: 'cthree', revokePrevious: 'now' }).due).not.toContain('cthree');
    const orphan = rotated('corph', 31, 'cthree');
    expect(plan({ protectedId: 'corph' }, { tokens: [...tokens, orphan] }).orphans).toEqual([]);
    expect(plan({}, { tokens: [...tokens, { ...orphan, isDefault: true }] }).orphans).toEqual([]);
  });
  it('takes a token of another place’s rotation for one that no rotation created', () => {
    const foreign = rotated('ctwo2', 20, 'cone1', { tag: 'zzzzz' });
    expect(plan({}, { tokens: [current, foreign, first] }).kept).toMatchObject({ ctwo2: 'original' });
  });
  it('finds what a dead rotation created in place of the current token or one before it', () => {
    const orphan = rotated('corph', 31, 'cthree');
    const older = rotated('colde', 21, 'cone1');
    const elsewhere = rotated('celse', 31, 'cthree', { tag: 'zzzzz' });
    const unrelated = rotated('cunre', 31, 'cgone0');
    const all = [...tokens, orphan, older, elsewhere, unrelated];
    expect(plan({}, { tokens: all })).toMatchObject({
      orphans: ['corph', 'colde'],
      kept: { cunre: 'other', colde: 'run-unknown', corph: 'run-unknown' },
    });
    expect(Object.keys(plan({}, { tokens: all }).kept)).not.toContain('celse');
    const { due } = planDeletions({ ...facts, tokens: all }, policy, () => undefined);
    expect(due.map(({ id }) => id)).toEqual(['cone1', 'ctwo2', 'colde', 'corph']);
  });
});

describe('a run is older than the secret', () => {
  const stale = (replacement: ListedToken) =>
    findSuccessor({ ...facts, current: second, tokens: [second, replacement] })?.id;
  it('where a replacement of its token was created before the secret changed', () => {
    expect(stale(rotated('cthree', 30, 'ctwo2'))).toBe('cthree');
    expect(stale(rotated('cthree', 30, 'cxxxx ctwo2'))).toBe('cthree');
  });
  it('give or take a minute', () => {
    const minute = 60_000 / DAY;
    expect(stale(rotated('cthree', 30 + minute, 'ctwo2'))).toBe('cthree');
    expect(stale(rotated('cthree', 30 + 1.01 * minute, 'ctwo2'))).toBeUndefined();
  });
  it('where the replacement does not say when it was created', () => {
    expect(stale({ ...rotated('cthree', 0, 'ctwo2'), created: undefined })).toBe('cthree');
  });
  it('but not for its own token, whatever somebody wrote into its note', () => {
    const own = rotated('cthree', 30, 'ctwo2 cthree');
    expect(findSuccessor({ ...facts, current: own, tokens: [own] })).toBeUndefined();
  });
  it('but not where it is for another place, or in place of another token', () => {
    expect(stale(rotated('cthree', 30, 'ctwo2', { tag: 'zzzzz' }))).toBeUndefined();
    expect(stale(rotated('cthree', 30, 'cone1'))).toBeUndefined();
  });
});

it('finds a place that never got the current token', () => {
  const at = (milliseconds: number) => ({ tag: TAG, updatedAt: new Date(START + 30 * DAY + milliseconds) });
  expect(isBehind(at(-60_001), current)).toBe(true);
  expect(isBehind(at(-60_000), current)).toBe(false);
  expect(isBehind(at(-DAY), { ...current, created: undefined })).toBe(false);
});

it('calls a token old that is older than the age, or does not say', () => {
  expect(isOld(current, DAY, START + 31 * DAY)).toBe(false);
  expect(isOld(current, DAY, START + 31 * DAY + 1)).toBe(true);
  expect(isOld({ ...current, created: undefined }, DAY, START)).toBe(true);
});

it('knows the token of another secret’s rotation', () => {
  expect(isFromElsewhere(facts)).toBe(false);
  expect(isFromElsewhere({ ...facts, current: original })).toBe(false);
  expect(isFromElsewhere({ ...facts, places: [{ tag: 'zzzzz' }] })).toBe(true);
  expect(isFromElsewhere({ ...facts, places: [{ tag: 'zzzzz' }, { tag: TAG }] })).toBe(false);
});

it('takes only markers of rotations', () => {
  expect(rotationMarker(current)?.purpose.replaced).toBe('ctwo2');
  expect(rotationMarker(token('cjob0', 1, 'x (o/r) [until job ends: 123/7.1#abcdex1y]'))).toBeUndefined();
});
