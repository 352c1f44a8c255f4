/** The two common workflow linters accept our workflows, and those that users may copy. */
import { execFile } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { blocksOf, userPages, workflowFrom } from '../support/readme-blocks.ts';
import { callerAt } from './act.ts';
import { ACTIONLINT, ROOT, ZIZMOR } from './parts.ts';

/** A linter's exit code and output. */
async function lint(
  program: string,
  folder: string,
  ...args: string[]
): Promise<[code: number, said: string]> {
  const child = promisify(execFile)(program, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], NO_COLOR: '1' },
  });
  const { stdout, stderr } = await child.catch((error: unknown) => {
    if (error instanceof Error && 'stdout' in error && 'stderr' in error)
      return { stdout: String(error.stdout), stderr: `${String(error.stderr)}\n${error.message}` };
    throw error;
  });
  return [child.child.exitCode ?? -1, `${stdout}${stderr}`.trim()];
}

// The programs that actionlint would start for `run:` are not on every machine.
const actionlint = (folder: string, ...files: string[]) =>
  lint(ACTIONLINT, folder, '-shellcheck=', '-pyflakes=', ...OUTDATED, ...files);

/** `pedantic` also requires names, comments and limits, which our own workflows have and a snippet does not need. */
const zizmor = (persona: 'regular' | 'pedantic', config: string, folder: string, ...inputs: string[]) =>
  lint(
    ZIZMOR,
    folder,
    ...['--offline', '--no-progress', '--quiet', '--persona', persona, '--config', config, ...inputs],
  );

/** As for this repository, which pins everything by hash except this action. */
const PINNED = join(ROOT, '.github/zizmor.yml');
/** For the pages: they show tags, and a hash would become outdated. */
const TAGGED = 'rules: { unpinned-uses: { config: { policies: { "*": ref-pin } } } }\n';

const find = (folder: string, ...patterns: string[]) =>
  globSync(patterns, { cwd: folder, exclude: ['**/node_modules/**'] }).sort();

/** A temporary folder. */
function newFolder(): Disposable & { readonly path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'lint-')));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * actionlint 1.7.12 knows an earlier release of this action, without `client-id`, and not `uses: $/path`, which runners
 * support since 2.336.0.
 */
const OUTDATED = [
  ...['-ignore', 'action "actions/create-github-app-token@v3"'],
  ...['-ignore', 'specifying action "\\$/'],
];

const NOTHING = [0, expect.stringMatching(/^(?:No findings to report.*)?$/)];

describe('actionlint accepts', () => {
  it("this repository's workflows, and the examples", async () => {
    const files = find(ROOT, '.github/workflows/*.{yml,yaml}', 'examples/*.{yml,yaml}', 'demo/*.yml');
    expect(files.length).toBeGreaterThan(5);
    expect(await actionlint(ROOT, ...files)).toEqual(NOTHING);
  });

  it('the workflows of these tests, with both actions by their paths', async () => {
    using folder = newFolder();
    const repository = join(folder.path, 'repository');
    callerAt(repository);
    const files = find(repository, '.github/workflows/*.yml');
    expect(files.length).toBeGreaterThan(10);
    expect(await actionlint(repository, ...files)).toEqual(NOTHING);
  });

  it('the snippets on the pages', async () => {
    using folder = newFolder();
    const files = snippetsInto(folder.path);
    expect(await actionlint(folder.path, ...files)).toEqual(NOTHING);
  });
});

describe('zizmor accepts', () => {
  it('this repository: both actions, all workflows, the updates', async () => {
    // In a folder of its own, because it would read other programs' files in ours.
    using folder = newFolder();
    for (const path of ['action.yml', 'sweep', 'rotate', '.github']) {
      cpSync(join(ROOT, path), join(folder.path, path), { recursive: true });
    }
    expect(await zizmor('pedantic', PINNED, folder.path, '.')).toEqual(NOTHING);
  });

  it('the examples', async () => {
    const files = find(ROOT, 'examples/*.{yml,yaml}');
    expect(files).not.toEqual([]);
    expect(await zizmor('regular', PINNED, ROOT, ...files)).toEqual(NOTHING);
  });

  it('the workflows of these tests, and the composite action', async () => {
    using folder = newFolder();
    const repository = join(folder.path, 'repository');
    callerAt(repository);
    expect(await zizmor('regular', PINNED, repository, '.github')).toEqual(NOTHING);
  });

  it('the snippets on the pages', async () => {
    using folder = newFolder();
    const files = snippetsInto(folder.path);
    const config = join(folder.path, 'zizmor.yml');
    writeFileSync(config, TAGGED);
    expect(await zizmor('regular', config, folder.path, ...files)).toEqual(NOTHING);
  });
});

it('both linters report a faulty workflow', async () => {
  using folder = newFolder();
  mkdirSync(join(folder.path, '.github/workflows'), { recursive: true });
  const bad = '.github/workflows/bad.yml';
  writeFileSync(
    join(folder.path, bad),
    'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.event.issue.title }}\n',
  );
  expect((await actionlint(folder.path, bad))[1]).toMatch(/potentially untrusted/);
  expect((await zizmor('regular', PINNED, folder.path, '.'))[1]).toMatch(/template-injection/);
});

/** Writes each workflow or snippet of a page into a file named after the page and the line. */
function snippetsInto(folder: string): string[] {
  const files = userPages(ROOT).flatMap(page =>
    blocksOf(page.text).flatMap(({ language, text, line }) => {
      const workflow = language === 'yaml' ? workflowFrom(text) : undefined;
      if (workflow === undefined) return [];
      const name = `${page.name.replaceAll('/', '-')}-${line}.yml`;
      writeFileSync(join(folder, name), workflow);
      return [name];
    }),
  );
  expect(files.length).toBeGreaterThan(8);
  return files;
}
