/**
 * A post step trusts only the state that its main step saved, even if the main step was interrupted, and no variable.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ACTION, preload, type Setting, setUp } from '../support/bundle.ts';
import type { Fault } from '../support/mapbox/faults.ts';
import { type MapboxStandIn, startMapbox } from '../support/mapbox/server.ts';
import { type RotateSetting, setUpRotate } from '../support/rotate-setting.ts';
import {
  type ActionRun,
  type ActionRunOptions,
  type StartedAction,
  startAction,
} from '../support/runner/step.ts';

/** A state that no main step saved, as `GITHUB_ENV` passes it to the post step of one that saved nothing. */
function forgedState(action: 'mint' | 'rotation', apiUrl: string, id: string): string {
  const nonce = 'abcd1234';
  const authorizingToken = { id, username: 'octo' };
  const cleanup = {
    ...{ apiUrl, actionPath: '', authorizingToken, username: 'octo', note: 'Release', nonce },
    ...{ token: { id, keep: false }, orphans: 1 },
  };
  return JSON.stringify({ action, nonce, cleanup });
}

/** A variable that a later step sets. */
const later = (state: string) => ({ env: { STATE_cleanup: state } });

/** A token in the same account that the step must not touch. */
const bystander = ({ mapbox }: Pick<Setting, 'mapbox'>) =>
  mapbox.account.issue({ scopes: ['tilesets:read'], note: 'Production' });

describe('a state set by a later step does not reach the post step of', () => {
  it.each<[string, Record<string, string>]>([
    ['a temporary token', { lifetime: '20m' }],
    ['invalid inputs', { lifetime: 'soon' }],
    ['scopes that Mapbox rejects', { scopes: 'datasets:write' }],
  ])('%s', async (_, inputs) => {
    await using setting = await setUp();
    const { id } = bystander(setting);
    const { post } = await setting.run(inputs, {
      atEnd: { inputs: setting.inputs, ...later(forgedState('mint', `${setting.mapbox.url}/`, id)) },
    });
    expect([post.exitCode, post.stdout]).toEqual([0, '']);
    expect(setting.mapbox.account.find(id)).toBeDefined();
  });

  it.each<[string, Record<string, string>]>([
    ['a rotation that is not due', { 'max-age': '30d' }],
    ['a finished rotation', {}],
  ])('%s', async (_, inputs) => {
    await using setting = await setUpRotate();
    const { id } = bystander(setting);
    const { post } = await setting.run(inputs, {
      atEnd: { inputs: setting.inputs(), ...later(forgedState('rotation', `${setting.mapbox.url}/`, id)) },
    });
    expect([post.exitCode, post.stdout]).toEqual([0, '']);
    expect(setting.mapbox.account.find(id)).toBeDefined();
  });
});

/** Runs before the program and blocks a main step forever. Only a post step has a state. */
const NEVER_BEGINS = `
if (!('STATE_cleanup' in process.env)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`;

