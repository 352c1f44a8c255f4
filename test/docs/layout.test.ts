/** What CONTRIBUTING.md says of the layout: imports run one way, and a folder knows only what it has to. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = join(import.meta.dirname, '..', '..', 'src');

/** The modules of `src`, and what each imports of the others and of packages, types included. */
const imports = new Map(
  readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map(file => {
      const module = file.split(sep).join('/');
      const text = readFileSync(join(src, file), 'utf8');
      const named = text.matchAll(/\b(?:from|import) '([^']+)'|\bimport\((?:\/\*.*?\*\/\s*)?'([^']+)'\)/g);
      const found = Array.from(named, ([, fixed, later]) => fixed ?? later ?? '');
      return [
        module,
        found.map(name => (name.startsWith('.') ? posix.join(posix.dirname(module), name) : name)),
      ] as const;
    }),
);

const ENTRIES = ['main.ts', 'post.ts', 'sweep.ts'];

function of(folder: string): string[] {
  return [...imports.keys()].filter(module => module.startsWith(`${folder}/`));
}

/** What the modules of a folder import from outside of it, but for Node's own. */
function importedBy(folder: string): string[] {
  const all = of(folder).flatMap(module => imports.get(module) ?? []);
  return [...new Set(all)].filter(name => !name.startsWith(`${folder}/`) && !name.startsWith('node:')).sort();
}

/** A way from a module back to itself, or to one that was on the way. */
function circleFrom(module: string, way: readonly string[] = []): string[] | undefined {
  const at = way.indexOf(module);
  if (at >= 0) return [...way.slice(at), module];
  for (const next of imports.get(module) ?? []) {
    const circle = circleFrom(next, [...way, module]);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

it('finds the modules, and every module that another imports', () => {
  const missing = [...imports.values()].flat().filter(name => name.endsWith('.ts') && !imports.has(name));
  expect(missing).toEqual([]);
  expect(imports.size).toBeGreaterThan(30);
});

it('has no circle, not even of types', () => {
  const circles = ENTRIES.map(entry => circleFrom(entry)?.join(' > ')).filter(way => way !== undefined);
  expect(circles).toEqual([]);
});

it('has no module that nobody needs', () => {
  const needed = new Set([...imports.values()].flat());
  const loose = [...imports.keys()].filter(module => !needed.has(module) && !ENTRIES.includes(module));
  expect(loose).toEqual([]);
});

describe('knows of others only what it has to:', () => {
  it.each([
    ['http', ['secret.ts', 'undici', 'undici/lib/']],
    ['github', ['@octokit/', 'http/', 'secret.ts', 'clock.ts', 'errors/action-error.ts', 'runtime/']],
    ['runner', ['@actions/core', 'errors/action-error.ts', 'secret.ts']],
  ])('src/%s', (folder, known) => {
    expect(of(folder).length).toBeGreaterThan(1);
    const strangers = importedBy(folder).filter(
      name => !known.some(allowed => name === allowed || (allowed.endsWith('/') && name.startsWith(allowed))),
    );
    expect(strangers).toEqual([]);
  });

  it('the middle, which imports no package', () => {
    const middle = [...imports].filter(([module]) => !/^(?:http|mapbox|github|runner)\//.test(module));
    const packages = middle.flatMap(([module, names]) =>
      names
        .filter(name => !name.endsWith('.ts') && !name.startsWith('node:'))
        .map(name => `${module} > ${name}`),
    );
    expect(packages).toEqual([]);
  });

  it('the job, which knows nothing of the sweep or of GitHub', () => {
    const knowing = (folder: string) =>
      [...imports]
        .filter(([, names]) => names.some(name => name.startsWith(folder)))
        .map(([module]) => module);
    const outside = (folder: string) => knowing(folder).filter(module => !/^(?:sweep|github)\//.test(module));
    expect(outside('sweep/')).toEqual(['sweep.ts']);
    expect(outside('github/')).toEqual([]);
  });
});

it('touches the process in the entries alone, and its clock and randomness where the world is made', () => {
  const touching = (pattern: RegExp) =>
    [...imports.keys()].filter(module => pattern.test(readFileSync(join(src, module), 'utf8'))).sort();
  expect(touching(/\bprocess\.(?!exitCode)/)).toEqual(
    [
      'runtime/exit.ts',
      'runtime/load-errors.ts',
      'runtime/run-step.ts',
      ...ENTRIES,
      'live-context.ts',
    ].sort(),
  );
  expect(touching(/\bDate\.now\(|\bperformance\.now\(|\bsetTimeout\(/)).toEqual([
    'clock.ts',
    'http/response-handler.ts',
  ]);
  expect(touching(/\bMath\.random\(|node:crypto/)).toEqual(['live-context.ts']);
});

it('reveals a secret only on its way to the runner or to Mapbox, or to look at it', () => {
  const revealing = [...imports.keys()].filter(module =>
    /\.reveal\(\)/.test(readFileSync(join(src, module), 'utf8')),
  );
  expect(revealing.sort()).toEqual([
    'github/client.ts', // the GitHub token into its header; the text of a response
    'mapbox/client.ts', // the authorizing token into the query
    'mapbox/create.ts', // reads the answer
    'mapbox/list.ts',
    'mapbox/result.ts',
    'mapbox/validate.ts',
    'runner/runner.ts', // mask, output and environment file
  ]);
});

it('has entries that only wire', () => {
  for (const entry of ENTRIES) {
    const lines = readFileSync(join(src, entry), 'utf8').split('\n');
    expect(lines.filter(line => line !== '' && !line.startsWith('import ')).length, entry).toBe(2);
  }
});

it('is the map that CONTRIBUTING.md draws, with every module of the middle', () => {
  const map = readFileSync(join(dirname(src), 'CONTRIBUTING.md'), 'utf8');
  const drawn = Array.from(map.matchAll(/`src\/([\w/-]+\.ts)`/g), ([, module]) => module ?? '');
  expect(drawn.filter(module => !imports.has(module))).toEqual([]);
  const middle = [...imports.keys()].filter(module => !module.includes('/') && module !== 'secret.ts');
  expect(middle.filter(module => !drawn.includes(module))).toEqual([]);
});
