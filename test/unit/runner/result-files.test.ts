import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findMissingFile, writeAllOrNothing } from '../../../src/runner/result-files.ts';

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
  it('keeps what was written where all of it was', () => {
    writeAllOrNothing(env, () => writeFileSync(env['GITHUB_ENV'] ?? '', 'new\n', { flag: 'a' }));
    expect(contents()).toEqual([EARLIER, EARLIER, `${EARLIER}new\n`]);
  });

  it('leaves the files as they were, and passes the error on, where it fails', () => {
    const write = () => {
      for (const path of Object.values(env)) writeFileSync(path, 'new\n', { flag: 'a' });
      throw new Error('ENOSPC');
    };
    expect(() => writeAllOrNothing(env, write)).toThrow('ENOSPC');
    expect(contents()).toEqual([EARLIER, EARLIER, EARLIER]);
  });

  it('leaves the other files as they were where one is gone', () => {
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

  it('leaves the other files as they were where one cannot be truncated', () => {
    const write = () => {
      writeFileSync(env['GITHUB_OUTPUT'] ?? '', 'new\n', { flag: 'a' });
      rmSync(env['GITHUB_ENV'] ?? '');
      throw new Error('EIO');
    };
    expect(() => writeAllOrNothing(env, write)).toThrow('EIO');
    expect(readFileSync(env['GITHUB_OUTPUT'] ?? '', 'utf8')).toBe(EARLIER);
  });
});

describe('a file', () => {
  it('is missing where there is no variable for it, or an empty one', () => {
    expect(findMissingFile({ ...env, GITHUB_OUTPUT: undefined }, false)).toBe('GITHUB_OUTPUT is not set');
    expect(findMissingFile({ ...env, GITHUB_STATE: '' }, false)).toBe('GITHUB_STATE is not set');
  });

  it('is missing where it does not exist', () => {
    rmSync(env['GITHUB_STATE'] ?? '');
    expect(findMissingFile(env, false)).toBe('the file named by GITHUB_STATE cannot be written');
  });

  // Root may write everywhere.
  it.skipIf(process.getuid?.() === 0)('is missing where it may not be written', () => {
    chmodSync(env['GITHUB_OUTPUT'] ?? '', 0o400);
    expect(findMissingFile(env, false)).toBe('the file named by GITHUB_OUTPUT cannot be written');
  });

  it('of variables is missing only where there are variables', () => {
    rmSync(env['GITHUB_ENV'] ?? '');
    expect(findMissingFile(env, false)).toBeUndefined();
    expect(findMissingFile(env, true)).toBe('the file named by GITHUB_ENV cannot be written');
  });
});