// A main step that is killed at once has saved nothing, so such a variable does reach its post step.
describe.skipIf(process.platform === 'win32')(
  'the authorizing token is never sent to an address in a state',
  { concurrent: true },
  () => {
    const addresses: readonly [string, (thief: URL) => string][] = [
      ['on loopback', ({ href }) => href],
      ['with a user', ({ port }) => `http://api.mapbox.com@127.0.0.1:${port}/`],
    ];

    async function expectNothingSent(
      start: (more: Partial<ActionRunOptions>) => StartedAction,
      mapbox: MapboxStandIn,
      thief: MapboxStandIn,
      state: string,
    ): Promise<ActionRun> {
      const started = start({
        atEnd: later(state),
        nodeArgs: () => preload(NEVER_BEGINS),
        onStart: stage => stage === 'main' && started.kill(),
      });
      const run = await started.done;
      expect([run.main.signal, run.main.state]).toEqual(['SIGKILL', {}]);
      expect([run.post.exitCode, run.post.stderr]).toEqual([0, '']);
      expect(run.post.shown).not.toContain('Retrying');
      expect([...thief.requests, ...mapbox.requests]).toEqual([]);
      return run;
    }

    it.each(addresses)('after a mint: %s', async (_, address) => {
      await using setting = await setUp();
      await using thief = await startMapbox();
      const { mapbox, inputs } = setting;
      const url = address(new URL(thief.url));
      const { id } = bystander(setting);
      await expectNothingSent(
        more => startAction({ action: ACTION, inputs, ...more }),
        mapbox,
        thief,
        forgedState('mint', url, id),
      );
      await expectNothingSent(
        more => startAction({ action: ACTION, inputs: { ...inputs, 'api-url': '' }, ...more }),
        mapbox,
        thief,
        // The format of earlier versions.
        JSON.stringify({ apiUrl: url, username: 'octo', token: { id, keep: false }, orphans: 1 }),
      );
    });

    it('and a warning says why nothing was sent', async () => {
      await using setting = await setUp();
      await using thief = await startMapbox();
      const { post } = await expectNothingSent(
        more => startAction({ action: ACTION, inputs: { ...setting.inputs, 'api-url': '' }, ...more }),
        setting.mapbox,
        thief,
        forgedState('mint', `${thief.url}/`, bystander(setting).id),
      );
      expect(post.annotations).toMatchObject([
        {
          level: 'warning',
          message: expect.stringMatching(
            /`api-url` differs from the main step's.*nothing was sent to Mapbox/,
          ),
        },
      ]);
    });

    it.each(addresses)('after a rotation: %s', async (_, address) => {
      await using setting = await setUpRotate();
      await using thief = await startMapbox();
      const state = forgedState('rotation', address(new URL(thief.url)), bystander(setting).id);
      await expectNothingSent(more => setting.start({}, more), setting.mapbox, thief, state);
    });
  },
);

/** Pauses a main step right after it has saved a state that contains a text, until `letGo` is called. */
class Hold {
  readonly #text: string;
  #temp = '';

  constructor(text: string) {
    this.#text = text;
  }

