import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActionError, errorTitles } from '../../../src/action-error.ts';
import {
  checkFiles,
  findFileProblem,
  writeAllOrNothing,
  writeFile,
} from '../../../src/runner/result-files.ts';

const NAMES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV'];
const EARLIER = 'name=of an earlier step, ünï\n';

let folder: string;
let env: Record<string, string>;

const contents = () => NAMES.map(name => readFileSync(env[name] ?? '', 'utf8'));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'result-files-'));
  env = Object.fromEntries(NAMES.map(name => [name, join(folder, name)]));
  for (const path of Object.values(env)) writeFileSync(path, EARLIER);
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('writing', () => {
  it('keeps the contents if every write succeeds', () => {
    writeAllOrNothing(env, () => writeFileSync(env['GITHUB_ENV'] ?? '', 'new\n', { flag: 'a' }));
    expect(contents()).toEqual([EARLIER, EARLIER, `${EARLIER}new\n`]);
  });

  it('restores the files and rethrows the error if a write fails', () => {
    const write = () => {
      for (const path of Object.values(env)) writeFileSync(path, 'new\n', { flag: 'a' });
      throw new Error('ENOSPC');
    };
    expect(() => writeAllOrNothing(env, write)).toThrow('ENOSPC');
    expect(contents()).toEqual([EARLIER, EARLIER, EARLIER]);
  });

  it('restores the other files if one is gone', () => {
    rmSync(env['GITHUB_OUTPUT'] ?? '');
    const write = () => {
      writeFileSync(env['GITHUB_ENV'] ?? '', 'new\n', { flag: 'a' });
      throw new Error('EIO');
    };
    expect(() => writeAllOrNothing(env, write)).toThrow('EIO');
    expect(readFileSync(env['GITHUB_ENV'] ?? '', 'utf8')).toBe(EARLIER);
  });

  it('needs no file that it does not write', () => {
    let isWritten = false;
    writeAllOrNothing({ GITHUB_OUTPUT: undefined }, () => {
      isWritten = true;
    });
    expect(isWritten).toBe(true);
  });

  it('restores the other files if one cannot be truncated', () => {
    const write = () => {
      writeFileSync(env['GITHUB_OUTPUT'] ?? '', 'new\n', { flag: 'a' });
      rmSync(env['GITHUB_ENV'] ?? '');
      throw new Error('EIO');
    };
    expect(() => writeAllOrNothing(env, write)).toThrow('EIO');
    expect(readFileSync(env['GITHUB_OUTPUT'] ?? '', 'utf8')).toBe(EARLIER);
  });
});

describe('a failed write', () => {
  const messageFor = (error: unknown, uid: number | undefined) => {
    const write = () => {
      throw error;
    };
    try {
      writeFile(env, 'GITHUB_STATE', uid, write);
    } catch (thrown) {
      return thrown instanceof ActionError ? `${thrown.title}: ${thrown.message}` : undefined;
    }
    return undefined;
  };
  const failure = (code: string) => Object.assign(new Error('x'), { code });
  const start = () =>
    `Could not write to the runner's files: The runner's file GITHUB_STATE, ${env['GITHUB_STATE']}, cannot be written: `;

  it.each([
    ['a full disk', failure('ENOSPC'), 'ENOSPC. Its disk is full.'],
    ['a disk that is mounted read-only', failure('EROFS'), "EROFS. Check the runner's temporary directory."],
    ['anything else', new Error('x'), "unknown error. Check the runner's temporary directory."],
    ['anything thrown', { code: 'ENOSPC' }, "unknown error. Check the runner's temporary directory."],
  ])('is described: %s', (_, error, end) => {
    expect(messageFor(error, 1001)).toBe(`${start()}${end}`);
  });

  it.each(['EACCES', 'EPERM'])('with %s names both users, as far as they are known', code => {
    const advice = 'If the job runs in a container whose user is not root, set `options: --user root`';
    const owner = `The file belongs to user ${process.getuid?.() ?? 0}. `;
    expect(messageFor(failure(code), 1001)).toContain(
      `${start()}${code}. This process runs as user 1001. ${owner}${advice}`,
    );
    rmSync(env['GITHUB_STATE'] ?? '');
    expect(messageFor(failure(code), undefined)).toContain(`${start()}${code}. ${advice}`);
  });
});

describe('an unwritable file', () => {
  const problemOf = (env: Readonly<Record<string, string | undefined>>, variables = false) =>
    findFileProblem(env, variables, 1001);

  it.each([undefined, ''])('is one that the runner does not name (%j), as this is not a runner', value => {
    for (const name of ['GITHUB_OUTPUT', 'GITHUB_STATE']) {
      expect(problemOf({ ...env, [name]: value })).toMatchObject({
        title: 'Not running on GitHub Actions',
        problem: `${name} is not set.`,
        advice: 'This action has to be run by a GitHub Actions runner.',
      });
    }
  });

  it('is one that does not exist, and is not created', () => {
    const path = env['GITHUB_STATE'] ?? '';
    rmSync(path);
    expect(problemOf(env)).toMatchObject({
      title: "Could not write to the runner's files",
      problem: `The runner's file GITHUB_STATE, ${path}, cannot be written: ENOENT.`,
    });
    expect(existsSync(path)).toBe(false);
  });

  it('is one that is a directory', () => {
    expect(problemOf({ ...env, GITHUB_OUTPUT: tmpdir() })?.problem).toMatch(
      /GITHUB_OUTPUT, .*, cannot be written: (?:EISDIR|EPERM)\./,
    );
  });

  const isRoot = process.getuid?.() === 0;

  it.skipIf(process.seteuid === undefined || !isMainThread)(
    'is another user’s: the message has both users and the way out',
    () => {
      const path = env['GITHUB_OUTPUT'] ?? '';
      chmodSync(folder, 0o755);
      chmodSync(path, 0o444);
      // Root may write everywhere.
      if (isRoot) process.seteuid?.(65_534);
      try {
        const found = problemOf(env);
        expect(found?.problem).toBe(
          `The runner's file GITHUB_OUTPUT, ${path}, cannot be written: EACCES. ` +
            `This process runs as user 1001. The file belongs to user ${process.getuid?.()}.`,
        );
        expect(found?.advice).toContain('`options: --user root`');
        expect(findFileProblem(env, false, undefined)?.problem).not.toContain('This process');
      } finally {
        if (isRoot) process.seteuid?.(0);
      }
    },
  );

  it('is the one for variables only if there are variables', () => {
    rmSync(env['GITHUB_ENV'] ?? '');
    expect(problemOf(env)).toBeUndefined();
    expect(problemOf(env, true)?.problem).toContain('GITHUB_ENV');
  });

  it('is not changed by the check', () => {
    expect(problemOf(env, true)).toBeUndefined();
    expect(readFileSync(env['GITHUB_OUTPUT'] ?? '', 'utf8')).toBe(EARLIER);
  });

  it('stops the step with the problem, its consequence and the advice', () => {
    const found = { title: errorTitles.filesNotWritable, problem: 'P.', advice: 'A.' };
    const asked: boolean[] = [];
    const runner = (result: typeof found | undefined) => ({
      findFileProblem(variables: boolean) {
        asked.push(variables);
        return result;
      },
    });
    expect(() => checkFiles(runner(undefined), true, 'Nothing was done.')).not.toThrow();
    expect(() => checkFiles(runner(found), false, 'Nothing was done.')).toThrow(
      expect.objectContaining({ title: found.title, message: 'P. Nothing was done. A.' }),
    );
    expect(asked).toEqual([true, false]);
  });
});
