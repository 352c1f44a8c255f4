import { describe, expect, it } from 'vitest';
import { type CleanupState, serializeState } from '../../../src/cleanup/state.ts';
import { postStep } from '../../../src/cleanup/step.ts';
import type { Context } from '../../../src/runtime/context.ts';
import { Secret } from '../../../src/secret.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeRunner } from '../../support/fake-runner.ts';
import { AUTHORIZING_TOKEN_ID, authorizingTokenText, idOf, OWNER } from '../../support/tokens.ts';
import { RUN_ENV } from '../../support/workflow-run.ts';

const ID = idOf(1);

const saved: CleanupState = {
  apiUrl: 'https://api.mapbox.com/',
  actionPath: '',
  authorizingToken: { id: AUTHORIZING_TOKEN_ID, username: OWNER },
  username: OWNER,
  note: 'Release',
  nonce: 'abcd1234',
  token: { id: ID, keep: false },
  orphans: 0,
};

function setUp(state: string, createHttpClient: Context['createHttpClient'] = unforeseen, env = {}) {
  const runner = new FakeRunner({ state, inputs: { 'authorizing-token': authorizingTokenText } });
  const context = {
    runner,
    env: { ...RUN_ENV, ...env },
    clock: new FakeClock(),
    randomInt: () => 0,
    createHttpClient,
  };
  return { step: postStep(context), runner };
}

const unforeseen = () => Promise.reject(new Error('nothing may be sent'));

describe('with nothing to do', () => {
  it.each(['', '{}', 'no JSON', serializeState({ ...saved, token: undefined })])(
    'it says and sends nothing, run or interrupted: %j',
    async state => {
      const { step, runner } = setUp(state);
      await step.run();
      expect(step.onInterrupt('The step was cancelled.')).toBe(0);
      expect([runner.log, runner.masks]).toEqual([[], []]);
    },
  );
});

describe('interrupted', () => {
  it('it names the token that it did not delete, and leaves with success', () => {
    const { step, runner } = setUp(serializeState(saved));
    expect(step.onInterrupt('The step was cancelled before it was done.')).toBe(0);
    expect(runner.lines('warning')).toEqual([
      expect.stringMatching(
        new RegExp(
          `^The token ${ID} with the note "Release" may still be alive\\. The step was cancelled before it was done\\.\\nDelete it on`,
        ),
      ),
    ]);
  });

  it('it says no more once everything is done', async () => {
    const { step, runner } = setUp(serializeState(saved), async () => ({
      send: async () => ({ kind: 'no-response', sent: false, code: 'CERT_HAS_EXPIRED' }),
      close: async () => {},
    }));
    await step.run();
    const before = runner.log.length;
    step.onInterrupt('The step was cancelled.');
    expect(runner.log).toHaveLength(before);
  });

  it('it does not call a token its own whose id is not known, or that is kept', () => {
    for (const token of [undefined, { id: ID, keep: true }]) {
      const { step, runner } = setUp(serializeState({ ...saved, token, orphans: 1 }));
      step.onInterrupt('x');
      expect(runner.lines('warning')[0]).toMatch(/^A token with the note "Release" may still be alive\. x\n/);
    }
  });
});

describe('where something else answers in place of Mapbox', () => {
  it.each(['DELETE', 'GET'])('it goes on for its minute, however often that answers a %s', async method => {
    let wrong = 0;
    const state = serializeState(
      method === 'GET' ? { ...saved, token: { id: ID, keep: true }, orphans: 1 } : saved,
    );
    const { step, runner } = setUp(state, async () => ({
      async send(request) {
        if (request.method === method && wrong++ < 6) return response(200, '<html>');
        return request.method === 'GET' ? response(200, '[]') : response(204, '');
      },
      close: async () => {},
    }));
    await step.run();
    expect(wrong).toBeGreaterThan(6);
    expect(runner.lines('warning')).toEqual([]);
  });
});

const response = (status: number, text: string) => ({
  kind: 'response' as const,
  status,
  headers: {},
  body: { kind: 'complete' as const, text: new Secret(text) },
});

describe('where it fails', () => {
  it('it warns, with the token and what went wrong, and never rejects', async () => {
    const { step, runner } = setUp(serializeState(saved), unforeseen);
    await step.run();
    expect(runner.lines('warning')).toEqual([expect.stringContaining(`The token ${ID}`)]);
    expect(runner.lines('warning')[0]).toContain('The action itself failed.');
    expect(runner.lines('debug')[0]).toContain('nothing may be sent');
    expect(runner.lines('error')).toEqual([]);
  });

  it('it gives the reason where the proxy cannot be used', async () => {
    const { step, runner } = setUp(serializeState(saved), unforeseen, {
      HTTPS_PROXY: 'socks5://127.0.0.1:1',
    });
    await step.run();
    expect(runner.lines('warning')[0]).toContain('HTTPS_PROXY');
    expect(runner.lines('debug')).toEqual([]);
  });
});

it('the authorizing token is masked before anything else, also where it is of no use', async () => {
  const runner = new FakeRunner({
    state: serializeState(saved),
    inputs: { 'authorizing-token': 'longer-than-eight' },
  });
  const context = {
    runner,
    env: RUN_ENV,
    clock: new FakeClock(),
    randomInt: () => 0,
    createHttpClient: unforeseen,
  };
  await postStep(context).run();
  expect(runner.masks).toEqual(['longer-than-eight']);
  expect(runner.lines('warning')[0]).not.toContain('longer-than-eight');
});
