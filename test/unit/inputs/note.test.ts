import { describe, expect, it } from 'vitest';
import { parseNote } from '../../../src/inputs/note.ts';
import { parseInput } from '../../support/inputs.ts';
import { tokenText } from '../../support/tokens.ts';

const parse = (input: string, workflow = 'Release') =>
  parseInput(problems => parseNote(input, workflow, problems));

describe('a note', () => {
  it.each([
    [' Web map ', 'Web map'],
    ['', 'Release'],
    [' \n', 'Release'],
    ['Deploy octo/sk.mapviewer', 'Deploy octo/sk.mapviewer'],
    ['.github/workflows/sk.deploy-tiles.yml', '.github/workflows/sk.deploy-tiles.yml'],
    ['tk.yml', 'tk.yml'],
    ['pk.production-tokens', 'pk.production-tokens'],
  ])('from %j is %j', (input, note) => {
    expect(parse(input)).toEqual({ value: note, title: undefined, message: '' });
  });

  it('is without the blanks around the name of the workflow', () => {
    expect(parse('', ' Nightly tiles\n').value).toBe('Nightly tiles');
  });

  it('is the path of a workflow without a name', () => {
    expect(parse('', '.github/workflows/sk.deploy-tiles.yml').title).toBeUndefined();
  });

  it.each([tokenText('sk'), tokenText('pk').slice(0, 20)])(
    'with a token in it stops the step, and nothing of it is shown',
    token => {
      const own = parse(`by ${token}`);
      expect(own.title).toBe('Invalid input');
      expect(own.message).toMatch(/^`note` has a token in it/);
      const workflow = parse('', `by ${token}`);
      expect(workflow.title).toBe('Invalid input');
      expect(workflow.message).toMatch(/^The workflow's name.*`note`.*has a token in it/);
      expect(own.message + workflow.message).not.toContain('eyJ');
    },
  );
});
