import { describe, expect, it } from 'vitest';
import type { RunState } from '../../../src/github/runs.ts';
import type { ListedToken } from '../../../src/mapbox/list.ts';
import { buildNote, createMarker } from '../../../src/note.ts';
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

const rules: SweepRules = {
  run: here,
  authorizingTokenId: 'cown0',
  now: NOW,
  jobMaxAge: undefined,
  permanent: undefined,
};

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
        fc.constantFrom(undefined, 3_600_000, 7 * DAY, 99 * DAY),
        (tokens, permanent, jobMaxAge) => {
          // No two have the same age, so that one of them is the newer.
          const candidates = tokens.map(({ days, ...rest }, n) => ({
            ...rest,
            id: n === 0 ? 'cown0' : `cother${n}`,
            age: days === undefined ? undefined : days * DAY + n,
          }));
          const all = candidates.map(({ age, ...rest }) =>
            listed(rest.note, { ...rest, created: age === undefined ? undefined : new Date(NOW - age) }),
          );
          const states = new Map<string, RunState>([...completed, ['2.1', { kind: 'deleted' }]]);
          const decided = decide(all, { ...rules, permanent, jobMaxAge }, states);
          const ids = decided
            .filter(({ decision }) => decision.kind === 'delete')
            .map(({ token }) => token.id);
          const changes = { notFound: '2/1', jobMaxAge };
          expect(ids).toEqual(expectedDeletions(candidates, 'cown0', permanent, changes));
          deletions += ids.length;
        },
      ),
      { numRuns: 5_000 },
    );
    expect(deletions).toBeGreaterThan(400);
  });

  it('does not apply to tokens without a marker of this repository', () => {
    fc.assert(
      fc.property(note, fc.constantFrom(rules, keepTwo), (text, chosen) => {
        const decided = decide([listed(text)], chosen, completed);
        expect(decided).toHaveLength(isForSweep(text, chosen.permanent) ? 1 : 0);
      }),
      { numRuns: 2_000 },
    );
  });
});

it('ignores tokens of another server on the same host', () => {
  const server = (path: string): SweepRules => ({
    ...rules,
    run: { ...here, server: `https://code.example.com${path}`, repositoryId: undefined },
  });
  const note = markerFor('1', { repository: 'octo-org/maps@code.example.com/a' });
  const decide1 = (path: string) => decide([listed(note)], server(path), completed);
  expect(decide1('/a')).toHaveLength(1);
  for (const path of ['', '/b', '/a/b', '/A', '/ab']) expect(decide1(path), path).toEqual([]);
});

it('ignores tokens created by a rotation', () => {
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
    [{ kind: 'jobs-completed' }, { kind: 'delete', reason: 'jobs-completed' }],
    [
      { kind: 'in-progress', status: 'queued' },
      { kind: 'keep', reason: { kind: 'in-progress', status: 'queued' } },
    ],
    [
      { kind: 'unknown', cause: { kind: 'not-sent', code: 'ENOTFOUND' } },
      { kind: 'keep', reason: { kind: 'unknown', cause: { kind: 'not-sent', code: 'ENOTFOUND' } } },
    ],
  ] as const)('depends on its run: %o', (state, decision) => {
    expect(decisionOn(job(), rules, new Map([['1.1', state]]))).toEqual(decision);
  });

  it.each([
    ['the default token', { isDefault: true }, 'default-token'],
    ['neither public nor secret', { usage: 'tk' }, 'other-usage'],
    ['the authorizing token', { id: 'cown0' }, 'authorizing-token'],
    ['of the sweep’s own run', { note: markerFor(SWEEPING_RUN, { attempt: 2 }) }, 'this-run'],
    ['of a run that was not looked up', { note: markerFor('2') }, 'not-checked'],
  ])('is kept if it is %s', (_, changes, kind) => {
    expect(decisionOn(job(changes))).toEqual({ kind: 'keep', reason: { kind } });
  });

  it('is older than any run after 36 days', () => {
    const old = { kind: 'delete', reason: 'older-than-any-run' };
    const notChecked = { kind: 'keep', reason: { kind: 'not-checked' } };
    const aged = (milliseconds: number, chosen = rules) =>
      decisionOn(job({ created: new Date(NOW - milliseconds) }), chosen, new Map());
    expect(aged(36 * DAY + 1)).toEqual(old);
    expect(aged(36 * DAY)).toEqual(notChecked);
    expect(aged(-DAY)).toEqual(notChecked);
    expect(aged(99 * DAY, { ...rules, now: undefined })).toEqual(notChecked);
  });

  it('is deleted after its run only if it is at least a day old, as a new run may not be found yet', () => {
    const gone = { kind: 'delete', reason: 'run-deleted' };
    const kept = { kind: 'keep', reason: { kind: 'run-not-found' } };
    const aged = (created: Date | undefined, chosen = rules) =>
      decisionOn(job({ created }), chosen, new Map([['1.1', { kind: 'deleted' }]]));
    expect(aged(daysOld(1))).toEqual(gone);
    expect(aged(new Date(NOW - DAY + 1))).toEqual(kept);
    expect(aged(daysOld(-1))).toEqual(kept);
    expect(aged(undefined)).toEqual(kept);
    expect(aged(daysOld(30), { ...rules, now: undefined })).toEqual(kept);
  });

  it('is deleted at any age if its run is known to be over', () => {
    expect(decisionOn(job({ created: undefined }))).toEqual({ kind: 'delete', reason: 'run-completed' });
  });
});

