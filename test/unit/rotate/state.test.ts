import { expect, it } from 'vitest';
import { serializeState } from '../../../src/cleanup/state.ts';
import { parseRotation, type RotationState, serializeRotation } from '../../../src/rotate/state.ts';
import { idOf } from '../../support/tokens.ts';

const cleanup = {
  apiUrl: 'https://api.mapbox.com/',
  actionPath: '',
  authorizingToken: { id: idOf(0), username: 'octo' },
  username: 'octo',
  note: 'Releases [replaces]',
  nonce: 'abcdex1y',
  token: { id: idOf(1), keep: false },
  orphans: 0,
};

const states: RotationState[] = [
  { phase: 'creating', cleanup },
  { phase: 'stored', cleanup: { ...cleanup, token: undefined, orphans: 1 } },
  { phase: 'storing', replacement: idOf(1), previous: idOf(0) },
  { phase: 'deleting', replacement: idOf(1), undeleted: [idOf(0)] },
];

it.each(states)('reads back what was saved while $phase', state => {
  expect(parseRotation(serializeRotation(state))).toEqual(state);
});

it('is cleared with an empty text, as the runner has it at first', () => {
  expect(serializeRotation(undefined)).toBe('');
});

it.each([
  ['nothing', ''],
  ['no JSON', '{'],
  ['another phase', JSON.stringify({ phase: 'done' })],
  ['no token', JSON.stringify({ phase: 'storing', previous: idOf(0) })],
  ['what cannot be an id', JSON.stringify({ phase: 'storing', replacement: '../x', previous: idOf(0) })],
  ['nothing left', JSON.stringify({ phase: 'deleting', replacement: idOf(1), undeleted: [] })],
  ['no list', JSON.stringify({ phase: 'deleting', replacement: idOf(1), undeleted: 'x' })],
  ['a broken state', JSON.stringify({ phase: 'creating', cleanup: '{}' })],
  ['a state in a list', JSON.stringify({ phase: 'creating', cleanup: [serializeState(cleanup)] })],
  ['no previous token', JSON.stringify({ phase: 'storing', replacement: idOf(1) })],
  [
    'a part that cannot be an id',
    JSON.stringify({ phase: 'deleting', replacement: idOf(1), undeleted: [idOf(0), '../x'] }),
  ],
  [
    'the parts of another phase',
    JSON.stringify({ phase: 'done', replacement: idOf(1), previous: idOf(0), undeleted: [idOf(0)] }),
  ],
  ['a cleared state', ''],
])('has nothing to do with %s', (_, text) => {
  expect(parseRotation(text)).toBeUndefined();
});
