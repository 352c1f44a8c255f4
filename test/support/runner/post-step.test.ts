/** When a post step runs, and what it gets. [observed]: see masks.test.ts. */
import { describe, expect, it } from 'vitest';
import { nodeAction, workflowOf } from './samples.ts';
import { runAction } from './step.ts';
import { runWorkflow } from './workflow.ts';

describe('a post step', () => {
  it('gets its own step’s state, and the variables set by GITHUB_ENV meanwhile [observed]', async () => {
    using action = nodeAction({
      main: `append('GITHUB_STATE', 'key<<END\\nof ' + process.env.INPUT_NAME + '\\nline 2\\nEND');`,
      post: `see('STATE_key', 'LATER', 'SSL_CERT_FILE');`,
      inputs: ['name'],
    });
    const { jobs } = await runWorkflow(
      workflowOf(
        `- uses: ./action
  with: { name: one }
- uses: ./action
  with: { name: two }
- run: |
    echo LATER=set >> "$GITHUB_ENV"
    echo SSL_CERT_FILE=/new >> "$GITHUB_ENV"`,
        { actions: { './action': action.folder }, env: { SSL_CERT_FILE: '/old' } },
      ),
    );

    expect(jobs['job']?.posts.map(({ phase }) => phase?.stdout)).toEqual([
      '["of two\\nline 2","set","/new"]\n',
      '["of one\\nline 2","set","/new"]\n',
    ]);
  });

  it('gets a STATE_ variable from another step, the job or its own `env:` if its step saved nothing under that key [observed]', async () => {
    using action = nodeAction({
      main: `for (const line of process.env.INPUT_SAVES.split(';')) append('GITHUB_STATE', line);`,
      post: `see('STATE_key', 'STATE_late');`,
      inputs: ['saves'],
    });
    const use = (saves: string, more = '') => `- uses: ./action\n  with: { saves: "${saves}" }\n${more}`;
    const steps = [
      use('other=1'),
      use('other=1', '  env: { STATE_key: own }\n'),
      use('key=;late='),
      use('key=1;key=2;late=2'),
      use('key=1;key='),
      use('key=kept;late<<END'),
    ];
    const { jobs } = await runWorkflow(
      workflowOf(`${steps.join('')}- run: echo STATE_late=forged >> "$GITHUB_ENV"`, {
        actions: { './action': action.folder },
        job: 'env: { STATE_key: forged }',
      }),
    );

    expect(jobs['job']?.posts.map(({ phase }) => phase?.stdout.trim()).reverse()).toEqual([
      '["forged","forged"]',
      '["own","forged"]',
      '["",""]',
      '["2","2"]',
      '["","forged"]',
      '["kept","forged"]',
    ]);
  });

  it('gets the state saved by a killed main step [observed]', async () => {
    using action = nodeAction({
      main: `append('GITHUB_STATE', 'key=kept'); process.kill(process.pid, 'SIGKILL');`,
      post: `see('STATE_key', 'STATE_other');`,
    });
    const { main, post } = await runAction({
      action: action.folder,
      atEnd: { env: { STATE_key: 'forged', STATE_other: 'forged' } },
    });
    expect([main.signal, post.stdout]).toEqual(['SIGKILL', '["kept","forged"]\n']);
  });

  it('has `with:` and `env:` evaluated again, with the values at the end of the job [observed]', async () => {
    using action = nodeAction({
      main: `see('INPUT_TOKEN', 'INPUT_LATER', 'OWN', 'INPUT_STATUS');`,
      post: `see('INPUT_TOKEN', 'INPUT_LATER', 'OWN', 'INPUT_STATUS');`,
      inputs: ['token', 'later', 'status'],
    });
    const { jobs, log } = await runWorkflow(
      workflowOf(
        `- uses: ./action
  with:
    token: \${{ env.TOKEN }}
    later: \${{ steps.later.outputs.word }}
    status: \${{ job.status }}
  env:
    OWN: of \${{ env.TOKEN }}
- id: later
  run: |
    echo TOKEN=changed >> "$GITHUB_ENV"
    echo word=known >> "$GITHUB_OUTPUT"
    exit 1`,
        { actions: { './action': action.folder }, job: 'env:\n  TOKEN: first' },
      ),
    );

    expect(jobs['job']?.steps[0]?.phase?.stdout).toBe('["first","","of first","success"]\n');
    expect(jobs['job']?.posts[0]?.phase?.stdout).toBe('["changed","known","of changed","failure"]\n');
    expect(log).toContain('Post job cleanup.');
  });

  it('fails before Node starts if `with:` can no longer be evaluated, and the job fails with it [observed]', async () => {
    using action = nodeAction({ post: `console.log('never');`, inputs: ['word'] });
    const { jobs, result, log } = await runWorkflow(
      workflowOf(
        `- id: use
  uses: ./action
  with:
    word: \${{ fromJSON(env.X).word }}
- run: echo 'X=no JSON' >> "$GITHUB_ENV"`,
        { actions: { './action': action.folder }, env: { X: '{"word":"given"}' } },
      ),
    );

    expect(jobs['job']?.steps.map(({ outcome }) => outcome)).toEqual(['success', 'success']);
    expect(jobs['job']?.posts).toMatchObject([
      { id: 'use', outcome: 'failure', phase: undefined, annotations: [{ level: 'error' }] },
    ]);
    expect([result, log]).toEqual(['failure', expect.not.stringContaining('never')]);
  });

  it('fails before Node starts if a local action’s folder is gone, and the others run [observed]', async () => {
    using gone = nodeAction({ post: `console.log('never');` });
    using other = nodeAction({ post: `console.log('cleans up');` });
    const { jobs, result } = await runWorkflow(
      workflowOf(`- uses: ./other\n- uses: ./gone\n- run: rm -r "$FOLDER"`, {
        actions: { './gone': gone.folder, './other': other.folder },
        env: { FOLDER: gone.folder },
      }),
    );

    expect(result).toBe('failure');
    expect(jobs['job']?.posts).toMatchObject([
      { outcome: 'failure', phase: undefined },
      { outcome: 'success', phase: { stdout: 'cleans up\n' } },
    ]);
    expect(jobs['job']?.posts[0]?.annotations[0]?.message).toMatch(/^Can't find 'action.yml'/);
  });

  it('runs in reverse order, even after failures; a failing one fails the job but does not stop the others [observed]', async () => {
    using action = nodeAction({
      main: `process.exitCode = Number(process.env.INPUT_CODE);`,
      post: `console.log('post of ' + process.env.INPUT_NAME); process.exitCode = Number(process.env['INPUT_POST-CODE']);`,
      inputs: ['name', 'code', 'post-code'],
    });
    const use = (name: string, code: number, postCode: number) =>
      `- uses: ./action\n  id: ${name}\n  with: { name: ${name}, code: ${code}, post-code: ${postCode} }\n`;
    const { jobs, result } = await runWorkflow(
      workflowOf(
        `${use('first', 0, 0)}${use('second', 0, 1)}  continue-on-error: true\n${use('third', 1, 0)}${use('never', 0, 0)}`,
        { actions: { './action': action.folder } },
      ),
    );

    expect(result).toBe('failure');
    expect(jobs['job']?.steps.map(({ outcome }) => outcome)).toEqual([
      'success',
      'success',
      'failure',
      'skipped',
    ]);
    expect(jobs['job']?.posts.map(({ id, outcome }) => `${id}: ${outcome}`)).toEqual([
      'third: success',
      'second: failure',
      'first: success',
    ]);
  });

  it('runs after a killed main step, but not after a skipped one [observed]', async () => {
    using action = nodeAction({ main: `process.kill(process.pid, 'SIGKILL');`, post: '' });
    const { jobs } = await runWorkflow(
      workflowOf('- id: killed\n  uses: ./action\n- id: skipped\n  uses: ./action', {
        actions: { './action': action.folder },
      }),
    );
    expect(jobs['job']?.posts.map(({ id }) => id)).toEqual(['killed']);
  });
});

describe('a single action', () => {
  it('gets other inputs and variables at the end if a test requests it', async () => {
    const looks = `see('INPUT_TOKEN', 'VARIABLE', 'GITHUB_ACTION_PATH');`;
    using action = nodeAction({ main: looks, post: looks, inputs: ['token'] });
    const { main, post } = await runAction({
      action: action.folder,
      inputs: { token: 'first' },
      env: { VARIABLE: 'first', GITHUB_ACTION_PATH: '/inner' },
      atEnd: { inputs: { token: '' }, env: { VARIABLE: 'changed', GITHUB_ACTION_PATH: '/outer' } },
    });
    expect([main.stdout, post.stdout]).toEqual(['["first","first","/inner"]\n', '["","changed","/outer"]\n']);
  });
});
