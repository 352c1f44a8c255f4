import { describe, expect, it } from 'vitest';
import { drainOutput, type ExitingProcess, exit } from '../../../src/runtime/exit.ts';

function leave(resources: string[], change: Partial<ExitingProcess> = {}) {
  const calls: unknown[] = [];
  const process: ExitingProcess = {
    execPath: '/usr/bin/node',
    exit: () => calls.push('exit'),
    getActiveResourcesInfo: () => resources,
    removeAllListeners: event => calls.push(`without ${event}`),
    execve: (...command) => calls.push(command),
    ...change,
  };
  exit(process);
  return calls;
}

/** Lets a signal end the process should it still hang. */
const DEFAULT_SIGNALS = ['without SIGINT', 'without SIGTERM'];

const replacement = (program: string) => ['/usr/bin/node', ['/usr/bin/node', '-e', program], {}];

describe('exiting', () => {
  it('just exits if no thread is busy, and restores the default signal handling', () => {
    expect(leave(['TCPSocketWrap', 'Timeout', 'PipeWrap'], { exitCode: 1 })).toEqual([
      ...DEFAULT_SIGNALS,
      'exit',
    ]);
  });

  it.each(['GetAddrInfoReqWrap', 'GetNameInfoReqWrap', 'FSReqCallback', 'FSReqPromise'])(
    'replaces a process that would wait for a thread (%s), with its exit code and an empty environment',
    resource => {
      expect(leave(['Timeout', resource], { exitCode: 1 })[2]).toEqual(replacement('process.exitCode = 1'));
      expect(leave([resource])[2]).toEqual(replacement('process.exitCode = 0'));
    },
  );

  it('exits if the process may not be replaced', () => {
    const execve = () => {
      throw new Error('ERR_ACCESS_DENIED');
    };
    expect(leave(['GetAddrInfoReqWrap'], { execve })).toEqual([...DEFAULT_SIGNALS, 'exit']);
  });

  it('exits if the system cannot replace a process', () => {
    let exits = 0;
    exit({
      execPath: '/usr/bin/node',
      exit: () => exits++,
      getActiveResourcesInfo: () => ['GetAddrInfoReqWrap'],
      removeAllListeners: () => {},
    });
    expect(exits).toBe(1);
  });
});

describe('waiting for the log’s reader', () => {
  /** A reader that has read this much after this many milliseconds. */
  async function drained(unreadAt: (ms: number) => number): Promise<number> {
    let ms = 0;
    const clock = {
      now: () => ms,
      monotonic: () => ms,
      async sleep(milliseconds: number) {
        ms += milliseconds;
      },
    };
    await drainOutput(() => unreadAt(ms), clock);
    return ms;
  }

  it('takes no time if everything is read, and does not use the clock', async () => {
    const unused = () => {
      throw new Error('not to be called');
    };
    await drainOutput(() => 0, { now: unused, monotonic: unused, sleep: unused });
  });

  it('ends as soon as everything is read', async () => {
    expect(await drained(ms => (ms < 3_000 ? 1 : 0))).toBe(3_000);
  });

  it('takes as long as a slow reader takes', async () => {
    expect(await drained(ms => Math.max(0, 500_000 - 1_000 * Math.floor(ms / 1_000)))).toBe(500_000);
  });

  it('ends five seconds after the reader has stopped', async () => {
    expect(await drained(() => 1)).toBe(5_000);
    expect(await drained(ms => Math.max(1, 10 - Math.floor(ms / 1_000)))).toBe(9_000 + 5_000);
  });
});
