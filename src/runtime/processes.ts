import { readFileSync } from 'node:fs';

/** A process that cannot be mistaken for another one: ids are used again, but not within the same clock tick. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since the machine started, in digits [proc_pid_stat(5), field 22]. */
  readonly startTime: string;
}

/** The processes of this machine, as far as the main and the post step need to know each other. */
export interface Processes {
  /** This process; `undefined` if the system does not show start times, as everywhere but on Linux. */
  own(): ProcessIdentity | undefined;
  /** Whether the process still runs. */
  isAlive(identity: ProcessIdentity): boolean;
  /** Sends SIGINT. Does nothing if the process has ended. */
  interrupt(identity: ProcessIdentity): void;
}

/** Field 22, counted from the one after the state, which is field 3. */
const START_TIME = 18;

/** What {@link systemProcesses} needs of Node's `process`. */
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
      const [state, ...fields] = read(`/proc/${pid}/stat`)
        .replace(/^.*\) /s, '')
        .split(' ');
      return state === 'Z' ? undefined : fields[START_TIME];
    } catch {
      return undefined;
    }
  };
  const isAlive = ({ pid, startTime }: ProcessIdentity) => startTimeOf(pid) === startTime;
  return {
    own() {
      const startTime = startTimeOf(process.pid);
      return startTime === undefined ? undefined : { pid: process.pid, startTime };
    },
    isAlive,
    interrupt(identity) {
      try {
        if (isAlive(identity)) process.kill(identity.pid, 'SIGINT');
      } catch {
        // It has ended meanwhile, or belongs to another user.
      }
    },
  };
}
