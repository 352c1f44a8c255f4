import { expect, it } from 'vitest';
import { ActionError, codeList, errorTitles, stackOf } from '../../src/action-error.ts';

it('an error has a title, a message and its own name', () => {
  const error = new ActionError(errorTitles.invalidScopes, '`scopes` is empty.');
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    title: 'Invalid scopes',
    message: '`scopes` is empty.',
    name: 'ActionError',
  });
});

it('titles are unique, plain texts of one line', () => {
  const titles = Object.values(errorTitles);
  expect(titles).toEqual([...new Set(titles)]);
  for (const title of titles) expect(title).toMatch(/^[A-Z][A-Za-z'. -]+$/);
});

it('the stack of an error shows its origin', () => {
  const error = new Error('x');
  expect(stackOf(error)).toBe(error.stack);
  expect(stackOf(error)).toContain('action-error.test.ts');
});

it('an error without a stack gives its message, any other value nothing', () => {
  const error = new Error('x');
  Object.defineProperty(error, 'stack', { value: undefined });
  expect(stackOf(error)).toBe('x');
  for (const thrown of ['text', undefined, null, { stack: 'y' }]) expect(stackOf(thrown)).toBe('');
});

it('lists words as code', () => {
  expect(codeList([])).toBe('');
  expect(codeList(['a:read'])).toBe('`a:read`');
  expect(codeList(['a:read', 'b'])).toBe('`a:read`, `b`');
  expect(codeList(['a:read', 'b'], word => `<${word}>`)).toBe('<a:read>, <b>');
  const words = Array.from({ length: 40 }, (_, n) => `w${n}`);
  expect(codeList(words)).toMatch(/^`w0`, .*`w39`$/);
  expect(codeList([...words, 'x', 'y'])).toMatch(/`w39` and 2 more$/);
});
