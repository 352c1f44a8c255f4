/**
 * A running step when the runner shuts down, when its Worker dies, or when the machine dies. Windows has no such
 * signals. [observed]: see masks.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { DEAF, listens, whenReady, whenWorkflowReady } from './ready.ts';
import { compositeAction, nodeAction, workflowOf } from './samples.ts';
import { startAction } from './step.ts';

describe.skipIf(process.platform === 'win32')('a shutdown of the runner', () => {
  it('sends the same signals with the same pauses, and no post step follows [observed]', async () => {
    using action = nodeAction({ main: DEAF, post: `console.log('never');` });
    const { main, post } = await whenReady({ action: action.folder, timeScale: 0.1 }, started =>
      started.shutdown(),
    );

    expect(main.stdout.split('\n')).toEqual(['ready', 'SIGINT', 'SIGTERM', '']);
    expect([main.signal, post.stdout]).toEqual(['SIGKILL', '']);
    expect(main.durationMs).toBeGreaterThan(990);
  });

  it('runs nothing more, whatever its `if`, even in a composite action [observed]', async () => {
    using action = nodeAction({ main: listens(), post: `console.log('never');` });
    using outer = compositeAction({
      steps: '- uses: ./action\n- if: always()\n  run: echo never\n  shell: bash',
    });
    const actions = { './action': action.folder, './outer': outer.folder };
    const { jobs, log } = await whenWorkflowReady(
      workflowOf('- uses: ./outer\n- if: always()\n  run: echo never', { actions }),
      started => started.shutdown(),
    );

    expect(jobs['job']).toMatchObject({ result: 'cancelled', posts: [] });
    expect(log).not.toContain('never');
  });

  it('gives a post step the same pauses [observed]', async () => {
    using action = nodeAction({ post: DEAF });
    const { post } = await whenReady({ action: action.folder, timeScale: 0.1 }, started =>
      started.shutdown(),
    );
    expect(post.stdout.split('\n')).toEqual(['ready', 'SIGINT', 'SIGTERM', '']);
    expect([post.signal, post.durationMs > 990]).toEqual(['SIGKILL', true]);
  });

  it('also signals a post step and a step with `if: always()` [observed]', async () => {
    using action = nodeAction({ main: listens() });
    using first = nodeAction({ post: `console.log('never');` });
    using second = nodeAction({ post: listens() });
    const actions = { './always': action.folder, './first': first.folder, './second': second.folder };
    for (const steps of ['- if: always()\n  uses: ./always', '- uses: ./first\n- uses: ./second']) {
      const { log } = await whenWorkflowReady(workflowOf(steps, { actions }), started => started.shutdown());
      expect(log).toMatch(/ready\s+SIGINT$/);
    }
  });
});

describe.skipIf(process.platform === 'win32')('a dying Worker', () => {
  it('closes the output of the running process, which lives on, and runs nothing more [observed]', async () => {
    using action = nodeAction({
      main: `append('GITHUB_STATE', 'key=value');`,
      post: `process.stdout.on('error', ({ code }) => append('GITHUB_OUTPUT', 'code=' + code));
console.log('ready');
const timer = setInterval(() => console.log('still there'), 10);
setTimeout(() => clearInterval(timer), 500);`,
    });
    const { main, post } = await whenReady({ action: action.folder }, started => started.crash());

    expect(main.state).toEqual({ key: 'value' });
    expect([post.exitCode, post.shown]).toEqual([0, 'ready']);
    expect(post.files['GITHUB_OUTPUT']).toContain('code=EPIPE');
    expect(post.outputs).toEqual({});
  });

  it('can occur before a process has written a line', async () => {
    using action = nodeAction({ post: `setTimeout(() => console.log('in vain'), 100);` });
    const started = startAction({
      action: action.folder,
      onStart: stage => stage === 'post' && started.crash(),
    });
    const { post } = await started.done;
    expect([post.stdout, post.shown]).toEqual(['', '']);
  });

  it('prevents all further steps and post steps of a workflow', async () => {
    using action = nodeAction({ main: listens(300), post: `console.log('never');` });
    const { log, jobs } = await whenWorkflowReady(
      workflowOf('- uses: ./action\n- if: always()\n  run: echo never', {
        actions: { './action': action.folder },
      }),
      started => started.crash(),
    );
    expect(jobs['job']?.posts).toEqual([]);
    expect(log).not.toContain('never');
  });
});

describe.skipIf(process.platform === 'win32')('a dying runner', () => {
  it('runs nothing more, and kills a script’s children', async () => {
    using action = nodeAction({ post: `console.log('post');` });
    const { jobs } = await whenWorkflowReady(
      workflowOf(
        '- uses: ./action\n- run: |\n    echo ready\n    sleep 600\n    echo never\n- run: echo never',
        {
          actions: { './action': action.folder },
        },
      ),
      started => started.kill(),
    );

    const { steps = [], posts = [] } = jobs['job'] ?? {};
    expect(steps.map(({ phase }) => phase?.stdout)).toEqual(['', 'ready\n', undefined]);
    expect(posts).toEqual([]);
  });
});
