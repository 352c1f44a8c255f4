/** One process of a step, from its start to what the runner makes of what it left. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { readCommand } from './commands.ts';
import { allowedVariables, readPairs } from './file-commands.ts';
import type { Machine } from './machine.ts';
import type { Masks } from './masks.ts';

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string | undefined;
  readonly message: string;
}

export interface PhaseResult {
  /** `null` when a signal ended the process. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** As the process wrote them. */
  readonly stdout: string;
  readonly stderr: string;
  /** What the log shows. */
  readonly shown: string;
  readonly annotations: readonly Annotation[];
  /** What this process asked to be hidden. */
  readonly masks: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  /** Variables for later steps. */
  readonly env: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly summary: string;
  /** The runner's files as written, by the variable that names them. */
  readonly files: Readonly<Record<string, string>>;
  /** Files that the process made beside those. */
  readonly newFiles: readonly string[];
  readonly durationMs: number;
}

/** Milliseconds from SIGINT to SIGTERM, and from there to SIGKILL [ProcessInvoker.cs]. */
export interface KillDelays {
  readonly sigterm: number;
  readonly sigkill: number;
}

const KILL_DELAYS: KillDelays = { sigterm: 7500, sigkill: 2500 };

export interface PhaseOptions {
  readonly machine: Machine;
  readonly masks: Masks;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment but for the runner's files; what names one of those replaces the runner's. */
  readonly env: Readonly<Record<string, string>>;
  readonly debug: boolean;
  readonly killDelays?: KillDelays | undefined;
  /** Told every line that the log shows, as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface Phase {
  readonly pid: number | undefined;
  readonly done: Promise<PhaseResult>;
  /** As the runner cancels: SIGINT and SIGTERM to the process, SIGKILL to all that it started [ProcessInvoker.cs]. */
  cancel(): void;
  /** SIGTERM alone, as a machine that is being shut down sends it. */
  terminate(): void;
  /** As a machine dies, and all that it runs with it. */
  kill(): void;
}

const FILES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY', 'GITHUB_PATH'];

/** 1 MiB: a longer summary is dropped with an error [FileCommandManager.cs]. */
const MOST_SUMMARY = 1024 * 1024;

export function startPhase(options: PhaseOptions): Phase {
  const { machine, masks, command, args, env, debug, killDelays = KILL_DELAYS, onLine } = options;
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
    if (process.platform === 'win32') {
      spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore' });
      return;
    }
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };

  let stdout = '';
  let stderr = '';
  const shown: string[] = [];
  const annotations: Annotation[] = [];
  let stopped: string | undefined;
  const show = (text: string) => {
    for (const line of masks.hide(text).split('\n')) {
      shown.push(line);
      onLine?.(line);
    }
  };
  const annotate = (level: Annotation['level'], message: string, title?: string) => {
    annotations.push({ level, title, message: masks.hide(message) });
    show(`${level[0]?.toUpperCase()}${level.slice(1)}: ${message}`);
  };
  const take = (line: string) => {
    if (stopped !== undefined) {
      if (line.trim() === `::${stopped}::`) stopped = undefined;
      else show(line);
      return;
    }
    const found = readCommand(line);
    if (found === undefined) return show(line);
    const { name, properties, data } = found;
    switch (name) {
      case 'add-mask':
        masks.add(data);
        // A process that masks on one line does not show it there either.
        return show('::add-mask::***');
      case 'debug':
        return debug ? show(`##[debug]${data}`) : undefined;
      case 'error':
      case 'warning':
      case 'notice':
        return annotate(name, data, properties['title']);
      case 'group':
        return show(`▸ ${data}`);
      case 'stop-commands':
        stopped = data;
        return;
      case 'set-env':
      case 'add-path':
        return annotate('error', `The \`${name}\` command is disabled.`);
      default:
        return;
    }
  };
  child.stdout.on('data', chunk => {
    stdout += chunk;
  });
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', take);

  const timers: NodeJS.Timeout[] = [];
  const done = new Promise<PhaseResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      for (const timer of timers) clearTimeout(timer);
      // The last line reaches the reader of lines in a turn of its own.
      setImmediate(() => resolve(settle(exitCode, signal)));
    });
  });

  const settle = (exitCode: number | null, signal: NodeJS.Signals | null): PhaseResult => {
    const text = (name: string) => readFileSync(files[name] ?? '', 'utf8');
    const pairs = (name: string) => {
      try {
        return readPairs(text(name));
      } catch (error) {
        annotate('error', `Unable to process file command '${name}': ${String(error)}`);
        return {};
      }
    };
    let exported = {};
    try {
      exported = allowedVariables(pairs('GITHUB_ENV'));
    } catch (error) {
      annotate('error', String(error));
    }
    const summary = text('GITHUB_STEP_SUMMARY');
    const tooLong = Buffer.byteLength(summary) > MOST_SUMMARY;
    if (tooLong) annotate('error', '$GITHUB_STEP_SUMMARY upload aborted, supports content up to 1024k.');
    return {
      exitCode,
      signal,
      stdout,
      stderr,
      outputs: pairs('GITHUB_OUTPUT'),
      env: exported,
      state: pairs('GITHUB_STATE'),
      summary: tooLong ? '' : masks.hide(summary),
      files: Object.fromEntries(FILES.map(name => [name, text(name)])),
      newFiles: machine.strangers().filter(path => !strangersBefore.has(path)),
      masks: masks.values.slice(masksBefore),
      annotations,
      shown: shown.join('\n'),
      durationMs: performance.now() - start,
    };
  };

  return {
    pid: child.pid,
    done,
    cancel() {
      child.kill('SIGINT');
      const term = setTimeout(() => {
        child.kill('SIGTERM');
        timers.push(setTimeout(killAll, killDelays.sigkill));
      }, killDelays.sigterm);
      timers.push(term);
    },
    terminate: () => void child.kill('SIGTERM'),
    kill: killAll,
  };
}
