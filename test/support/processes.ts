import type { Processes, ProcessIdentity } from '../../src/runtime/processes.ts';

/** The processes of a system that shows none, such as Windows. */
export const NO_PROCESSES: Processes = { own: () => undefined, isAlive: () => false, interrupt: () => {} };

/**
 * A system with one process, the main step's.
 *
 * @param isAlive whether it still runs.
 */
export function oneProcess(
  isAlive: () => boolean,
  interrupted: ProcessIdentity[] = [],
): { readonly processes: Processes; readonly interrupted: ProcessIdentity[] } {
  const processes: Processes = {
    own: () => MAIN_PROCESS,
    isAlive,
    interrupt: identity => void interrupted.push(identity),
  };
  return { processes, interrupted };
}

export const MAIN_PROCESS: ProcessIdentity = { pid: 4711, startTime: '123456' };
