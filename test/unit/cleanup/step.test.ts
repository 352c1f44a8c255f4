import { describe, expect, it } from 'vitest';
import type { CleanupState, SavedState } from '../../../src/cleanup/state.ts';
import { postStep } from '../../../src/cleanup/step.ts';
import type { Context } from '../../../src/runtime/context.ts';
import type { Processes } from '../../../src/runtime/processes.ts';
import { Secret } from '../../../src/secret.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeRunner } from '../../support/fake-runner.ts';
import { MAIN_PROCESS, NO_PROCESSES, oneProcess } from '../../support/processes.ts';
import { AUTHORIZING_TOKEN_ID, authorizingTokenText, idOf, OWNER, tokenText } from '../../support/tokens.ts';
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

function setUp(
  state: string,
  createHttpClient: Context['createHttpClient'] = unforeseen,
  env = {},
  { inputs = {}, processes = NO_PROCESSES }: { inputs?: Record<string, string>; processes?: Processes } = {},
) {
  const runner = new FakeRunner({
    state,
    inputs: { 'authorizing-token': authorizingTokenText, ...inputs },
  });
  const context = {
    runner,
    env: { ...RUN_ENV, ...env },
    clock: new FakeClock(),
    randomInt: () => 0,
    processes,
    createHttpClient,
  };
  return { step: postStep(context), runner, clock: context.clock };
}

/** The state of a main step that ended by itself, with these changes. */
const serialize = (cleanup: CleanupState | undefined, more: Partial<SavedState> = {}) =>
  JSON.stringify({ action: 'mint', nonce: 'abcd1234', cleanup, ...more });

const unforeseen = () => Promise.reject(new Error('nothing may be sent'));

describe('with nothing to do', () => {
  it.each(['', '{}', 'no JSON', serialize({ ...saved, token: undefined })])(
    'it logs and sends nothing, run or interrupted: %j',
    async state => {
      const { step, runner } = setUp(state);
      await step.run();
      step.onInterrupt('The step was cancelled.');
      expect([runner.log, runner.masks]).toEqual([[], []]);
    },
  );
});

describe('interrupted', () => {
  it('it names the token that it did not delete, and exits with success', () => {
    const { step, runner } = setUp(serialize(saved));
    step.onInterrupt('The step was cancelled before it was done.');
    expect(step.interruptedExitCode).toBe(0);
    expect(runner.lines('warning')).toEqual([
      expect.stringMatching(
        new RegExp(
          `^The token ${ID} with the note "Release" may still be alive\\. The step was cancelled before it was done\\.\\nDelete it on`,
        ),
      ),
    ]);
  });

  it('it names the nonce if the main step saved only its start', () => {
    const { step, runner } = setUp(serialize(undefined, { mainStep: MAIN_PROCESS }));
    step.onInterrupt('x');
    expect(runner.lines('warning')[0]).toMatch(/^A token with the note "#abcd1234" may still be alive\. x\n/);
  });

  it('it logs nothing more once everything is done', async () => {
    const { step, runner } = setUp(serialize(saved), async () => ({
      send: async () => ({ kind: 'no-response', sent: false, code: 'CERT_HAS_EXPIRED' }),
      close: async () => {},
    }));
    await step.run();
    const before = runner.log.length;
    step.onInterrupt('The step was cancelled.');
    expect(runner.log).toHaveLength(before);
  });

  it('it does not claim a token whose ID is unknown or that is kept', () => {
    for (const token of [undefined, { id: ID, keep: true }]) {
      const { step, runner } = setUp(serialize({ ...saved, token, orphans: 1 }));
      step.onInterrupt('x');
      expect(runner.lines('warning')[0]).toMatch(/^A token with the note "Release" may still be alive\. x\n/);
    }
  });
});

