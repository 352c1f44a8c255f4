import { describe, expect, it } from 'vitest';
import { type CleanupState, PostStepState, parseState, type SavedState } from '../../../src/cleanup/state.ts';
import { FakeRunner } from '../../support/fake-runner.ts';
import { MAIN_PROCESS, NO_PROCESSES, oneProcess } from '../../support/processes.ts';
import { idOf } from '../../support/tokens.ts';

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

  it('stops the step if it cannot be written', () => {
    const missing = new FakeRunner({ missingFile: 'GITHUB_STATE is not set' });
    expect(() =>
      PostStepState.begin({ runner: missing, processes: NO_PROCESSES }, 'mint', 'abcd1234'),
    ).toThrow('GITHUB_STATE is not set. No token was created.');
  });
});

describe('a parsed state', () => {
  it('is what was saved', () => {
    for (const state of [
      saved,
      { ...saved, mainStep: undefined },
      { ...saved, cleanup: { ...cleanup, token: { id: idOf(1), keep: true } } },
      { ...saved, cleanup: { ...cleanup, authorizingToken: { id: undefined, username: 'octo' } } },
      { ...saved, action: 'rotation', nonce: 'xyz', cleanup: undefined } as const,
      ...(['putting', 'deleting'] as const).map(phase => ({
        ...saved,
        action: 'rotation' as const,
        cleanup: undefined,
        mainStep: undefined,
        rotation: { phase, replacement: idOf(2), previous: idOf(3), undeleted: [idOf(4)] },
      })),
    ])
      expect(parseState(JSON.stringify(state))).toMatchObject(
        JSON.parse(
          JSON.stringify(state, (key, value) =>
            key === 'previous' || key === 'undeleted' ? undefined : value,
          ),
        ),
      );
  });

  it.each(['', '{', 'null', '[]', '"state"', '{}'])('is undefined for %j', text => {
    expect(parseState(text)).toBeUndefined();
  });

  it.each<[string, object]>([
    ['has no action', { action: undefined }],
    ['has another action', { action: 'sweep' }],
    ['has no nonce', { nonce: undefined }],
    ['has a nonce that many notes could have', { nonce: '' }],
    ['has a nonce that is too long', { nonce: 'abcd12345' }],
    ['has a nonce that is a number', { nonce: 12345678 }],
    ['has another nonce for the clean-up', { nonce: 'dcba4321' }],
    ['has an invalid process', { mainStep: 4711 }],
    ['has process 1', { mainStep: { pid: 1, startTime: '1' } }],
    ['has a negative process, which is a group', { mainStep: { pid: -4711, startTime: '1' } }],
    ['has an invalid start time', { mainStep: { pid: 4711, startTime: '../1' } }],
    ['has an unknown phase', { rotation: { phase: 'sweeping', replacement: idOf(2) } }],
    ['has an invalid replacement', { rotation: { phase: 'put', replacement: '..' } }],
    ['has nothing to do', { mainStep: undefined, cleanup: undefined }],
  ])('is undefined if it %s', (_, changes) => {
    expect(parseState(JSON.stringify({ ...saved, ...changes }))).toBeUndefined();
  });

  it.each<[string, object]>([
    ['has no address', { apiUrl: undefined }],
    ['has an address in a list', { apiUrl: [cleanup.apiUrl] }],
    ...['api.mapbox.com', 'ftp://api.mapbox.com/', 'http://0.0.0.0:1/', 'http://example.com/'].map(
      (apiUrl): [string, object] => [`has the address ${apiUrl}`, { apiUrl }],
    ),
    ['has no path', { actionPath: undefined }],
    ['has an account that is a number', { authorizingToken: { id: idOf(9), username: 7 } }],
    ['has an account that leads to another path', { username: '../..' }],
    ['has a note that is too long', { note: 'x'.repeat(129) }],
    ['has an invalid ID', { token: { id: '../scopes', keep: false } }],
    ['has an ID in a list', { token: { id: [idOf(1)], keep: false } }],
    ['does not say whether to keep the token', { token: { id: idOf(1) } }],
    ['has a count that is not a number', { orphans: 'no' }],
    ['has a count below zero', { orphans: -1 }],
    ['has half an orphan', { orphans: 0.5 }],
    ['has a token to keep and no orphans', { token: { id: idOf(1), keep: true }, orphans: 0 }],
  ])('is undefined if the clean-up %s', (_, changes) => {
    const state = { ...saved, mainStep: undefined, cleanup: { ...cleanup, ...changes } };
    expect(parseState(JSON.stringify(state))).toBeUndefined();
  });

  it('has no invalid authorizing token ID', () => {
    const authorizingToken = { id: '..', username: 'octo' };
    expect(
      parseState(JSON.stringify({ ...saved, cleanup: { ...cleanup, authorizingToken } }))?.cleanup
        ?.authorizingToken,
    ).toEqual({ id: undefined, username: 'octo' });
  });
});
