/** Random notes for the sweep, and an independent implementation of its rule. */
import fc from './random.ts';
import { REPOSITORY, REPOSITORY_ID, SWEEPING_RUN } from './sweep-step.ts';

/** The run attempts that are over in tests with these notes. */
export const OVER = new Set(['1/1', '1/2', '42/1', '987654321012/3']);

/** The other run attempts that notes can name. */
export const NOT_OVER = ['2/1', '2/2', '2/3', '42/2', '1/3'];

const JOB_MARKER = /(?:^| )\[until job ends: 123456789\/([1-9]\d*)\.([1-9]\d*)#[a-z0-9]{8}\]$/;

const PERMANENT_MARKER = /(?:^| )\[until deleted: 123456789\/[1-9]\d*\.[1-9]\d*#[a-z0-9]{8}\]$/;

const DAY = 24 * 3_600_000;

export interface Candidate {
  readonly id: string;
  readonly note: string;
  readonly usage: string;
  /** Milliseconds; `undefined`: unknown. */
  readonly age: number | undefined;
  readonly isDefault: boolean;
}

export interface Keep {
  readonly keep: number;
  readonly minAge: number;
}

export const isForSweep = (note: string, permanent: Keep | undefined): boolean =>
  JOB_MARKER.test(note) || (permanent !== undefined && PERMANENT_MARKER.test(note));

/**
 * The IDs of the tokens that the sweep must delete.
 *
 * @param permanent what `keep-permanent` keeps.
 * @param changes `notFound`: a run attempt that was deleted on GitHub. `jobMaxAge`: milliseconds.
 */
export function expectedDeletions(
  candidates: readonly Candidate[],
  authorizingTokenId: string | undefined,
  permanent: Keep | undefined,
  { notFound = '', jobMaxAge = 36 * DAY }: { notFound?: string; jobMaxAge?: number | undefined } = {},
): string[] {
  const deletable = candidates.filter(
    ({ id, usage, isDefault }) => ['pk', 'sk'].includes(usage) && !isDefault && id !== authorizingTokenId,
  );
  const isDue = (candidate: Candidate): boolean => {
    const [, run = '', attempt = ''] = JOB_MARKER.exec(candidate.note) ?? [];
    const { age = 0 } = candidate;
    if (run !== '') {
      const isOver = OVER.has(`${run}/${attempt}`) || (notFound === `${run}/${attempt}` && age >= DAY);
      return run !== SWEEPING_RUN && (isOver || age > Math.min(jobMaxAge, 36 * DAY));
    }
    if (permanent === undefined || !PERMANENT_MARKER.test(candidate.note)) return false;
    if (candidate.age === undefined || age < permanent.minAge) return false;
    if (candidate.note.replace(PERMANENT_MARKER, '').endsWith('…')) return false;
    const newer = deletable.filter(
      other =>
        PERMANENT_MARKER.test(other.note) &&
        withoutOrigin(other.note) === withoutOrigin(candidate.note) &&
        other.age !== undefined &&
        other.age < age,
    );
    return newer.length >= permanent.keep;
  };
  return deletable.filter(isDue).map(({ id }) => id);
}

function withoutOrigin(note: string): string {
  return note.replace(PERMANENT_MARKER, '').replace(/(?:^| )\(octo-org\/maps\)$/, '');
}

const nonce = fc.stringMatching(/^[a-z0-9]{8}$/);

const id = fc.constantFrom('1', '2', '42', '987654321012', SWEEPING_RUN, '01', '0', '-1', '1e0', '９');

const attempt = fc.constantFrom('1', '2', '3', '01', '', '1.0');

/** A valid marker, or one that is wrong in up to three places. */
const marker = fc
  .record({
    open: fc.constantFrom(
      '[until job ends: ',
      '[until deleted: ',
      '[Until job ends: ',
      'until job ends: ',
      '[',
    ),
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

const goodMarker = fc
  .record({
    open: fc.constantFrom('[until job ends: ', '[until job ends: ', '[until deleted: '),
    id: fc.constantFrom('1', '1', '42', '2', '987654321012', SWEEPING_RUN),
    attempt: fc.constantFrom('1', '1', '2', '3'),
    nonce,
  })
  .map(run => `${run.open}123456789/${run.id}.${run.attempt}#${run.nonce}]`);

const before = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom('', 'Release ', 'Release (octo-org/maps) ', 'Release (a/b) ', 'Rel… '),
  },
  { weight: 1, arbitrary: fc.constantFrom('Release', '[x] ', '(', '\n', '\u00a0') },
  { weight: 1, arbitrary: fc.string() },
);

/** A note, usually with a marker. */
export const note = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.tuple(before, marker).map(parts => parts.join('')),
  { weight: 3, arbitrary: fc.tuple(before, goodMarker).map(parts => parts.join('')) },
  fc.tuple(goodMarker, before).map(parts => parts.join('')),
  fc.tuple(goodMarker, fc.constantFrom(' ', ''), marker).map(parts => parts.join('')),
);
