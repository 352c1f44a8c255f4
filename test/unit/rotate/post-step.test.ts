import { describe, expect, it } from 'vitest';
import { type RotationState, serializeRotation } from '../../../src/rotate/state.ts';
import { RotationSimulation } from '../../support/rotation-simulation.ts';

const POWERS = ['tokens:read', 'tokens:write'];

const serialize = (state: Partial<RotationState>) =>
  serializeRotation({ cleanup: undefined, rotation: undefined, ...state });

function setUp() {
  const simulation = new RotationSimulation();
  const { account } = simulation;
  const old = account.issue({ scopes: POWERS });
  const created = account.issue({ scopes: POWERS, note: 'x [replaces c0000: 1/7.1#abcdex1y]' });
  const cleanup = {
    apiUrl: 'https://api.mapbox.com/',
    actionPath: '',
    authorizingToken: { id: old.id, username: 'octo' },
    username: 'octo',
    note: created.note ?? '',
    nonce: 'abcdex1y',
    token: { id: created.id, keep: false },
    orphans: 0,
  };
  const post = (state: Partial<RotationState>, inputs: Record<string, string> = { token: old.token }) =>
    simulation.post({ inputs, state: serialize(state) });
  return { simulation, account, old, created, cleanup, post };
}

it('does nothing, with no request, where there is nothing to do', async () => {
  const end = await setUp().post({});
  expect([end.end, end.said, end.requests]).toEqual(['success', [], []]);
});

describe('a replacement that no secret has', () => {
  it('is deleted with the token that created it', async () => {
    const { account, old, created, cleanup, post } = setUp();
    const end = await post({ cleanup });
    expect(account.find(created.id)).toBeUndefined();
    expect(account.find(old.id)).toBeDefined();
    expect(end.said).toEqual([{ kind: 'info', text: `Deleted the token ${created.id}.` }]);
  });
  it('is deleted with the authorizing token where one was given', async () => {
    const { account, old, created, cleanup, post } = setUp();
    await post({ cleanup }, { token: 'x', 'authorizing-token': old.token });
    expect(account.find(created.id)).toBeUndefined();
  });
  it('is searched for all of a minute, however often something else answers in Mapbox’s place', async () => {
    const { simulation, account, old, created, cleanup } = setUp();
    let lists = 0;
    const end = await simulation.post({
      inputs: { token: old.token },
      state: serialize({ cleanup: { ...cleanup, token: undefined, orphans: 1 } }),
      faults: ({ method }) =>
        method === 'GET' && lists++ < 4 ? { kind: 'proxy', status: 200, processed: true } : undefined,
    });
    expect(account.find(created.id)).toBeUndefined();
    expect(end.end).toBe('success');
  });
  it('is named where the inputs have changed', async () => {
    const { account, created, cleanup, post } = setUp();
    const end = await post({ cleanup }, {});
    expect(account.find(created.id)).toBeDefined();
    expect(end.said).toMatchObject([{ kind: 'warning', text: expect.stringContaining(created.id) }]);
    expect(end.requests).toEqual([]);
  });
});

it('deletes nothing where the secret may have the new token, and names both', async () => {
  const { account, old, created, post } = setUp();
  const end = await post({ rotation: { phase: 'putting', replacement: created.id, previous: old.id } });
  expect(end.said).toMatchObject([
    {
      kind: 'warning',
      text: expect.stringMatching(new RegExp(`${created.id} or still the old one, ${old.id}`)),
    },
  ]);
  expect(end.requests).toEqual([]);
  expect(account.find(created.id)).toBeDefined();
});

it('names the leaked tokens that are still alive', async () => {
  const { old, created, post } = setUp();
  const end = await post({
    rotation: { phase: 'deleting', replacement: created.id, undeleted: [old.id] },
  });
  expect(end.said).toMatchObject([
    { kind: 'warning', text: expect.stringMatching(new RegExp(`Still alive: ${old.id}.*leaked`)) },
  ]);
  expect(end.requests).toEqual([]);
});
