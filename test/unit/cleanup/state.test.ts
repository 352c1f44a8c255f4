import { expect, it } from 'vitest';
import { type CleanupState, parseState, serializeState } from '../../../src/cleanup/state.ts';
import { jobMarker } from '../../../src/note.ts';
import { idOf, run } from '../../support/http-script.ts';
import fc from '../../support/random.ts';

const marker = jobMarker(run, 'abcd1234');
const state: CleanupState = { username: 'octo', note: `Release ${marker}`, marker, id: idOf(1), orphans: 1 };

it('is read as it was written', () => {
  const optional = <T>(value: T) => fc.constantFrom(value, undefined);
  fc.assert(
    fc.property(
      fc.record({
        username: fc.string(),
        note: fc.string({ unit: 'binary' }),
        marker: optional(marker),
        id: optional(idOf(1)),
        orphans: fc.nat(),
      }),
      written => {
        const leads = written.id !== undefined || written.orphans > 0;
        expect(parseState(serializeState(written))).toEqual(leads ? written : undefined);
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
])('is none where the state is %s', text => expect(parseState(text)).toBeUndefined());

it.each([
  ['an id that is no id', { id: '../scopes' }, { id: undefined }],
  ['an id that is no text', { id: 7 }, { id: undefined }],
  ['a mark that many notes could end with', { marker: ']' }, { marker: undefined }],
  ['a mark that is no text', { marker: [marker] }, { marker: undefined }],
  ['a loss that is not plainly one', { orphans: 'no' }, { orphans: 0 }],
  ['a loss of less than nothing', { orphans: -1 }, { orphans: 0 }],
  ['a loss of one and a half', { orphans: 1.5 }, { orphans: 0 }],
  ['a loss as it was once written', { orphans: true }, { orphans: 0 }],
])('deletes nothing by %s', (_, changed, read) => {
  expect(parseState(JSON.stringify({ ...state, ...changed }))).toEqual({ ...state, ...read });
});
