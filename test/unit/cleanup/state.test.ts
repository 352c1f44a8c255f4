import { expect, it } from 'vitest';
import { readTrail, type Trail, writeTrail } from '../../../src/cleanup/state.ts';
import { jobMark } from '../../../src/note.ts';
import { idOf, run } from '../../support/http-script.ts';
import fc from '../../support/random.ts';

const mark = jobMark(run, 'abcd1234');
const trail: Trail = { username: 'octo', note: `Release ${mark}`, mark, id: idOf(1), lost: 1 };

it('is read as it was written', () => {
  const optional = <T>(value: T) => fc.constantFrom(value, undefined);
  fc.assert(
    fc.property(
      fc.record({
        username: fc.string(),
        note: fc.string({ unit: 'binary' }),
        mark: optional(mark),
        id: optional(idOf(1)),
        lost: fc.nat(),
      }),
      written => {
        const leads = written.id !== undefined || written.lost > 0;
        expect(readTrail(writeTrail(written))).toEqual(leads ? written : undefined);
      },
    ),
  );
});

it.each([
  ...['', '{', 'null', '[]', '"trail"', '{}'],
  '{"username":"octo","lost":1}',
  '{"note":"","lost":1}',
  '{"username":1,"note":"","lost":1}',
  '{"username":"octo","note":"","lost":0}',
])('is none where the state is %s', text => expect(readTrail(text)).toBeUndefined());

it.each([
  ['an id that is no id', { id: '../scopes' }, { id: undefined }],
  ['an id that is no text', { id: 7 }, { id: undefined }],
  ['a mark that many notes could end with', { mark: ']' }, { mark: undefined }],
  ['a mark that is no text', { mark: [mark] }, { mark: undefined }],
  ['a loss that is not plainly one', { lost: 'no' }, { lost: 0 }],
  ['a loss of less than nothing', { lost: -1 }, { lost: 0 }],
  ['a loss of one and a half', { lost: 1.5 }, { lost: 0 }],
  ['a loss as it was once written', { lost: true }, { lost: 0 }],
])('deletes nothing by %s', (_, changed, read) => {
  expect(readTrail(JSON.stringify({ ...trail, ...changed }))).toEqual({ ...trail, ...read });
});
