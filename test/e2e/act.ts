/**
 * Runs a workflow file with act, a runner that nobody here wrote, on this machine and without a container engine.
 *
 * Each run has a folder of its own, which is all that act sees of the machine: a repository with the files of the
 * action and the workflows of this folder, a home, a cache. Where a workflow says `your-org/create-mapbox-token@v1`,
 * act takes what a download of this repository would bring; nothing is fetched.
 *
 * Where act differs from GitHub's own runner, the test that meets the difference says so.
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
  /** Which act; the original unless given. */
  readonly engine?: 'act' | 'gitea';
  /** Lets act write its log as it does for people, so that nothing is known of the run but `output`. */
  readonly plain?: boolean;
  /** The id of the user whose job it is, as in a job container; only root can choose another one. */
  readonly user?: number;
}

/** One entry of act's log. */
export interface Entry {
  /** What the log shows, secrets hidden. */
  readonly shown: string;
  /** As act names jobs: those of a matrix have a number. */
  readonly job: string;
  /** The id of the step, or its place from 0; within a composite action the ids down to it. */
  readonly step: readonly string[];
  readonly stage: 'Pre' | 'Main' | 'Post' | undefined;
  /** A line that a program wrote, in contrast to act's own words. */
  readonly written: boolean;
  /** What act did: `add-mask`, `set-env`, `set-output`, `summary` or a command of the program's. */
  readonly command: string | undefined;
  /** Of an output or a variable; the title of an annotation. */
  readonly name: string | undefined;
  /** Of an output or a variable, the text of a mask, an annotation or a summary. Not hidden. */
  readonly value: string;
  /** How a step ended. */
  readonly result: string | undefined;
  /** How a job ended. */
  readonly jobResult: string | undefined;
}

export interface ActRun {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly entries: readonly Entry[];
  /** All that the log shows. */
  readonly shown: string;
  /** What act wrote, with what it knows beside what it shows. */
  readonly output: string;
}

export interface StartedAct extends AsyncDisposable {
  readonly done: Promise<ActRun>;
  /** Waits for an entry; rejects when act ends without it. */
  until(found: (entry: Entry) => boolean): Promise<Entry>;
  /** Ctrl-C: the job is cancelled, as by the button on GitHub. */
  interrupt(): void;
  /** The machine dies: act and all that it started are killed, and no post step runs. */
  die(): void;
}

/** Runs a workflow to its end. */
export async function runAct(options: ActOptions): Promise<ActRun> {
  await using act = startAct(options);
  return await act.done;
}

/** Starts a workflow. Disposing of it ends what still runs and removes its folder. */
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
      // Gitea's runner gives its engine the address of its server, which GITHUB_SERVER_URL then is.
      ...(engine === 'gitea' ? ['--github-instance', 'https://gitea.example.com'] : []),
      ...['--local-repository', `your-org/create-mapbox-token@v1=${SHIPPED}`],
      // Without one, act asks a program of the machine for the user's own.
      ...pairs('--secret', { GITHUB_TOKEN: 'the-job-token', ...secrets }),
      ...pairs('--env', { ...FACTS[engine], ...env }),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that Ctrl-C at the tests reaches act only through us.
      detached: true,
      ...(user === undefined ? {} : { uid: user, gid: user }),
      env: {
        // act starts whatever `node` comes first.
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
      // The last line reaches the reader of lines in a turn of its own.
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

/** Which run it is; a test may say otherwise. */
const FACTS = {
  act: {
    GITHUB_REPOSITORY: 'octo-org/maps',
    // act does not set it; GitHub's runner does.
    GITHUB_REPOSITORY_ID: '123456789',
    GITHUB_RUN_ID: '4711',
    GITHUB_RUN_ATTEMPT: '1',
  },
  // As Gitea's runner does: no ID of the repository, no attempt.
  gitea: {
    GITHUB_REPOSITORY: 'octo-org/maps',
    GITHUB_RUN_ID: '4711',
    GITHUB_RUN_ATTEMPT: '',
  },
};

/** Makes a repository with the action in it, as ours is, and with the workflows and actions of this folder. */
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

/** Kills a process and all that came from it. act gives each step a session, which a process group does not reach. */
function killTree({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  // It must not see its children die, and go on to the post steps.
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
