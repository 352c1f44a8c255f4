/**
 * The effects of a cancel and a timeout on a running step. Windows has no such signals. [observed]: see masks.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { DEAF, listens, whenReady, whenWorkflowReady } from './ready.ts';
import { compositeAction, nodeAction, workflowOf } from './samples.ts';
import { runWorkflow } from './workflow.ts';

/** Whether a process is alive, not only its entry. */
function isAlive(pid: string): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' });
  return /^[^Z]/.test(stdout.trim());
}

describe.skipIf(process.platform === 'win32')('a cancel', () => {
  it('is SIGINT, then SIGTERM, then SIGKILL, with the runner’s pauses, and the post step follows [observed]', async () => {
    using action = nodeAction({ main: DEAF, post: `console.log('post');` });
    const { main, post } = await whenReady({ action: action.folder, timeScale: 0.1 }, started =>
      started.cancel(),
    );

    expect(main.stdout.split('\n')).toEqual(['ready', 'SIGINT', 'SIGTERM', '']);
    expect([main.exitCode, main.signal]).toEqual([null, 'SIGKILL']);
    expect(main.durationMs).toBeGreaterThan(990);
    expect(post.stdout).toBe('post\n');
  });

  it('leaves the step’s files to be read [observed]', async () => {
    using action = nodeAction({
      main: `append('GITHUB_STATE', 'key=kept');${listens()}`,
      post: `see('STATE_key');`,
    });
    const { main, post } = await whenReady({ action: action.folder }, started => started.cancel());
    expect([main.exitCode, main.state, post.stdout]).toEqual([130, { key: 'kept' }, '["kept"]\n']);
  });

  it('makes the step and the job cancelled, and runs steps with `always()` or `cancelled()`', async () => {
    using action = nodeAction({ main: listens(), post: `console.log('post');` });
    const { result, jobs } = await whenWorkflowReady(
      workflowOf(
        `- uses: ./action
- run: echo never
- if: always()
  run: echo always
- if: cancelled()
  run: echo cancelled
- if: failure()
  run: echo never`,
        { actions: { './action': action.folder } },
      ),
      started => started.cancel(),
    );

    expect(result).toBe('cancelled');
    expect(jobs['job']?.steps.map(({ outcome }) => outcome)).toEqual([
      'cancelled',
      'skipped',
      'success',
      'success',
      'skipped',
    ]);
    expect(jobs['job']?.posts.map(({ phase }) => phase?.stdout)).toEqual(['post\n']);
  });

  it('does not signal a post step, or a step with `if: always()` [observed]', async () => {
    using action = nodeAction({ post: listens(300) });
    using always = nodeAction({ main: listens(300) });
    const alone = await whenReady({ action: action.folder }, started => started.cancel());
    expect(alone.post.stdout).toBe('ready\nlet alone\n');

    for (const steps of ['- uses: ./post', '- uses: ./always\n  if: always()']) {
      const actions = { './post': action.folder, './always': always.folder };
      const { log, result } = await whenWorkflowReady(workflowOf(steps, { actions }), started =>
        started.cancel(),
      );
      expect([result, log]).toEqual(['cancelled', expect.stringMatching(/ready\s+let alone$/)]);
    }
  });

  it('signals a step in a composite action, even if only that step has `always()`', async () => {
    using action = nodeAction({ main: listens() });
    using outer = compositeAction({ steps: '- uses: ./action\n  if: always()' });
    const actions = { './action': action.folder, './outer': outer.folder };
    const { log } = await whenWorkflowReady(workflowOf('- uses: ./outer', { actions }), started =>
      started.cancel(),
    );
    expect(log).toMatch(/ready\s+SIGINT\s+▸ Post Run .\/outer$/);
  });

  it.each([
    ['ends at SIGINT', 130, `process.on('SIGINT', () => process.exit(130)); console.log('ready');`],
    ['has to be killed', null, DEAF],
  ])(
    'goes to the process only; a child of one that %s keeps its output open for a while, and lives until after the post steps [observed]',
    async (_, exitCode, ending) => {
      using action = nodeAction({
        main: `import { spawn } from 'node:child_process';
const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
append('GITHUB_STATE', 'child=' + child.pid);
${ending}`,
        post: `process.kill(process.env.STATE_child, 0); console.log('lives');`,
      });
      const { main, post } = await whenReady({ action: action.folder, timeScale: 0.1 }, started =>
        started.cancel(),
      );

      expect([main.exitCode, post.stdout]).toEqual([exitCode, 'lives\n']);
      expect(main.durationMs).toBeGreaterThan(exitCode === null ? 1490 : 490);
      await expect.poll(() => isAlive(main.state['child'] ?? '')).toBe(false);
    },
  );
});

