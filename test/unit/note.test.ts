import { describe, expect, it } from 'vitest';
import {
  buildNote,
  createMarker,
  fitsNote,
  formatMarker,
  hasNonce,
  isCutNote,
  MAX_NOTE_BYTES,
  newNonce,
  noteText,
  oneLine,
  type Purpose,
  parseMarker,
  repositoryKey,
} from '../../src/note.ts';
import type { WorkflowRun } from '../../src/runtime/workflow-run.ts';
import fc from '../support/random.ts';

const run: WorkflowRun = {
  server: 'https://github.com',
  repository: 'octo/maps',
  repositoryId: '123456789',
  id: '16012345678',
  attempt: '1',
};

const untilJobEnds: Purpose = { kind: 'until-job-ends' };
const marker = createMarker(untilJobEnds, run, 'k3v9x0aa');
const MARKER = '[until job ends: 123456789/16012345678.1#k3v9x0aa]';
const replaced = 'cjo6jcmxn0l3x3vqmdr4epqk8';
const original = 'cm1a2b3c4d5e6f7g8h9i0j1k2';

describe('every form of the note', () => {
  it.each<[string, Purpose, Partial<WorkflowRun>, string]>([
    ['Release tiles', untilJobEnds, {}, `Release tiles (octo/maps) ${MARKER}`],
    [
      'Web map',
      { kind: 'until-deleted' },
      {},
      'Web map (octo/maps) [until deleted: 123456789/16012345678.1#k3v9x0aa]',
    ],
    [
      'Authorizing token',
      { kind: 'replaces', replaced, original: undefined },
      {},
      'Authorizing token (octo/maps) [replaces cjo6jcmxn0l3x3vqmdr4epqk8: 123456789/16012345678.1#k3v9x0aa]',
    ],
    [
      'Token',
      { kind: 'replaces', replaced, original },
      {},
      'Token (octo/maps) [replaces cjo6jcmxn0l3x3vqmdr4epqk8 cm1a2b3c4d5e6f7g8h9i0j1k2: 123456789/16012345678.1#k3v9x0aa]',
    ],
    [
      'On GitHub Enterprise',
      untilJobEnds,
      { server: 'https://ghe.example.com', repositoryId: '123' },
      'On GitHub Enterprise (octo/maps) [until job ends: 123@ghe.example.com/16012345678.1#k3v9x0aa]',
    ],
    [
      'On a port',
      untilJobEnds,
      { server: 'http://ghe.example.com:8443', repositoryId: '123', attempt: '12' },
      'On a port (octo/maps) [until job ends: 123@ghe.example.com:8443/16012345678.12#k3v9x0aa]',
    ],
    [
      'Below a path',
      untilJobEnds,
      { server: 'https://code.example.org:8443/a', repositoryId: '12' },
      'Below a path (octo/maps) [until job ends: 12@code.example.org:8443/a/16012345678.1#k3v9x0aa]',
    ],
    [
      'Below a path without an id',
      untilJobEnds,
      { server: 'https://code.example.org/a/b', repositoryId: undefined },
      'Below a path without an id (octo/maps) [until job ends: octo/maps@code.example.org/a/b/16012345678.1#k3v9x0aa]',
    ],
    [
      'Without a repository id',
      untilJobEnds,
      { server: 'https://git.example.com', repositoryId: undefined },
      'Without a repository id (octo/maps) [until job ends: octo/maps@git.example.com/16012345678.1#k3v9x0aa]',
    ],
    ['', untilJobEnds, {}, `(octo/maps) ${MARKER}`],
    ['x'.repeat(65), untilJobEnds, {}, `${'x'.repeat(65)} (octo/maps) ${MARKER}`],
    ['x'.repeat(66), untilJobEnds, {}, `${'x'.repeat(66)} ${MARKER}`],
    ['x'.repeat(77), untilJobEnds, {}, `${'x'.repeat(77)} ${MARKER}`],
    ['x'.repeat(78), untilJobEnds, {}, `${'x'.repeat(74)}… ${MARKER}`],
    [
      'Karte für Österreich — '.repeat(5),
      untilJobEnds,
      {},
      `${'Karte für Österreich — '.repeat(2)}Karte für Österrei… ${MARKER}`,
    ],
    [
      'Weekly upload of tilesets',
      untilJobEnds,
      { repository: 'city-of-example/open-data-tilesets' },
      `Weekly upload of tilesets (city-of-example/open-data-tilesets) ${MARKER}`,
    ],
    ['Release', untilJobEnds, { repository: `octo/${'m'.repeat(64)}` }, `Release ${MARKER}`],
    ['Release', untilJobEnds, { repository: `octo/${'m'.repeat(66)}` }, `Release ${MARKER}`],
    ['Release', untilJobEnds, { repository: `octo/${'m'.repeat(95)}` }, `Release ${MARKER}`],
    ['y'.repeat(100), untilJobEnds, { repository: `octo/${'m'.repeat(95)}` }, `${'y'.repeat(74)}… ${MARKER}`],
  ])('%j', (text, purpose, changes, note) => {
    const where = { ...run, ...changes };
    expect(buildNote(text, where, createMarker(purpose, where, 'k3v9x0aa'))).toEqual({
      note,
      cut: note.includes('… '),
    });
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(128);
  });
});

