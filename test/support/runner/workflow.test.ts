/** What jobs and steps pass to each other, and which of them run. */
import { describe, expect, it } from 'vitest';
import { nodeAction, workflowOf } from './samples.ts';
import { runWorkflow } from './workflow.ts';

describe('a job', () => {
  it('passes outputs and variables to later steps, and tolerates failures with continue-on-error', async () => {
    const { result, log } = await runWorkflow(
      workflowOf(`- id: one
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

  it('runs steps with a matching condition after a failure', async () => {
    const { result, jobs } = await runWorkflow(
      workflowOf(
        '- run: exit 7\n- run: echo never\n- if: failure()\n  run: echo failed\n- if: always()\n  run: echo always',
      ),
    );
    expect(result).toBe('failure');
    expect(jobs['job']?.steps.map(({ outcome }) => outcome)).toEqual([
      'failure',
      'skipped',
      'success',
      'success',
    ]);
  });

  it('prefers a step’s own variables to the job’s, and those to the workflow’s', async () => {
    using action = nodeAction({ main: `see('A', 'B', 'C', 'CI', 'INPUT_ALL');`, inputs: ['all'] });
    const all = '${{ env.A }} ${{ env.B }} ${{ env.C }}';
    const { jobs } = await runWorkflow(
      workflowOf(`- uses: ./action\n  env: { A: step }\n  with: { all: "${all}" }`, {
        actions: { './action': action.folder },
        env: { A: 'workflow', B: 'workflow', C: 'workflow', CI: 'false' },
        job: 'env: { A: job, B: job }',
      }),
    );
    expect(jobs['job']?.steps[0]?.phase?.stdout).toBe(
      '["step","job","workflow","false","step job workflow"]\n',
    );
  });
});

describe('jobs', () => {
  const FILE = `on: push
name: Several
jobs:
  last:
    needs: [each, broken]
    if: always()
    runs-on: ubuntu-latest
    steps:
      - run: echo "\${{ needs.each.result }} \${{ needs.each.outputs.word }} \${{ needs.broken.result }}"
  each:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        size: [1, 2]
        color: [red, green]
    outputs:
      word: \${{ matrix.size }} \${{ matrix.color }}
    steps:
      - run: echo "\${{ github.workflow }} \${{ matrix.size }} \${{ matrix.color }}"
  broken:
    runs-on: ubuntu-latest
    steps:
      - run: exit 1
  never:
    needs: broken
    runs-on: ubuntu-latest
    steps:
      - run: echo never`;

  it('run after the jobs they need, and once for every combination of a matrix', async () => {
    const { jobs, result, log } = await runWorkflow({ workflow: FILE, actions: {} });

    expect(result).toBe('failure');
    expect(Object.entries(jobs).map(([name, job]) => `${name}: ${job.result}`)).toEqual([
      'each (1, red): success',
      'each (1, green): success',
      'each (2, red): success',
      'each (2, green): success',
      'broken: failure',
      'last: success',
      'never: skipped',
    ]);
    expect(log).toContain('    Several 2 green');
    expect(log).toContain('    success 2 green failure');
  });

  it('are rejected if they need each other', async () => {
    const workflow = 'jobs:\n  a: { needs: b, steps: [] }\n  b: { needs: a, steps: [] }';
    await expect(runWorkflow({ workflow, actions: {} })).rejects.toThrow('in a circle');
  });
});
