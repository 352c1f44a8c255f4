import { describe, expect, it } from 'vitest';
import { ActionError, errorTitles } from '../../../src/action-error.ts';
import { InputProblems } from '../../../src/inputs/problems.ts';
import fc from '../../support/random.ts';
import { tokenText } from '../../support/tokens.ts';

const errorOf = (problems: InputProblems, values: object = {}): ActionError => {
  try {
    problems.throwIfAny(values);
  } catch (error) {
    if (error instanceof ActionError) return error;
  }
  throw new Error('Nothing was thrown.');
};

it('gives the values back if there are no problems', () => {
  const values = { a: 1, b: '', c: false };
  expect(new InputProblems().throwIfAny(values)).toBe(values);
});

it('reports one problem under its own title', () => {
  const problems = new InputProblems();
  expect(problems.add(errorTitles.invalidScopes, '`scopes` is empty.')).toBeUndefined();
  expect(errorOf(problems)).toMatchObject({ title: 'Invalid scopes', message: '`scopes` is empty.' });
});

it('reports several problems as a list, in the order they were found', () => {
  const problems = new InputProblems();
  problems.add(errorTitles.invalidScopes, 'First.');
  problems.add(errorTitles.invalidScopes, 'Second.');
  problems.add(errorTitles.invalidLifetime, 'Third.');
  expect(errorOf(problems)).toMatchObject({
    title: 'Invalid inputs',
    message: '- First.\n- Second.\n- Third.',
  });
});

it('fails if a value is missing without a problem', () => {
  expect(errorOf(new InputProblems(), { a: undefined }).title).toBe('Invalid inputs');
});

describe('a quoted value', () => {
  const quote = (text: string, ...secrets: string[]) => new InputProblems(secrets).quote(text);

  it.each([
    ['a', '`a`'],
    ['x'.repeat(40), `\`${'x'.repeat(40)}\``],
    ['x'.repeat(41), `\`${'x'.repeat(40)}…\``],
    ['🗺'.repeat(41), `\`${'🗺'.repeat(40)}…\``],
    ['https://sk.wikipedia.org', '`https://sk.wikipedia.org`'],
    ['MapboxAccessToken', '`MapboxAccessToken`'],
    ['tilesets:wriet', '`tilesets:wriet`'],
  ])('is %s as code, cut between characters', (text, shown) => {
    expect(quote(text)).toBe(shown);
  });

  const token = tokenText('sk');
  const github = `ghp_${'aB3'.repeat(12)}`;

  it.each([
    ['a token', token, '`***`'],
    ['a token cut off', token.slice(0, 12), '`***`'],
    ['a token without its beginning', token.slice(3), '`***`'],
    ['a token behind the cut', `${'x'.repeat(60)} ${token}`, `\`${'x'.repeat(40)}…\``],
    ['a token with text around it', `a ${token}, b`, '`a ***, b`'],
    ['a token in base64', Buffer.from(token).toString('base64url'), '`***`'],
    ['a token in hex', Buffer.from(token).toString('hex'), '`***`'],
    ['a token in upper-case hex', Buffer.from(token).toString('hex').toUpperCase(), '`***`'],
    ['a signature', 'x7Qm2LrT9-vKc_4hWzPb1A', '`***`'],
    ['a GitHub token', github, '`***`'],
    ['a GitHub token cut off', github.slice(0, 10), '`***`'],
    ['a fine-grained GitHub token', `github_pat_${'aB3'.repeat(12)}`, '`***`'],
  ])('has asterisks in place of %s', (_, text, shown) => {
    expect(quote(text)).toBe(shown);
  });

  it('contains no secret of another input: whole, cut, or embedded', () => {
    const secret = 'correct-horse-battery';
    expect(quote(secret, secret)).toBe('`***`');
    expect(quote(`${'y'.repeat(30)} ${secret}`, secret)).toBe(`\`${'y'.repeat(30)} ***\``);
    expect(quote('horse-battery', secret)).toBe('`***`');
    expect(quote('correct', secret)).toBe('`correct`');
    expect(quote('20', '20')).toBe('`20`');
  });

  it('never shows eight characters in a row of a secret, wherever it is pasted', () => {
    const text = fc.string({ maxLength: 60 });
    const secret = fc.string({ minLength: 8, maxLength: 60 });
    fc.assert(
      fc.property(text, secret, text, fc.nat(60), (before, whole, after, cut) => {
        const shown = quote(before + whole.slice(cut % whole.length) + after, whole);
        for (let at = 0; at + 8 <= whole.length; at++) {
          const part = whole.slice(at, at + 8);
          // A text of asterisks is no secret.
          if (!part.includes('*')) expect(shown).not.toContain(part);
        }
      }),
    );
  });
});
