/**
 * Makes `dist/`: TypeScript to JavaScript with tsc, then one bundle an entry with ncc. The same sources and lock
 * file give the same bytes on every machine.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const require = createRequire(import.meta.url);
const root = dirname(import.meta.dirname);
/**
 * Stands for what is never called: a module that Node has loaded anyway, and all of whose exports are at hand
 * (those of `node:util` would be made at the import: 3 ms).
 */
const NOTHING = 'node:path';

/** Expressions that stand in the place of an import. */
const standIns: Readonly<Record<string, string>> = {
  // undici calls nothing else of `node:assert`, which takes a millisecond to load.
  'lazy-assert': '(value,message)=>{value||process.getBuiltinModule("node:assert")(value,message)}',
  // With a tree of all known header names undici saves a `toLowerCase` per header; to build it takes 2 ms.
  'no-header-tree': '{tree:{lookup:()=>null}}',
};

/**
 * What @actions/core imports and nothing here calls: the OpenID client, the description of the machine, and the summary,
 * which makes Node load `fs.promises`: 2 ms.
 */
const uncalled = {
  '@actions/http-client': NOTHING,
  '@actions/http-client/lib/auth': NOTHING,
  '@actions/exec': NOTHING,
  './summary.js': NOTHING,
};

/** A post step writes no outputs, for which @actions/core needs random delimiters: 6 ms. */
const uncalledInPost = { ...uncalled, crypto: NOTHING };

/** What GitHub's toolkit imports, and what stands in its place: its own HTTP client, and the event's file. */
const unusedByToolkit = {
  '@actions/http-client': './github/toolkit-stub.js',
  './context.js': './github/toolkit-stub.js',
  undici: NOTHING,
};

/** The modules that bundles begin with, and what is not bundled: an import, and what stands in its place. */
const bundles = {
  'main.js': uncalled,
  'post.js': uncalledInPost,
  'sweep.js': { ...uncalled, ...unusedByToolkit },
  'rotate.js': { ...uncalled, ...unusedByToolkit },
  'rotate-post.js': uncalledInPost,
  'github/toolkit-stub.js': {},
  // Loaded by all of them where there is something to ask.
  'http/client.js': {
    // HTTP/2 (switched off in client.ts), the parser that is still an experiment, and bodies that are forms.
    './client-h2.js': NOTHING,
    './parser-h1.js': NOTHING,
    '../web/fetch/body.js': NOTHING,
    '../web/fetch/formdata': NOTHING,
    '../web/webidl': NOTHING,
    // Of Node's own HTTP undici asks for the limit of a head, which is given in client.ts, and for a class to compare
    // streams with, of which there are none: 1.5 ms.
    'node:http': NOTHING,
    // The parser with SIMD: without it undici turns to the one that every machine can run.
    '../llhttp/llhttp_simd-wasm.js': NOTHING,
    'node:assert': 'lazy-assert',
    './tree': 'no-header-tree',
  },
};

/** Between them they hold every package that the others do. */
const licensed = new Set(['rotate.js', 'http/client.js']);

interface Bundle {
  readonly code: string;
  readonly assets: Readonly<Record<string, { readonly source: string | Buffer }>>;
}
type Ncc = (entry: string, options: Readonly<Record<string, unknown>>) => Promise<Bundle>;
const ncc: Ncc = require('@vercel/ncc');

/** Writes the bundles into `target`, which is emptied first. */
export async function build(target: string): Promise<void> {
  const scratch = join(root, 'build');
  rmSync(scratch, { recursive: true, force: true });
  execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  rmSync(target, { recursive: true, force: true });
  const licenses: string[] = [];
  for (const [file, externals] of Object.entries(bundles)) {
    const { code, assets } = await ncc(join(scratch, file), {
      cache: false,
      minify: true,
      quiet: true,
      externals,
      ...(licensed.has(file) ? { license: 'licenses.txt' } : {}),
    });
    const folder = dirname(join(target, file));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(target, file), compileAtOnce(replaceImports(code)));
    for (const [name, { source }] of Object.entries(assets)) {
      if (name === 'licenses.txt') licenses.push(String(source));
      // The package's own package.json says already that these are modules.
      else if (name !== 'package.json') writeFileSync(join(folder, name), source);
    }
  }
  writeFileSync(join(target, 'licenses.txt'), licenses.join('\n\n'));
}

/**
 * ncc makes a `require` of its own for each of Node's modules, which takes 0.1 ms each; Node hands them out without.
 */
function replaceImports(code: string): string {
  return code.replace(
    /(?<![\w$.])[\w$]+\(import\.meta\.url\)\("((?:node:)?[\w/-]+)"\)/g,
    (_, name: string) => standIns[name] ?? `process.getBuiltinModule("${name}")`,
  );
}

/**
 * Puts the function of each module in parentheses. V8 compiles such a function with the file [v8.dev/blog/preparser,
 * "Possibly-Invoked Function Expressions"]; others it reads twice, since it compiles them when they are first called: 4 ms
 * of a main step.
 */
function compileAtOnce(code: string): string {
  const functions: ts.Node[] = [];
  const find = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isNumericLiteral(node.name) && isFunction(node.initializer))
      functions.push(node.initializer);
    else ts.forEachChild(node, find);
  };
  find(ts.createSourceFile('bundle.js', code, ts.ScriptTarget.Latest));
  let result = '';
  let end = 0;
  for (const { pos, end: next } of functions) {
    result += `${code.slice(end, pos)}(${code.slice(pos, next)})`;
    end = next;
  }
  return result + code.slice(end);
}

function isFunction(node: ts.Node): boolean {
  return ts.isArrowFunction(node) || ts.isFunctionExpression(node);
}

if (import.meta.main) await build(join(root, 'dist'));
