/** What the stand-in for the runner does, by its rules: small actions and workflows whose processes say what they see. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCommand } from './commands.ts';
import { readPairs } from './file-commands.ts';
import { runWorkflow, startWorkflow, type WorkflowOptions } from './job.ts';
import { Masks } from './masks.ts';
import { startAction } from './step.ts';

/** A folder with an action in it, made of JavaScript for its two processes. */
function actionOf(main: string, post?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'action-'));
  const runs = `using: node24\n  main: main.mjs${post === undefined ? '' : '\n  post: post.mjs'}`;
  const inputs =
    'inputs:\n  first-word:\n    default: ${{ github.workflow }}\n  empty:\n    description: none';
  writeFileSync(join(folder, 'action.yml'), `name: Test\n${inputs}\nruns:\n  ${runs}\n`);
  writeFileSync(join(folder, 'main.mjs'), main);
  writeFileSync(join(folder, 'post.mjs'), post ?? '');
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

const APPEND = `import { appendFileSync } from 'node:fs';
const append = (file, text) => appendFileSync(process.env[file], text + '\\n');
`;

function workflow(steps: string, options: Partial<WorkflowOptions> = {}) {
  const indented = steps.replace(/^/gm, '      ');
  const text = `on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n${indented}\n`;
  return { workflow: text, actions: {}, ...options };
}

