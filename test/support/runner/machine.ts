/** A job's folders, and its remaining processes. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Texts } from './expressions.ts';
import { type Github, githubContext, githubVariables } from './github.ts';

export interface Machine extends Disposable {
  readonly workspace: string;
  /** The runner's temporary folder, which keeps the command files until the job ends. */
  readonly temp: string;
  /** Creates an empty file for a process to write to. */
  newFile(name: string): string;
  /** Writes a file of the runner's own, and returns its path. */
  writeFile(name: string, text: string): string;
  /** Files in any of the folders that the machine did not create itself. */
  strangers(): string[];
  /** The runner's own environment, which a job's variables override. Of ours, only the PATH gets into it. */
  ownEnvironment(node: string): Texts;
  /** GITHUB_ and RUNNER_ variables, which override a job's. `actionPath`: for a step within a composite action. */
  runnerVariables(github: Github, debug: boolean, actionPath?: string): Texts;
  /** The `github` and `runner` contexts. */
  contexts(github: Github, actionPath?: string): { readonly github: Texts; readonly runner: Texts };
  /** Records that processes of this group outlive their parent: they are killed with the job. */
  outlives(group: number): void;
}

const OS = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' }[String(process.platform)] ?? 'Linux';

export function newMachine(): Machine {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'runner-')));
  const folders = { workspace: join(root, 'work'), temp: join(root, 'temp'), home: join(root, 'home') };
  for (const folder of Object.values(folders)) mkdirSync(folder);
  const own = new Set<string>();
  const groups = new Set<number>();
  let files = 0;
  const writeFile = (name: string, text: string) => {
    const path = join(folders.temp, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o644 });
    own.add(path);
    return path;
  };
  const contexts: Machine['contexts'] = (github, actionPath) => ({
    github: {
      ...githubContext(github),
      workspace: folders.workspace,
      event_path: join(folders.temp, EVENT_FILE),
      ...(actionPath === undefined ? {} : { action_path: actionPath }),
    },
    runner: { os: OS, name: 'stand-in', environment: 'self-hosted', temp: folders.temp },
  });
  return {
    workspace: folders.workspace,
    temp: folders.temp,
    newFile: name => writeFile(join('_runner_file_commands', `${name}_${files++}`), ''),
    writeFile,
    strangers: () =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter(entry => !entry.isDirectory())
        .map(entry => join(entry.parentPath, entry.name))
        .filter(path => !own.has(path)),
    ownEnvironment: node => ({
      PATH: [dirname(node), process.env['PATH']].join(delimiter),
      HOME: folders.home,
      // The minimum that Windows requires.
      ...(process.env['SystemRoot'] === undefined ? {} : { SystemRoot: process.env['SystemRoot'] }),
      TMPDIR: folders.temp,
      TEMP: folders.temp,
      CI: 'true',
    }),
    runnerVariables(github, debug, actionPath) {
      writeFile(EVENT_FILE, github.event);
      return {
        GITHUB_ACTIONS: 'true',
        ...githubVariables(contexts(github, actionPath).github),
        RUNNER_OS: OS,
        RUNNER_TEMP: folders.temp,
        ...(debug ? { RUNNER_DEBUG: '1' } : {}),
      };
    },
    contexts,
    outlives: group => void groups.add(group),
    [Symbol.dispose]() {
      for (const group of groups) endGroup(group);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

const EVENT_FILE = join('_github_workflow', 'event.json');

/** Kills every process in a group, if any. */
export function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // They have ended.
  }
}
