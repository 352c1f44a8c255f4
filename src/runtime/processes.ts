import { readFileSync } from 'node:fs';

/** Identifies a process without ambiguity: ids are reused, but not within the same clock tick. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since the machine started, as decimal digits [proc_pid_stat(5), field 22]. */
  readonly startTime: string;
}

/** Access to the processes on this machine. */
export interface Processes {
  /** This process; `undefined` if it is process 1 or its start time is unknown, as on every system except Linux. */
  own(): ProcessIdentity | undefined;
  /** Whether the process is still running. */
  isAlive(identity: ProcessIdentity): boolean;
  /** Sends SIGINT. Does nothing if the process has ended. */
  interrupt(identity: ProcessIdentity): void;
}

/** The index of field 22 after the state, which is field 3. */
const START_TIME = 18;

/** The parts of Node's `process` that {@link systemProcesses} uses. */
interface NodeProcess {
  readonly pid: number;
  readonly platform: string;
  kill(pid: number, signal: 'SIGINT'): unknown;
}

/** Processes as Linux shows them in `/proc`. */
export function systemProcesses(
  process: NodeProcess,
  read: (path: string) => string = path => readFileSync(path, 'utf8'),
): Processes {
  const startTimeOf = (pid: number): string | undefined => {
    if (process.platform !== 'linux') return undefined;
    try {
      // The second field is the program's name in parentheses, which may contain anything.
      const [state, ...fields] = read(`/proc/${pid}/stat`).replace(/.*\) /s, '').split(' ');
      return state === 'Z' ? undefined : fields[START_TIME];
    } catch {
      return undefined;
    }
  };
  const isAlive = ({ pid, startTime }: ProcessIdentity) => startTimeOf(pid) === startTime;
  return {
    own() {
      // In a container, each step may be process 1 of its own, which must never get a signal.
      const startTime = process.pid === 1 ? undefined : startTimeOf(process.pid);
      return startTime === undefined ? undefined : { pid: process.pid, startTime };
    },
    isAlive,
    interrupt(identity) {
      try {
        if (isAlive(identity)) process.kill(identity.pid, 'SIGINT');
      } catch {
        // The process has ended in the meantime or belongs to another user.
      }
    },
  };
}
