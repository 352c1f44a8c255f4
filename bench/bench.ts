/**
 * `npm run bench` measures what a step costs, as ratios within one run. The two programs of a pair run alternately, so
 * that a busy machine slows both; the ratio is the median of the pairs' ratios. Uses loopback only.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { startMapbox } from '../test/support/mapbox/server.ts';
import { inputVariables, readNodeAction, resolveInputs } from '../test/support/runner/action-file.ts';
import { githubOf, NO_MATRIX } from '../test/support/runner/github.ts';
import { newMachine } from '../test/support/runner/machine.ts';

const PAIRS = Number(process.argv[2] ?? 75);
/** Uncounted runs, which fill the system's file cache. */
const WARM_UP = 3;

const root = dirname(import.meta.dirname);
const action = readNodeAction(root);
const github = githubOf();

await using mapbox = await startMapbox({ rateLimit: { requests: 1_000_000, intervalSeconds: 60 } });
const authorizingToken = mapbox.account.issue({
  scopes: ['tokens:write', 'tilesets:read', 'tilesets:write'],
});
using machine = newMachine();
const inputs = {
  'authorizing-token': authorizingToken.token,
  scopes: 'tilesets:read tilesets:write',
  'api-url': mapbox.url,
};
const contexts = { ...machine.contexts(github), strategy: NO_MATRIX };
const env = {
  ...machine.ownEnvironment(process.execPath),
  ...inputVariables(resolveInputs(action, inputs, contexts).values),
  ...machine.runnerVariables(github, false),
  GITHUB_OUTPUT: machine.newFile('output'),
  GITHUB_STATE: machine.newFile('state'),
  GITHUB_ENV: machine.newFile('env'),
  GITHUB_STEP_SUMMARY: machine.newFile('summary'),
};

/** How long a whole process takes, in milliseconds. */
async function time(args: readonly string[]): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, args, {
    env,
    cwd: machine.workspace,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}`);
  return performance.now() - start;
}

/** What a program writes to standard error after `preload` has been loaded. */
async function ask(preload: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['--import', `data:text/javascript,${preload}`, ...args], {
    env,
    cwd: machine.workspace,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return Buffer.concat(await child.stderr.toArray()).toString();
}

/** The peak memory of a process, in KiB. */
async function memory(args: readonly string[]): Promise<number> {
  return Number(
    await ask('process.on("exit",()=>process.stderr.write(String(process.resourceUsage().maxRSS)))', args),
  );
}

/** The files that a program loads. */
async function loads(program: string): Promise<string[]> {
  const hook =
    'import{registerHooks}from"node:module";registerHooks({load(url,c,next){process.stderr.write(url+"\\n");return next(url,c)}})';
  const urls = (await ask(encodeURIComponent(hook), [program])).split('\n');
  return urls.filter(url => url.startsWith('file:')).map(url => fileURLToPath(url));
}

type Measure = (args: readonly string[]) => Promise<number>;

interface Compared {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  readonly ratio: number;
}

async function compare(
  measure: Measure,
  ours: readonly string[],
  theirs: readonly string[],
): Promise<Compared> {
  const pairs: [number, number][] = [];
  for (let run = 0; run < WARM_UP + PAIRS; run++) {
    // The order alternates too.
    const [first, second] = run % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const figures: [number, number] = [await measure(first), await measure(second)];
    if (run >= WARM_UP) pairs.push(run % 2 === 0 ? figures : [figures[1], figures[0]]);
  }
  return {
    ours: pairs.map(([figure]) => figure),
    theirs: pairs.map(([, figure]) => figure),
    ratio: quantile(
      pairs.map(([our, their]) => our / their),
      0.5,
    ),
  };
}

function quantile(figures: readonly number[], part: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * part)] ?? Number.NaN;
}

/** Formats the median, with the quartiles as the spread. */
function toText(figures: readonly number[], unit: string, scale = 1): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map(part => (quantile(figures, part) / scale).toFixed(1));
  return `${middle} ${unit} (${low} to ${high})`;
}

const rows: { figure: string; goal: string; found: string; kept: boolean; detail: string }[] = [];
function row(figure: string, most: number, found: number, unit: string, detail: string): void {
  const shown = unit === '' ? found.toFixed(2) : `${found.toLocaleString('en')}${unit}`;
  rows.push({
    figure,
    goal: `at most ${most.toLocaleString('en')}${unit}`,
    found: shown,
    kept: found <= most,
    detail,
  });
}

const bare = join(root, 'bench', 'bare-mint.js');
const nothing = ['-e', '0'];
const post = action.post ?? '';

const before = mapbox.requests.length;
await time([action.main]);
const requests = mapbox.requests.length - before;

const mint = await compare(time, [action.main], [bare]);
row(
  'main step over a bare script',
  1.08,
  mint.ratio,
  '',
  `${toText(mint.ours, 'ms')} over ${toText(mint.theirs, 'ms')}`,
);
const idle = await compare(time, [post], nothing);
row(
  'post step with nothing to do over `node -e 0`',
  1.4,
  idle.ratio,
  '',
  `${toText(idle.ours, 'ms')} over ${toText(idle.theirs, 'ms')}`,
);
row('requests of a mint', 1, requests, ' ', '');
const weights = (await loads(action.main)).map(path => [relative(root, path), statSync(path).size] as const);
row(
  'bundle of the main step',
  300_000,
  weights.reduce((sum, [, size]) => sum + size, 0),
  ' bytes',
  weights.map(([name, size]) => `${name} ${size.toLocaleString('en')}`).join(', '),
);
const archive = gzipSync(execFileSync('git', ['archive', 'HEAD'], { cwd: root, maxBuffer: 2 ** 28 }), {
  level: 9,
});
row('source archive, gzipped', 300_000, archive.length, ' bytes', 'of HEAD');
const held = await compare(memory, [action.main], [bare]);
row(
  'peak memory of the main step over the bare script',
  1.3,
  held.ratio,
  '',
  `${toText(held.ours, 'MiB', 1024)} over ${toText(held.theirs, 'MiB', 1024)}`,
);

console.log(
  `Node ${process.version}, ${process.platform} ${process.arch}, ${PAIRS} pairs; medians, and the quartiles in brackets.\n`,
);
console.log('| figure | goal | found | |\n|---|---|---|---|');
for (const { figure, goal, found, kept, detail } of rows) {
  console.log(`| ${figure} | ${goal} | ${found}${kept ? '' : ' (missed)'} | ${detail} |`);
}
