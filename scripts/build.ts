/**
 * Makes `dist/`: TypeScript to JavaScript with tsc, then one bundle an entry with ncc. The same sources and lock
 * file give the same bytes on every machine.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { minify } from 'terser';
import ts from 'typescript';

const require = createRequire(import.meta.url);
const root = dirname(import.meta.dirname);
/**
 * Stands for what is never called: a module that Node has loaded anyway, and all of whose exports are at hand
 * (those of `node:util` would be made at the import: 3 ms).
 */
const NOTHING = 'node:path';

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
  'github/toolkit-stub.js': {},
  // Loaded by all of them where there is something to ask. Of Node's own HTTP undici asks for the limit of a head, which is
  // given in client.ts, and for a class to compare streams with, of which there are none: 1.5 ms.
  'http/client.js': { 'node:http': NOTHING },
};

/** Modules of our own in the copy of undici, and what each is imported for. */
const undiciAdditions: Readonly<Record<string, string>> = {
  // Where `import('undici')` is for a proxy, the rest of the public entry: 44 kB in a file of their own.
  'proxy.js': `
    const Dispatcher = require('./lib/dispatcher/dispatcher.js');
    Dispatcher.prototype.connect = require('./lib/api/api-connect.js');
    exports.ProxyAgent = require('./lib/dispatcher/proxy-agent.js');`,
  // Where undici imports `node:assert`, of which it calls nothing else: Node loads it when an assertion fails. 4 ms.
  'assert.js': `
    module.exports = (value, message) => {
      if (!value) require('node:assert')(value, message);
    };`,
};

/**
 * Modules of undici, and what is bundled in their place. All of undici would be 521,625 bytes, and would make a main step
 * take 1.34 times as long as a bare script.
 */
const undiciExchanges: Readonly<Record<string, string>> = {
  // The public entry: what it does to its classes is in `proxy.js`, which alone needs it. 350 kB.
  'index.js': `exports.Client = require('./lib/dispatcher/client.js');`,
  // SOCKS, which is refused [http/proxy.ts]: 29 kB of the file for a proxy.
  'lib/dispatcher/socks5-proxy-agent.js': '',
  // HTTP/2 and an experimental parser, both switched off [http/client.ts]: 22 and 169 kB.
  'lib/dispatcher/client-h2.js': '',
  'lib/dispatcher/parser-h1.js': '',
  // Bodies that are streams, and forms. All bodies here are texts. 35, 28 and 12 kB.
  'lib/web/fetch/body.js': '',
  'lib/web/fetch/formdata.js': '',
  'lib/web/webidl/index.js': '',
  // The parser with SIMD: without it undici turns to the one that every machine can run. 72 kB.
  'lib/llhttp/llhttp_simd-wasm.js': '',
  // With a tree of all known header names undici saves a `toLowerCase` per header; building it takes 2 ms.
  'lib/core/tree.js': 'exports.tree = { lookup: () => null };',
  // undici publishes the path of every request, and with it the token, on channels to which any code in the process can
  // listen, and under NODE_DEBUG writes it to the log. Here it publishes nothing. 3 kB.
  'lib/core/diagnostics.js': 'exports.channels = new Proxy({}, { get: () => ({ hasSubscribers: false }) });',
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
  slimUndici(scratch);
  rmSync(target, { recursive: true, force: true });
  const licenses: string[] = [];
  for (const [file, externals] of Object.entries(bundles)) {
    const { code, assets } = await ncc(join(scratch, file), {
      cache: false,
      minify: false,
      quiet: true,
      externals,
      ...(licensed.has(file) ? { license: 'licenses.txt' } : {}),
    });
    const folder = dirname(join(target, file));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(target, file), compileAtOnce(await shorten(replaceImports(code))));
    for (const [name, { source }] of Object.entries(assets)) {
      if (name === 'licenses.txt') licenses.push(String(source));
      // The package's own package.json says already that these are modules.
      else if (name.endsWith('.js')) writeFileSync(join(folder, name), await shorten(String(source)));
    }
  }
  writeFileSync(join(target, 'licenses.txt'), licenses.join('\n\n'));
}

/** ncc keeps the names of all functions. Without them `main.js` and `http/client.js` are 28 kB smaller. */
async function shorten(code: string): Promise<string> {
  const { code: shortened } = await minify(code, { module: true, mangle: { keep_classnames: true } });
  if (shortened === undefined) throw new Error('terser gave no code');
  return shortened;
}

/** Copies undici to where ncc finds it first, and makes the exchanges in the copy. */
function slimUndici(scratch: string): void {
  const source = dirname(require.resolve('undici'));
  const copy = join(scratch, 'node_modules', 'undici');
  for (const part of ['package.json', 'LICENSE', 'index.js', 'lib'])
    cpSync(join(source, part), join(copy, part), { recursive: true });
  for (const [file, text] of Object.entries(undiciExchanges)) {
    if (!existsSync(join(copy, file))) throw new Error(`undici has no ${file}`);
    writeFileSync(join(copy, file), text);
  }
  for (const file of readdirSync(join(copy, 'lib'), { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.js')) redirect(join(copy, 'lib', file), "'node:assert'", "'undici/assert.js'");
  redirect(join(scratch, 'http', 'client.js'), "import('undici')", "import('undici/proxy.js')");
  for (const [file, text] of Object.entries(undiciAdditions)) writeFileSync(join(copy, file), text);
}

function redirect(file: string, from: string, to: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
}

/**
 * ncc makes a `require` of its own for each of Node's modules, which takes 0.1 ms each; Node hands them out without.
 */
function replaceImports(code: string): string {
  return code.replace(
    /(?<![\w$.])[\w$]+\(import\.meta\.url\)\("((?:node:)?[\w/-]+)"\)/g,
    'process.getBuiltinModule("$1")',
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