describe('a secret', () => {
  const secret = `s3cr3t "quoted" & <tagged> 'single' ${'x'.repeat(7)}`;

  it('is hidden itself, and as base64 wherever it begins, URL-, JSON-, XML- and shell-escaped', () => {
    const masks = new Masks();
    masks.add(secret);
    const inBase64 = ['', 'a', 'ab'].map(before => Buffer.from(before + secret + before).toString('base64'));
    const escaped = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret),
      secret
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&apos;'),
      secret.replaceAll("'", "''"),
    ];

    for (const form of [...inBase64, ...escaped]) expect(masks.hide(form), form).toContain('***');
    for (const form of escaped) expect(masks.hide(form).replace(/["*]/g, '')).toBe('');
    expect(masks.touches('nothing of it')).toBe(false);
  });

  it('of several lines is hidden line by line', () => {
    const masks = new Masks();
    masks.add('first line\nsecond line');
    expect(masks.hide('a second line b')).toBe('a *** b');
  });

  it('is hidden from the line after the one that names it', async () => {
    const word = ['late', 'secret'].join('-');
    const { log } = await runWorkflow(
      workflow(`- run: |\n    echo ${word} before\n    echo ::add-mask::${word}\n    echo ${word} after`),
    );
    expect(log).toContain(`${word} before`);
    expect(log).toContain('*** after');
    expect(log).not.toContain(`${word} after`);
  });

  it('does not leave the job as an output', async () => {
    const text = `on: push
jobs:
  job:
    runs-on: ubuntu-latest
    outputs:
      word: \${{ steps.say.outputs.word }}
      other: plain
    steps:
      - id: say
        run: |
          echo "::add-mask::hush-hush"
          echo "word=hush-hush" >> "$GITHUB_OUTPUT"
`;
    const { jobs, log } = await runWorkflow({ workflow: text, actions: {} });
    expect(jobs['job']?.outputs).toEqual({ other: 'plain' });
    expect(log).toContain("Skip output 'word' since it may contain secret.");
  });
});

describe('an action', () => {
  it('gets its inputs with their defaults, the workspace as its folder, and in the post step its state', async () => {
    using action = actionOf(
      `${APPEND}console.log(JSON.stringify([process.env['INPUT_FIRST-WORD'], process.env.INPUT_EMPTY, process.env.INPUT_MORE]));
console.log(process.cwd() === process.env.GITHUB_WORKSPACE);
append('GITHUB_STATE', 'key<<END\\none\\ntwo\\nEND');
append('GITHUB_ENV', 'LATER=set');`,
      `console.log(JSON.stringify([process.env.STATE_key, process.env['INPUT_FIRST-WORD'], process.env.LATER]));`,
    );
    const { main, post } = await startAction({
      action: action.folder,
      inputs: { more: 'given' },
      github: { workflow: 'Ship' },
    }).done;

    expect(main.stdout.trim().split('\n')).toEqual(['["Ship","","given"]', 'true']);
    expect(post.stdout.trim()).toBe('["one\\ntwo","Ship","set"]');
  });

  // Windows has no such signals.
  it.skipIf(process.platform === 'win32')(
    'is asked by SIGINT, then by SIGTERM, and then not any more; its post step runs',
    async () => {
      using action = actionOf(
        `for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => console.log('got ' + signal));
setInterval(() => {}, 1000);
console.log('ready');`,
        `console.log('post');`,
      );
      const ready = Promise.withResolvers<void>();
      const started = startAction({
        action: action.folder,
        killDelays: { sigterm: 300, sigkill: 1500 },
        onLine(line) {
          if (line === 'ready') ready.resolve();
        },
      });
      await ready.promise;
      started.cancel();
      const { main, post } = await started.done;

      expect(main.stdout.split('\n')).toEqual(['ready', 'got SIGINT', 'got SIGTERM', '']);
      expect(main.signal).toBe('SIGKILL');
      expect(post.stdout).toBe('post\n');
    },
  );

  it('has its files read also after a failure, and may not set NODE_OPTIONS', async () => {
    using action = actionOf(`${APPEND}append('GITHUB_OUTPUT', 'word=kept');
append('GITHUB_ENV', 'NODE_OPTIONS=--inspect');
process.exitCode = 3;`);
    const { main } = await startAction({ action: action.folder }).done;

    expect([main.exitCode, main.outputs, main.env]).toEqual([3, { word: 'kept' }, {}]);
    expect(main.annotations).toMatchObject([
      { level: 'error', message: expect.stringContaining('NODE_OPTIONS') },
    ]);
  });

  it('loses a summary over 1 MiB', async () => {
    using action = actionOf(`${APPEND}append('GITHUB_STEP_SUMMARY', 'x'.repeat(1024 * 1024));`);
    const { main } = await startAction({ action: action.folder }).done;

    expect(main.summary).toBe('');
    expect(main.annotations).toMatchObject([{ level: 'error', message: expect.stringContaining('1024k') }]);
  });
});

describe('a job', () => {
  it('runs its post steps in reverse order, also after a failure, and skips what came after it', async () => {
    using first = actionOf('', `console.log('post of the first');`);
    using second = actionOf('', `console.log('post of the second');`);
    const actions = { './first': first.folder, './second': second.folder };
    const { result, log, jobs } = await runWorkflow(
      workflow(
        `- uses: ./first
- uses: ./second
- run: exit 7
- run: echo skipped by the failure
- if: failure()
  run: echo cleaning up`,
        { actions },
      ),
    );

    expect(result).toBe('failure');
    const told = log.split('\n').map(line => line.trim());
    expect(told.filter(line => /^post of|^cleaning/.test(line))).toEqual([
      'cleaning up',
      'post of the second',
      'post of the first',
    ]);
    expect(told).not.toContain('skipped by the failure');
    expect(jobs['job']?.steps.map(({ outcome }) => outcome)).toEqual([
      'success',
      'success',
      'failure',
      'skipped',
      'success',
    ]);
  });

  it('hands outputs and variables to later steps, and forgives with continue-on-error', async () => {
    const { result, log } = await runWorkflow(
      workflow(`- id: one
  continue-on-error: true
  run: |
    echo "word=handed on" >> "$GITHUB_OUTPUT"
    echo "NAME=exported" >> "$GITHUB_ENV"
    exit 1
- if: steps.one.outcome == 'failure' && steps.one.conclusion == 'success'
  run: echo "$WORD and $NAME"
  env:
    WORD: \${{ steps.one.outputs.word }}`),
    );

    expect(result).toBe('success');
    expect(log).toContain('handed on and exported');
  });

  // Windows has no process groups.
  it.skipIf(process.platform === 'win32')(
    'whose machine dies runs nothing more, and takes with it what a script had started',
    async () => {
      using action = actionOf('', `console.log('post');`);
      const started = startWorkflow(
        workflow(
          '- uses: ./action\n- run: |\n    echo waiting\n    sleep 600\n    echo never\n- run: echo never',
          {
            actions: { './action': action.folder },
            onLine: line => line.trim() === 'waiting' && started.kill(),
          },
        ),
      );
      const { log } = await started.done;

      expect(log).not.toMatch(/never|post/);
    },
  );
});

describe('a line', () => {
  it.each([
    [
      '::warning title=A%2C b::text%0Amore',
      { name: 'warning', properties: { title: 'A, b' }, data: 'text\nmore' },
    ],
    ['  ::add-mask::x', { name: 'add-mask', properties: {}, data: 'x' }],
    ['said ##[error]x%5D', { name: 'error', properties: {}, data: 'x]' }],
    ['said ::error::x', undefined],
    ['::unheard-of::x', undefined],
  ])('%j is read as the runner does', (line, command) => {
    expect(readCommand(line)).toEqual(command);
  });
});

describe('a file of pairs', () => {
  it('is read by lines and by delimiters', () => {
    expect(readPairs('a=1=2\nb<<X\nc=3\n\nX\n\nd=\n')).toEqual({ a: '1=2', b: 'c=3\n', d: '' });
  });

  it.each(['word', '=1', 'a<<\n', 'a<<X\nb'])('is refused where it has no such form: %j', text => {
    expect(() => readPairs(text)).toThrow(/Invalid/);
  });
});
