import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemProcesses } from '../../../src/runtime/processes.ts';

const self = { pid: 4711, platform: 'linux', kill: () => {} };

/** A process's line in /proc [proc_pid_stat(5)]. */
const stat = (name: string, state: string, startTime: string) =>
  `4711 (${name}) ${state} ${Array.from({ length: 18 }, (_, field) => field + 4).join(' ')} ${startTime} ${Array(30).fill(0).join(' ')}\n`;

describe('a process', () => {
  it.each(['node', 'a) S (b', 'with space', 'x'.repeat(15)])(
    'is identified by its start time, whatever its name: %s',
    name => {
      const processes = systemProcesses(self, () => stat(name, 'S', '987654'));
      expect(processes.own()).toEqual({ pid: 4711, startTime: '987654' });
      expect(processes.isAlive({ pid: 4711, startTime: '987654' })).toBe(true);
    },
  );

  it('is another one if the start time differs, and then gets no signal', () => {
    const signals: unknown[] = [];
    const kill = (pid: number, signal: string) => signals.push([pid, signal]);
    const processes = systemProcesses({ ...self, kill }, () => stat('node', 'S', '987654'));
    expect(processes.isAlive({ pid: 4711, startTime: '1' })).toBe(false);
    processes.interrupt({ pid: 4711, startTime: '1' });
    expect(signals).toEqual([]);
    processes.interrupt({ pid: 4711, startTime: '987654' });
    expect(signals).toEqual([[4711, 'SIGINT']]);
  });

  it('has ended if it is a zombie or missing', () => {
    expect(systemProcesses(self, () => stat('node', 'Z', '9')).isAlive({ pid: 4711, startTime: '9' })).toBe(
      false,
    );
    const none = systemProcesses(self, () => {
      throw new Error('ENOENT');
    });
    expect(none.isAlive({ pid: 4711, startTime: '9' })).toBe(false);
    expect(none.own()).toBeUndefined();
  });

  it('is unknown as process 1, whose state would not be accepted', () => {
    expect(systemProcesses({ ...self, pid: 1 }, () => stat('node', 'S', '987654')).own()).toBeUndefined();
  });

  it('is unknown on other systems', () => {
    const read = () => stat('node', 'S', '987654');
    expect(systemProcesses({ ...self, platform: 'win32' }, read).own()).toBeUndefined();
  });
});

it.runIf(process.platform === 'linux')('a real process is found, interrupted and gone', async () => {
  const processes = systemProcesses(process);
  expect(processes.own()).toMatchObject({ pid: process.pid });
  const script =
    "process.once('SIGINT', () => process.exit(3)); setInterval(() => {}, 1000); console.log('ready')";
  const child: ChildProcess = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (child.stdout !== null) await once(child.stdout, 'data');
  const identity = systemProcesses({ pid: child.pid ?? 0, platform: 'linux', kill: process.kill }).own();
  if (identity === undefined) return expect.unreachable();
  expect(processes.isAlive(identity)).toBe(true);
  processes.interrupt(identity);
  const [code] = await once(child, 'exit');
  expect(code).toBe(3);
  expect(processes.isAlive(identity)).toBe(false);
});
