import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { handleSignals, STOP_LIMIT_MS } from '../../../src/runtime/signals.ts';

function setUp(isRunning: boolean) {
  const process = new EventEmitter();
  const done: string[] = [];
  const state = { isRunning };
  handleSignals(process, {
    isRunning: () => state.isRunning,
    interrupt: () => {
      done.push('interrupt');
      state.isRunning = false;
    },
    terminate: () => void done.push('terminate'),
  });
  return { process, done };
}

describe.each(['SIGINT', 'SIGTERM'])('%s', signal => {
  it('interrupts a step that is running', () => {
    const { process, done } = setUp(true);
    process.emit(signal);
    expect(done).toEqual(['interrupt']);
  });
});

it('a second SIGINT does nothing: the step is stopping already', () => {
  const { process, done } = setUp(true);
  process.emit('SIGINT');
  process.emit('SIGINT');
  expect(done).toEqual(['interrupt']);
});

it('SIGTERM ends at once what another signal has interrupted', () => {
  const { process, done } = setUp(true);
  process.emit('SIGINT');
  process.emit('SIGTERM');
  expect(done).toEqual(['interrupt', 'terminate']);
});

it('a step has to stop before the runner sends SIGTERM, 7.5 s after SIGINT', () => {
  expect(STOP_LIMIT_MS).toBeLessThan(7_500);
});