it('any workflow and repository give a note of one line that fits and ends with the whole marker', () => {
  const text = fc.string({ unit: 'binary', maxLength: 400 });
  const name = fc.stringMatching(/^[\w.-]{1,39}\/[\w.-]{1,100}$/);
  fc.assert(
    fc.property(text, name, (words, repository) => {
      const { note } = buildNote(words, { ...run, repository }, marker);
      expect(Buffer.byteLength(note)).toBeLessThanOrEqual(MAX_NOTE_BYTES);
      expect(note.endsWith(MARKER)).toBe(true);
      expect(note).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]*$/u);
      expect(parseMarker(note)).toEqual(marker);
    }),
  );
});

it('cuts between user-perceived characters', () => {
  const family = '👨‍👩‍👧';
  const { note } = buildNote(`${'x'.repeat(70)}${family}`, run, marker);
  expect(note).toBe(`${'x'.repeat(70)}… ${MARKER}`);
});

describe('a marker that is too long by itself', () => {
  const far = { ...run, server: `https://${'g'.repeat(70)}.example.com` };
  const long = createMarker(untilJobEnds, far, 'k3v9x0aa');

  it('is an error that offers a way out', () => {
    expect(fitsNote(long)).toBe(false);
    expect(fitsNote(marker)).toBe(true);
    expect(() => buildNote('Release', far, long)).toThrow(
      /limits.*128 characters.*GITHUB_SERVER_URL.*`lifetime: 20m`/s,
    );
  });

  it('is an error that says that no rotation is possible', () => {
    const rotation = createMarker({ kind: 'replaces', replaced, original }, far, 'k3v9x0aa');
    expect(() => buildNote('Release', far, rotation)).toThrow(
      /GITHUB_SERVER_URL.*cannot be rotated from this server\. Nothing was created\./,
    );
  });

  it('is one byte longer than one that fits', () => {
    const withHost = (length: number) =>
      createMarker(untilJobEnds, { ...run, server: `https://${'g'.repeat(length)}` }, 'k3v9x0aa');
    const most = MAX_NOTE_BYTES - Buffer.byteLength(MARKER) - 1;
    expect([fitsNote(withHost(most)), fitsNote(withHost(most + 1))]).toEqual([true, false]);
    const where = { ...run, server: `https://${'g'.repeat(most)}` };
    expect(buildNote('Release', where, withHost(most))).toEqual({
      note: formatMarker(withHost(most)),
      cut: true,
    });
  });
});

describe('the repository in a marker', () => {
  it.each([
    [{}, '123456789'],
    [{ repository: 'renamed/since' }, '123456789'],
    [{ repositoryId: undefined }, 'octo/maps'],
    [{ server: 'https://GHE.example.com' }, '123456789@ghe.example.com'],
    [{ server: 'https://ghe.example.com:8443' }, '123456789@ghe.example.com:8443'],
    [{ server: 'https://ghe.example.com:443/' }, '123456789@ghe.example.com'],
    [{ server: 'https://Code.example.com/A//' }, '123456789@code.example.com/A'],
    [{ server: 'https://github.com/a' }, '123456789@github.com/a'],
  ])('of %j is %s', (changes, key) => {
    expect(repositoryKey({ ...run, ...changes })).toBe(key);
  });
});