describe.skipIf(process.platform === 'win32')('in a job container', () => {
  /** Continues when the post step says so, and then never ends by itself. */
  const LIVES_ON = `append('GITHUB_STATE', 'key=first');
append('GITHUB_STATE', 'pid=' + process.pid);
${listens()}
const { existsSync, writeFileSync } = await import('node:fs');
const timer = setInterval(() => {
  if (!existsSync('go')) return;
  clearInterval(timer);
  append('GITHUB_STATE', 'key=second');
  console.log('goes on');
  writeFileSync('gone', '');
}, 5);`;
  const WAITS = `see('STATE_key');
const { existsSync, writeFileSync } = await import('node:fs');
writeFileSync('go', '');
const timer = setInterval(() => existsSync('gone') && clearInterval(timer), 5);`;

  it('takes the current state and continues to the post step; the process lives until the job ends', async () => {
    using action = nodeAction({ main: LIVES_ON, post: WAITS });
    const moments: string[] = [];
    const { main, post } = await whenReady(
      { action: action.folder, container: true, before: moment => void moments.push(moment) },
      started => started.cancel(),
    );

    expect([main.state['key'], main.stdout, main.signal]).toEqual(['first', 'ready\n', 'SIGINT']);
    expect([post.stdout, moments]).toEqual(['["first"]\n', ['post', 'end']]);
    expect(await main.afterwards).toMatchObject({ signal: 'SIGKILL', stdout: 'ready\ngoes on\n' });
  });

  it('leaves it to the post step to end the process, even after a timeout', async () => {
    using action = nodeAction({ main: LIVES_ON, post: `process.kill(process.env.STATE_pid, 'SIGINT');` });
    const { jobs } = await runWorkflow(
      workflowOf('- uses: ./action\n  timeout-minutes: 1', {
        job: 'container: node:24',
        actions: { './action': action.folder },
        timeScale: 0.03,
      }),
    );

    const { steps = [], posts = [] } = jobs['job'] ?? {};
    expect([...steps, ...posts].map(({ outcome }) => outcome)).toEqual(['failure', 'success']);
    expect(await steps[0]?.phase?.afterwards).toMatchObject({ exitCode: 130, stdout: 'ready\nSIGINT\n' });
  });
});

describe.skipIf(process.platform === 'win32')('a timeout', () => {
  it('of a step signals it like a cancel; it has failed, and its post step runs [observed]', async () => {
    using action = nodeAction({ main: DEAF, post: `console.log('post');` });
    const { result, jobs } = await runWorkflow(
      workflowOf('- uses: ./action\n  timeout-minutes: 1\n- if: failure()\n  run: echo failed', {
        actions: { './action': action.folder },
        timeScale: 0.03,
      }),
    );

    expect(result).toBe('failure');
    expect(jobs['job']?.steps.map(({ outcome }) => outcome)).toEqual(['failure', 'success']);
    expect(jobs['job']?.steps[0]?.phase?.stdout).toBe('ready\nSIGINT\nSIGTERM\n');
    expect(jobs['job']?.steps[0]?.annotations).toMatchObject([
      { level: 'error', message: expect.stringContaining('has timed out after 1 minutes') },
    ]);
    expect(jobs['job']?.posts.map(({ outcome }) => outcome)).toEqual(['success']);
  });

  it('of a job cancels it, and the post steps run [observed]', async () => {
    using action = nodeAction({ main: DEAF, post: `console.log('post');` });
    const { result, jobs } = await runWorkflow(
      workflowOf('- uses: ./action', {
        job: 'timeout-minutes: 1',
        actions: { './action': action.folder },
        timeScale: 0.03,
      }),
    );
    expect([result, jobs['job']?.steps[0]?.outcome]).toEqual(['cancelled', 'cancelled']);
    expect(jobs['job']?.posts.map(({ phase }) => phase?.stdout)).toEqual(['post\n']);
  });
});
