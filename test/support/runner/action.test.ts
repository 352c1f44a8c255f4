/** What an action gets from the runner. [observed]: see masks.test.ts. */
import { describe, expect, it } from 'vitest';
import { nodeAction, workflowOf } from './samples.ts';
import { runAction } from './step.ts';
import { runWorkflow } from './workflow.ts';

describe('an action', () => {
  it('gets its inputs in capitals with hyphens kept, defaults filled in, and unset ones empty [observed]', async () => {
    using action = nodeAction({
      main: `see('INPUT_FIRST-WORD', 'INPUT_OF_SEVERAL_WORDS', 'INPUT_EMPTY', 'INPUT_UNSET-SECRET');`,
      inputs: 'first-word: { default: "in ${{ github.workflow }}" }\nof several words: {}\nempty:',
    });
    const { main } = await runAction({
      action: action.folder,
      inputs: { 'of several words': 'given', 'unset-secret': '' },
      github: { workflow: 'Ship' },
    });

    expect(main.stdout).toBe('["in Ship","given","",""]\n');
  });

  it('gets an input in whatever case the caller writes it', async () => {
    for (const [name, given] of [
      ['word', 'Word'],
      ['Word', 'word'],
    ] as const) {
      using action = nodeAction({ main: `see('INPUT_WORD');`, inputs: `${name}: { default: default }` });
      const { main } = await runAction({ action: action.folder, inputs: { [given]: 'given' } });
      expect([main.stdout, main.annotations]).toEqual(['["given"]\n', []]);
    }
  });

  it('runs in the workspace, on the runner’s own Node [observed]', async () => {
    using action = nodeAction({
      main: `console.log(process.cwd() === process.env.GITHUB_WORKSPACE, process.execPath);`,
    });
    const { main } = await runAction({ action: action.folder });
    expect(main.stdout).toBe(`true ${process.execPath}\n`);
  });

  it('gets the run', async () => {
    const names =
      'ACTIONS REPOSITORY REPOSITORY_ID REPOSITORY_OWNER RUN_ID RUN_ATTEMPT SERVER_URL API_URL EVENT_NAME ACTION_PATH TOKEN';
    using action = nodeAction({
      main: `see('CI', ...'${names}'.split(' ').map(name => 'GITHUB_' + name));`,
    });
    const { main } = await runAction({ action: action.folder, github: { token: 'secret-token' } });

    expect(JSON.parse(main.stdout)).toEqual([
      'true',
      'true',
      'octo-org/maps',
      '123456789',
      'octo-org',
      '4711',
      '1',
      'https://github.com',
      'https://api.github.com',
      'push',
      null,
      null,
    ]);
  });

  it('gets less from a runner without repository ID and run attempt, such as Gitea’s and Forgejo’s', async () => {
    using action = nodeAction({ main: `see('GITHUB_REPOSITORY_ID', 'GITHUB_RUN_ATTEMPT');` });
    const without = { repository_id: null, run_attempt: null };
    const empty = { repository_id: '', run_attempt: '' };
    const runs = [without, empty].map(github => runAction({ action: action.folder, github }));
    expect((await Promise.all(runs)).map(({ main }) => main.stdout)).toEqual(['[null,null]\n', '["",""]\n']);
  });

  it('finds the run’s event in a file', async () => {
    using action = nodeAction({
      main: `import { readFileSync } from 'node:fs'; console.log(readFileSync(process.env.GITHUB_EVENT_PATH, 'utf8'));`,
    });
    const { main } = await runAction({ action: action.folder, github: { event: '{"broken' } });
    expect(main.stdout).toBe('{"broken\n');
  });

  it('that exits with another code than zero, or is killed, fails without a message from the runner [observed]', async () => {
    const ends = ['process.exitCode = 3;', `process.kill(process.pid, 'SIGKILL');`];
    for (const main of ends) {
      using action = nodeAction({ main });
      const actions = { './action': action.folder };
      const { jobs, log } = await runWorkflow(workflowOf('- uses: ./action', { actions }));

      const [step] = jobs['job']?.steps ?? [];
      expect([step?.outcome, step?.annotations]).toEqual(['failure', []]);
      expect(log.split('\n')).toEqual(['Job job', '  ▸ Run ./action']);
    }
  });

  it('for node20 runs, with a warning [observed]', async () => {
    using action = nodeAction({ main: `console.log('runs');`, using: 'node20' });
    const { main } = await runAction({ action: action.folder });
    expect([main.stdout, main.annotations]).toMatchObject(['runs\n', [{ level: 'warning' }]]);
  });
});

describe('an unknown input', () => {
  it('causes a warning in the main step, and again in the post step [observed]', async () => {
    using action = nodeAction({ post: '', inputs: ['one', 'two'] });
    const { main, post } = await runAction({ action: action.folder, inputs: { one: '1', other: 'x' } });

    const warning = "Unexpected input(s) 'other', valid inputs are ['one', 'two']";
    const steps = '- uses: ./action\n  with: { one: 1, other: x }';
    const { jobs } = await runWorkflow(workflowOf(steps, { actions: { './action': action.folder } }));
    const reports = [...(jobs['job']?.steps ?? []), ...(jobs['job']?.posts ?? [])];
    expect(reports).toHaveLength(2);
    for (const { annotations } of [main, post, ...reports])
      expect(annotations).toEqual([{ level: 'warning', title: undefined, message: warning }]);
  });
});

