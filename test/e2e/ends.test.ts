/** Jobs that end early: cancelled as by Ctrl-C, or dead with their machine. */
import { describe, expect, it } from 'vitest';
import { startGithub } from '../support/github/server.ts';
import { endOf, linesOf, newCaller, setBy } from './caller.ts';

const mint = { step: 'mapbox' };

// act cancels a step by SIGKILL at once, while GitHub's runner starts with SIGINT and waits: the harder case.
describe('a cancelled workflow', () => {
  it('leaves no token behind when it is cancelled while minting, before the response was read', async () => {
    const arrived = Promise.withResolvers<void>();
    await using caller = await newCaller({
      fault({ method }) {
        if (method !== 'POST') return undefined;
        arrived.resolve();
        return { kind: 'hang', processed: true };
      },
    });
    await using act = caller.start('long-step.yml');
    await arrived.promise;
    const [made] = caller.setting.created();
    expect(made?.note).toMatch(/^Nightly release \(octo-org\/maps\) \[until job ends: /);
    act.interrupt();
    const run = await act.done;

    expect(run.exitCode).not.toBe(0);
    expect(setBy(run, 'set-output', mint)).toEqual({});
    expect(endOf(run, { step: 'upload' })).toBeUndefined();
    expect(linesOf(run, { ...mint, stage: 'Post' })).toEqual([
      expect.stringMatching(
        `Deleted the orphaned token ${made?.id}, created by a request without a usable response.`,
      ),
    ]);
    expect(caller.requests()).toEqual(['POST unanswered', 'GET 200', 'DELETE 204']);
    expect(caller.setting.created()).toEqual([]);
  });

  it('leaves no token behind when it is cancelled while a later step uses it', async () => {
    await using caller = await newCaller();
    await using act = caller.start('long-step.yml');
    await act.until(({ written, shown }) => written && shown === 'in use');
    expect(caller.setting.created()).toHaveLength(1);
    act.interrupt();
    const run = await act.done;

    expect(run.exitCode).not.toBe(0);
    expect(endOf(run, { step: 'upload' })).toBe('failure');
    expect(endOf(run, { step: 'after' })).toBeUndefined();
    expect(endOf(run, { ...mint, stage: 'Post' })).toBe('success');
    expect(caller.requests()).toEqual(['POST 201', 'DELETE 204']);
    expect(caller.setting.created()).toEqual([]);
  });
});

describe('the sweep after a runner died', () => {
  const token = 'a-token-of-the-run-that-sweeps';

  it('deletes the run’s token once GitHub reports the run as over, and not before', async () => {
    await using caller = await newCaller();
    await using github = await startGithub({ token });
    {
      await using act = caller.start('long-step.yml', { env: { GITHUB_RUN_ATTEMPT: '2' } });
      await act.until(({ written, shown }) => written && shown === 'in use');
      act.die();
      const run = await act.done;
      expect(run.signal).toBe('SIGKILL');
    }
    expect(caller.requests()).toEqual(['POST 201']);
    const [left] = caller.setting.created();
    const sweep = (GITHUB_RUN_ID: string) =>
      caller.run('sweep.yml', {
        secrets: { MAPBOX_AUTHORIZING_TOKEN: caller.setting.authorizingToken.token, GITHUB_TOKEN: token },
        env: { GITHUB_API_URL: github.url, GITHUB_RUN_ID },
      });

    github.attempts.set('4711/2', 'in_progress');
    const early = await sweep('4712');
    expect(early.exitCode).toBe(0);
    expect(linesOf(early, { step: 'report' })).toEqual(['deleted 0, kept 1']);
    expect(caller.setting.created()).toEqual([left]);

    github.attempts.set('4711/2', 'completed');
    const late = await sweep('4713');
    expect(late.exitCode).toBe(0);
    expect(linesOf(late, { step: 'report' })).toEqual(['deleted 1, kept 0']);
    expect(linesOf(late, { step: 'sweep' }).join('\n')).toContain(left?.id);
    expect(caller.setting.created()).toEqual([]);
    expect(github.requests.map(({ path, authorization }) => [path, authorization?.split(' ')[1]])).toEqual([
      ['/repos/octo-org/maps/actions/runs/4711/attempts/2', token],
      ['/repos/octo-org/maps/actions/runs/4711/attempts/2', token],
    ]);
    expect(late.shown).not.toContain(token);
    expect(late.shown).not.toContain(caller.setting.authorizingToken.token);
  });
});
