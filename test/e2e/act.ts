/**
 * Runs a workflow file with act, an independent runner, on this machine and without a container engine.
 *
 * Each run has its own folder, the only part of the machine that act sees: a repository with the files of the action
 * and the workflows of this folder, a home, a cache. For `your-org/create-mapbox-token@v1` in a workflow, act uses the
 * files that a download of this repository would contain; nothing is downloaded.
 *
 * If act differs from GitHub's own runner, the test concerned says so.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { isObject, parseJson } from '../support/mapbox/messages.ts';
import { ACT, GITEA_ACT, PYTHON_BIN, SHIPPED } from './parts.ts';

export interface ActOptions {
  /** A file of `workflows/`. */
  readonly workflow: string;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Which act; the original by default. */
  readonly engine?: 'act' | 'gitea';
  /** Lets act write its log as it does for users, so that only `output` is known of the run. */
  readonly plain?: boolean;
  /** The ID of the job's user, as in a job container; only root can choose another one. */
  readonly user?: number;
}

/** One entry of act's log. */
export interface Entry {
  /** The text in the log, with secrets hidden. */
  readonly shown: string;
  /** As act names jobs: those of a matrix have a number. */
  readonly job: string;
  /** The step's ID, or its index; within a composite action the IDs down to it. */
  readonly step: readonly string[];
  readonly stage: 'Pre' | 'Main' | 'Post' | undefined;
  /** A line from a program, rather than from act. */
  readonly written: boolean;
  /** What act did: `add-mask`, `set-env`, `set-output`, `summary` or another command of the program. */
  readonly command: string | undefined;
  /** The name of an output or variable; the title of an annotation. */
  readonly name: string | undefined;
  /** The value of an output or variable, the text of a mask, an annotation or a summary. Not hidden. */
  readonly value: string;
  /** A step's result. */
  readonly result: string | undefined;
  /** A job's result. */
  readonly jobResult: string | undefined;
}

export interface ActRun {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly entries: readonly Entry[];
  /** The whole log. */
  readonly shown: string;
  /** act's output, which has more than the log shows. */
  readonly output: string;
}

export interface StartedAct extends AsyncDisposable {
  readonly done: Promise<ActRun>;
  /** Waits for an entry; rejects if act ends without it. */
  until(found: (entry: Entry) => boolean): Promise<Entry>;
  /** Ctrl-C: the job is cancelled, as by the button on GitHub. */
  interrupt(): void;
  /** The machine dies: act and its processes are killed, and no post step runs. */
  die(): void;
}

/** Runs a workflow to its end. */
export async function runAct(options: ActOptions): Promise<ActRun> {
  await using act = startAct(options);
  return await act.done;
}

