import { describe, expect, it } from 'vitest';
import { type CleanupState, PostStepState, parseState, type SavedState } from '../../../src/cleanup/state.ts';
import { FakeRunner } from '../../support/fake-runner.ts';
import { MAIN_PROCESS, NO_PROCESSES, oneProcess } from '../../support/processes.ts';
import { idOf, tokenText } from '../../support/tokens.ts';

const cleanup: CleanupState = {
  apiUrl: 'https://api.mapbox.com/',
  actionPath: '/home/runner/_actions/create-mapbox-token/v1',
  authorizingToken: { id: idOf(9), username: 'octo' },
  username: 'octo',
  note: 'Release (octo/maps) [until job ends: 1/2.3#abcd1234]',
  nonce: 'abcd1234',
  token: { id: idOf(1), keep: false },
  orphans: 1,
};

const saved: SavedState = {
  action: 'mint',
  nonce: 'abcd1234',
  mainStep: MAIN_PROCESS,
  cleanup,
  rotation: undefined,
};

describe('the state saved by a main step', () => {
  const begin = (processes = oneProcess(() => true).processes) => {
    const runner = new FakeRunner();
    return { runner, state: PostStepState.begin({ runner, processes }, 'mint', 'abcd1234') };
  };

  it('is its nonce and its process, before anything else', () => {
    const { runner } = begin();
    expect(parseState(runner.savedState)).toEqual({ ...saved, cleanup: undefined });
  });

  it.each([undefined, { id: idOf(1), keep: true }])(
    'has the process even between two requests with nothing else to do: the token is %j',
    token => {
      const { runner, state } = begin();
      const between = { ...cleanup, token, orphans: 0 };
      state.update({ cleanup: between });
      expect(parseState(runner.savedState)).toEqual({ ...saved, cleanup: between });
      state.finish();
      expect(runner.savedState).toBe('');
    },
  );

  it('is empty if the process is unknown', () => {
    const { runner } = begin(NO_PROCESSES);
    expect(parseState(runner.savedState)).toBeUndefined();
    expect(runner.savedState).not.toBe('');
  });

  it('has what to delete as soon as that is known', () => {
    const { runner, state } = begin();
    state.update({ cleanup });
    expect(parseState(runner.savedState)).toEqual(saved);
  });

  it('has no process once the step ends by itself, and is empty if nothing is left to do', () => {
    const { runner, state } = begin();
    state.update({ cleanup });
    state.finish();
    expect(parseState(runner.savedState)).toEqual({ ...saved, mainStep: undefined });
    state.update({ cleanup: undefined });
    state.finish();
    expect(runner.savedState).toBe('');
  });

  it('stays unchanged if it cannot be written together with the results', () => {
    const { runner, state } = begin();
    state.update({ cleanup });
    const full = () => {
      throw new Error('ENOSPC');
    };
    expect(() => state.finishWith(undefined, full)).toThrow('ENOSPC');
    state.update({});
    expect(parseState(runner.savedState)).toEqual(saved);
  });

  it.each([
    ['mint', 'No token was created.'],
    ['rotation', 'Nothing was rotated.'],
  ] as const)('stops a %s if it cannot be written', (action, consequence) => {
    const missing = new FakeRunner({ missingFile: 'GITHUB_STATE is not set' });
    expect(() =>
      PostStepState.begin({ runner: missing, processes: NO_PROCESSES }, action, 'abcd1234'),
    ).toThrow(`GITHUB_STATE is not set. ${consequence}`);
    const full = new FakeRunner({ diskFull: action });
    expect(() => PostStepState.begin({ runner: full, processes: NO_PROCESSES }, action, 'abcd1234')).toThrow(
      'ENOSPC',
    );
  });

  it('does not stop a step that ends if it cannot be written', () => {
    const runner = new FakeRunner({ diskFull: 'octo' });
    const state = PostStepState.begin({ runner, processes: NO_PROCESSES }, 'mint', 'abcd1234');
    state.tryUpdate({ cleanup });
    state.finish();
    expect(runner.lines('debug')).toHaveLength(2);
    expect(parseState(runner.savedState)).toBeUndefined();
  });
});

