/** The shipped bundle if its job ends early: cancelled by the runner, or killed. */
import { describe, expect, it } from 'vitest';
import { ACTION, type Setting, setUp } from '../support/bundle.ts';
import type { Fault } from '../support/mapbox/faults.ts';
import { setUpRotate } from '../support/rotate-setting.ts';
import { type ActionRunOptions, startAction } from '../support/runner/step.ts';
import { startWorkflow } from '../support/runner/workflow.ts';
import { HELD } from '../support/tokens.ts';

/** A Mapbox with a fault for the n-th request. `arrived` resolves when the first request has arrived. */
async function setUpFor(faults: readonly (Fault | undefined)[], held = HELD) {
  const arrived = Promise.withResolvers<void>();
  const setting = await setUp({
    held,
    fault(_, index) {
      arrived.resolve();
      return faults[index];
    },
  });
  return { setting, arrived: arrived.promise };
}

function start(setting: Setting, options: Partial<ActionRunOptions> = {}) {
  return startAction({ action: ACTION, inputs: setting.inputs, ...options });
}

/**
 * A fault for the list: Mapbox carries out the first creation right after it has read the list, too late to be in it.
 */
function carriedOutLate({ mapbox }: Setting): Fault {
  return {
    kind: 'rewrite',
    rewrite: response => {
      const { note, scopes } = JSON.parse(mapbox.requests[0]?.body ?? '');
      mapbox.account.issue({ note, scopes });
      return response;
    },
  };
}

function rateLimit(seconds: string): Fault {
  return { kind: 'status', status: 429, processed: false, headers: { 'Retry-After': seconds } };
}

const HANGS: Fault = { kind: 'hang', processed: true };

// On Windows, every signal ends a process at once, before it can react.
describe.skipIf(process.platform === 'win32')(
  'a token whose creation was in flight',
  { concurrent: true },
  () => {
    it('is deleted by the post step when the job was cancelled while minting', async () => {
      const { setting, arrived } = await setUpFor([HANGS]);
      await using _ = setting;
      const action = start(setting);
      await arrived;
      expect(setting.created()).toHaveLength(1);
      action.cancel();
      const { main, post } = await action.done;

      // The step ended by itself: the runner did not have to kill it.
      expect([main.exitCode, main.signal]).toEqual([1, null]);
      expect(main.outputs).toEqual({});
      expect(main.shown).toContain('Cancelled.');
      expect(main.annotations).toEqual([]);
      expect(post.shown).toMatch(
        /Deleted the orphaned token c[a-z0-9]{24}, created by a request without a usable response\./,
      );
      expect(setting.created()).toEqual([]);
    });

    it('is deleted by the post step when the main step was interrupted by SIGTERM alone', async () => {
      const { setting, arrived } = await setUpFor([HANGS]);
      await using _ = setting;
      const action = start(setting);
      await arrived;
      action.terminate();
      const { main, post } = await action.done;

      expect([main.exitCode, main.signal]).toEqual([1, null]);
      expect(main.shown).toContain('Cancelled.');
      expect(post.shown).toContain('Deleted the orphaned token');
      expect(setting.created()).toEqual([]);
    });

    it('is deleted by the post step even if an earlier request was lost and is carried out late', async () => {
      const arrived = Promise.withResolvers<void>();
      let posts = 0;
      let listed = 0;
      await using setting: Setting = await setUp({
        fault({ method }) {
          if (method === 'POST') {
            if (++posts === 1) return { kind: 'reset', processed: false };
            arrived.resolve();
            return { kind: 'hang', processed: true };
          }
          return method === 'GET' && ++listed === 2 ? carriedOutLate(setting) : undefined;
        },
      });
      const action = start(setting);
      await arrived.promise;
      action.kill();
      await action.done;

      expect(setting.created()).toEqual([]);
    });

    it('is deleted by the post step when the main step was killed', async () => {
      const { setting, arrived } = await setUpFor([HANGS]);
      await using _ = setting;
      const action = start(setting);
      await arrived;
      action.kill();
      const { main, post } = await action.done;

      expect(main.signal).toBe('SIGKILL');
      expect(post.exitCode).toBe(0);
      expect(setting.created()).toEqual([]);
    });

    it('is named by its note in a warning if the authorizing token lacks tokens:read', async () => {
      const { setting, arrived } = await setUpFor(
        [HANGS],
        ['tokens:write', 'tilesets:read', 'tilesets:write'],
      );
      await using _ = setting;
      const action = start(setting);
      await arrived;
      action.kill();
      const { post } = await action.done;

      const [left] = setting.created();
      expect(post.exitCode).toBe(0);
      expect(post.annotations).toMatchObject([
        { level: 'warning', message: expect.stringMatching(/lacks `tokens:read`/) },
      ]);
      expect(post.annotations[0]?.message).toContain(left?.note);
    });

    it('is deleted even if Mapbox carries out the request only after the post step’s first search', async () => {
      const arrived = Promise.withResolvers<void>();
      let listed = 0;
      await using setting: Setting = await setUp({
        fault({ method }) {
          if (method === 'POST') {
            arrived.resolve();
            return { kind: 'hang', processed: false };
          }
          return method === 'GET' && ++listed === 1 ? carriedOutLate(setting) : undefined;
        },
      });
      const action = start(setting);
      await arrived.promise;
      action.kill();
      await action.done;

      expect(listed).toBe(2);
      expect(setting.created()).toEqual([]);
    });
  },
);

