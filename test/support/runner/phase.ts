/** One process of a step, from its start to what the runner makes of what it left [ProcessInvoker.cs]. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Texts } from './expressions.ts';
import { isRefused, MAX_SUMMARY_BYTES, readPairs } from './file-commands.ts';
import { endGroup, type Machine } from './machine.ts';
import type { Masks } from './masks.ts';
import type { Annotation, StepLog } from './step-log.ts';

export interface PhaseResult {
  /** `null` when a signal ended the process. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** As the process wrote them. */
  readonly stdout: string;
  readonly stderr: string;
  /** What the runner says before the process starts: `with:` and `env:`, masked by what was masked then. */
  readonly header: string;
  /** What the log shows of the process. */
  readonly shown: string;
  /** Of the process, and of the runner on its step. */
  readonly annotations: readonly Annotation[];
  /** What this process asked to be hidden. */
  readonly masks: readonly string[];
  readonly outputs: Texts;
  /** Variables for later steps. */
  readonly env: Texts;
  readonly state: Texts;
  readonly summary: string;
  /** The runner's files as written, by the variable that names them. */
  readonly files: Texts;
  /** Files that the process made beside those. */
  readonly newFiles: readonly string[];
  readonly durationMs: number;
  /** How a process ends that outlived a cancel in a job container, and all that it wrote. */
  readonly afterwards?: Promise<ProcessEnd>;
}

export type ProcessEnd = Pick<PhaseResult, 'exitCode' | 'signal' | 'stdout' | 'stderr' | 'files'>;

/** Milliseconds from SIGINT to SIGTERM, from there to SIGKILL, and from a process's end to that of its output. */
const GRACE = { sigterm: 7500, sigkill: 2500, output: 5000 };

export interface PhaseOptions {
  readonly machine: Machine;
  readonly masks: Masks;
  readonly log: StepLog;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment but for the runner's files; what names one of those replaces the runner's. */
  readonly env: Texts;
  /** What the runner's own times are multiplied by: 1 as they are, less where a test shall not wait for them. */
  readonly timeScale: number;
  /**
   * The process is in a job container: signals end `docker exec` alone [docker/cli 5309]. The runner reads the files as
   * they are then and goes on; the process lives on until the job ends.
   */
  readonly container?: boolean;
}

export interface Phase {
  readonly pid: number | undefined;
  readonly done: Promise<PhaseResult>;
  /** SIGINT, SIGTERM 7.5 s later and SIGKILL 2.5 s after that, to the process only: on a cancel, a time-out, a shutdown. */
  interrupt(): void;
  /** SIGTERM alone, as a machine that is being shut down sends it. */
  terminate(): void;
  /** The runner's Worker dies: nobody reads the output or the files of the process, which lives on. */
  abandon(): void;
  /** As a machine dies, and all that it runs with it. */
  kill(): void;
}

const FILES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY', 'GITHUB_PATH'];