/** Starts a workflow. Disposing of it ends its processes and removes its folder. */
export function startAct({
  workflow,
  secrets = {},
  env = {},
  engine = 'act',
  plain = false,
  user,
}: ActOptions): StartedAct {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'act-')));
  const repository = join(folder, 'repository');
  const home = join(folder, 'home');
  const cache = join(folder, 'cache');
  for (const path of [home, cache]) mkdirSync(path);
  callerAt(repository);
  if (user !== undefined) execFileSync('chown', ['-R', `${user}:${user}`, folder]);

  const pairs = (flag: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  const child = spawn(
    engine === 'act' ? ACT : GITEA_ACT,
    [
      ...['push', '--workflows', `.github/workflows/${workflow}`, '--directory', repository],
      ...['--platform', 'ubuntu-latest=-self-hosted', '--no-cache-server', '--action-offline-mode'],
      ...(plain ? [] : ['--json']),
      // Gitea's runner gives its engine its server's URL, which GITHUB_SERVER_URL then has.
      ...(engine === 'gitea' ? ['--github-instance', 'https://gitea.example.com'] : []),
      ...['--local-repository', `your-org/create-mapbox-token@v1=${SHIPPED}`],
      // Without one, act asks a local program for the user's own.
      ...pairs('--secret', { GITHUB_TOKEN: 'the-job-token', ...secrets }),
      ...pairs('--env', { ...FACTS[engine], ...env }),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, so that Ctrl-C during the tests reaches act only through us.
      detached: true,
      ...(user === undefined ? {} : { uid: user, gid: user }),
      env: {
        // act starts the first `node` on PATH.
        PATH: [dirname(process.execPath), PYTHON_BIN, process.env['PATH']].join(delimiter),
        HOME: home,
        XDG_CACHE_HOME: cache,
        XDG_CONFIG_HOME: home,
        LANG: 'C.UTF-8',
      },
    },
  );

  const entries: Entry[] = [];
  const output: string[] = [];
  const waiting = new Set<(entry: Entry) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', line => {
      output.push(line);
      const entry = plain ? undefined : readEntry(line);
      if (entry === undefined) return;
      entries.push(entry);
      for (const tell of waiting) tell(entry);
    });
  }
  const done = new Promise<ActRun>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      // The line reader gets the last line in a later turn.
      setImmediate(() =>
        resolve({
          exitCode,
          signal,
          entries,
          shown: entries.map(({ shown }) => shown).join('\n'),
          output: output.join('\n'),
        }),
      );
    });
  });

  return {
    done,
    until(found) {
      const { promise, resolve, reject } = Promise.withResolvers<Entry>();
      const tell = (entry: Entry) => {
        if (found(entry)) resolve(entry);
      };
      waiting.add(tell);
      entries.forEach(tell);
      done.then(run => reject(new Error(`act ended before that:\n${run.output}`)), reject);
      return promise.finally(() => waiting.delete(tell));
    },
    interrupt: () => void child.kill('SIGINT'),
    die: () => killTree(child),
    async [Symbol.asyncDispose]() {
      killTree(child);
      await done.catch(() => {});
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The default run. */
const FACTS = {
  act: {
    GITHUB_REPOSITORY: 'octo-org/maps',
    // act does not set it, unlike GitHub's runner.
    GITHUB_REPOSITORY_ID: '123456789',
    GITHUB_RUN_ID: '4711',
    GITHUB_RUN_ATTEMPT: '1',
  },
  // Like Gitea's runner: no repository ID, no attempt.
  gitea: {
    GITHUB_REPOSITORY: 'octo-org/maps',
    GITHUB_RUN_ID: '4711',
    GITHUB_RUN_ATTEMPT: '',
  },
};

/** Creates a repository with the action, and with the workflows and actions of this folder. */
export function callerAt(folder: string): void {
  cpSync(SHIPPED, folder, { recursive: true });
  for (const part of ['workflows', 'actions', 'data'])
    cpSync(join(import.meta.dirname, part), join(folder, part === 'data' ? part : `.github/${part}`), {
      recursive: true,
    });
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, env, stdio: 'ignore' });
  git('init', '--initial-branch', 'main');
  git('add', '--all');
  git('-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '--message', 'Maps');
}

function readEntry(line: string): Entry | undefined {
  const entry = parseJson(line);
  if (!isObject(entry)) return undefined;
  const text = (key: string) => {
    const value = entry[key];
    return typeof value === 'string' ? value : undefined;
  };
  const { stepID, kvPairs } = entry;
  const title = isObject(kvPairs) ? kvPairs['title'] : undefined;
  const stage = text('stage');
  return {
    shown: text('msg')?.replace(/\n$/, '') ?? '',
    job: text('job')?.trim() ?? '',
    step: Array.isArray(stepID) ? stepID.map(String) : [],
    stage: stage === 'Pre' || stage === 'Main' || stage === 'Post' ? stage : undefined,
    written: entry['raw_output'] === true,
    command: text('command'),
    name: text('name') ?? (typeof title === 'string' ? title : undefined),
    value: text('arg') ?? text('content') ?? '',
    result: text('stepResult'),
    jobResult: text('jobResult'),
  };
}

/** Kills a process and its descendants. act gives each step a session, which a process group signal does not reach. */
function killTree({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  // It must not notice its children's death and continue with the post steps.
  process.kill(pid, 'SIGSTOP');
  const parents = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(row => row.trim().split(/\s+/).map(Number));
  const toDelete = new Set([pid]);
  // A parent may come after its child in the list.
  for (let before = 0; before < toDelete.size; ) {
    before = toDelete.size;
    for (const [child = 0, parent = 0] of parents) if (toDelete.has(parent)) toDelete.add(child);
  }
  for (const one of toDelete) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
