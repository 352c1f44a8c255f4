/** That no token outside the rule is touched, over random notes; the rule is written here a second time. */

import { describe, expect, it } from 'vitest';
import type { ListedToken } from '../../../src/mapbox/list.ts';
import { createMarker, formatMarker } from '../../../src/note.ts';
import { attemptKey, type WorkflowRun } from '../../../src/runtime/workflow-run.ts';
import { decide, runsToCheck } from '../../../src/sweep/rule.ts';
import fc from '../../support/random.ts';
import { REPOSITORY, REPOSITORY_ID, SERVER, SWEEPING_RUN, setUpSweep } from '../../support/sweep-step.ts';

/** The runs that are over in these tests; every other is going on. */
const OVER = new Set(['1/1', '1/2', '42/1', '987654321012/3']);

/** The contract's sentence as a pattern, with nothing of the product in it. */
const MARK = /(?:^| )\[until job ends: 123456789\/([1-9]\d*)\.([1-9]\d*)#[a-z0-9]{8}\]$/;

const here: WorkflowRun = {
  server: SERVER,
  repository: REPOSITORY,
  repositoryId: REPOSITORY_ID,
  id: SWEEPING_RUN,
  attempt: '1',
};

const markerOf = (run: WorkflowRun, nonce: string) =>
  formatMarker(createMarker({ kind: 'until-job-ends' }, run, nonce));

function mayGo(note: string): boolean {
  const [, id = '', attempt = ''] = MARK.exec(note) ?? [];
  return id !== SWEEPING_RUN && OVER.has(`${id}/${attempt}`);
}

const nonce = fc.stringMatching(/^[a-z0-9]{8}$/);

const id = fc.constantFrom('1', '2', '42', '987654321012', SWEEPING_RUN, '01', '0', '-1', '1e0', '９');

const attempt = fc.constantFrom('1', '2', '3', '01', '', '1.0');

/** A mark that is right, or wrong in up to three of its places. */
const marker = fc
  .record({
    open: fc.constantFrom('[until job ends: ', '[Until job ends: ', 'until job ends: ', '['),
    repository: fc.constantFrom(REPOSITORY_ID, REPOSITORY, '12345678', '1234567890', 'x/123456789', ''),
    server: fc.constantFrom('', '@github.com', '@ghe.example.com', '@'),
    path: fc.constantFrom('/', '//', ' '),
    middle: fc.constantFrom('.', '/', '..'),
    hash: fc.constantFrom('#', '', '##'),
    nonce: fc.oneof(nonce, fc.constantFrom('', 'ABCDEFGH', 'abc', 'abcdefghi')),
    close: fc.constantFrom(']', '', ']]', '] ', ']\n', '].'),
    id,
    attempt,
  })
  .chain(odd =>
    fc
      .uniqueArray(
        fc.constantFrom('open', 'server', 'repository', 'path', 'middle', 'hash', 'nonce', 'close', 'none'),
        { maxLength: 3 },
      )
      .map(places => {
        const right = {
          open: '[until job ends: ',
          repository: REPOSITORY_ID,
          server: '',
          path: '/',
          middle: '.',
          hash: '#',
          nonce: 'a1b2c3d4',
          close: ']',
        };
        const take = (place: keyof typeof right) => (places.includes(place) ? odd[place] : right[place]);
        return `${take('open')}${take('repository')}${take('server')}${take('path')}${odd.id}${take('middle')}${odd.attempt}${take('hash')}${take('nonce')}${take('close')}`;
      }),
  );

const goodMark = fc
  .record({
    id: fc.constantFrom('1', '1', '42', '2', '987654321012', SWEEPING_RUN),
    attempt: fc.constantFrom('1', '1', '2', '3'),
    nonce,
  })
  .map(run => markerOf({ ...here, ...run }, run.nonce));

const before = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('', 'Release ') },
  { weight: 1, arbitrary: fc.constantFrom('Release', '[x] ', '(', '\n', '\u00a0') },
  { weight: 1, arbitrary: fc.string() },
);

const note = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.tuple(before, marker).map(parts => parts.join('')),
  { weight: 3, arbitrary: fc.tuple(before, goodMark).map(parts => parts.join('')) },
  fc.tuple(goodMark, before).map(parts => parts.join('')),
  fc.tuple(goodMark, fc.constantFrom(' ', ''), marker).map(parts => parts.join('')),
);

const states = new Map(
  [...OVER].map(over => {
    const [id = '', attempt = ''] = over.split('/');
    return [attemptKey({ id, attempt }), { kind: 'completed' } as const];
  }),
);