export function startPhase(options: PhaseOptions): Phase {
  const { machine, masks, log, command, args, env, timeScale, container = false } = options;
  const files = Object.fromEntries(FILES.map(name => [name, machine.newFile(name.toLowerCase())]));
  const strangersBefore = new Set(machine.strangers());
  const masksBefore = masks.values.length;
  const start = performance.now();
  const child = spawn(command, args, {
    cwd: machine.workspace,
    env: { ...files, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that what a script has started can be ended with it.
    detached: process.platform !== 'win32',
  });
  const killAll = () => {
    if (child.pid === undefined) return;
    if (process.platform === 'win32')
      spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore' });
    else endGroup(child.pid);
  };

  let stdout = '';
  let stderr = '';
  let isOver = false;
  let isAbandoned = false;
  /** What there was when a cancel ended `docker exec`. */
  let left: ProcessEnd | undefined;
  child.stdout.on('data', chunk => {
    stdout += chunk;
  });
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', line => {
      if (!isOver && !isAbandoned) log.take(line);
    });

  const timers: NodeJS.Timeout[] = [];
  const ended = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  child.on('error', ended.reject);
  child.on('close', () => {
    closed.resolve();
    ended.resolve();
  });
  child.on('exit', () => {
    if (child.pid === undefined || left !== undefined || !isAlive(child.pid)) return;
    // A child that holds its parent's output makes the runner wait, and lives until the job ends.
    machine.outlives(child.pid);
    timers.push(setTimeout(() => ended.resolve(), GRACE.output * timeScale));
  });

  const endOf = (): ProcessEnd => ({
    exitCode: child.exitCode,
    signal: child.signalCode,
    stdout,
    stderr,
    // A process that outlives its job has no files any more.
    files: Object.fromEntries(
      Object.entries(files).map(([name, path]) => [name, existsSync(path) ? readFileSync(path, 'utf8') : '']),
    ),
  });

  const finish = async (): Promise<PhaseResult> => {
    await ended.promise;
    for (const timer of timers) clearTimeout(timer);
    // The last line reaches the reader of lines in a turn of its own.
    await new Promise(resolve => setImmediate(resolve));
    isOver = true;
    const end = left ?? endOf();
    return {
      ...end,
      ...(left && { signal: 'SIGINT', afterwards: closed.promise.then(endOf) }),
      ...(isAbandoned ? NOTHING_READ : readFiles(end.files, log, masks)),
      newFiles: machine.strangers().filter(path => !strangersBefore.has(path)),
      masks: masks.values.slice(masksBefore),
      annotations: log.annotations,
      header: log.header.join('\n'),
      shown: log.shown.join('\n'),
      durationMs: performance.now() - start,
    };
  };

  return {
    pid: child.pid,
    done: finish(),
    interrupt() {
      if (container && child.pid !== undefined) {
        left ??= endOf();
        machine.outlives(child.pid);
        ended.resolve();
        return;
      }
      child.kill('SIGINT');
      const term = setTimeout(() => {
        child.kill('SIGTERM');
        timers.push(setTimeout(() => child.kill('SIGKILL'), GRACE.sigkill * timeScale));
      }, GRACE.sigterm * timeScale);
      timers.push(term);
    },
    terminate: () => void child.kill('SIGTERM'),
    abandon() {
      isAbandoned = true;
      child.stdout.destroy();
      child.stderr.destroy();
    },
    kill: killAll,
  };
}

type Read = Pick<PhaseResult, 'outputs' | 'env' | 'state' | 'summary'>;

const NOTHING_READ: Read = { outputs: {}, env: {}, state: {}, summary: '' };

/** Reads what a process left in the runner's files. An error in them is an annotation, and fails nothing. */
function readFiles(files: Texts, log: StepLog, masks: Masks): Read {
  const read = (name: string) => {
    const { pairs, fault } = readPairs(files[name] ?? '');
    if (fault !== undefined) {
      const command = name.replace('GITHUB_', '').toLowerCase();
      log.annotate('error', `Unable to process file command '${command}' successfully.`);
      log.annotate('error', fault);
    }
    return pairs;
  };
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(read('GITHUB_ENV'))) {
    if (isRefused(name)) {
      log.annotate('error', `Can't store ${name} output parameter using '$GITHUB_ENV' command.`);
    } else {
      env[name] = value;
      log.debug(`${name}='${value}'`);
    }
  }
  const outputs = { ...log.outputs, ...read('GITHUB_OUTPUT') };
  for (const [name, value] of Object.entries(outputs)) log.debug(`Set output ${name} = ${value}`);
  const state = { ...log.state, ...read('GITHUB_STATE') };
  for (const [name, value] of Object.entries(state)) log.debug(`Save intra-action state ${name} = ${value}`);

  const summary = files['GITHUB_STEP_SUMMARY'] ?? '';
  const bytes = Buffer.byteLength(summary);
  if (bytes > MAX_SUMMARY_BYTES) {
    const kilobytes = Math.floor(bytes / 1024);
    log.annotate(
      'error',
      `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got ${kilobytes}k.`,
    );
    return { env, outputs, state, summary: '' };
  }
  const lines = summary.split('\n').map(line => masks.hide(line));
  return { env, outputs, state, summary: lines.join('\n') };
}

/** Whether a group has a process left. */
function isAlive(group: number): boolean {
  if (process.platform === 'win32') return false;
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}
