/** The folders of a job, and what stays of its processes. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Texts } from './expressions.ts';
import { type Github, githubContext, githubVariables } from './github.ts';

export interface Machine extends Disposable {
  readonly workspace: string;
  /** The runner's temporary folder; the files of its commands stay in it until the job ends. */
  readonly temp: string;
  /** Makes an empty file for a process to write into. */
  newFile(name: string): string;
  /** Writes a file of the runner's own, and gives its path. */
  writeFile(name: string, text: string): string;
  /** Files below any of the folders that the machine did not make itself. */
  strangers(): string[];
  /** The runner's own environment, which the variables of a job replace. Nothing of ours leaks into it but the PATH. */
  ownEnvironment(node: string): Texts;
  /** GITHUB_ and RUNNER_ variables, which replace those of a job. `actionPath`: of a step within a composite action. */
  runnerVariables(github: Github, debug: boolean, actionPath?: string): Texts;
  /** The `github` and `runner` contexts. */
  contexts(github: Github, actionPath?: string): { readonly github: Texts; readonly runner: Texts };
  /** Says that processes of this group outlive the one that started them: they are ended with the job. */
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
      // What a Windows machine cannot do without.
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

/** Ends every process of a group, if there is one left. */
export function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // They have ended.
  }
}
