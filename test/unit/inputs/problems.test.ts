import { expect, it } from 'vitest';
import { ActionError, errorTitles } from '../../../src/action-error.ts';
import { InputProblems } from '../../../src/inputs/problems.ts';

const errorOf = (problems: InputProblems, values: object = {}): ActionError => {
  try {
    problems.throwIfAny(values);
  } catch (error) {
    if (error instanceof ActionError) return error;
  }
  throw new Error('Nothing was thrown.');
};

it('gives the values back where nothing is wrong', () => {
  const values = { a: 1, b: '', c: false };
  expect(new InputProblems().throwIfAny(values)).toBe(values);
});

it('reports one problem under its own title', () => {
  const problems = new InputProblems();
  expect(problems.add(errorTitles.invalidScopes, '`scopes` is empty.')).toBeUndefined();
  expect(errorOf(problems)).toMatchObject({ title: 'Invalid scopes', message: '`scopes` is empty.' });
});

it('reports several problems as a list, in the sequence in which they were found', () => {
  const problems = new InputProblems();
  problems.add(errorTitles.invalidScopes, 'First.');
  problems.add(errorTitles.invalidScopes, 'Second.');
  problems.add(errorTitles.invalidLifetime, 'Third.');
  expect(errorOf(problems)).toMatchObject({
    title: 'Invalid inputs',
    message: '- First.\n- Second.\n- Third.',
  });
});

it('takes no value that a parser left out without a problem', () => {
  expect(errorOf(new InputProblems(), { a: undefined }).title).toBe('Invalid inputs');
});
