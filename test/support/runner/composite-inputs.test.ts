/** What post steps in composite actions, nested or not, get from the runner. [observed]: see masks.test.ts. */
import { describe, expect, it } from 'vitest';
import { compositeAction, nodeAction, type SampleAction, workflowOf } from './samples.ts';
import { type JobReport, runWorkflow } from './workflow.ts';

/** An action that reports in both steps what it got. */
function witness(): SampleAction {
  const looks = `see('INPUT_WORD', 'INPUT_OUTPUT', 'STATE_key', 'GITHUB_ACTION_PATH');`;
  return nodeAction({
    main: `${looks} append('GITHUB_STATE', 'key=of ' + process.env.INPUT_WORD);`,
    post: looks,
    inputs: ['word', 'output'],
  });
}

/** The steps of each composite action: one sets an output, and one passes on an input and that output. */
function handingOn(input: string, to: string): string {
  return `- id: get
  run: echo "word=from ${input}" >> "$GITHUB_OUTPUT"
  shell: bash
- id: use
  uses: ${to}
  with:
    word: \${{ inputs.${input} }}
    output: \${{ steps.get.outputs.word }}`;
}

interface Seen {
  readonly main: unknown;
  readonly post: unknown;
}

/** What the witness saw in the two steps: word, output, state, and the action's path by the name in `folders`. */
function seenBy(job: JobReport | undefined, id: string, folders: Record<string, SampleAction>): Seen {
  const named = ({ stdout }: { stdout: string }) => {
    const [word, output, state, path] = JSON.parse(stdout);
    const [name] = Object.entries(folders).find(([, { folder }]) => folder === path) ?? [path];
    return [word, output, state, name];
  };
  const of = (reports: JobReport['steps'] = []) => {
    const phase = reports.find(report => report.id === id)?.phase;
    if (phase === undefined) throw new Error(`no process of ${id}`);
    return named(phase);
  };
  return { main: of(job?.steps), post: of(job?.posts) };
}

describe('a composite action', () => {
  it('in the workspace or remote passes its inputs and its steps’ outputs to both steps of an action [observed]', async () => {
    using action = witness();
    using outer = compositeAction({ inputs: ['auth'], steps: handingOn('auth', 'owner/action@v1') });
    for (const uses of ['./outer', 'owner/outer@v1']) {
      const { jobs } = await runWorkflow(
        workflowOf(`- id: outer\n  uses: ${uses}\n  with: { auth: token }`, {
          actions: { [uses]: outer.folder, 'owner/action@v1': action.folder },
        }),
      );
      expect(seenBy(jobs['job'], 'outer/use', { outer })).toEqual({
        main: ['token', 'from auth', null, 'outer'],
        post: ['token', 'from auth', 'of token', 'outer'],
      });
    }
  });

  it('has its inputs evaluated again for its post steps [observed]', async () => {
    using action = witness();
    using outer = compositeAction({ inputs: ['auth'], steps: handingOn('auth', 'owner/action@v1') });
    const { jobs } = await runWorkflow(
      workflowOf(
        `- id: outer
  uses: ./outer
  with: { auth: "\${{ env.TOKEN }}" }
- run: echo TOKEN=changed >> "$GITHUB_ENV"`,
        {
          actions: { './outer': outer.folder, 'owner/action@v1': action.folder },
          env: { TOKEN: 'first' },
        },
      ),
    );
    expect(seenBy(jobs['job'], 'outer/use', { outer })).toEqual({
      main: ['first', 'from auth', null, 'outer'],
      post: ['changed', 'from auth', 'of first', 'outer'],
    });
  });
});