describe.skipIf(process.platform === 'win32')(
  'a runner that is shut down while a token is created',
  { concurrent: true },
  () => {
    /** Shuts the runner down, without a post step, while a creation waits for its response, which comes after `ms`. */
    async function shutDown(ms: number, inputs: Record<string, string> = {}, signal = 'SIGINT') {
      const { setting, arrived } = await setUpFor([{ kind: 'delay', ms }]);
      const action = start(setting, { inputs: { ...setting.inputs, ...inputs } });
      await arrived;
      if (signal === 'SIGINT') action.shutdown();
      else action.terminate();
      const signalled = performance.now();
      const { main, post } = await action.done;
      return { setting, main, post, ms: performance.now() - signalled };
    }

    it.each([
      [500, { 'export-env': 'MAPBOX_ACCESS_TOKEN' }],
      [4_500, {}],
      [500, { lifetime: 'permanent' }],
    ])('leaves no token alive if the response comes after %i ms, with %j', async (ms, inputs) => {
      const { setting, main, post } = await shutDown(ms, inputs);
      await using _ = setting;

      expect([main.exitCode, main.signal]).toEqual([1, null]);
      expect(main.shown).toMatch(/Cancelled\.\nMapbox had created a token\. It was discarded\.$/);
      expect([main.annotations, main.outputs, main.env]).toEqual([[], {}, {}]);
      expect(main.files['GITHUB_OUTPUT']).toBe('');
      // A post step would have nothing to do.
      expect(Object.values(main.state).join('')).toBe('');
      expect(post.stdout).toBe('');
      expect(setting.mapbox.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
      expect(setting.created()).toEqual([]);
    });

    it('ends by itself if no response comes, keeps its state, and names the note in its last line', async () => {
      const { setting, main, ms } = await shutDown(20_000);
      await using _ = setting;
      const [created] = setting.created();

      expect([main.exitCode, main.signal]).toEqual([1, null]);
      expect(ms).toBeLessThan(7_000);
      expect(main.shown.split('\n').at(-2)).toBe('Cancelled.');
      expect(main.shown.split('\n').at(-1)).toContain(`A token with the note "${created?.note}" may exist`);
      expect(main.annotations).toEqual([]);
      expect(Object.values(main.state).join('')).toContain('"orphans":1');
    });

    it('does not wait for a token that expires on its own', async () => {
      const { setting, main, ms } = await shutDown(20_000, { lifetime: '20m' });
      await using _ = setting;

      expect([main.exitCode, main.signal, main.outputs]).toEqual([1, null, {}]);
      expect(ms).toBeLessThan(4_500);
    });

    it('names the note in the last line of a rotation too', async () => {
      const arrived = Promise.withResolvers<void>();
      await using setting = await setUpRotate({
        mapbox: {
          fault({ method }) {
            if (method !== 'POST') return undefined;
            arrived.resolve();
            return { kind: 'hang', processed: true };
          },
        },
      });
      const action = setting.start();
      await arrived.promise;
      action.shutdown();
      const { main } = await action.done;

      const [made] = setting.made();
      expect([main.exitCode, main.signal, main.annotations]).toEqual([1, null, []]);
      expect(main.shown.split('\n').at(-1)).toContain(`A token with the note "${made?.note}" may exist`);
      expect(setting.value()).toBe(setting.original.token);
    });

    it('leaves no token alive if SIGTERM comes first', async () => {
      const { setting, main } = await shutDown(1_000, {}, 'SIGTERM');
      await using _ = setting;

      expect([main.exitCode, main.signal, main.outputs]).toEqual([1, null, {}]);
      expect(setting.created()).toEqual([]);
    });
  },
);

describe.skipIf(process.platform === 'win32')(
  'a post step that is interrupted before it has finished',
  { concurrent: true },
  () => {
    it('names the token that is still alive, and leaves the job’s result alone', async () => {
      const deleting = Promise.withResolvers<void>();
      await using setting = await setUp({
        fault({ method }) {
          if (method !== 'DELETE') return undefined;
          deleting.resolve();
          return { kind: 'hang', processed: false };
        },
      });
      const action = start(setting);
      await deleting.promise;
      action.shutdown();
      const { main, post } = await action.done;

      expect([post.exitCode, post.signal]).toEqual([0, null]);
      expect(post.annotations).toMatchObject([
        {
          level: 'warning',
          message: expect.stringMatching(/may still be alive.*cancelled before it was done/),
        },
      ]);
      expect(post.annotations[0]?.message).toContain(main.outputs['token-id']);
      expect(post.annotations[0]?.message).toContain(main.outputs['note']);
    });

    it('continues for up to five seconds: it waits out a rate limit, and deletes the token', async () => {
      const faults = [rateLimit('3')];
      let deletions = 0;
      await using setting = await setUp({
        fault({ method }) {
          if (method !== 'DELETE') return undefined;
          // The signal comes before the response.
          if (deletions === 0) action.shutdown();
          return faults[deletions++];
        },
      });
      const action = start(setting);
      const { post } = await action.done;

      expect([post.exitCode, post.signal, post.annotations]).toEqual([0, null, []]);
      expect(post.shown).toMatch(/Cancelled\.\n(?:.*\n)*Deleted the token/);
      expect(setting.created()).toEqual([]);
    });

    it('waits no longer than that', async () => {
      let signalled = Number.POSITIVE_INFINITY;
      await using setting = await setUp({
        fault({ method }) {
          if (method !== 'DELETE') return undefined;
          signalled = Math.min(signalled, performance.now());
          action.shutdown();
          return rateLimit('30');
        },
      });
      const action = start(setting);
      const { post } = await action.done;

      expect([post.exitCode, post.signal]).toEqual([0, null]);
      expect(performance.now() - signalled).toBeLessThan(7_000);
      expect(post.annotations).toMatchObject([{ level: 'warning' }]);
    });

    it('does not mention a token that it must not delete', async () => {
      await using setting = await setUp();
      const action = start(setting, { inputs: { ...setting.inputs, lifetime: 'permanent' } });
      const { post } = await action.done;

      expect([post.exitCode, post.stdout]).toEqual([0, '']);
    });
  },
);

describe.skipIf(process.platform === 'win32')(
  'a job cancelled between two attempts',
  { concurrent: true },
  () => {
    it('ends at once and leaves nothing behind', async () => {
      const { setting } = await setUpFor(
        Array.from({ length: 9 }, () => ({ kind: 'status', status: 429, processed: false })),
      );
      await using _ = setting;
      const waiting = Promise.withResolvers<void>();
      const action = start(setting, { onLine: line => line.includes('Retrying') && waiting.resolve() });
      await waiting.promise;
      action.cancel();
      const { main, post } = await action.done;

      expect([main.exitCode, main.signal]).toEqual([1, null]);
      expect([post.exitCode, post.stdout]).toEqual([0, '']);
      expect(setting.created()).toEqual([]);
    });
  },
);

it.skipIf(process.platform === 'win32')(
  'a token in use is deleted when the job is cancelled while a later step uses it',
  async () => {
    await using setting = await setUp();
    const { mapbox, authorizingToken } = setting;
    const inUse = Promise.withResolvers<void>();
    const workflow = `
    on: push
    jobs:
      tiles:
        runs-on: ubuntu-latest
        steps:
          - id: mapbox
            uses: ./
            with:
              authorizing-token: \${{ secrets.AUTHORIZER }}
              scopes: tilesets:read tilesets:write
              api-url: ${mapbox.url}
          - run: |
              echo in use
              exec sleep 600
            env:
              MAPBOX_ACCESS_TOKEN: \${{ steps.mapbox.outputs.token }}
          - run: echo never`;
    const started = startWorkflow({
      workflow,
      actions: { './': ACTION },
      secrets: { AUTHORIZER: authorizingToken.token },
      onLine: line => line.trim() === 'in use' && inUse.resolve(),
      timeScale: 0.1,
    });
    await inUse.promise;
    expect(setting.created()).toHaveLength(1);
    started.cancel();
    const { result, log } = await started.done;

    expect(result).toBe('cancelled');
    expect(log).not.toContain('never');
    expect(log).toContain('Deleted the token');
    expect(setting.created()).toEqual([]);
  },
);