describe('with `job-max-age`, a token that lives until its job ends', () => {
  const limited: SweepRules = { ...rules, jobMaxAge: 3 * 3_600_000 };
  const aged = (hours: number | undefined, changes: Partial<ListedToken> = {}, chosen = limited) => {
    const created = hours === undefined ? undefined : new Date(NOW - hours * 3_600_000);
    return decisionOn(listed(markerFor('2'), { created, ...changes }), chosen, new Map());
  };
  const old = { kind: 'delete', reason: 'older-than-job-max-age' };
  const notChecked = { kind: 'keep', reason: { kind: 'not-checked' } };

  it('is deleted without a request to GitHub once it is older', () => {
    expect(aged(3.01)).toEqual(old);
    expect(aged(3)).toEqual(notChecked);
    expect(aged(undefined)).toEqual(notChecked);
    expect(aged(-5)).toEqual(notChecked);
    expect(aged(99, {}, { ...limited, now: undefined })).toEqual(notChecked);
  });

  it('is deleted even if GitHub says that its run is not over', () => {
    const going = new Map<string, RunState>([['2.1', { kind: 'in-progress', status: 'in_progress' }]]);
    expect(decisionOn(listed(markerFor('2'), { created: daysOld(1) }), limited, going)).toEqual(old);
  });

  it.each([
    ['of the sweep’s own run', { note: markerFor(SWEEPING_RUN) }],
    ['the default token', { isDefault: true }],
    ['the authorizing token', { id: 'cown0' }],
    ['neither public nor secret', { usage: 'tk' }],
  ])('is kept if it is %s', (_, changes) => {
    expect(aged(99, changes)?.kind).toBe('keep');
  });

  it('is the only one affected', () => {
    const notes = [
      markerFor('2', { until: 'deleted' }),
      markerFor('2', { repository: '987654321' }),
      markerFor('2', { repository: `${REPOSITORY_ID}@ghe.example.com` }),
      `Deploy [replaces ${'c'.repeat(25)}: 123456789/1.1#abcd1234]`,
      'Production',
    ];
    for (const note of notes) expect(aged(99, { note }), note).toBeUndefined();
  });

  it('is deleted after 36 days whatever the input', () => {
    const decision = aged(37 * 24, {}, { ...rules, jobMaxAge: 99 * DAY });
    expect(decision).toEqual({ kind: 'delete', reason: 'older-than-any-run' });
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

  it('is kept among the newest, and while it is young', () => {
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

  it('is kept and not counted if its age is unknown', () => {
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

  const withNote = (text: string, days: number) =>
    permanent(days, { note: `${text} ${markerFor('1', { until: 'deleted' })}` });

  it.each([
    ['fit without the repository’s name', 'Public web map of the open data portal', 'newest'],
    ['do not fit', `Public web map of the open data portal${' of the city'.repeat(6)}`, 'cut-note'],
  ])('is not equal to one whose note ends differently: notes that %s', (_, text, reason) => {
    const run = { ...here, repository: 'city-of-example/open-data-web-map' };
    const tokens = ['production', 'staging'].map((use, n) => {
      const marker = createMarker({ kind: 'until-deleted' }, run, `abcd123${n}`);
      return permanent(90 - n, { note: buildNote(`${text}, ${use}`, run, marker).note });
    });
    const chosen = { ...keepTwo, run, permanent: { keep: 1, minAge: 0 } };
    expect(reasons(tokens, chosen).map(([, kept]) => kept)).toEqual([reason, reason]);
  });

  it.each([
    ['in the user’s own parentheses', 'Map (eu/prod)', 'Map (us/prod)'],
    ['in the repository’s former name', 'Map (octo-org/old-name)', 'Map (octo-org/maps)'],
    ['in another repository’s name', 'Map (octo-org/maps2)', 'Map (octo-org/maps)'],
    ['in case', 'map', 'Map'],
    ['in a blank', 'Map', 'Map  (octo-org/maps)'],
  ])('is not equal to one whose note differs %s', (_, one, other) => {
    const tokens = [withNote(one, 90), withNote(other, 80), withNote(one, 70), withNote(other, 60)];
    expect(reasons(tokens).map(([, reason]) => reason)).toEqual(Array(4).fill('newest'));
  });

  it('is equal to one whose note ends with this repository’s name, or had no room for it', () => {
    const tokens = [withNote('Map', 90), withNote('Map (octo-org/maps)', 80), withNote('Map', 70)];
    expect(reasons(tokens)[0]).toEqual(['c90', 'superseded']);
  });

  it.each([
    ['cut', 'Public web map of the open data portal…'],
    ['cut within a name in parentheses', 'Public web map of (octo-o…'],
    ['cut to nothing', '…'],
  ])('is kept, and equal to no other, if its note was %s', (_, text) => {
    const tokens = [90, 80, 70].map(days => withNote(text, days));
    const others = [withNote('Public web map of', 60), withNote('Public web map of', 50)];
    const kept = [...tokens, ...others].map(({ id }, n) => [id, n < 3 ? 'cut-note' : 'newest']);
    expect(reasons([...tokens, ...others])).toEqual(kept);
  });

  it('is not counted if it is protected', () => {
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

describe('the runs to look up', () => {
  const job = (id: string, created?: Date, changes: Partial<ListedToken> = {}) =>
    listed(markerFor(id), { created, ...changes });
  const idsFor = (tokens: readonly ListedToken[]) =>
    runsToCheck(decide(tokens, keepTwo, new Map()), keepTwo).map(({ id }) => id);

  it('are each named once, in order of their oldest token, unknown age first', () => {
    const ids = idsFor([
      job('30', daysOld(7)),
      job('10', daysOld(9)),
      job('40'),
      job('20', daysOld(8)),
      job('10', daysOld(1)),
    ]);
    expect(ids).toEqual(['40', '10', '20', '30']);
  });

  it.each([
    ['all of its tokens are at least a day old', [1, 2], true],
    ['a token of unknown age is among them', [1, undefined], true],
    ['one is younger', [5, 0.99], false],
    ['one was created in the future', [5, -1], false],
    ['no age is known', [undefined], true],
  ])('may hang if %s: %j, %s', (_, days, mayHang) => {
    const tokens = days.map(days => job('10', days === undefined ? undefined : daysOld(days)));
    expect(runsToCheck(decide(tokens, rules, new Map()), rules)).toEqual([
      { id: '10', attempt: '1', mayHang },
    ]);
    const unknownTime = { ...rules, now: undefined };
    expect(runsToCheck(decide(tokens, rules, new Map()), unknownTime)).toMatchObject([{ mayHang: true }]);
  });

  it('exclude those of tokens that need no request', () => {
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
