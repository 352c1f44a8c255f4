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
  { cleanup, rotation: undefined },
  { cleanup: { ...cleanup, token: undefined, orphans: 1 }, rotation: { phase: 'put', replacement: idOf(1) } },
  { cleanup: undefined, rotation: { phase: 'putting', replacement: idOf(1), previous: idOf(0) } },
  { cleanup: undefined, rotation: { phase: 'deleting', replacement: idOf(1), undeleted: [idOf(0)] } },
];

it.each(states)('reads back what was saved: %j', state => {
  expect(parseRotation(serializeRotation(state))).toEqual(state);
});

it('is cleared with an empty text, as the runner has it at first', () => {
  expect(serializeRotation({ cleanup: undefined, rotation: undefined })).toBe('');
});

it.each([
  ['nothing', ''],
  ['no JSON', '{'],
  [
    'another phase',
    { rotation: { phase: 'done', replacement: idOf(1), previous: idOf(0), undeleted: [idOf(0)] } },
  ],
  ['no token', { rotation: { phase: 'putting', previous: idOf(0) } }],
  ['what cannot be an id', { rotation: { phase: 'put', replacement: '../x' } }],
  ['nothing left', { rotation: { phase: 'deleting', replacement: idOf(1), undeleted: [] } }],
  ['no list', { rotation: { phase: 'deleting', replacement: idOf(1), undeleted: 'x' } }],
  ['a broken state', { cleanup: '{}' }],
  ['a state in a list', { cleanup: [serializeState(cleanup)] }],
  ['no previous token', { rotation: { phase: 'putting', replacement: idOf(1) } }],
  [
    'a part that cannot be an id',
    { rotation: { phase: 'deleting', replacement: idOf(1), undeleted: [idOf(0), '../x'] } },
  ],
])('has nothing to do with %s', (_, state) => {
  expect(parseRotation(typeof state === 'string' ? state : JSON.stringify(state))).toBeUndefined();
});
