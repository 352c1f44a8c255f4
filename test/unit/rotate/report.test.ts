import { expect, it } from 'vitest';
import type { ListedToken } from '../../../src/mapbox/list.ts';
import type { LeftToken } from '../../../src/rotate/deletions.ts';
import { describeLeft, failureWarning, leftWarning } from '../../../src/rotate/report.ts';

const token = (id: string, note = 'Releases (o/r) [replaces cprev0: 123/7.1#abcdex1y]'): ListedToken => ({
  id,
  usage: 'sk',
  note,
  scopes: [],
  allowedUrls: [],
  created: undefined,
  isDefault: false,
});

it.each<[LeftToken['reason'], RegExp]>([
  ['next-rotation', /The next rotation deletes it/],
  ['behind', /missed a rotation/],
  ['original', /created by no rotation/],
  ['default-token', /default token/],
  ['authorizing-token', /authorizing token/],
  ['never', /`never`/],
  ['other', /not in place of this token/],
  ['run-in-progress', /not over/],
  ['run-unknown', /`actions: read`/],
  ['not-deleted', /could not be deleted/],
])('says of a token why it stays: %s', (reason, says) => {
  const text = describeLeft({ token: token('cone1'), reason });
  expect(text).toMatch(/^The token cone1 \("Releases \(o\/r\)"\) .*\.$/);
  expect(text).toMatch(says);
});

it('names a token without a text by its id alone', () => {
  const bare = token('cone1', '[replaces cprev0: 123/7.1#abcdex1y]');
  expect(describeLeft({ token: bare, reason: 'never' })).toMatch(/^The token cone1 stays/);
});

it('warns of what only a person can decide', () => {
  const left = (['next-rotation', 'original', 'run-unknown', 'never'] as const).map((reason, n) => ({
    token: token(`cone${n}`),
    reason,
  }));
  const warning = leftWarning(left) ?? '';
  expect(warning).toMatch(/cone1[\s\S]*cone2[\s\S]*Tokens page: https:/);
  expect(warning).not.toMatch(/cone0|cone3/);
  expect(leftWarning(left.slice(0, 1))).toBeUndefined();
});

it('warns of what could not be deleted, and more so where it has leaked', () => {
  const left = [{ token: token('cone1'), reason: 'not-deleted' as const }];
  const deletions = { deleted: [], left, failure: 'Mapbox responded with 502.' };
  expect(failureWarning(deletions, false)).toMatch(/cone1\. Mapbox responded with 502\. The next rotation/);
  expect(failureWarning(deletions, true)).toMatch(/They have leaked/);
  expect(failureWarning({ deleted: [], left: [], failure: undefined }, true)).toBeUndefined();
});
