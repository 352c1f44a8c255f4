import { expect, it } from 'vitest';
import type { ListedToken } from '../../../src/mapbox/list.ts';
import type { KeptToken, RevokePrevious } from '../../../src/rotate/chain.ts';
import { describeKept, keptLines, leftWarning } from '../../../src/rotate/report.ts';
import { run } from '../../support/workflow-run.ts';

const token = (
  id: string,
  note = 'Releases (octo-org/maps) [replaces cprev0: 123/7.1#abcdex1y]',
): ListedToken => ({
  id,
  usage: 'sk',
  note,
  scopes: [],
  allowedUrls: [],
  created: undefined,
  isDefault: false,
  notUnderstood: [],
});

const rotation = (revokePrevious: RevokePrevious = 'next-rotation') => ({
  policy: { revokePrevious, revokeOriginal: false, protectedId: undefined },
  run,
});
const now = rotation('now');

it.each<[KeptToken['reason'], RegExp]>([
  ['next-rotation', /The next rotation deletes it/],
  ['duration', /deletes it 48 h after it was replaced/],
  ['too-young', /less than an hour ago/],
  ['original', /not created by a rotation/],
  ['default-token', /default token/],
  ['authorizing-token', /authorizing token/],
  ['never', /`never`/],
  ['orphan', /interrupted rotation and is not deleted/],
  ['young-orphan', /A later rotation deletes it/],
  ['elsewhere', /for another secret/],
])('gives the reason why a token stays: %s', (reason, says) => {
  const text = describeKept({ token: token('cone1'), reason }, rotation({ after: 172_800_000 }));
  expect(text).toMatch(/^The token cone1 \("Releases"\) .*\.$/);
  expect(text).toMatch(says);
});

it('never promises a deletion within an hour', () => {
  const text = describeKept({ token: token('cone1'), reason: 'duration' }, rotation({ after: 600_000 }));
  expect(text).toContain('A run deletes it 1 h after it was replaced.');
});

it('names a token without a text by its ID alone', () => {
  const bare = token('cone1', '[replaces cprev0: 123/7.1#abcdex1y]');
  expect(describeKept({ token: bare, reason: 'never' }, rotation())).toMatch(/^The token cone1 is kept/);
});

it('warns about tokens that need a decision, and logs the others', () => {
  const reasons = ['next-rotation', 'original', 'young-orphan', 'elsewhere', 'never'] as const;
  const kept = reasons.map((reason, n) => ({ token: token(`cone${n}`), reason }));
  const warning = leftWarning(kept, [], rotation()) ?? '';
  expect(warning).toMatch(/cone1[\s\S]*cone2[\s\S]*cone3[\s\S]*Tokens page: https:/);
  expect(warning).not.toMatch(/cone0|cone4/);
  expect(leftWarning(kept.slice(0, 1), [], rotation())).toBeUndefined();
  expect(keptLines(kept, rotation()).join('\n')).toMatch(/^The token cone0.*\nThe token cone4/);
});

it('warns about each token that could not be deleted, more strongly if it has leaked', () => {
  const undeleted = [{ token: token('cone1'), reason: 'Mapbox responded with 502.' }];
  expect(leftWarning([], undeleted, rotation())).toMatch(
    /A later rotation tries again[\s\S]*cone1.*: Mapbox responded with 502\./,
  );
  expect(leftWarning([], undeleted, now)).toMatch(/They have leaked/);
  expect(leftWarning([], [], now)).toBeUndefined();
});

it.each(['default-token', 'authorizing-token'] as const)(
  'warns that a leaked token still works, and says what to do: %s',
  reason => {
    const kept = [{ token: token('cone1'), reason }];
    expect(leftWarning(kept, [], now)).toMatch(/cone1.* has leaked and still works: .*\*Refresh\*/);
    expect(leftWarning(kept, [], rotation())).toBeUndefined();
  },
);
