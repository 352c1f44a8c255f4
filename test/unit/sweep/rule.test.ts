import { describe, expect, it } from 'vitest';
import type { RunState } from '../../../src/github/runs.ts';
import type { ListedToken } from '../../../src/mapbox/list.ts';
import type { WorkflowRun } from '../../../src/runtime/workflow-run.ts';
import { type Decision, decide, runsToCheck, type SweepRules } from '../../../src/sweep/rule.ts';
import fc from '../../support/random.ts';
import { expectedDeletions, isForSweep, note, OVER } from '../../support/sweep-notes.ts';
import { DAY, markerFor, REPOSITORY, REPOSITORY_ID, SERVER, SWEEPING_RUN } from '../../support/sweep-step.ts';

const NOW = Date.UTC(2026, 0, 2);

const here: WorkflowRun = {
  server: SERVER,
  repository: REPOSITORY,
  repositoryId: REPOSITORY_ID,
  id: SWEEPING_RUN,
  attempt: '1',
};

const rules: SweepRules = { run: here, authorizingTokenId: 'cown0', now: NOW, permanent: undefined };

const keepTwo: SweepRules = { ...rules, permanent: { keep: 2, minAge: 7 * DAY } };

const completed = new Map<string, RunState>(
  Array.from(OVER, over => [over.replace('/', '.'), { kind: 'completed' }]),
);

const listed = (note: string, changes: Partial<ListedToken> = {}): ListedToken => ({
  id: 'cother',
  usage: 'sk',
  note,
  scopes: [],
  allowedUrls: [],
  created: undefined,
  isDefault: false,
  notUnderstood: [],
  ...changes,
});

const daysOld = (days: number) => new Date(NOW - days * DAY);