describe('if another server responds in place of Mapbox', () => {
  it.each(['DELETE', 'GET'])('it retries a %s for a minute, however often that happens', async method => {
    let wrong = 0;
    const state = serialize(
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

describe('on failure', () => {
  it('it warns with the token and the reason, and never rejects', async () => {
    const { step, runner } = setUp(serialize(saved), unforeseen);
    await step.run();
    expect(runner.lines('warning')).toEqual([expect.stringContaining(`The token ${ID}`)]);
    expect(runner.lines('warning')[0]).toContain('The action itself failed.');
    expect(runner.lines('debug')[0]).toContain('nothing may be sent');
    expect(runner.lines('error')).toEqual([]);
  });

  it('it gives the reason if the proxy is unusable', async () => {
    const { step, runner } = setUp(serialize(saved), unforeseen, {
      HTTPS_PROXY: 'socks5://127.0.0.1:1',
    });
    await step.run();
    expect(runner.lines('warning')[0]).toContain('HTTPS_PROXY');
    expect(runner.lines('debug')).toEqual([]);
  });
});

it('masks the authorizing token first, even an unusable one', async () => {
  const runner = new FakeRunner({
    state: serialize(saved),
    inputs: { 'authorizing-token': 'longer-than-eight' },
  });
  const context = {
    runner,
    env: RUN_ENV,
    clock: new FakeClock(),
    randomInt: () => 0,
    processes: NO_PROCESSES,
    createHttpClient: unforeseen,
  };
  await postStep(context).run();
  expect(runner.masks).toEqual(['longer-than-eight']);
  expect(runner.lines('warning')[0]).not.toContain('longer-than-eight');
});

/**
 * A Mapbox account with these tokens, each with the step's nonce; `requests` records the requests, without their
 * queries.
 */
function mapboxWith(ids: readonly string[]) {
  const requests: string[] = [];
  const createHttpClient: Context['createHttpClient'] = async url => ({
    async send({ method, path }) {
      requests.push(`${method} ${url.origin}${path.replace(/\?.*/, '')}`);
      if (method === 'DELETE') return response(204, '');
      const list = ids.map(id => ({
        id,
        usage: 'sk',
        client: 'api',
        scopes: [],
        note: 'Release #abcd1234]',
      }));
      return response(200, JSON.stringify(list));
    },
    close: async () => {},
  });
  return { requests, createHttpClient };
}

const LIST = `GET https://api.mapbox.com/tokens/v2/${OWNER}`;
const DELETION = `DELETE https://api.mapbox.com/tokens/v2/${OWNER}/${ID}`;

describe('after a main step that was cut off', () => {
  it.each([
    ['if the main step saved only its start', undefined],
    ['if the main step requested a token', { ...saved, token: undefined, orphans: 1 }],
  ])('it searches by the nonce %s', async (_, cleanup) => {
    const { requests, createHttpClient } = mapboxWith([ID]);
    const { processes, interrupted } = oneProcess(() => false);
    const { step } = setUp(
      serialize(cleanup, { mainStep: MAIN_PROCESS }),
      createHttpClient,
      {},
      { processes },
    );
    await step.run();
    expect(requests).toEqual([LIST, DELETION]);
    expect(interrupted).toEqual([]);
  });

  it('it stops the main step if it still runs, once, and waits for it', async () => {
    let polls = 0;
    const { processes, interrupted } = oneProcess(() => polls++ < 30);
    const { requests, createHttpClient } = mapboxWith([ID]);
    const { step, runner, clock } = setUp(
      serialize(undefined, { mainStep: MAIN_PROCESS }),
      createHttpClient,
      {},
      { processes },
    );
    await step.run();
    expect(interrupted).toEqual([MAIN_PROCESS]);
    expect(clock.sleeps.filter(pause => pause === 100).length).toBeGreaterThan(25);
    expect(requests).toEqual([LIST, DELETION]);
    expect(runner.lines('info')[0]).toBe('The main step is still running. Stopping it.');
  });

  it('it uses the account of its own `username` input if the main step saved only its start', async () => {
    const { requests, createHttpClient } = mapboxWith([ID]);
    const state = serialize(undefined, { mainStep: MAIN_PROCESS });
    const { step } = setUp(state, createHttpClient, {}, { inputs: { username: 'hexa' } });
    await step.run();
    expect(requests[0]).toBe('GET https://api.mapbox.com/tokens/v2/hexa');
  });

  it('it sends nothing if that input is invalid', async () => {
    const state = serialize(undefined, { mainStep: MAIN_PROCESS });
    const { step, runner } = setUp(state, unforeseen, {}, { inputs: { username: '../..' } });
    await step.run();
    expect(runner.lines('warning')).toEqual([expect.stringContaining('`username` cannot be the name')]);
  });

  it('it names the nonce if it cannot search, and blames no change of the authorizing token', async () => {
    const { step, runner } = setUp(serialize(undefined, { mainStep: MAIN_PROCESS }), async () => ({
      send: async () => response(404, '{"message":"Not Found"}'),
      close: async () => {},
    }));
    await step.run();
    expect(runner.lines('warning')).toEqual([
      expect.stringMatching(/may have created one with the note "#abcd1234"\. .*`tokens:read`/),
    ]);
    expect(runner.lines('warning')[0]).not.toContain('is not the one');
  });

  it('it waits ten seconds at most', async () => {
    const { processes } = oneProcess(() => true);
    const { requests, createHttpClient } = mapboxWith([ID]);
    const { step, clock } = setUp(
      serialize(undefined, { mainStep: MAIN_PROCESS }),
      createHttpClient,
      {},
      { processes },
    );
    await step.run();
    expect(clock.monotonic()).toBe(10_000);
    expect(requests).toEqual([LIST, DELETION]);
  });

  it('it deletes nothing after a rotation, and names the replacement', async () => {
    const { processes, interrupted } = oneProcess(() => true);
    const state = serialize(saved, { action: 'rotation', mainStep: MAIN_PROCESS });
    const { step, runner } = setUp(state, unforeseen, {}, { processes });
    await step.run();
    expect(interrupted).toEqual([MAIN_PROCESS]);
    expect(runner.lines('warning')).toEqual([
      expect.stringMatching(`^The token ${ID} .* The rotation was interrupted\\.\nNothing was deleted`),
    ]);
  });

  it('it names a rotation’s token by the end of its note if nothing else is known', async () => {
    const state = serialize(undefined, { action: 'rotation', nonce: 'a1b', mainStep: MAIN_PROCESS });
    const { step, runner } = setUp(state, unforeseen);
    await step.run();
    expect(runner.lines('warning')).toEqual([
      expect.stringMatching(/^A token with the note "…a1b\]" may still be alive/),
    ]);
  });

  it('it warns about nothing once a rotation has put its token', async () => {
    const rotation = { phase: 'put', replacement: ID } as const;
    const state = serialize(saved, { action: 'rotation', rotation, mainStep: MAIN_PROCESS });
    const { step, runner } = setUp(state, unforeseen);
    await step.run();
    expect(runner.log).toEqual([
      { kind: 'info', text: expect.stringContaining(`The secret has the new token ${ID}.`) },
    ]);
  });
});

describe('the authorizing token goes to', () => {
  it('the address of its own `api-url` input', async () => {
    const { requests, createHttpClient } = mapboxWith([]);
    const state = serialize({ ...saved, apiUrl: 'http://127.0.0.1:1/x' });
    const { step } = setUp(state, createHttpClient, {}, { inputs: { 'api-url': 'http://127.0.0.1:1/x' } });
    await step.run();
    expect(requests).toEqual([`DELETE http://127.0.0.1:1/x/tokens/v2/${OWNER}/${ID}`]);
  });

  it.each([
    ['only the state has an address', '', 'http://127.0.0.1:1/'],
    ['the address has changed', 'http://127.0.0.1:2/', 'https://api.mapbox.com/'],
    ['the address is invalid', 'ftp://example.com', 'https://api.mapbox.com/'],
  ])('nowhere, with a warning, if %s', async (_, input, apiUrl) => {
    const { step, runner } = setUp(
      serialize({ ...saved, apiUrl }),
      unforeseen,
      {},
      { inputs: { 'api-url': input } },
    );
    await step.run();
    expect(runner.lines('warning')).toEqual([
      expect.stringMatching(
        /`api-url` differs from the main step's, so nothing was sent to Mapbox.* such as the address itself\./,
      ),
    ]);
  });
});

describe('without an authorizing token, it sends nothing', () => {
  const warningWith = async (GITHUB_ACTION_PATH: string | undefined, actionPath: string) => {
    const inputs = { 'authorizing-token': '', token: authorizingTokenText };
    const state = serialize({ ...saved, actionPath });
    const { step, runner } = setUp(state, unforeseen, { GITHUB_ACTION_PATH }, { inputs });
    await step.run();
    return runner.lines('warning');
  };

  it.each([
    ['/actions/mint', '/actions/mint'],
    [undefined, ''],
  ])('and blames a variable if the action is in the same place: %j', async (now, before) => {
    expect(await warningWith(now, before)).toEqual([
      expect.stringMatching(/`authorizing-token` is empty, unlike the main step's, .*env\.X/),
    ]);
  });

  it('and names the bug of the runner if the action has moved', async () => {
    expect(await warningWith('/actions/outer', '/actions/mint')).toEqual([
      expect.stringContaining('https://github.com/actions/runner/issues/2030'),
    ]);
  });
});

it('reports what it deleted, and what it could not delete', async () => {
  const state = serialize({ ...saved, orphans: 1 });
  // A process with the id of a main step that has ended is another one.
  const { processes, interrupted } = oneProcess(() => true);
  const createHttpClient: Context['createHttpClient'] = async () => ({
    send: async ({ method }) =>
      method === 'DELETE' ? response(204, '') : response(404, '{"message":"Not Found"}'),
    close: async () => {},
  });
  const { step, runner } = setUp(state, createHttpClient, {}, { processes });
  await step.run();
  expect(runner.log).toEqual([
    { kind: 'info', text: `Deleted the token ${ID}.` },
    { kind: 'warning', text: expect.stringContaining('may have created one with the note "Release"') },
  ]);
  expect(interrupted).toEqual([]);
});

describe('after a rotation', () => {
  it.each([
    ['`token` if there is no authorizing token', ' \n', authorizingTokenText],
    ['the authorizing token if there is one', authorizingTokenText, tokenText('pk')],
  ])('it deletes a replacement that is in no secret, with %s', async (_, given, token) => {
    const { requests, createHttpClient } = mapboxWith([]);
    const inputs = { 'authorizing-token': given, token };
    const { step, runner } = setUp(
      serialize(saved, { action: 'rotation' }),
      createHttpClient,
      {},
      { inputs },
    );
    await step.run();
    expect(requests).toEqual([DELETION]);
    expect(runner.masks).toContain(authorizingTokenText);
    expect(runner.log).toEqual([{ kind: 'info', text: `Deleted the token ${ID}.` }]);
  });

  it('it deletes orphans even if leaked tokens are still alive, and names those', async () => {
    const { requests, createHttpClient } = mapboxWith([]);
    const rotation = { phase: 'deleting', replacement: idOf(2), undeleted: [idOf(3)] } as const;
    const { step, runner } = setUp(serialize(saved, { action: 'rotation', rotation }), createHttpClient);
    await step.run();
    expect(requests).toEqual([DELETION]);
    expect(runner.lines('warning')).toEqual([expect.stringContaining(`still alive: ${idOf(3)}.`)]);
  });

  it.each([
    [
      'it deletes nothing and names both tokens if a secret may have either',
      { phase: 'putting', replacement: ID, previous: idOf(2) } as const,
      new RegExp(`${ID} or the old one, ${idOf(2)}`),
    ],
    [
      'it names the leaked tokens that are still alive',
      { phase: 'deleting', replacement: ID, undeleted: [idOf(2), idOf(3)] } as const,
      new RegExp(`still alive: ${idOf(2)}, ${idOf(3)}\\.`),
    ],
  ])('%s', async (_, rotation, warning) => {
    const { step, runner } = setUp(serialize(undefined, { action: 'rotation', rotation }), unforeseen);
    await step.run();
    expect(runner.lines('warning')).toEqual([expect.stringMatching(warning)]);
  });
});
