/** The files that a process writes for the runner. [observed]: see masks.test.ts. */
import { existsSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPairs } from './file-commands.ts';
import { nodeAction, workflowOf } from './samples.ts';
import { runAction } from './step.ts';
import { runWorkflow } from './workflow.ts';

describe('a file of pairs', () => {
  it('is parsed by lines and by delimiters', () => {
    expect(readPairs('a=1=2\nb<<X\nc=3\n\nX\n\nd=\n')).toEqual({
      pairs: { a: '1=2', b: 'c=3\n', d: '' },
      fault: undefined,
    });
  });

  it.each([
    ['word', "Invalid format 'word'"],
    ['=1', "Invalid format '=1'"],
    ['a<<\n', 'delimiter must not be empty'],
    ['a<<X\nb\n', "Matching delimiter not found 'X'"],
    ['a<<X\nb', 'EOF marker missing new line'],
  ])('is parsed up to an error: %j', (text, fault) => {
    expect(readPairs(`before=1\n${text}`)).toEqual({
      pairs: { before: '1' },
      fault: expect.stringContaining(fault),
    });
  });
});

describe('a process’s files', () => {
  it('are read even after a failure [observed]', async () => {
    using action = nodeAction({
      main: `append('GITHUB_OUTPUT', 'word=kept'); append('GITHUB_STATE', 'key=kept'); append('GITHUB_STEP_SUMMARY', 'kept'); process.exitCode = 3;`,
      post: `see('STATE_key');`,
    });
    const { main, post } = await runAction({ action: action.folder });

    expect([main.exitCode, main.outputs, main.summary]).toEqual([3, { word: 'kept' }, 'kept\n']);
    expect(post.stdout).toBe('["kept"]\n');
  });

  it('are read only once the process has ended', async () => {
    using action = nodeAction({ main: `append('GITHUB_ENV', 'LATER=1'); see('LATER');` });
    const { main } = await runAction({ action: action.folder });
    expect([main.stdout, main.env]).toEqual(['[null]\n', { LATER: '1' }]);
  });

  it('cause an annotation if invalid; the step succeeds, and earlier entries count [observed]', async () => {
    using action = nodeAction({
      main: `append('GITHUB_OUTPUT', 'word=kept'); append('GITHUB_OUTPUT', 'no pair');`,
    });
    const { jobs } = await runWorkflow(
      workflowOf('- uses: ./action', { actions: { './action': action.folder } }),
    );

    const [step] = jobs['job']?.steps ?? [];
    expect([step?.outcome, step?.phase?.outputs]).toEqual(['success', { word: 'kept' }]);
    expect(step?.annotations.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      "error: Unable to process file command 'output' successfully.",
      "error: Invalid format 'no pair'",
    ]);
  });

  it('cannot set NODE_OPTIONS, nor override the runner’s own variables [observed]', async () => {
    using action = nodeAction({
      main: `for (const line of ['node_options=--inspect', 'GITHUB_RUN_ID=1', 'RUNNER_TEMP=/', 'OTHER=kept']) append('GITHUB_ENV', line);`,
      post: `see('NODE_OPTIONS', 'GITHUB_RUN_ID', 'OTHER'); console.log(process.env.RUNNER_TEMP === '/');`,
    });
    const { main, post } = await runAction({ action: action.folder });

    expect(main.annotations).toMatchObject([
      { level: 'error', message: "Can't store node_options output parameter using '$GITHUB_ENV' command." },
    ]);
    expect(post.stdout).toBe('[null,"4711","kept"]\nfalse\n');
  });

  it.each([
    [1024 * 1024, true],
    [1024 * 1024 + 1, false],
  ])('with a summary of %i bytes keep it: %s [observed]', async (bytes, isKept) => {
    using action = nodeAction({
      main: `append('GITHUB_STEP_SUMMARY', 'x'.repeat(${bytes - 1}));`,
    });
    const { main } = await runAction({ action: action.folder });

    expect(main.exitCode).toBe(0);
    expect(main.summary).toHaveLength(isKept ? bytes : 0);
    expect(main.annotations.map(({ level, message }) => [level, message.slice(0, 35)])).toEqual(
      isKept ? [] : [['error', '$GITHUB_STEP_SUMMARY upload aborted']],
    );
  });

  // Windows has no such modes.
  it.skipIf(process.platform === 'win32')(
    'stay in the temporary folder until the job ends, readable by others [observed]',
    async () => {
      const paths: string[] = [];
      const modes: string[] = [];
      const { log } = await runWorkflow(
        workflowOf('- run: echo "word=1" >> "$GITHUB_OUTPUT"; echo "at $GITHUB_OUTPUT"\n- run: echo next', {
          onLine: line => {
            const [, path] = /^ +at (\/.+)$/.exec(line) ?? [];
            if (path !== undefined) paths.push(path);
            if (line.trim() === 'next')
              modes.push(...paths.map(path => (statSync(path).mode & 0o777).toString(8)));
          },
        }),
      );

      expect(log).toContain('next');
      expect(modes).toEqual(['644']);
      expect(paths.map(path => existsSync(path))).toEqual([false]);
    },
  );
});
