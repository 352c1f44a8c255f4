import { describe, expect, it } from 'vitest';
import {
  isJobMarker,
  jobMarker,
  jobNote,
  NOTE_LIMIT,
  newNonce,
  oneLine,
  permanentNote,
  runInNote,
} from '../../src/note.ts';
import { runUrl } from '../../src/runtime/workflow-run.ts';
import { run } from '../support/http-script.ts';
import fc from '../support/random.ts';

const marker = jobMarker(run, 'abcd1234');

const anyText = fc.string({ unit: 'binary', maxLength: 400 });

it('names the run attempt by the address of its page', () => {
  expect(runUrl(run)).toBe('https://github.com/octo-org/maps/actions/runs/4711/attempts/1');
  expect(marker).toBe(`[until job ends: ${runUrl(run)}#abcd1234]`);
  expect(jobNote('Release', marker)).toBe(`Release ${marker}`);
  expect(permanentNote('Web map', run)).toBe(`Web map [${runUrl(run)}]`);
});

describe('whatever a workflow calls its token', () => {
  it('the note fits, is one line, and ends with the whole mark', () => {
    fc.assert(
      fc.property(anyText, text => {
        const note = jobNote(text, marker);
        expect(note.length).toBeLessThanOrEqual(NOTE_LIMIT);
        expect(note.endsWith(marker)).toBe(true);
        expect(note).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]*$/u);
        expect(runInNote(note, run)).toEqual(run);
      }),
    );
  });

  it('a note that fits is kept, and a longer one is cut where the mark begins', () => {
    const room = NOTE_LIMIT - marker.length - 1;
    expect(jobNote('x'.repeat(room), marker)).toBe(`${'x'.repeat(room)} ${marker}`);
    expect(jobNote('x'.repeat(room + 1), marker)).toBe(`${'x'.repeat(room)} ${marker}`);
    expect(jobNote(`${'x'.repeat(room - 1)} y`, marker)).toBe(`${'x'.repeat(room - 1)} ${marker}`);
  });

  it('no character is cut in two', () => {
    const room = NOTE_LIMIT - marker.length - 1;
    const family = '👨‍👩‍👧';
    expect(jobNote(`${'x'.repeat(room - 3)}${family}`, marker)).toBe(`${'x'.repeat(room - 3)} ${marker}`);
  });

  it('the mark stands alone where there is nothing before it', () => {
    expect(jobNote(' \n ', marker)).toBe(marker);
    expect(runInNote(marker, run)).toEqual(run);
  });
});

it('puts a blank for whatever would break a line or steer a terminal', () => {
  expect(oneLine('\u001b[31mred\r\n\r\nand\u2028more  and\ttabs\ud800 ')).toBe('[31mred and more and tabs');
});

describe('a mark', () => {
  it.each([
    ['is one', marker, true],
    ['has something before it', ` ${marker}`, false],
    ['has something behind it', `${marker} `, false],
    ['has a short nonce', jobMarker(run, 'abcd123'), false],
    ['has a long nonce', jobMarker(run, 'abcd12345'), false],
    ['has a nonce in capitals', jobMarker(run, 'ABCD1234'), false],
    ['has a blank in its address', jobMarker({ ...run, repository: 'octo org' }, 'abcd1234'), false],
    ['has no run', '[until job ends: #abcd1234]', false],
  ])('%s: %s', (_, text, is) => expect(isJobMarker(text)).toBe(is));
});

describe('the run that a note names', () => {
  it.each([
    ['of another repository', jobMarker({ ...run, repository: 'octo-org/maps2' }, 'abcd1234')],
    ['of another server', jobMarker({ ...run, server: 'https://ghe.example' }, 'abcd1234')],
    ['with a zero before its number', jobMarker({ ...run, id: '04711' }, 'abcd1234')],
    ['with a number that nobody can hold', jobMarker({ ...run, id: '1'.repeat(16) }, 'abcd1234')],
    ['with an attempt that is none', jobMarker({ ...run, attempt: '0' }, 'abcd1234')],
    ['with an attempt beyond all counting', jobMarker({ ...run, attempt: '1'.repeat(10) }, 'abcd1234')],
    ['glued to what stands before it', `x${marker}`],
    ['in the middle', `${marker} and more`],
    ['without the bracket', marker.slice(1)],
    ['of a permanent token', permanentNote('Web map', run)],
  ])('is not believed %s', (_, note) => expect(runInNote(note, run)).toBeUndefined());

  it('is the last one, where a note quotes another', () => {
    const other = { ...run, id: '1' };
    expect(runInNote(`${jobMarker(other, 'zzzzzzzz')} ${marker}`, run)).toEqual(run);
  });
});

it('makes a nonce of eight letters and digits, each as likely as another', () => {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  let next = 0;
  const random = (below: number) => {
    expect(below).toBe(letters.length);
    return next++;
  };
  const nonces = Array.from({ length: 4 }, () => newNonce(random)).join('');
  expect(nonces).toBe(letters.slice(0, 32));
});
