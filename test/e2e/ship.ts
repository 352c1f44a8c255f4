/**
 * Puts the action where the tests find it as a runner would get it: an archive of this repository by `git archive`, as
 * on GitHub, with the current files. The action must work without the files that `.gitattributes` excludes.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ROOT, SHIPPED } from './parts.ts';

export default function ship(): void {
  const folder = mkdtempSync(join(tmpdir(), 'ship-'));
  try {
    const ask = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
    const pathOf = (part: string) => resolve(ROOT, ask('rev-parse', '--git-path', part));
    const index = join(folder, 'index');
    const objects = join(folder, 'objects');
    cpSync(pathOf('index'), index);
    mkdirSync(objects);
    // Changes neither the repository's index nor its objects.
    const env = {
      ...process.env,
      GIT_INDEX_FILE: index,
      GIT_OBJECT_DIRECTORY: objects,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: pathOf('objects'),
    };
    const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, env });
    git('add', '--all');
    const tree = git('write-tree').toString().trim();
    const archive = join(folder, 'action.tar');
    git('archive', '--worktree-attributes', '--output', archive, tree);
    rmSync(SHIPPED, { recursive: true, force: true });
    mkdirSync(SHIPPED, { recursive: true });
    execFileSync('tar', ['-x', '-f', archive, '-C', SHIPPED]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
