/** One process of a step, from its start to the runner's evaluation of its files [ProcessInvoker.cs]. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Texts } from './expressions.ts';
import { isRefused, MAX_SUMMARY_BYTES, readPairs } from './file-commands.ts';
import { endGroup, type Machine } from './machine.ts';
import type { Masks } from './masks.ts';
import type { Annotation, StepLog } from './step-log.ts';

export interface PhaseResult {
  /** `null` if a signal ended the process. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** As written by the process. */
  readonly stdout: string;
  readonly stderr: string;
  /** The runner's output before the process starts: `with:` and `env:`, with the masks known so far. */
  readonly header: string;
  /** The log of the process. */
  readonly shown: string;
  /** From the process, and from the runner about its step. */
  readonly annotations: readonly Annotation[];
  /** The masks that this process requested. */
  readonly masks: readonly string[];
  readonly outputs: Texts;
  /** Variables for later steps. */
  readonly env: Texts;
  readonly state: Texts;
  readonly summary: string;
  /** The runner's files as written, by the variable that names them. */
  readonly files: Texts;
  /** Other files that the process created. */
  readonly newFiles: readonly string[];
  readonly durationMs: number;
  /** The end and all output of a process that outlived a cancel in a job container. */
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
  /** The whole environment except the runner's files; a variable for one of those overrides the runner's. */
  readonly env: Texts;
  /** The factor for the runner's own times: 1 for the real ones, less for tests that should not wait. */
  readonly timeScale: number;
  /**
   * The process is in a job container: signals only end `docker exec` [docker/cli 5309]. The runner reads the files as
   * they are then and continues; the process lives on until the job ends.
   */
  readonly container?: boolean;
}

export interface Phase {
  readonly pid: number | undefined;
  readonly done: Promise<PhaseResult>;
  /**
   * SIGINT, SIGTERM 7.5 s later and SIGKILL 2.5 s after that, to the process only: on a cancel, a timeout, a shutdown.
   */
  interrupt(): void;
  /** Only SIGTERM, as a machine sends it on shutdown. */
  terminate(): void;
  /** The runner's Worker dies: output and files of the process, which lives on, are no longer read. */
  abandon(): void;
  /** The machine dies with all of its processes. */
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
    // A process group of its own, so that a script's children can be killed with it.
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
  /** The results when a cancel ended `docker exec`. */
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
    // A child with its parent's output makes the runner wait, and lives until the job ends.
    machine.outlives(child.pid);
    timers.push(setTimeout(() => ended.resolve(), GRACE.output * timeScale));
  });

  const endOf = (): ProcessEnd => ({
    exitCode: child.exitCode,
    signal: child.signalCode,
    stdout,
    stderr,
    // A process that outlives its job no longer has files.
    files: Object.fromEntries(
      Object.entries(files).map(([name, path]) => [name, existsSync(path) ? readFileSync(path, 'utf8') : '']),
    ),
  });

  const finish = async (): Promise<PhaseResult> => {
    await ended.promise;
    for (const timer of timers) clearTimeout(timer);
    // The line reader gets the last line in a later turn.
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

/** Reads the runner's files after a process. An error in them is an annotation, not a failure. */
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
