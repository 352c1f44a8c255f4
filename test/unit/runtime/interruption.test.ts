import { describe, expect, it } from 'vitest';
import { InterruptedError, interruptibleClock, orInterrupted } from '../../../src/runtime/interruption.ts';
import { FakeClock, START } from '../../support/fake-clock.ts';

const forEver = () => new Promise<never>(() => {});

function interruption() {
  const controller = new AbortController();
  const error = new InterruptedError();
  return { signal: controller.signal, error, interrupt: () => controller.abort(error) };
}

it('has a name of its own', () => {
  expect(String(new InterruptedError('Stopped.'))).toBe('InterruptedError: Stopped.');
});

describe('work that can be interrupted', () => {
  it('comes to what it comes to where nothing interrupts it', async () => {
    const { signal } = interruption();
    expect(await orInterrupted(Promise.resolve(7), signal)).toBe(7);
    await expect(orInterrupted(Promise.reject(new Error('own')), signal)).rejects.toThrow('own');
  });

  it.each(['before', 'while'])('is given up when it is interrupted %s it goes on', async moment => {
    const { signal, error, interrupt } = interruption();
    if (moment === 'before') interrupt();
    const work = orInterrupted(forEver(), signal);
    interrupt();
    await expect(work).rejects.toBe(error);
  });

  it('is waited for as long as it is given', async () => {
    const { signal, error, interrupt } = interruption();
    const grace = Promise.withResolvers<void>();
    const pending = Promise.withResolvers<string>();
    const [finished, late] = [pending.promise, forEver()].map(work =>
      orInterrupted(work, signal, () => grace.promise),
    );
    interrupt();
    pending.resolve('answer');
    expect(await finished).toBe('answer');
    grace.resolve();
    await expect(late).rejects.toBe(error);
  });

  it('asks for no grace, and leaves no listener, where it was done before', async () => {
    const { signal, interrupt } = interruption();
    let asked = 0;
    await orInterrupted(Promise.resolve(), signal, async () => void asked++);
    interrupt();
    expect(asked).toBe(0);
  });
});

describe('a clock that can be interrupted', () => {
  it('shows the same time, and sleeps as long', async () => {
    const { signal } = interruption();
    const clock = new FakeClock();
    const interruptible = interruptibleClock(clock, signal);
    await interruptible.sleep(300);
    expect(clock.sleeps).toEqual([300]);
    expect([interruptible.now(), interruptible.monotonic()]).toEqual([START + 300, 300]);
  });

  it('wakes up at once', async () => {
    const { signal, error, interrupt } = interruption();
    const sleeping = interruptibleClock({ ...new FakeClock(), sleep: forEver }, signal).sleep(1e9);
    interrupt();
    await expect(sleeping).rejects.toBe(error);
  });
});
