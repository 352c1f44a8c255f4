/** The layout of `src/`: imports, file names and sizes, and access to the process, time and randomness. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { findCircle, folderOf, lineOf, type Module, nodesIn, readModules } from '../support/modules.ts';

const modules = readModules('src');
const paths = new Set(modules.map(({ path }) => path));

const ENTRIES = ['main.ts', 'post.ts', 'sweep.ts', 'rotate.ts'];

/** The files directly in `src/`: the entries, and modules for every folder. */
const TOP = [
  ...ENTRIES,
  ...['live-context.ts', 'action-error.ts', 'note.ts', 'secret.ts', 'clock.ts', 'duration.ts'],
];

/**
 * The modules outside a folder that it may import: a folder with a slash, a file or a package. Lower folders come
 * first; a folder imports nothing below its own line.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'secret.ts': [],
  'clock.ts': ['node:process'],
  'duration.ts': [],
  'action-error.ts': [],
  'http/': ['secret.ts', 'node:dns', 'node:fs', 'node:net', 'node:process', 'node:tls', 'undici'],
  'api/': ['http/', 'action-error.ts', 'clock.ts', 'duration.ts'],
  'mapbox/': ['api/', 'http/', 'action-error.ts', 'clock.ts', 'duration.ts', 'secret.ts'],
  'runner/': ['action-error.ts', 'secret.ts', 'node:fs', '@actions/core'],
  'inputs/': ['api/', 'action-error.ts', 'mapbox/', 'runner/', 'duration.ts', 'secret.ts'],
  'runtime/': [
    'api/',
    'action-error.ts',
    'http/',
    'inputs/',
    'mapbox/',
    'runner/',
    'clock.ts',
    'secret.ts',
    'node:fs',
    'node:fs/promises',
  ],
  'note.ts': ['action-error.ts', 'runtime/workflow-run.ts', 'secret.ts'],
  'github/': ['api/', 'action-error.ts', 'http/', 'runtime/', 'clock.ts', 'secret.ts', '@actions/github'],
  'cleanup/': [
    'api/',
    'action-error.ts',
    'inputs/',
    'mapbox/',
    'runner/',
    'runtime/',
    'note.ts',
    'secret.ts',
  ],
  'mint/': [
    'cleanup/',
    'api/',
    'action-error.ts',
    'inputs/',
    'mapbox/',
    'runner/',
    'runtime/',
    'duration.ts',
    'note.ts',
    'secret.ts',
  ],
  'sweep/': [
    ...[
      'api/',
      'action-error.ts',
      'github/',
      'http/error-codes.ts',
      'inputs/',
      'mapbox/',
      'runner/',
      'runtime/',
    ],
    ...['clock.ts', 'duration.ts', 'note.ts', 'secret.ts'],
  ],
  'rotate/': [
    ...[
      'cleanup/',
      'api/',
      'action-error.ts',
      'github/',
      'http/client.ts',
      'inputs/',
      'mapbox/',
      'mint/',
      'runner/',
      'runtime/',
    ],
    ...['clock.ts', 'duration.ts', 'note.ts', 'secret.ts', 'node:crypto', '@noble/'],
  ],
  'live-context.ts': ['http/client.ts', 'runner/runner.ts', 'runtime/', 'clock.ts'],
  'main.ts': ['mint/step.ts', 'runtime/', 'live-context.ts'],
  'post.ts': ['cleanup/step.ts', 'runtime/', 'live-context.ts'],
  'sweep.ts': ['sweep/step.ts', 'runtime/', 'live-context.ts'],
  'rotate.ts': ['rotate/step.ts', 'runtime/', 'live-context.ts'],
};

/** The positions of all matching nodes in the sources, as `path:line`. */
function find(matches: (node: ts.Node, module: Module) => boolean): string[] {
  return modules.flatMap(module =>
    [...nodesIn(module.source)]
      .filter(node => matches(node, module))
      .map(node => `${module.path}:${lineOf(node)}`),
  );
}

/** The modules with a matching node. */
function findModules(matches: (node: ts.Node, module: Module) => boolean): string[] {
  return [...new Set(find(matches).map(place => place.replace(/:\d+$/, '')))];
}

/** Whether a node names a global: neither a property nor a parameter. */
function isGlobal(node: ts.Node, name: string): boolean {
  if (!ts.isIdentifier(node) || node.text !== name) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
  if ((ts.isPropertyAssignment(parent) && parent.name === node) || ts.isTypeElement(parent)) return false;
  for (let at: ts.Node | undefined = parent; at !== undefined; at = at.parent) {
    if (ts.isFunctionLike(at) && at.parameters.some(parameter => parameter.name.getText() === name))
      return false;
  }
  return true;
}

/** Whether a node is the member `name` of the object `object`, such as `Date.now`. */
function isMember(node: ts.Node, object: string, name: string): boolean {
  return ts.isPropertyAccessExpression(node) && node.name.text === name && isGlobal(node.expression, object);
}