  readonly nodeArgs = (temp: string): readonly string[] => {
    this.#temp = temp;
    const [held, go] = [this.#file('held'), this.#file('go')].map(path => JSON.stringify(path));
    const program = `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const append = fs.appendFileSync;
fs.appendFileSync = (path, text, ...rest) => {
  append(path, text, ...rest);
  if (path !== process.env.GITHUB_STATE || !String(text).includes(${JSON.stringify(this.#text)})) return;
  fs.writeFileSync(${held}, '');
  while (!fs.existsSync(${go})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
};
syncBuiltinESMExports();`;
    return preload(program);
  };

  async begun(): Promise<void> {
    await expect.poll(() => existsSync(this.#file('held')), { timeout: 30_000 }).toBe(true);
  }

  letGo(): void {
    writeFileSync(this.#file('go'), '');
  }

  #file(name: string): string {
    return join(this.#temp, name);
  }
}

/**
 * When a main step that the cancellation did not reach continues: before its post step, or once the post step signals
 * it.
 */
const MOMENTS = ['and ends before the post step', 'until the post step stops it'] as const;

/** Cancels a job in a container right after a state with this text was saved, and lets the main step continue. */
async function cancelAfter(
  text: string,
  moment: (typeof MOMENTS)[number],
  start: (more: Partial<ActionRunOptions>) => StartedAction,
): Promise<ActionRun> {
  const hold = new Hold(text);
  const isBefore = moment === MOMENTS[0];
  const started = start({
    container: true,
    nodeArgs: hold.nodeArgs,
    async before(moment, main) {
      if (moment !== 'post' || !isBefore) return;
      hold.letGo();
      await main.afterwards;
    },
    onLine: line => !isBefore && line.includes('still running') && hold.letGo(),
  });
  await hold.begun();
  started.cancel();
  const run = await started.done;
  expect(run.main.state['cleanup']).toContain('"mainStep"');
  return run;
}

describe.skipIf(process.platform !== 'linux')(
  'in a job container, where a cancellation reaches only the runner',
  { concurrent: true },
  () => {
    it.each(MOMENTS)('a main step that had only begun mints %s: the token is deleted', async moment => {
      await using setting = await setUp();
      const { main, post } = await cancelAfter('"mainStep"', moment, more =>
        startAction({ action: ACTION, inputs: setting.inputs, ...more }),
      );
      expect(main.state['cleanup']).not.toContain('"cleanup"');
      expect([post.exitCode, post.annotations]).toEqual([0, []]);
      if (moment === MOMENTS[0]) expect(post.shown).toContain('Deleted the orphaned token');
      expect(setting.created()).toEqual([]);
    });

    it.each(MOMENTS)(
      'a main step whose token is created continues %s: the token is deleted',
      async moment => {
        await using setting = await setUp();
        const { post } = await cancelAfter('"token":{', moment, more =>
          startAction({ action: ACTION, inputs: setting.inputs, ...more }),
        );
        expect([post.exitCode, post.annotations]).toEqual([0, []]);
        expect(setting.created()).toEqual([]);
      },
    );

    it.each<[string, Fault]>([
      [
        'waits out a rate limit',
        { kind: 'status', status: 429, processed: false, headers: { 'Retry-After': '1' } },
      ],
      ['waits for a response', { kind: 'delay', ms: 1_000 }],
      ['repeats a request', { kind: 'reset', processed: true }],
      ['gets no response', { kind: 'hang', processed: true }],
    ])('a main step that %s leaves no token', async (_, fault) => {
      for (const isBefore of fault.kind === 'hang' ? [false] : [true, false]) {
        await using setting: Setting = await setUp({
          fault(_, index) {
            if (index > 0) return undefined;
            started.cancel();
            return fault;
          },
        });
        const started: StartedAction = startAction({
          action: ACTION,
          inputs: setting.inputs,
          container: true,
          async before(moment, main) {
            if (moment === 'post' && isBefore) await main.afterwards;
          },
        });
        const { main, post } = await started.done;
        expect(main.state['cleanup']).toContain('"mainStep"');
        expect(post.shown.includes('The main step is still running. Stopping it.')).toBe(!isBefore);
        expect([post.exitCode, post.annotations]).toEqual([0, []]);
        expect(setting.created()).toEqual([]);
      }
    });

    async function cancelRotation(setting: RotateSetting, text: string, moment: (typeof MOMENTS)[number]) {
      const run = await cancelAfter(text, moment, more => setting.start({}, more));
      expect(run.post.exitCode).toBe(0);
      expect(setting.mapbox.account.isAlive(setting.value())).toBe(true);
      return run;
    }

    it.each(['"token":{', '"phase":"putting"'])(
      'a rotation that puts its token after %s was saved keeps it',
      async text => {
        await using setting = await setUpRotate();
        const { post } = await cancelRotation(setting, text, MOMENTS[0]);
        const [made] = setting.made();
        expect(setting.value()).toBe(made?.token);
        expect(post.annotations).toMatchObject([
          { level: 'warning', message: expect.stringContaining(made?.id ?? '?') },
        ]);
        expect(setting.mapbox.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
      },
    );

    it.each(['"mainStep"', '"token":{', '"phase":"putting"'])(
      'a rotation that is stopped after %s was saved leaves a working token in the secret, and names any other',
      async text => {
        await using setting = await setUpRotate();
        const { post } = await cancelRotation(setting, text, MOMENTS[1]);
        const message = post.annotations.map(({ message }) => message).join('\n');
        for (const { id, token } of setting.made())
          expect(token === setting.value() || message.includes(id)).toBe(true);
      },
    );
  },
);
