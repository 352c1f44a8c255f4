import { describe, expect, it } from 'vitest';
import { logLine, outputNames, toOutputs } from '../../../src/mint/outputs.ts';
import { briefly, inputs, job, RUN, stored, temporary } from '../../support/minted.ts';
import { idOf, OWNER } from '../../support/tokens.ts';

const EXPIRES = '2026-01-02T03:24:05.000Z';

describe('the outputs', () => {
  it('of a stored token have an id and a note, and no expiry', () => {
    expect(toOutputs(stored)).toEqual({
      token: stored.secret,
      'token-id': idOf(1),
      usage: 'sk',
      scopes: 'tilesets:write tilesets:read',
      username: OWNER,
      note: 'Release [run]',
      'expires-at': '',
    });
  });

  it('of a temporary token have an expiry, and neither id nor note', () => {
    expect(toOutputs(temporary)).toEqual({
      token: temporary.secret,
      'token-id': '',
      usage: 'tk',
      scopes: 'tilesets:write tilesets:read',
      username: OWNER,
      note: '',
      'expires-at': EXPIRES,
    });
  });

  it('are all there, in the order that action.yml has them', () => {
    for (const minted of [stored, temporary])
      expect(Object.keys(toOutputs(minted))).toEqual([...outputNames]);
  });
});

it.each([
  [
    stored,
    inputs(job),
    `secret token for octo with tilesets:write, tilesets:read (ID ${idOf(1)}). It is deleted when the job ends. Run: ${RUN}`,
  ],
  [
    { ...stored, usage: 'pk' as const },
    inputs({ ...job, untilJobEnds: false }),
    `public token for octo with tilesets:write, tilesets:read (ID ${idOf(1)}). It stays until someone deletes it. Run: ${RUN}`,
  ],
  [
    temporary,
    briefly,
    `temporary token for octo with tilesets:write, tilesets:read. It expires at ${EXPIRES} (in 20 min).`,
  ],
])('the log says in one line what was minted and when it ends (%#)', (minted, asked, line) => {
  const run = minted.usage === 'tk' ? undefined : RUN;
  expect(logLine(minted, asked, run)).toBe(`Created a ${line}`);
});
