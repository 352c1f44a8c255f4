/** The folders and the environment that a runner gives to the processes of a job. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** What a workflow run is called; the rest of the `github` context follows from it. */
export interface GithubFacts {
  readonly repository?: string;
  readonly workflow?: string;
  readonly run_id?: string;
  readonly run_attempt?: string;
  readonly job?: string;
  readonly server_url?: string;
  readonly api_url?: string;
  readonly token?: string;
}

export type Github = Required<GithubFacts>;

export function githubOf(facts: GithubFacts = {}): Github {
  return {
    repository: 'octo-org/maps',
    workflow: 'Release',
    run_id: '4711',
    run_attempt: '1',
    job: 'job',
    server_url: 'https://github.com',
    api_url: 'https://api.github.com',
    token: '',
    ...facts,
  };
}

export interface Machine extends Disposable {
  readonly workspace: string;
  readonly temp: string;
  /** Makes an empty file for a process to write into. */
  newFile(name: string): string;
  /** Files below any of the folders that the machine did not make itself. */
  strangers(): string[];
  /** The environment of a process; nothing of ours leaks into it but the PATH. */
  environment(github: Github, debug: boolean, node: string): Record<string, string>;
}

export function newMachine(): Machine {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'runner-')));
  const folders = { workspace: join(root, 'work'), temp: join(root, 'temp'), home: join(root, 'home') };
  for (const folder of Object.values(folders)) mkdirSync(folder);
  const own = new Set<string>();
  let files = 0;
  const newFile = (name: string) => {
    const path = join(folders.temp, `${name}_${files++}`);
    writeFileSync(path, '');
    own.add(path);
    return path;
  };
  return {
    workspace: folders.workspace,
    temp: folders.temp,
    newFile,
    strangers: () =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter(entry => !entry.isDirectory())
        .map(entry => join(entry.parentPath, entry.name))
        .filter(path => !own.has(path)),
    environment: (github, debug, node) => ({
      PATH: [dirname(node), process.env['PATH']].join(delimiter),
      HOME: folders.home,
      // What a Windows machine cannot do without.
      ...(process.env['SystemRoot'] === undefined ? {} : { SystemRoot: process.env['SystemRoot'] }),
      TMPDIR: folders.temp,
      TEMP: folders.temp,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_REPOSITORY: github.repository,
      GITHUB_REPOSITORY_ID: '123456789',
      GITHUB_WORKFLOW: github.workflow,
      GITHUB_RUN_ID: github.run_id,
      GITHUB_RUN_ATTEMPT: github.run_attempt,
      GITHUB_JOB: github.job,
      GITHUB_SERVER_URL: github.server_url,
      GITHUB_API_URL: github.api_url,
      GITHUB_WORKSPACE: folders.workspace,
      RUNNER_OS: { linux: 'Linux', darwin: 'macOS', win32: 'Windows' }[String(process.platform)] ?? 'Linux',
      RUNNER_TEMP: folders.temp,
      ...(debug ? { RUNNER_DEBUG: '1' } : {}),
    }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
