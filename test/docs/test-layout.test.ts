/** The layout of `test/`: the place of a test follows from the place of the code, and each stand-in exists once. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { type Module, nodesIn, readModules } from '../support/modules.ts';

const source = readModules('src').map(({ path }) => path);
const tests = readModules('test');
const testPaths = new Set(tests.map(({ path }) => path));

/** Modules without a test of their own, and why. */
const WITHOUT_UNIT_TEST: Readonly<Record<string, string>> = {
  'main.ts': 'two statements: test/bundle runs them',
  'post.ts': 'two statements: test/bundle runs them',
  'sweep.ts': 'two statements: test/bundle runs them',
  'rotate.ts': 'two statements: test/bundle runs them',
  'rotate-post.ts': 'two statements: test/bundle runs them',
  'live-context.ts': 'the real outside: test/bundle runs it',
  'runtime/context.ts': 'types only',
  'github/toolkit-stub.ts': 'replaces modules of a package in the bundle: test/bundle/sweep runs it',
  'http/response.ts': 'types only',
  'mapbox/account.ts': 'types only',
  'inputs/token-request.ts': 'types only',
  'rotate/rotation.ts': 'types, and a search in a list',
  'errors/earlier-token.ts': 'texts only',
  'rotate/error-titles.ts': 'texts only',
  'rotate/gather-facts.ts': 'a part of the sequence: test/integration/rotate and test/bundle/rotate run it',
  'rotate/create-replacement.ts': 'a part of the sequence: likewise',
  'rotate/step.ts': 'the sequence: likewise',
  'rotate/store-replacement.ts': 'a part of the sequence: likewise',
};

/** What stands in for the outside, `Runner` and `Clock`, where a class or an object literal is one of them. */
function standsIn(node: ts.Node): boolean {
  const type =
    ts.isClassLike(node) && node.heritageClauses !== undefined
      ? node.heritageClauses.flatMap(({ types }) => types.map(type => type.getText()))
      : ts.isVariableDeclaration(node) && node.initializer?.kind === ts.SyntaxKind.ObjectLiteralExpression
        ? [node.type?.getText()]
        : [];
  return type.some(name => name === 'Runner' || name === 'Clock');
}

function listens(node: ts.Node): boolean {
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    node.expression.name.text === 'listen'
  );
}

const pathsWith = (matches: (node: ts.Node) => boolean) =>
  tests
    .filter(({ source }: Module) => [...nodesIn(source)].some(matches))
    .map(({ path }) => path)
    .filter(path => !path.startsWith('support/'));

describe('unit tests', () => {
  it('exist for every module, at the same path, but for those that have a reason to have none', () => {
    const missing = source.filter(path => !testPaths.has(`unit/${path.replace(/\.ts$/, '.test.ts')}`));
    const expected = Object.keys(WITHOUT_UNIT_TEST);
    expect(missing).toEqual(expected.sort());
  });

  it('are of modules that exist', () => {
    const expected = new Set(source.map(path => `unit/${path.replace(/\.ts$/, '.test.ts')}`));
    const stray = [...testPaths].filter(path => path.startsWith('unit/') && !expected.has(path));
    expect(stray).toEqual([]);
  });
});

describe('test/support/ alone', () => {
  it('stands in for the runner and for the clock', () => {
    expect(pathsWith(standsIn)).toEqual([]);
  });

  it('listens on a port', () => {
    expect(pathsWith(listens)).toEqual([]);
  });
});

it('tests stand on one of the levels that test/README.md describes', () => {
  const levels = new Set([...testPaths].map(path => path.split('/')[0]));
  expect([...levels].sort()).toEqual(
    ['bundle', 'conformance', 'docs', 'e2e', 'integration', 'support', 'unit'].sort(),
  );
});
