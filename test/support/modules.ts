/** The project's TypeScript files, parsed by the compiler, for tests of the layout. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import ts from 'typescript';

/** The project's folder. */
export const ROOT = dirname(dirname(import.meta.dirname));

export interface Module {
  /** Relative to the folder that was read, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly source: ts.SourceFile;
  /** Its imports and re-exports, including types: modules by their path, packages by their name. */
  readonly imports: readonly string[];
}

/** The modules in a folder of the project, without declaration files. */
export function readModules(folder: string): Module[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map(file => file.split(sep).join('/'))
    .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.includes('node_modules/'))
    .sort()
    .map(path => {
      const text = readFileSync(join(ROOT, folder, path), 'utf8');
      const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
      return { path, text, source, imports: importsOf(path, source) };
    });
}

/** Every node of a syntax tree, parents first. */
export function* nodesIn(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, child => void children.push(child));
  for (const child of children) yield* nodesIn(child);
}

/** The first line of a node, counted from 1. */
export function lineOf(node: ts.Node): number {
  return lineAt(node, node.getStart());
}

/** The name of a folder with a slash, or the file itself if it is in none. */
export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/') + 1) : path;
}

/** A cycle through a name, `undefined` if there is none. */
export function findCircle(graph: ReadonlyMap<string, Iterable<string>>): string[] | undefined {
  const finished = new Set<string>();
  const search = (name: string, way: readonly string[]): string[] | undefined => {
    const at = way.indexOf(name);
    if (at >= 0) return [...way.slice(at), name];
    if (finished.has(name)) return undefined;
    for (const next of graph.get(name) ?? []) {
      const circle = search(next, [...way, name]);
      if (circle !== undefined) return circle;
    }
    finished.add(name);
    return undefined;
  };
  for (const name of graph.keys()) {
    const circle = search(name, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

function importsOf(path: string, source: ts.SourceFile): string[] {
  const named: string[] = [];
  for (const node of nodesIn(source)) {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
            ? node.argument.literal
            : undefined;
    if (specifier !== undefined && ts.isStringLiteral(specifier)) named.push(specifier.text);
  }
  return named.map(name => (name.startsWith('.') ? posix.join(posix.dirname(path), name) : name));
}

function lineAt(node: ts.Node, position: number): number {
  return node.getSourceFile().getLineAndCharacterOfPosition(position).line + 1;
}
