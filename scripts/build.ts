/**
 * Builds `dist/`: removes the types, which `npm run check` checks, then makes one bundle per entry with ncc. The same sources and lock
 * file give the same bytes on every machine.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { minify } from 'terser';
import ts from 'typescript';

const require = createRequire(import.meta.url);
const root = dirname(import.meta.dirname);
/**
 * Replaces modules that are never called. Node has loaded this one anyway, with all its exports (`node:util` would
 * create its exports at import time: 3 ms).
 */
const NOTHING = 'node:path';

/**
 * Imports of @actions/core that are never called: the OpenID client, the platform details, and the summary, which makes
 * Node load `fs.promises`: 2 ms.
 */
const uncalled = {
  '@actions/http-client': NOTHING,
  '@actions/http-client/lib/auth': NOTHING,
  '@actions/exec': NOTHING,
  './summary.js': NOTHING,
};

/** A post step writes no outputs, for which @actions/core needs random delimiters: 6 ms. */
const uncalledInPost = { ...uncalled, crypto: NOTHING };

/** Imports of GitHub's toolkit that are not used, its own HTTP client and the event file, and what replaces them. */
const unusedByToolkit = {
  '@actions/http-client': './github/toolkit-stub.js',
  './context.js': './github/toolkit-stub.js',
  undici: NOTHING,
};

/** The entry module of each bundle, and its imports that are not bundled, with what replaces them. */
const bundles = {
  'main.js': uncalled,
  'post.js': uncalledInPost,
  'sweep.js': { ...uncalled, ...unusedByToolkit },
  'rotate.js': { ...uncalled, ...unusedByToolkit },
  'github/toolkit-stub.js': {},
  // Loaded by the other bundles once they send a request. undici uses `node:http` only for the default header size
  // limit, which client.ts sets, and for a class to detect streams, which are not used: 1.5 ms.
  'http/client.js': { 'node:http': NOTHING },
};

/** Our own modules, added to the copy of undici. */
const undiciAdditions: Readonly<Record<string, string>> = {
  // Replaces `import('undici')`: the part of the public entry that only a proxy needs, 44 kB in a separate file.
  'proxy.js': `
    const Dispatcher = require('./lib/dispatcher/dispatcher.js');
    Dispatcher.prototype.connect = require('./lib/api/api-connect.js');
    exports.ProxyAgent = require('./lib/dispatcher/proxy-agent.js');`,
  // Replaces `node:assert`, of which undici calls only this function. Node loads it when an assertion fails. 4 ms.
  'assert.js': `
    module.exports = (value, message) => {
      if (!value) require('node:assert')(value, message);
    };`,
};

/**
 * Modules of undici, and what replaces them in the bundle. All of undici would be 521,625 bytes, and would make a main
 * step take 1.34 times as long as a bare script.
 */
const undiciExchanges: Readonly<Record<string, string>> = {
  // The public entry. It also adds methods to its classes; only `proxy.js` needs those and adds them itself. 350 kB.
  'index.js': `exports.Client = require('./lib/dispatcher/client.js');`,
  // SOCKS, which is rejected [http/proxy.ts]: 29 kB of the file for proxies.
  'lib/dispatcher/socks5-proxy-agent.js': '',
  // HTTP/2 and an experimental parser, both switched off [http/client.ts]: 22 and 169 kB.
  'lib/dispatcher/client-h2.js': '',
  'lib/dispatcher/parser-h1.js': '',
  // Stream and form bodies. All our bodies are strings. 35, 28 and 12 kB.
  'lib/web/fetch/body.js': '',
  'lib/web/fetch/formdata.js': '',
  'lib/web/webidl/index.js': '',
  // The SIMD parser: without it, undici falls back to the one that runs on every machine. 72 kB.
  'lib/llhttp/llhttp_simd-wasm.js': '',
  // A tree of known header names, which saves undici a `toLowerCase` per header but takes 2 ms to build.
  'lib/core/tree.js': 'exports.tree = { lookup: () => null };',
  // undici publishes the path of every request, which contains the token, on diagnostics channels that any code in the
  // process can subscribe to, and writes it to the log under NODE_DEBUG. Here it publishes nothing. 3 kB.
  'lib/core/diagnostics.js': 'exports.channels = new Proxy({}, { get: () => ({ hasSubscribers: false }) });',
};

/** Their licenses are collected: together, these bundles contain every bundled package. */
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
  compile(scratch);
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
      // Skip the other assets: the project's package.json already declares these files as modules.
      else if (name.endsWith('.js')) writeFileSync(join(folder, name), await shorten(String(source)));
    }
  }
  writeFileSync(join(target, 'licenses.txt'), licenses.join('\n\n'));
}

/**
 * Minifies the code and drops function names, which ncc's own minifier would keep: `main.js` and `http/client.js` get
 * 28 kB smaller.
 */
async function shorten(code: string): Promise<string> {
  const { code: shortened } = await minify(code, { module: true, mangle: { keep_classnames: true } });
  if (shortened === undefined) throw new Error('terser returned no code');
  return shortened;
}

/**
 * Compiles the modules of `src/` to JavaScript without checking types, which would take three times as long as all
 * other steps.
 */
function compile(scratch: string): void {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const source = join(root, 'src');
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const target = join(scratch, file.replace(/\.ts$/, '.js'));
    const { outputText } = ts.transpileModule(readFileSync(join(source, file), 'utf8'), {
      compilerOptions: { ...options, module: ts.ModuleKind.ESNext },
      fileName: file,
    });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
  }
}

/** Copies undici to where ncc finds it first, and replaces modules in the copy. */
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
 * ncc creates a `require` function for each of Node's modules, which takes 0.1 ms each. `process.getBuiltinModule`
 * needs none.
 */
function replaceImports(code: string): string {
  return code.replace(
    /(?<![\w$.])[\w$]+\(import\.meta\.url\)\("((?:node:)?[\w/-]+)"\)/g,
    'process.getBuiltinModule("$1")',
  );
}

/**
 * Puts the function of each module in parentheses. V8 compiles such a function together with the file
 * [v8.dev/blog/preparser, "Possibly-Invoked Function Expressions"]. It parses other functions twice, since it compiles
 * them on their first call: 4 ms of a main step.
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