describe('a parsed state', () => {
  const rotation = { ...saved, action: 'rotation', cleanup: undefined } as const;
  const deleting = { phase: 'deleting', replacement: idOf(2), undeleted: [idOf(3), idOf(4)] } as const;

  it('is what was saved', () => {
    for (const state of [
      saved,
      { ...saved, mainStep: undefined },
      { ...saved, cleanup: { ...cleanup, token: { id: idOf(1), keep: true } } },
      { ...saved, cleanup: { ...cleanup, authorizingToken: { id: undefined, username: 'octo' } } },
      { ...saved, cleanup: { ...cleanup, note: 'x'.repeat(128) } },
      rotation,
      { ...rotation, nonce: 'xyz' },
      { ...rotation, rotation: { phase: 'put', replacement: idOf(2) } },
      { ...rotation, rotation: deleting, mainStep: undefined },
      {
        ...rotation,
        rotation: { phase: 'putting', replacement: idOf(2), previous: idOf(3) },
        mainStep: undefined,
      },
    ])
      expect(parseState(JSON.stringify(state))).toEqual(state);
  });

  it('has nothing that this version does not know', () => {
    const more = { more: 1 };
    const state = {
      ...rotation,
      ...more,
      mainStep: { ...MAIN_PROCESS, ...more },
      cleanup: { ...cleanup, ...more },
      rotation: { ...deleting, previous: idOf(3), ...more },
    };
    expect(parseState(JSON.stringify(state))).toEqual({ ...rotation, cleanup, rotation: deleting });
  });

  it('has no clean-up if nothing is left to delete', () => {
    const clean = { ...cleanup, token: { id: idOf(1), keep: true }, orphans: 0 };
    const state = { ...rotation, mainStep: undefined, cleanup: clean, rotation: deleting };
    expect(parseState(JSON.stringify(state))).toEqual({ ...state, cleanup: undefined });
  });

  it.each(['', '{', 'null', '[]', '"state"', '{}'])('is undefined for %j', text => {
    expect(parseState(text)).toBeUndefined();
  });

  it.each<[string, object]>([
    ['has no action', { action: undefined }],
    ['has another action', { action: 'sweep' }],
    ['has an action in a list', { action: ['mint'] }],
    ['has another nonce for the clean-up', { nonce: 'dcba4321' }],
    ['has an invalid process', { mainStep: 4711 }],
    ['has no process', { mainStep: null }],
    ['has a process that is a text', { mainStep: { pid: '4711', startTime: '1' } }],
    ['has half a process', { mainStep: { pid: 4711.5, startTime: '1' } }],
    ['has process 1', { mainStep: { pid: 1, startTime: '1' } }],
    ['has a negative process, which is a group', { mainStep: { pid: -4711, startTime: '1' } }],
    ['has no start time', { mainStep: { pid: 4711 } }],
    ['has a start time that is a number', { mainStep: { pid: 4711, startTime: 1 } }],
    ['has a start time after other text', { mainStep: { pid: 4711, startTime: '../1' } }],
    ['has a start time before other text', { mainStep: { pid: 4711, startTime: '1/..' } }],
    ['has a start time that is too long', { mainStep: { pid: 4711, startTime: '1'.repeat(21) } }],
    ['has an invalid clean-up', { cleanup: [cleanup] }],
    ['has an invalid rotation', { rotation: 'put' }],
    ['has nothing to do', { mainStep: undefined, cleanup: undefined }],
    [
      'has nothing to do after a rotation',
      { mainStep: undefined, cleanup: undefined, rotation: { phase: 'put', replacement: idOf(2) } },
    ],
  ])('is undefined if it %s', (_, changes) => {
    expect(parseState(JSON.stringify({ ...saved, ...changes }))).toBeUndefined();
  });

  it.each([undefined, '', 'abcd123', 'abcd12345', ' abcd1234', 'ABCD1234', 12345678, ['abcd1234']])(
    'is undefined if its nonce is %j, which other notes could have',
    nonce => {
      for (const state of [{ ...saved, cleanup: undefined }, rotation])
        expect(parseState(JSON.stringify({ ...state, nonce }))).toBeUndefined();
    },
  );

  it('is undefined if a mint has only the end of a nonce', () => {
    expect(parseState(JSON.stringify({ ...saved, cleanup: undefined, nonce: 'xyz' }))).toBeUndefined();
  });

  it.each<[string, object]>([
    ['has an unknown phase', { phase: 'sweeping', previous: idOf(3), undeleted: [idOf(3)] }],
    ['has no phase', { phase: undefined }],
    ['has an invalid replacement', { replacement: '..' }],
    ['has a replacement in a list', { replacement: [idOf(2)] }],
    ['has no previous token', { phase: 'putting' }],
    ['has an invalid previous token', { phase: 'putting', previous: '..' }],
    ['has a previous token in a list', { phase: 'putting', previous: [idOf(3)] }],
    ['has no leaked tokens', { phase: 'deleting' }],
    ['has a leaked token without a list', { phase: 'deleting', undeleted: idOf(3) }],
    ['has an invalid leaked token', { phase: 'deleting', undeleted: [idOf(3), '..'] }],
    ['has a leaked token in two lists', { phase: 'deleting', undeleted: [[idOf(3)]] }],
  ])('is undefined if the rotation %s', (_, changes) => {
    const state = { ...rotation, rotation: { phase: 'put', replacement: idOf(2), ...changes } };
    expect(parseState(JSON.stringify(state))).toBeUndefined();
  });

  it.each<[string, object]>([
    ['has no address', { apiUrl: undefined }],
    ['has an address in a list', { apiUrl: [cleanup.apiUrl] }],
    ...['api.mapbox.com', 'ftp://api.mapbox.com/', 'http://0.0.0.0:1/', 'http://example.com/'].map(
      (apiUrl): [string, object] => [`has the address ${apiUrl}`, { apiUrl }],
    ),
    ['has no path', { actionPath: undefined }],
    ['has no authorizing token', { authorizingToken: null }],
    ['has a creator that is a number', { authorizingToken: { id: idOf(9), username: 7 } }],
    ['has a creator in a list', { authorizingToken: { id: idOf(9), username: ['octo'] } }],
    ['has a creator that leads to another path', { authorizingToken: { id: idOf(9), username: '..' } }],
    ['has an account in a list', { username: ['octo'] }],
    ['has an account that leads to another path', { username: '../..' }],
    ['has a note that is a number', { note: 1 }],
    ['has a note that is too long', { note: 'x'.repeat(129) }],
    ['has a note that is too long in bytes', { note: 'é'.repeat(65) }],
    ['has a token in its note', { note: tokenText('sk') }],
    ['has no nonce', { nonce: undefined }],
    ['has a token without an object', { token: idOf(1) }],
    ['has an invalid ID', { token: { id: '../scopes', keep: false } }],
    ['has an ID in a list', { token: { id: [idOf(1)], keep: false } }],
    ['does not say whether to keep the token', { token: { id: idOf(1) } }],
    ['has a count that is not a number', { orphans: '1' }],
    ['has a count below zero', { orphans: -1 }],
    ['has half an orphan', { orphans: 0.5 }],
    ['has a token to keep and no orphans', { token: { id: idOf(1), keep: true }, orphans: 0 }],
  ])('is undefined if the clean-up %s', (_, changes) => {
    const state = { ...saved, mainStep: undefined, cleanup: { ...cleanup, ...changes } };
    expect(parseState(JSON.stringify(state))).toBeUndefined();
  });

  it.each(['..', [idOf(9)]])('has no authorizing token ID such as %j', id => {
    const authorizingToken = { id, username: 'octo' };
    expect(parseState(JSON.stringify({ ...saved, cleanup: { ...cleanup, authorizingToken } }))).toEqual({
      ...saved,
      cleanup: { ...cleanup, authorizingToken: { id: undefined, username: 'octo' } },
    });
  });
});