describe('the default of an input', () => {
  const CONTEXTS = 'github.job strategy.job-total strategy.job-index matrix.color job.status runner.os'
    .split(' ')
    .map(name => `\${{ ${name} }}`)
    .join(' ');

  it('may use github, strategy, matrix, job and runner, in main and post step [observed]', async () => {
    using action = nodeAction({
      main: `see('INPUT_ALL');`,
      post: `see('INPUT_ALL');`,
      inputs: `all: { default: "${CONTEXTS}" }`,
    });
    const job = 'strategy:\n  matrix:\n    color: [red, green, blue]';
    const options = { job, actions: { 'owner/action@v1': action.folder } };
    const { jobs } = await runWorkflow(workflowOf('- uses: owner/action@v1', options));

    const os = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' }[String(process.platform)];
    for (const [index, color] of ['red', 'green', 'blue'].entries()) {
      const report = jobs[`job (${color})`];
      const all = `["job 3 ${index} ${color} success ${os}"]\n`;
      expect([report?.steps[0]?.phase?.stdout, report?.posts[0]?.phase?.stdout]).toEqual([all, all]);
    }
  });

  it('treats a job without a matrix as the first of one [observed]', async () => {
    using action = nodeAction({
      main: `see('INPUT_PLACE');`,
      inputs: 'place: { default: "${{ strategy.job-index }} of ${{ strategy.job-total }}" }',
    });
    const alone = await runAction({ action: action.folder });
    const strategy = { 'job-total': 256, 'job-index': 255 };
    const last = await runAction({ action: action.folder, strategy });
    expect([alone.main.stdout, last.main.stdout]).toEqual(['["0 of 1"]\n', '["255 of 256"]\n']);
  });

  it('may use hashFiles()', async () => {
    using action = nodeAction({
      main: `see('INPUT_HASH');`,
      post: `see('INPUT_HASH');`,
      inputs: `hash: { default: "\${{ hashFiles('*.txt') }}" }`,
    });
    const steps = '- uses: owner/action@v1\n- run: echo text > file.txt';
    const { jobs } = await runWorkflow(workflowOf(steps, { actions: { 'owner/action@v1': action.folder } }));

    expect(jobs['job']?.steps[0]?.phase?.stdout).toBe('[""]\n');
    expect(jobs['job']?.posts[0]?.phase?.stdout).toMatch(/^\["[\da-f]{64}"\]\n$/);
  });

  it.each(['secrets.X', 'env.X', 'inputs.x', 'steps.x.outputs.y', 'vars.X', 'needs.x.result'])(
    'cannot use %s: the job fails in "Set up job", and not even always() runs [observed]',
    async expression => {
      using action = nodeAction({ inputs: `bad: { default: "\${{ ${expression} }}" }` });
      const { jobs, result } = await runWorkflow(
        workflowOf('- if: always()\n  run: echo never\n- uses: owner/action@v1', {
          actions: { 'owner/action@v1': action.folder },
        }),
      );

      expect(result).toBe('failure');
      expect(jobs['job']).toMatchObject({ steps: [], posts: [], annotations: [{ level: 'error' }] });
      expect(jobs['job']?.annotations[0]?.message).toContain('Unrecognized named-value');
    },
  );
});

describe('"Set up job"', () => {
  it('fails if an action requires an unknown Node version [observed]', async () => {
    using action = nodeAction({ using: 'node12345' });
    const options = { actions: { 'owner/action@v1': action.folder } };
    const { jobs } = await runWorkflow(workflowOf('- uses: owner/action@v1', options));
    expect(jobs['job']).toMatchObject({ result: 'failure', steps: [] });
  });

  it('reads no local action, whose step fails instead', async () => {
    using action = nodeAction({ using: 'node12345' });
    const options = { actions: { './action': action.folder } };
    const { jobs } = await runWorkflow(workflowOf('- run: echo before\n- uses: ./action', options));
    expect(jobs['job']?.steps.map(({ outcome }) => outcome)).toEqual(['success', 'failure']);
  });
});

describe('the header of a step', () => {
  it('shows `with:` and `env:` before Node starts, with unmasked values in plain text [observed]', async () => {
    using action = nodeAction({
      main: `console.log('::add-mask::from-a-step');console.log('then from-a-step');`,
      post: `console.log('of the post step');`,
      inputs: ['token', 'secret', 'empty'],
    });
    const steps = `- id: get
  run: echo "token=from-a-step" >> "$GITHUB_OUTPUT"
- uses: ./action
  with:
    token: \${{ steps.get.outputs.token }}
    secret: \${{ secrets.TOKEN }}
  env:
    HTTPS_PROXY: http://user:password@proxy`;
    const { log, jobs } = await runWorkflow(
      workflowOf(steps, {
        actions: { './action': action.folder },
        secrets: { TOKEN: 'of-the-repository' },
        env: { OF_WORKFLOW: '1' },
      }),
    );

    expect(log.split('\n').slice(-11)).toEqual([
      '  ▸ Run ./action',
      '    with:',
      '      token: from-a-step',
      '      secret: ***',
      '    env:',
      '      OF_WORKFLOW: 1',
      '      HTTPS_PROXY: http://user:password@proxy',
      '    then ***',
      '  ▸ Post Run ./action',
      '    Post job cleanup.',
      '    of the post step',
    ]);
    expect(jobs['job']?.steps[1]?.phase?.shown).toBe('then ***');
    expect(jobs['job']?.steps[1]?.phase?.header).toContain('token: from-a-step');
  });

  it('shows a script’s lines', async () => {
    const { jobs } = await runWorkflow(workflowOf('- run: |\n    true\n    echo "$A"\n  env:\n    A: b'));
    expect(jobs['job']?.steps[0]?.phase).toMatchObject({
      header: 'true\necho "$A"\nenv:\n  A: b',
      shown: 'b',
    });
  });
});
