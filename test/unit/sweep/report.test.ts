import { describe, expect, it } from 'vitest';
import type { LookupError } from '../../../src/github/runs.ts';
import { TOKENS_PAGE } from '../../../src/mapbox/account.ts';
import {
  describeDeleteReason,
  describeDeletion,
  describeKeepReason,
  describeLookupError,
  pluralize,
  SweepReport,
} from '../../../src/sweep/report.ts';
import type { KeepReason, SweptToken } from '../../../src/sweep/rule.ts';
import {
  notSent,
  rateLimited,
  refusal,
  rejected,
  serverError,
  unreadable,
} from '../../support/api-results.ts';
import { FakeRunner } from '../../support/fake-runner.ts';
import { idOf } from '../../support/tokens.ts';
import { run } from '../../support/workflow-run.ts';

const NOW = Date.UTC(2026, 0, 2);

function swept(n: number, reason: KeepReason, age?: number, note = `note ${n}`): SweptToken {
  const created = age === undefined ? undefined : new Date(NOW - age);
  return {
    token: {
      id: idOf(n),
      usage: 'sk',
      note,
      scopes: [],
      allowedUrls: [],
      created,
      isDefault: false,
      notUnderstood: [],
    },
    run: { ...run, id: String(n), attempt: '2' },
    decision: { kind: 'keep', reason },
  };
}

const notChecked: KeepReason = { kind: 'not-checked' };

const unknown = (status: number): KeepReason => ({ kind: 'unknown', cause: refusal(status) });

describe('the report', () => {
  it.each([
    [0, '0.1 s ago'],
    [-5000, '0.1 s ago'],
    [90_000, '90 s ago'],
    [47 * 3_600_000, '47 h ago'],
    [48 * 3_600_000, '2 days ago'],
    [72 * 3_600_000 - 1, '2 days ago'],
    [undefined, 'at an unknown time'],
  ])('has a line for each token, with its age: %j ms', (age, words) => {
    const runner = new FakeRunner();
    new SweepReport(runner, NOW).add(swept(1, notChecked, age), 'kept, for a test');
    expect(runner.lines('info')).toEqual([
      `${idOf(1)} "note 1", created by https://github.com/octo-org/maps/actions/runs/1 ${words}: kept, for a test`,
    ]);
  });

  it('keeps a note on one line', async () => {
    const runner = new FakeRunner();
    const report = new SweepReport(runner, NOW);
    report.add(swept(1, notChecked, 0, 'a\n::error::b\u001b[31m'), 'kept');
    await report.writeSummary('Sweep');
    expect(runner.lines('info')[0]).toContain('"a ::error::b [31m"');
    expect(runner.summary.at(-2)?.[1]).toBe('a ::error::b [31m');
  });

  it('lists at most 500 tokens in its table', async () => {
    const runner = new FakeRunner();
    const report = new SweepReport(runner, NOW);
    for (let n = 1; n <= 502; n++)
      report.add(swept(n, notChecked, n === 1 ? undefined : 60_000), `result ${n}`);
    await report.writeSummary('Sweep');
    expect(runner.summary.slice(0, 3)).toEqual([
      ['Sweep'],
      ['Token', 'Note', 'Age', 'Run', 'Result'],
      [idOf(1), 'note 1', 'unknown', 'https://github.com/octo-org/maps/actions/runs/1', 'result 1'],
    ]);
    expect(runner.summary).toHaveLength(2 + 500 + 2);
    expect(runner.summary.slice(-2)).toEqual([
      ['…', '2 more, see the log', '', '', ''],
      ['Tokens page', TOKENS_PAGE, '', '', ''],
    ]);
  });

  it('has no table without tokens', async () => {
    const runner = new FakeRunner();
    await new SweepReport(runner, NOW).writeSummary('Sweep');
    expect(runner.summary).toEqual([]);
  });
});

describe('the reason why a token is kept', () => {
  it.each([
    [{ kind: 'in-progress', status: 'x'.repeat(99) }, `its run is not over (${'x'.repeat(40)})`],
    [unknown(403), 'it is unknown whether its run is over: GitHub responded with 403'],
    [{ kind: 'default-token' }, "it is the account's default token"],
    [{ kind: 'other-usage' }, 'it is neither public nor secret'],
    [{ kind: 'authorizing-token' }, 'it is the authorizing token'],
    [{ kind: 'this-run' }, "it belongs to the sweep's own run"],
    [{ kind: 'run-not-found' }, 'GitHub cannot find its run, but the token may be less than a day old'],
    [
      { kind: 'cut-note' },
      'its note was truncated, so tokens with the same note may have different purposes',
    ],
    [{ kind: 'not-checked' }, 'there was no time to ask GitHub about its run'],
    [{ kind: 'newest' }, 'it is among the newest with its note'],
    [{ kind: 'too-young' }, 'it is younger than `permanent-min-age`'],
    [{ kind: 'unknown-age' }, 'Mapbox did not say how old it is'],
  ] satisfies [KeepReason, string][])('%o', (reason, words) => {
    expect(describeKeepReason(reason)).toBe(words);
  });
});

describe('the reason why a token is due for deletion', () => {
  it.each([
    ['run-completed', 'its run is over'],
    ['jobs-completed', 'all jobs of its run completed more than a day ago'],
    ['older-than-job-max-age', 'it is older than `job-max-age`'],
    ['run-deleted', 'its run was deleted on GitHub'],
    ['older-than-any-run', 'it is older than any run can be'],
    ['superseded', 'newer tokens have its note'],
  ] as const)('%s', (reason, words) => {
    expect(describeDeleteReason(reason)).toBe(words);
  });
});

describe('the result of a deletion', () => {
  it.each([
    [{ kind: 'deleted' }, 'deleted, newer tokens have its note'],
    [{ kind: 'already-deleted' }, 'already deleted'],
    [{ kind: 'unlisted' }, "no longer in Mapbox's list"],
    [
      { kind: 'unconfirmed' },
      'kept although newer tokens have its note: Mapbox responded with 404 to its deletion, and no complete list confirmed that it is gone',
    ],
    [{ kind: 'skipped' }, 'kept although newer tokens have its note: its deletion was not attempted'],
    [
      rejected({ status: 422 }),
      'kept although newer tokens have its note: Mapbox rejected its deletion (422)',
    ],
    [
      { kind: 'retries-exhausted', service: 'Mapbox', last: rateLimited(1), attempts: 1, elapsed: 1 },
      'kept although newer tokens have its note: its deletion failed',
    ],
  ] as const)('$kind', (deletion, words) => {
    expect(describeDeletion(deletion, 'superseded')).toBe(words);
  });
});

describe('the reason why a run’s state is unknown', () => {
  it.each([
    [{ ...rateLimited(60_000), status: 403 }, "GitHub's rate limit is exceeded (403); it resets in 60 s"],
    [refusal(403), 'GitHub responded with 403'],
    [
      refusal(403, 'Resource not accessible by integration'),
      'GitHub responded with 403: "Resource not accessible by integration"',
    ],
    [serverError(502), 'GitHub responded with 502 and an empty response'],
    [unreadable(200), 'GitHub responded with 200, but with an HTML page'],
    [notSent(), 'Could not connect to GitHub: connection refused (ECONNREFUSED)'],
  ] satisfies [LookupError, string][])('%o', (cause, words) => {
    expect(describeLookupError(cause)).toBe(words);
  });
});

it('counts in words', () => {
  expect([0, 1, 2].map(count => pluralize(count, 'token'))).toEqual(['0 tokens', '1 token', '2 tokens']);
});