describe('a marker', () => {
  it.each<[string, Purpose]>([
    ['of a job', untilJobEnds],
    ['of a permanent token', { kind: 'until-deleted' }],
    ['of a rotation', { kind: 'replaces', replaced, original: undefined }],
    ['of a rotation that names the original', { kind: 'replaces', replaced, original }],
  ])('%s is parsed as formatted', (_, purpose) => {
    const written = createMarker(purpose, run, 'abcd1234');
    expect(parseMarker(`Some note ${formatMarker(written)}`)).toEqual(written);
    expect(parseMarker(formatMarker(written))).toEqual(written);
  });

  it.each([
    ['something behind it', `${MARKER} `],
    ['text directly before it', `x${MARKER}`],
    ['no opening bracket', MARKER.slice(1)],
    ['another purpose', MARKER.replace('until job ends', 'until Friday')],
    ['a replaced token that is not an ID', '[replaces ../x: 1/2.3#abcd1234]'],
    ['a short nonce', MARKER.replace('k3v9x0aa', 'k3v9x0a')],
    ['a long nonce', MARKER.replace('k3v9x0aa', 'k3v9x0aab')],
    ['a nonce in capitals', MARKER.replace('k3v9x0aa', 'K3V9X0AA')],
    ['a run number that begins with zero', MARKER.replace('16012345678', '016012345678')],
    ['a run number too large for a number', MARKER.replace('16012345678', '1'.repeat(16))],
    ['attempt 0', MARKER.replace('.1#', '.0#')],
    ['an attempt too large for a number', MARKER.replace('.1#', `.${'1'.repeat(10)}#`)],
    ['no repository', MARKER.replace('123456789/', '/')],
    ['a repository with a blank', MARKER.replace('123456789', '12 34')],
    [
      'the form of an earlier version',
      '[until job ends: https://github.com/octo/maps/actions/runs/1/attempts/1#abcd1234]',
    ],
  ])('is missing with %s', (_, note) => {
    expect(parseMarker(note)).toBeUndefined();
  });

  it('is the last one if a note quotes another', () => {
    expect(parseMarker(`[until deleted: 1/2.3#zzzzzzzz] ${MARKER}`)).toEqual(marker);
  });

  it('of any repository on any server is parsed as formatted, and no two are equal', () => {
    const id = fc.stringMatching(/^[1-9]\d{0,17}$/);
    const name = fc.stringMatching(/^[\w.-]{1,9}\/[\w.-]{1,9}$/);
    const host = fc.constantFrom('github.com', 'a.example', '12.example:8443', '[::1]:3000', '1');
    const path = fc.array(fc.constantFrom('a', '1.1', '12', '-', '~', 'x_y', ''), { maxLength: 3 });
    const origin = fc
      .tuple(fc.option(id, { nil: undefined }), name, host, path)
      .map(([repositoryId, repository, where, segments]) => ({
        ...run,
        server: ['https:/', where, ...segments].join('/').replace(/\/+$/, ''),
        repository,
        repositoryId,
        id: '1',
      }));
    const origins = fc.tuple(origin, origin);
    fc.assert(
      fc.property(origins, ([one, other]) => {
        const written = createMarker(untilJobEnds, one, 'abcd1234');
        expect(parseMarker(`Note ${formatMarker(written)}`)).toEqual(written);
        const isSame =
          new URL(one.server).href === new URL(other.server).href &&
          (one.repositoryId ?? one.repository) === (other.repositoryId ?? other.repository);
        expect(repositoryKey(one) === repositoryKey(other)).toBe(isSame);
      }),
      { numRuns: 500 },
    );
  });

  it('is only parsed if formatting gives the same text, whatever the note', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '#',
      '/',
      '.',
      ' ',
      '1',
      'octo',
      'until job ends: ',
      'abcd1234',
      '@',
      '12@a.example',
      '/b',
      MARKER,
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
        const note = pieces.join('');
        const parsed = parseMarker(note);
        if (parsed !== undefined) expect(note.endsWith(formatMarker(parsed))).toBe(true);
      }),
    );
  });
});

