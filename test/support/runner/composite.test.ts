/** The execution of composite actions' steps and post steps. */
import { describe, expect, it } from 'vitest';
import { compositeAction, nodeAction, workflowOf } from './samples.ts';
import { runWorkflow } from './workflow.ts';

describe('a composite action', () => {
  it('passes its outputs to later steps, hides secrets and needs from its own, and stops at a failure', async () => {
    using outer = compositeAction({
      outputs: 'word: { value: "${{ steps.say.outputs.word }}" }',
      steps: `- id: say
  run: echo word=said >> "$GITHUB_OUTPUT"; exit 1
  shell: bash
- run: echo never
  shell: bash
- if: always()
  run: echo "\${{ steps.say.outcome }}"
  shell: bash
- if: always()
  run: echo "\${{ secrets.TOKEN }}"
  shell: bash`,
    });
    const { jobs } = await runWorkflow(
      workflowOf(
        `- id: outer
  continue-on-error: true
  uses: ./outer
- run: echo "\${{ steps.outer.outputs.word }}"`,
        { actions: { './outer': outer.folder }, secrets: { TOKEN: 'secret' } },
      ),
    );

    const steps = jobs['job']?.steps ?? [];
    expect(steps.map(({ outcome }) => outcome)).toEqual([
      'failure',
      'skipped',
      'success',
      'failure',
      'failure',
      'success',
    ]);
    expect(steps.map(({ phase }) => phase?.stdout)).toEqual([
      '',
      undefined,
      'failure\n',
      undefined,
      undefined,
      'said\n',
    ]);
  });

  it('has its post steps run once each in reverse order, all under the outermost one', async () => {
    using action = nodeAction({
      post: `console.log('post of ' + process.env.STATE_name);`,
      main: `append('GITHUB_STATE', 'name=' + process.env.INPUT_NAME);`,
      inputs: ['name'],
    });
    const use = (name: string) => `- id: ${name}\n  uses: owner/action@v1\n  with: { name: ${name} }\n`;
    using inner = compositeAction({ steps: use('a') + use('b') });
    using outer = compositeAction({ steps: `- id: inner\n  uses: ./inner\n${use('c')}` });
    const { jobs } = await runWorkflow(
      workflowOf(`${use('before')}- id: outer\n  uses: ./outer\n${use('after')}`, {
        actions: {
          './outer': outer.folder,
          './inner': inner.folder,
          'owner/action@v1': action.folder,
        },
      }),
    );
    expect(jobs['job']?.posts.map(({ id, phase }) => `${id} ${phase?.stdout ?? ''}`.trim())).toEqual([
      'after post of after',
      'outer/inner/b post of b',
      'outer/inner/a post of a',
      'outer/c post of c',
      'outer',
      'before post of before',
    ]);
  });
});