describe('the rule', () => {
  it('lets a token go if and only if its note, usage, id and default say so', () => {
    const token: fc.Arbitrary<ListedToken> = fc.record({
      id: fc.constantFrom('cown0', 'cother'),
      usage: fc.constantFrom('pk', 'sk', 'sk', 'tk', 'xx', ''),
      note,
      scopes: fc.constant([]),
      created: fc.constant(undefined),
      isDefault: fc.constantFrom(false, false, true),
    });
    let went = 0;
    fc.assert(
      fc.property(token, listed => {
        const may =
          mayGo(listed.note) && /^[ps]k$/.test(listed.usage) && !listed.isDefault && listed.id !== 'cown0';
        if (may) went++;
        expect(decide(listed, { run: here, own: 'cown0' }, states).kind === 'delete').toBe(may);
      }),
      { numRuns: 20_000 },
    );
    expect(went).toBeGreaterThan(150);
  });

  it('speaks of no token that is not of a job of this repository', () => {
    fc.assert(
      fc.property(note, text => {
        const listed = {
          id: 'cother',
          usage: 'sk',
          note: text,
          scopes: [],
          created: undefined,
          isDefault: false,
        };
        const { kind } = decide(listed, { run: here, own: undefined }, states);
        expect(kind === 'unrelated').toBe(!MARK.test(text));
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('the runs that GitHub is asked about', () => {
  const listed = (n: number, note: string, created?: Date): ListedToken => ({
    id: `c${String(n).padStart(24, '0')}`,
    usage: 'sk',
    note,
    scopes: [],
    created,
    isDefault: false,
  });
  const noteOf = (id: string) => markerOf({ ...here, id }, 'a1b2c3d4');

  it('are each named once, the one with the oldest token first, one of unknown age before all', () => {
    const runs = runsToCheck(
      [
        listed(1, noteOf('30'), new Date(3000)),
        listed(2, noteOf('10'), new Date(1000)),
        listed(3, noteOf('40')),
        listed(4, noteOf('20'), new Date(2000)),
        listed(5, noteOf('10'), new Date(4000)),
      ],
      { run: here, own: undefined },
    );
    expect(runs.map(({ id }) => id)).toEqual(['40', '10', '20', '30']);
  });

  it('are none of tokens that stay anyway', () => {
    const old = new Date(1000);
    const runs = runsToCheck(
      [
        listed(1, noteOf(SWEEPING_RUN), old),
        listed(2, 'Production', old),
        { ...listed(3, noteOf('30'), old), isDefault: true },
        { ...listed(4, noteOf('40'), old), usage: 'tk' },
        listed(5, noteOf('50'), old),
      ],
      { run: here, own: listed(5, '').id },
    );
    expect(runs).toEqual([]);
  });

  it('say of a token that is neither public nor secret that it is kept for that', () => {
    const odd = { ...listed(1, noteOf('10')), usage: 'tk' };
    expect(decide(odd, { run: here, own: undefined }, new Map())).toEqual({
      kind: 'keep',
      reason: { kind: 'other-usage' },
    });
  });
});

it('the sweep of an account with random notes takes exactly those that may go', async () => {
  let touched = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ note, usage: fc.constantFrom('pk', 'sk') }), { minLength: 1, maxLength: 25 }),
      async wishes => {
        await using setting = await setUpSweep({ pageSize: 7 });
        for (const over of OVER) setting.github.attempts.set(over, 'completed');
        for (const going of ['2/1', '2/2', '2/3', '42/2', '1/3'])
          setting.github.attempts.set(going, 'in_progress');
        for (const wish of wishes) setting.createToken(wish.note, wish.usage);
        const tokens = setting.mapbox.account.tokens();
        const swept = await setting.sweep();

        expect(swept.conclusion).toBe('success');
        const gone = tokens.filter(token => !setting.exists(token)).map(token => token.id);
        const right = tokens.filter(token => mayGo(token.note ?? '')).map(token => token.id);
        expect(gone.sort()).toEqual(right.sort());
        const deletions = setting.mapbox.requests.flatMap(({ method, path }) =>
          method === 'GET' ? [] : [`${method} ${path.split('/').at(-1)}`],
        );
        expect(deletions.sort()).toEqual(right.map(id => `DELETE ${id}`));
        touched += gone.length;
      },
    ),
    { numRuns: 100 },
  );
  expect(touched).toBeGreaterThan(20);
});
