/** Commands in a process's output. [observed]: see masks.test.ts. */
import { describe, expect, it } from 'vitest';
import { readCommand } from './commands.ts';
import { nodeAction } from './samples.ts';
import { runAction } from './step.ts';

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
  ])('%j is parsed like the runner does', (line, command) => {
    expect(readCommand(line)).toEqual(command);
  });
});

describe('a process', () => {
  it('shows debug lines only with debug logging, and then also its saved values, masked [observed]', async () => {
    using action = nodeAction({
      main: `see('RUNNER_DEBUG');
console.log('::add-mask::hush-hush');
console.log('::debug::of hush-hush');
append('GITHUB_STATE', 'key=hush-hush');
append('GITHUB_OUTPUT', 'word=plain');`,
    });
    const [quiet, debug] = await Promise.all([
      runAction({ action: action.folder }),
      runAction({ action: action.folder, debug: true }),
    ]);

    expect(quiet.main.shown.split('\n')).toEqual(['[null]']);
    expect(debug.main.shown.split('\n')).toEqual([
      '["1"]',
      '::add-mask::***',
      '##[debug]of ***',
      '##[debug]Set output word = plain',
      '##[debug]Save intra-action state key = ***',
    ]);
  });

  it('has its commands ignored between `stop-commands` and its token', async () => {
    using action = nodeAction({
      main: `for (const line of ['::stop-commands::word', '::error::quoted', '::word::', '::error::meant'])
  console.log(line);`,
    });
    const { main } = await runAction({ action: action.folder });

    expect(main.annotations).toMatchObject([{ level: 'error', message: 'meant' }]);
    expect(main.shown).toContain('::error::quoted');
  });

  it('can set outputs and state by its output, but no variables', async () => {
    using action = nodeAction({
      main: `for (const command of ['set-output', 'save-state', 'set-env']) console.log('::' + command + ' name=a::b');`,
    });
    const { main } = await runAction({ action: action.folder });

    expect([main.outputs, main.state, main.env]).toEqual([{ a: 'b' }, { a: 'b' }, {}]);
    expect(main.annotations).toMatchObject([
      { level: 'error', message: expect.stringMatching(/set-env.*disabled/) },
    ]);
  });
});