describe('a nested composite action', () => {
  /** `outer` uses `inner`, which uses the witness, by these names. */
  async function nested(inner: string, action: string, names = { outer: 'auth', inner: 'inner-auth' }) {
    const folders = {
      witness: witness(),
      inner: compositeAction({ inputs: [names.inner], steps: handingOn(names.inner, action) }),
      outer: compositeAction({
        inputs: [names.outer],
        steps: `- id: get
  run: echo "word=from outer" >> "$GITHUB_OUTPUT"
  shell: bash
- id: inner
  uses: ${inner}
  with: { ${names.inner}: "\${{ inputs.${names.outer} }}" }`,
      }),
    };
    try {
      const { jobs } = await runWorkflow(
        workflowOf(`- id: outer\n  uses: ./outer\n  with: { ${names.outer}: token }`, {
          actions: {
            './outer': folders.outer.folder,
            [inner]: folders.inner.folder,
            [action]: folders.witness.folder,
          },
        }),
      );
      return seenBy(jobs['job'], 'outer/inner/use', folders);
    } finally {
      for (const folder of Object.values(folders)) folder[Symbol.dispose]();
    }
  }

  it('gets everything right in both steps if it is remote [observed]', async () => {
    expect(await nested('owner/inner@v1', 'owner/action@v1')).toEqual({
      main: ['token', 'from inner-auth', null, 'inner'],
      post: ['token', 'from inner-auth', 'of token', 'inner'],
    });
  });

  it.each(['owner/action@v1', './action'])(
    'in the workspace, that uses %s: the post step sees inputs, steps and path of the outermost one; state is right [observed]',
    async action => {
      expect(await nested('./inner', action)).toEqual({
        main: ['token', 'from inner-auth', null, 'inner'],
        post: ['', 'from outer', 'of token', 'outer'],
      });
    },
  );

  it('in the workspace: the same name on every level helps [observed]', async () => {
    const seen = await nested('./inner', 'owner/action@v1', { outer: 'auth', inner: 'auth' });
    expect(seen.post).toEqual(['token', 'from outer', 'of token', 'outer']);
  });

  it('in the workspace, and defaults: strategy is right, even if nested [observed]', async () => {
    using action = nodeAction({
      main: `see('INPUT_PLACE');`,
      post: `see('INPUT_PLACE');`,
      inputs: 'place: { default: "${{ strategy.job-index }} of ${{ strategy.job-total }}" }',
    });
    using inner = compositeAction({ steps: '- id: use\n  uses: owner/action@v1' });
    using outer = compositeAction({ steps: '- id: inner\n  uses: ./inner' });
    const { jobs } = await runWorkflow(
      workflowOf('- id: outer\n  uses: ./outer', {
        job: 'strategy:\n  matrix:\n    n: [1, 2]',
        actions: {
          './outer': outer.folder,
          './inner': inner.folder,
          'owner/action@v1': action.folder,
        },
      }),
    );
    const { steps = [], posts = [] } = jobs['job (2)'] ?? {};
    const printed = [...steps, ...posts].flatMap(({ phase }) => phase?.stdout ?? []);
    expect(printed).toEqual(['["1 of 2"]\n', '["1 of 2"]\n']);
  });

  it('in the workspace, inside a remote one inside another: its post step also sees the outermost one’s', async () => {
    using action = witness();
    using inner = compositeAction({
      inputs: ['deep-auth'],
      steps: handingOn('deep-auth', 'owner/action@v1'),
    });
    using middle = compositeAction({
      inputs: ['inner-auth'],
      steps: '- id: inner\n  uses: ./inner\n  with: { deep-auth: "${{ inputs.inner-auth }}" }',
    });
    using outer = compositeAction({
      inputs: ['deep-auth'],
      steps: '- id: middle\n  uses: owner/middle@v1\n  with: { inner-auth: "${{ inputs.deep-auth }}-2" }',
    });
    const { jobs } = await runWorkflow(
      workflowOf('- id: outer\n  uses: owner/outer@v1\n  with: { deep-auth: token }', {
        actions: {
          'owner/outer@v1': outer.folder,
          'owner/middle@v1': middle.folder,
          './inner': inner.folder,
          'owner/action@v1': action.folder,
        },
      }),
    );
    expect(seenBy(jobs['job'], 'outer/middle/inner/use', { outer, middle, inner })).toEqual({
      main: ['token-2', 'from deep-auth', null, 'inner'],
      post: ['token', '', 'of token-2', 'outer'],
    });
  });

  it('remote, inside a local one inside another: its own inputs come from the outermost one’s', async () => {
    using action = witness();
    using deepest = compositeAction({
      inputs: ['deep-auth'],
      steps: handingOn('deep-auth', 'owner/action@v1'),
    });
    using inner = compositeAction({
      inputs: ['inner-auth'],
      steps: '- id: deepest\n  uses: owner/deepest@v1\n  with: { deep-auth: "${{ inputs.inner-auth }}" }',
    });
    using outer = compositeAction({
      inputs: ['auth'],
      steps: '- id: inner\n  uses: ./inner\n  with: { inner-auth: "${{ inputs.auth }}" }',
    });
    const { jobs } = await runWorkflow(
      workflowOf('- id: outer\n  uses: ./outer\n  with: { auth: token }', {
        actions: {
          './outer': outer.folder,
          './inner': inner.folder,
          'owner/deepest@v1': deepest.folder,
          'owner/action@v1': action.folder,
        },
      }),
    );
    expect(seenBy(jobs['job'], 'outer/inner/deepest/use', { outer, inner, deepest })).toEqual({
      main: ['token', 'from deep-auth', null, 'deepest'],
      post: ['', '', 'of token', 'deepest'],
    });
  });
});
