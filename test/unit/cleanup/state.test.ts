import { describe, expect, it } from 'vitest';
import { type CleanupState, parseState, serializeState } from '../../../src/cleanup/state.ts';
import fc from '../../support/random.ts';
import { idOf } from '../../support/tokens.ts';

const state: CleanupState = {
  apiUrl: 'https://api.mapbox.com/',
  actionPath: '/home/runner/_actions/create-mapbox-token/v1',
  authorizingToken: { id: idOf(9), username: 'octo' },
  username: 'octo',
  note: 'Release (octo/maps) [until job ends: 1/2.3#abcd1234]',
  nonce: 'abcd1234',
  token: { id: idOf(1), keep: false },
  orphans: 1,
};

it('is parsed as it was serialized', () => {
  const token = fc.record({ id: fc.constant(idOf(1)), keep: fc.boolean() });
  fc.assert(
    fc.property(
      fc.record({
        apiUrl: fc.webUrl(),
        actionPath: fc.string(),
        authorizingToken: fc.record({ id: fc.constantFrom(idOf(9), undefined), username: fc.string() }),
        username: fc.string(),
        note: fc.string({ unit: 'binary' }),
        nonce: fc.stringMatching(/^[a-z0-9]{8}$/),
        token: fc.option(token, { nil: undefined }),
        orphans: fc.nat(),
      }),
      written => {
        const isIdle = (written.token === undefined || written.token.keep) && written.orphans === 0;
        expect(parseState(serializeState(written))).toEqual(isIdle ? undefined : written);
      },
    ),
  );
});

describe('there is nothing to do', () => {
  it.each(['', '{', 'null', '[]', '"state"', '{}'])('with the state %j', text => {
    expect(parseState(text)).toBeUndefined();
  });

  it.each(Object.keys(state).filter(name => name !== 'token' && name !== 'orphans'))('without `%s`', name => {
    expect(parseState(JSON.stringify({ ...state, [name]: undefined }))).toBeUndefined();
    expect(parseState(JSON.stringify({ ...state, [name]: 7 }))).toBeUndefined();
  });

  it.each([
    ['an address in a list', { apiUrl: [state.apiUrl] }],
    ['a nonce that is a number', { nonce: 12345678 }],
    ['an account that is a number', { authorizingToken: { id: idOf(9), username: 7 } }],
    ['an address that is none', { apiUrl: 'api.mapbox.com' }],
    ['a nonce that many notes could have', { nonce: '' }],
    ['a nonce that is too long', { nonce: 'abcd12345' }],
    ['a token to keep and no orphans', { token: { id: idOf(1), keep: true }, orphans: 0 }],
    ['neither token nor orphans', { token: undefined, orphans: 0 }],
  ])('with %s', (_, changes) => {
    expect(parseState(JSON.stringify({ ...state, ...changes }))).toBeUndefined();
  });
});

it.each([
  ['an id that is none', { token: { id: '../scopes', keep: false } }, { token: undefined }],
  ['an id in a list', { token: { id: [idOf(1)], keep: false } }, { token: undefined }],
  ['an id that is no text', { token: { id: 7, keep: false } }, { token: undefined }],
  ['a token that nobody knows whether to keep', { token: { id: idOf(1) } }, { token: undefined }],
  ['a token as an earlier version wrote it', { token: idOf(1) }, { token: undefined }],
  ['a count that is no number', { orphans: 'no' }, { orphans: 0 }],
  ['a count below zero', { orphans: -1 }, { orphans: 0 }],
  ['one and a half orphans', { orphans: 1.5 }, { orphans: 0 }],
  [
    'the id of an authorizing token in a list',
    { authorizingToken: { id: [idOf(9)], username: 'octo' } },
    { authorizingToken: { id: undefined, username: 'octo' } },
  ],
  [
    'the id of an authorizing token that is none',
    { authorizingToken: { id: '..', username: 'octo' } },
    { authorizingToken: { id: undefined, username: 'octo' } },
  ],
])('deletes nothing by %s', (_, changed, parsed) => {
  expect(parseState(JSON.stringify({ ...state, ...changed }))).toEqual({ ...state, ...parsed });
});