describe('the rule', () => {
  const token = fc.record({
    note,
    usage: fc.constantFrom('pk', 'sk', 'sk', 'tk', 'xx', ''),
    days: fc.constantFrom(undefined, 0.5, 6, 8, 35, 37),
    isDefault: fc.constantFrom(false, false, false, true),
    notUnderstood: fc.constant([]),
  });

  it('deletes a token if and only if its note, usage, id, age and default say so', () => {
    let deletions = 0;
    fc.assert(
      fc.property(
        fc.array(token, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(undefined, { keep: 1, minAge: 7 * DAY }, { keep: 2, minAge: 0 }),
        (tokens, permanent) => {
          // No two of the same age: which of them is the newer is nobody's business.
          const candidates = tokens.map(({ days, ...rest }, n) => ({
            ...rest,
            id: n === 0 ? 'cown0' : `cother${n}`,
            age: days === undefined ? undefined : days * DAY + n,
          }));
          const all = candidates.map(({ age, ...rest }) =>
            listed(rest.note, { ...rest, created: age === undefined ? undefined : new Date(NOW - age) }),
          );
          const decided = decide(all, { ...rules, permanent }, completed);
          const ids = decided
            .filter(({ decision }) => decision.kind === 'delete')
            .map(({ token }) => token.id);
          expect(ids).toEqual(expectedDeletions(candidates, 'cown0', permanent));
          deletions += ids.length;
        },
      ),
      { numRuns: 5_000 },
    );
    expect(deletions).toBeGreaterThan(400);
  });

  it('is for no token without a marker of this repository', () => {
    fc.assert(
      fc.property(note, fc.constantFrom(rules, keepTwo), (text, chosen) => {
        const decided = decide([listed(text)], chosen, completed);
        expect(decided).toHaveLength(isForSweep(text, chosen.permanent) ? 1 : 0);
      }),
      { numRuns: 20_000 },
    );
  });
});

it('is for no token that a rotation made', () => {
  const note = `Deploy [replaces ${'c'.repeat(25)}: 123456789/1.1#abcd1234]`;
  expect(decide([listed(note, { created: daysOld(99) })], keepTwo, completed)).toEqual([]);
});

const decisionOn = (
  token: ListedToken,
  chosen: SweepRules = rules,
  states: ReadonlyMap<string, RunState> = completed,
): Decision | undefined => decide([token], chosen, states)[0]?.decision;

describe('a token that lives until its job ends', () => {
  const job = (changes: Partial<ListedToken> = {}) => listed(markerFor('1'), changes);

  it.each([
    [{ kind: 'completed' }, { kind: 'delete', reason: 'run-completed' }],
    [{ kind: 'deleted' }, { kind: 'delete', reason: 'run-deleted' }],
    [
      { kind: 'in-progress', status: 'queued' },
      { kind: 'keep', reason: { kind: 'in-progress', status: 'queued' } },
    ],
    [
      { kind: 'unknown', cause: { kind: 'not-sent', code: 'ENOTFOUND' } },
      { kind: 'keep', reason: { kind: 'unknown', cause: { kind: 'not-sent', code: 'ENOTFOUND' } } },
    ],
  ] as const)('goes by its run: %o', (state, decision) => {
    expect(decisionOn(job(), rules, new Map([['1.1', state]]))).toEqual(decision);
  });

  it.each([
    ['the default token', { isDefault: true }, 'default-token'],
    ['neither public nor secret', { usage: 'tk' }, 'other-usage'],
    ['the authorizing token', { id: 'cown0' }, 'authorizing-token'],
    ['of the run that sweeps', { note: markerFor(SWEEPING_RUN, { attempt: 2 }) }, 'this-run'],
    ['of a run that GitHub was not asked about', { note: markerFor('2') }, 'not-checked'],
  ])('stays where it is %s', (_, changes, kind) => {
    expect(decisionOn(job(changes))).toEqual({ kind: 'keep', reason: { kind } });
  });

  it('is older than any run from the 36th day on', () => {
    const old = { kind: 'delete', reason: 'older-than-any-run' };
    const notChecked = { kind: 'keep', reason: { kind: 'not-checked' } };
    const aged = (milliseconds: number, chosen = rules) =>
      decisionOn(job({ created: new Date(NOW - milliseconds) }), chosen, new Map());
    expect(aged(36 * DAY + 1)).toEqual(old);
    expect(aged(36 * DAY)).toEqual(notChecked);
    expect(aged(-DAY)).toEqual(notChecked);
    expect(aged(99 * DAY, { ...rules, now: undefined })).toEqual(notChecked);
  });
});

describe('a permanent token', () => {
  const permanent = (days: number | undefined, changes: Partial<ListedToken> = {}) =>
    listed(`Web map (octo-org/maps) ${markerFor('1', { until: 'deleted' })}`, {
      id: `c${days}`,
      created: days === undefined ? undefined : daysOld(days),
      ...changes,
    });
  const reasons = (tokens: readonly ListedToken[], chosen = keepTwo) =>
    decide(tokens, chosen, new Map()).map(({ token, decision: { reason } }) => [
      token.id,
      typeof reason === 'string' ? reason : reason.kind,
    ]);

  it('stays among the newest, and while it is young', () => {
    expect(reasons([30, 8, 6, 5, 4, 1].map(days => permanent(days)))).toEqual([
      ['c30', 'superseded'],
      ['c8', 'superseded'],
      ['c6', 'too-young'],
      ['c5', 'too-young'],
      ['c4', 'newest'],
      ['c1', 'newest'],
    ]);
  });

  it('is due from its minimum age on', () => {
    expect(reasons([permanent(7), permanent(2), permanent(1)])[0]).toEqual(['c7', 'superseded']);
  });

  it('stays where its age is not known, and does not count', () => {
    expect(reasons([permanent(undefined), permanent(20), permanent(30)])).toEqual([
      ['cundefined', 'unknown-age'],
      ['c20', 'newest'],
      ['c30', 'newest'],
    ]);
    expect(reasons([permanent(20), permanent(30), permanent(40)], { ...keepTwo, now: undefined })).toEqual([
      ['c20', 'unknown-age'],
      ['c30', 'unknown-age'],
      ['c40', 'unknown-age'],
    ]);
  });

  it('does not count where it is protected', () => {
    expect(
      reasons([
        permanent(1, { isDefault: true }),
        permanent(2, { id: 'cown0' }),
        permanent(3, { usage: 'tk' }),
        permanent(20),
        permanent(30),
      ]),
    ).toEqual([
      ['c1', 'default-token'],
      ['cown0', 'authorizing-token'],
      ['c3', 'other-usage'],
      ['c20', 'newest'],
      ['c30', 'newest'],
    ]);
  });
});

describe('the runs to check', () => {
  const job = (id: string, created?: Date, changes: Partial<ListedToken> = {}) =>
    listed(markerFor(id), { created, ...changes });
  const idsFor = (tokens: readonly ListedToken[]) =>
    runsToCheck(decide(tokens, keepTwo, new Map())).map(({ id }) => id);

  it('are each named once, the one with the oldest token first, one of unknown age before all', () => {
    const ids = idsFor([
      job('30', daysOld(7)),
      job('10', daysOld(9)),
      job('40'),
      job('20', daysOld(8)),
      job('10', daysOld(1)),
    ]);
    expect(ids).toEqual(['40', '10', '20', '30']);
  });

  it('are none of tokens that need no request', () => {
    const ids = idsFor([
      job(SWEEPING_RUN),
      job('30', undefined, { isDefault: true }),
      job('40', undefined, { usage: 'tk' }),
      job('50', undefined, { id: 'cown0' }),
      job('60', daysOld(37)),
      listed('Production'),
      listed(markerFor('70', { until: 'deleted' })),
    ]);
    expect(ids).toEqual([]);
  });
});