describe('imports', () => {
  it('name modules that exist', () => {
    const missing = modules.flatMap(({ path, imports }) =>
      imports.filter(name => name.endsWith('.ts') && !paths.has(name)).map(name => `${path} > ${name}`),
    );
    expect(missing).toEqual([]);
    expect(modules.length).toBeGreaterThan(50);
  });

  it.each(Object.entries(ALLOWED))('of %s are those in its line of the table', (folder, allowed) => {
    const inFolder = modules.filter(({ path }) => folderOf(path) === folder);
    expect(inFolder.length).toBeGreaterThan(0);
    const isAllowed = (name: string) =>
      folderOf(name) === folder ||
      allowed.some(entry => name === entry || (entry.endsWith('/') && name.startsWith(entry)));
    const others = inFolder.flatMap(({ path, imports }) =>
      imports.filter(name => !isAllowed(name)).map(name => `${path} > ${name}`),
    );
    expect(others).toEqual([]);
  });

  it('have a line in the table for every folder, and for every file outside one', () => {
    expect(new Set(modules.map(({ path }) => folderOf(path)))).toEqual(new Set(Object.keys(ALLOWED)));
  });

  it('contain no cycle of files, not even of types', () => {
    expect(findCircle(new Map(modules.map(({ path, imports }) => [path, imports])))).toBeUndefined();
  });

  it('contain no cycle of folders', () => {
    const folders = Map.groupBy(modules, ({ path }) => folderOf(path));
    const graph = [...folders].map(([folder, inFolder]) => {
      const named = inFolder.flatMap(({ imports }) => imports.filter(name => paths.has(name)).map(folderOf));
      return [folder, named.filter(name => name !== folder)] as const;
    });
    expect(findCircle(new Map(graph))).toBeUndefined();
  });

  it('use every module', () => {
    const needed = new Set(modules.flatMap(({ imports }) => imports));
    const unused = [...paths].filter(path => !needed.has(path) && !ENTRIES.includes(path));
    // Loaded by the bundle instead of a package's modules [scripts/build.ts].
    expect(unused).toEqual(['github/toolkit-stub.ts']);
  });

  it('are dynamic only with paths that the bundle finds: relative ones are resolved from dist/', () => {
    const isLazy = (node: ts.Node) =>
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      /^'\./.test(node.arguments[0]?.getText() ?? '');
    expect(findModules(isLazy)).toEqual(['live-context.ts']);
  });
});

describe('files', () => {
  it('directly in src/ are the entries and modules for every folder', () => {
    expect([...paths].filter(path => !path.includes('/')).sort()).toEqual([...TOP].sort());
  });

  it('have a subject: no folder or file for leftovers, and none that only re-exports', () => {
    const leftovers = /(?:^|[/-])(?:utils?|helpers?|shared|common|misc|index)(?:[/.-]|$)/;
    expect([...paths].filter(path => leftovers.test(path))).toEqual([]);
    expect(find(node => ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)).toEqual([]);
  });

  it('have at most 400 lines', () => {
    const long = modules.filter(({ text }) => text.split('\n').length - 1 > 400).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  it('that are entries only wire: two statements, besides imports', () => {
    for (const { path, source } of modules.filter(module => ENTRIES.includes(module.path))) {
      expect(
        source.statements.filter(statement => !ts.isImportDeclaration(statement)),
        path,
      ).toHaveLength(2);
    }
  });
});

describe('access to the outside', () => {
  it('the process is used only if a step starts and ends', () => {
    expect(findModules(node => isGlobal(node, 'process'))).toEqual(
      [
        ...ENTRIES,
        'live-context.ts',
        'runner/runner.ts', // sets the exit code
        'runtime/startup.ts', // reports an error before a step begins
      ].sort(),
    );
  });

  it('time is read only by the clock and the requests’ limits', () => {
    const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'performance', 'Temporal'];
    const readsTime = (node: ts.Node, { imports }: Module) =>
      isMember(node, 'Date', 'now') ||
      (ts.isNewExpression(node) && isGlobal(node.expression, 'Date') && !node.arguments?.length) ||
      TIMERS.some(name => isGlobal(node, name)) ||
      imports.some(name => /^node:(?:timers|perf_hooks)/.test(name));
    expect(findModules(readsTime)).toEqual(['clock.ts', 'http/response-handler.ts']);
  });

  it('randomness has one source', () => {
    const takesChance = (node: ts.Node) =>
      isMember(node, 'Math', 'random') ||
      isGlobal(node, 'crypto') ||
      (ts.isStringLiteral(node) && /^(?:node:)?crypto$/.test(node.text));
    expect(findModules(takesChance)).toEqual([
      'live-context.ts',
      'rotate/places.ts', // a hash
      'rotate/sealed-box.ts', // X25519, with bytes it is given
    ]);
  });

  it('a secret is revealed only to the runner, Mapbox and GitHub, and to parse a response', () => {
    const reveals = (node: ts.Node) =>
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      node.expression.name.text === 'reveal';
    expect(findModules(reveals)).toEqual([
      'github/client.ts', // the GitHub token in its header; parses a response
      'mapbox/client.ts', // the authorizing token in the query
      'mapbox/create.ts', // from here on: parse a response
      'mapbox/list.ts',
      'mapbox/response.ts',
      'mapbox/validate.ts',
      'rotate/sealed-box.ts', // the new token, encrypted to GitHub's key
      'runner/runner.ts', // masks, outputs and environment variables
    ]);
  });
});