describe('the text of a note', () => {
  const noted = (text: string, where = run) => noteText(buildNote(text, where, marker).note, where);

  it.each(['Web map', '', 'Tiles (octo/maps) of today', 'Map (eu/prod)', '(eu/prod)', 'x'.repeat(77)])(
    'is the user’s: %j',
    text => {
      expect(noted(text)).toBe(text);
    },
  );

  it.each(['Map (eu/prod)', 'Map (us/prod)', 'Map (a.b/c_d)'])(
    'is the user’s if the repository’s name does not fit: %j',
    text => {
      const where = { ...run, repository: `octo/${'m'.repeat(85)}` };
      expect(buildNote(text, where, marker)).toEqual({ note: `${text} ${MARKER}`, cut: false });
      expect(noted(text, where)).toBe(text);
    },
  );

  it('has another repository’s name, such as the one before a rename', () => {
    const { note } = buildNote('Web map', { ...run, repository: 'octo/old-maps' }, marker);
    expect(noteText(note, run)).toBe('Web map (octo/old-maps)');
    expect(noteText(note)).toBe('Web map (octo/old-maps)');
  });

  it('is the whole note if there is no marker', () => {
    expect(noteText('By hand', run)).toBe('By hand');
    expect(noteText('(octo/maps)', run)).toBe('');
  });

  it('differs between notes, unless one was cut', () => {
    const repository = 'o/m';
    const where = { ...run, repository };
    const ending = fc.constantFrom('', ' (o/m)', '(o/m)', ' (eu/prod)', '…', ` ${MARKER}`);
    const text = fc
      .tuple(fc.stringMatching(/^[a-z ]{0,80}$/), ending, ending)
      .map(parts => oneLine(parts.join('')));
    fc.assert(
      fc.property(text, words => {
        const { note, cut } = buildNote(words, where, marker);
        if (cut) expect(isCutNote(note)).toBe(true);
        else expect(noteText(note, where)).toBe(words);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a cut note', () => {
  it('is recognized by the ellipsis before its marker', () => {
    expect(isCutNote(`Public web map of the open da… ${MARKER}`)).toBe(true);
    expect(isCutNote(`Public web map… (octo/maps) ${MARKER}`)).toBe(false);
    expect(isCutNote(`Public web map ${MARKER}`)).toBe(false);
    expect(isCutNote(MARKER)).toBe(false);
  });

  it('is not one that is just as long as allowed', () => {
    const { note } = buildNote('x'.repeat(77), run, marker);
    expect(Buffer.byteLength(note)).toBe(MAX_NOTE_BYTES);
    expect(isCutNote(note)).toBe(false);
  });

  const withRoom = (room: number, text: string) => {
    const where = { ...run, server: `https://${'g'.repeat(MAX_NOTE_BYTES - MARKER.length - 1 - room)}` };
    return buildNote(text, where, createMarker(untilJobEnds, where, 'k3v9x0aa'));
  };

  it.each([1, 2, 3, 4, 5])('is recognized even with only %i bytes of room', room => {
    const { note, cut } = withRoom(room, 'Release');
    expect([cut, isCutNote(note)]).toEqual([true, true]);
  });

  it('is not one without a text that has room for the ellipsis', () => {
    expect(isCutNote(withRoom(3, '').note)).toBe(true);
    expect(isCutNote(withRoom(4, '').note)).toBe(false);
  });

  it('is made of a text that ends with the repository’s name, if there is no room for that name again', () => {
    const { note, cut } = buildNote(`${'x'.repeat(65)} (octo/maps)`, run, marker);
    expect([cut, isCutNote(note)]).toEqual([true, true]);
  });

  it('hides a difference behind the cut', () => {
    const where = { ...run, repository: 'city-of-example/open-data-web-map' };
    const build = (stage: string) =>
      buildNote(
        `Public web map of the open data portal, of its viewers and all the others, ${stage}`,
        where,
        marker,
      );
    expect(build('production').note).toBe(build('staging').note);
    expect(isCutNote(build('staging').note)).toBe(true);
  });
});

it.each([
  [`Release ${MARKER}`, true],
  [`Release ${MARKER} `, true],
  [`Release ${MARKER.replace(']', '&#93;')}`, true],
  ['Release [until job ends: 123456789/16012345678.1#k3v9x0', false],
  ['k3v9x0aa', false],
  ['', false],
])('finds the nonce in %j: %s', (note, found) => {
  expect(hasNonce(note, 'k3v9x0aa')).toBe(found);
});

it('replaces line breaks and terminal controls by spaces', () => {
  expect(oneLine('\u001b[31mred\r\n\r\nand\u2028more  and\ttabs\ud800 \u202eleft')).toBe(
    '[31mred and more and tabs left',
  );
});

it('hides a token pasted into a note', () => {
  const token = ['sk', Buffer.from('{"u":"octo"}').toString('base64url'), 'S'.repeat(22)].join('.');
  expect(oneLine(`Key: ${token}, old ${token.slice(0, -30)}`)).toBe('Key: ***, old ***');
});

it('makes a nonce of a prefix and eight random letters and digits, all equally likely', () => {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  let next = 0;
  const random = (below: number) => {
    expect(below).toBe(letters.length);
    return next++;
  };
  const nonces = Array.from({ length: 4 }, () => newNonce(random)).join('');
  expect(nonces).toBe(letters.slice(0, 32));
  expect(newNonce(random, '0a1b2')).toBe('0a1b26789'.slice(0, 8));
});

it('a note without a text has the repository’s name if and only if it fits', () => {
  const end = formatMarker(marker);
  const longest = MAX_NOTE_BYTES - Buffer.byteLength(end) - 1 - '()'.length;
  const named = (length: number) => ({ ...run, repository: `o/${'m'.repeat(length - 2)}` });
  expect(buildNote('', named(longest), marker).note).toBe(`(${named(longest).repository}) ${end}`);
  expect(Buffer.byteLength(buildNote('', named(longest), marker).note)).toBe(MAX_NOTE_BYTES);
  expect(buildNote('', named(longest + 1), marker)).toEqual({ note: end, cut: false });
});

it('a text is cut before a space, not after it', () => {
  const cut = Array.from(
    { length: 76 },
    (_, length) => buildNote(`${'a'.repeat(length)} ${'b'.repeat(120)}`, run, marker).note,
  );
  for (const one of cut) expect(one).not.toMatch(/ …/);
});
