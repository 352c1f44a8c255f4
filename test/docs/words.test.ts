/** Names in the code, and words in what people read: those of the field, each with one meaning. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { lineOf, type Module, nodesIn, ROOT, readModules } from '../support/modules.ts';

const source = readModules('src');
const everything = ['src', 'test', 'bench', 'demo', 'scripts'].flatMap(folder =>
  readModules(folder).map(module => ({ ...module, path: `${folder}/${module.path}` })),
);

const BANNED_NAMES = new Set([
  ...['order', 'wanted', 'patience', 'persist', 'trail', 'judge', 'setback', 'obstacle'],
  ...['wire', 'world', 'fate', 'doomed', 'blind', 'told', 'spoken'],
]);

const BANNED_PHRASES = ['put right', 'handed on', 'hand over', 'by itself'];

/** The words that a name is made of: `firstTry`, `FIRST_TRY` and `first-try` have two. */
function wordsOf(name: string): string[] {
  return name
    .split(/(?<=[a-z\d])(?=[A-Z])|[^A-Za-z\d]+/)
    .map(word => word.toLowerCase())
    .filter(word => word !== '');
}

function exportedNames({ source }: Module): string[] {
  return source.statements
    .filter(statement => ts.canHaveModifiers(statement) && isExported(statement))
    .flatMap(statement =>
      ts.isVariableStatement(statement)
        ? statement.declarationList.declarations.map(({ name }) => name.getText())
        : ts.isDeclarationStatement(statement) && statement.name !== undefined
          ? [statement.name.getText()]
          : [],
    );
}

function isExported(node: ts.HasModifiers): boolean {
  return ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

/** Each text that a `kind` can have by its type, or is given. */
function kindLiterals(module: Module): string[] {
  const literalsOf = (node: ts.Node | undefined): string[] => {
    if (node === undefined) return [];
    if (ts.isStringLiteral(node)) return [node.text];
    if (ts.isConditionalExpression(node))
      return [...literalsOf(node.whenTrue), ...literalsOf(node.whenFalse)];
    return ts.isTypeNode(node) ? [...nodesIn(node)].filter(ts.isStringLiteral).map(({ text }) => text) : [];
  };
  return [...nodesIn(module.source)].flatMap(node =>
    (ts.isPropertySignature(node) || ts.isPropertyDeclaration(node)) && node.name.getText() === 'kind'
      ? literalsOf(node.type)
      : ts.isPropertyAssignment(node) && node.name.getText() === 'kind'
        ? literalsOf(node.initializer)
        : [],
  );
}

/** What people read of the project, by its path. */
function readTexts(): Map<string, string> {
  const files = [
    ...['README.md', 'SECURITY.md', 'CONTRIBUTING.md'],
    ...['docs', 'examples'].flatMap(folder =>
      readdirSync(join(ROOT, folder), { encoding: 'utf8' }).map(name => `${folder}/${name}`),
    ),
    ...readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(path =>
      /^(?:(?!node_modules|test|build|\.)\w+[\\/])?action\.yml$/.test(path),
    ),
  ].filter(path => /\.(?:md|yml)$/.test(path));
  return new Map([
    ...files.map(path => [path, readFileSync(join(ROOT, path), 'utf8')] as const),
    ...source.map(({ path, text }) => [`src/${path}`, text] as const),
  ]);
}

describe('names', () => {
  it('have none of the words that the first release had in place of the usual ones', () => {
    const files = everything.map(({ path }) => path).filter(path => wordsOf(path).some(isBanned));
    expect(files).toEqual([]);
    const names = everything.flatMap(({ path, source }) =>
      [...nodesIn(source)]
        .filter(node => ts.isIdentifier(node) && wordsOf(node.text).some(isBanned))
        .map(node => `${path}:${lineOf(node)} ${node.getText()}`),
    );
    expect(names).toEqual([]);
  });

  it('are exported once in src/, so that a name is enough to find its module', () => {
    const modulesOf = Map.groupBy(
      source.flatMap(module => exportedNames(module).map(name => ({ name, path: module.path }))),
      ({ name }) => name,
    );
    const shared = [...modulesOf].filter(([, exports]) => exports.length > 1).map(([name]) => name);
    expect(shared).toEqual([]);
    expect(modulesOf.size).toBeGreaterThan(100);
  });

  it('of kinds are written in kebab-case', () => {
    const kinds = source.flatMap(kindLiterals);
    expect(kinds.length).toBeGreaterThan(50);
    expect(kinds.filter(kind => !/^[a-z]+(?:-[a-z]+)*$/.test(kind))).toEqual([]);
  });
});

function isBanned(word: string): boolean {
  return BANNED_NAMES.has(word) || BANNED_NAMES.has(word.replace(/s$/, ''));
}

it('what people read has no phrase that sounds translated', () => {
  const texts = readTexts();
  expect(texts.size).toBeGreaterThan(60);
  expect([...texts.keys()]).toContain('sweep/action.yml');
  const found = [...texts].flatMap(([path, text]) =>
    BANNED_PHRASES.filter(phrase => new RegExp(`\\b${phrase.replace(' ', '\\s+')}\\b`, 'i').test(text)).map(
      phrase => `${path}: ${phrase}`,
    ),
  );
  expect(found).toEqual([]);
});
