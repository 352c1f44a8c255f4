import { describe, expect, it } from 'vitest';
import { InterruptedError, interruptibleClock, orInterrupted } from '../../../src/runtime/interruption.ts';
import { FakeClock, START } from '../../support/fake-clock.ts';

const forEver = () => new Promise<never>(() => {});

function interruption() {
  const controller = new AbortController();
  const error = new InterruptedError();
  return { signal: controller.signal, error, interrupt: () => controller.abort(error) };
}

it('has a distinct name', () => {
  expect(String(new InterruptedError('Stopped.'))).toBe('InterruptedError: Stopped.');
});

describe('interruptible work', () => {
  it('has its own result if it is not interrupted', async () => {
    const { signal } = interruption();
    expect(await orInterrupted(Promise.resolve(7), signal)).toBe(7);
    await expect(orInterrupted(Promise.reject(new Error('own')), signal)).rejects.toThrow('own');
  });

  it.each(['before', 'while'])('is given up if it is interrupted %s it runs', async moment => {
    const { signal, error, interrupt } = interruption();
    if (moment === 'before') interrupt();
    const work = orInterrupted(forEver(), signal);
    interrupt();
    await expect(work).rejects.toBe(error);
  });

  it('gets its grace period', async () => {
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

  it('needs no grace period and leaves no listener if it has finished', async () => {
    const { signal, interrupt } = interruption();
    let asked = 0;
    await orInterrupted(Promise.resolve(), signal, async () => void asked++);
    interrupt();
    expect(asked).toBe(0);
  });
});

describe('an interruptible clock', () => {
  it('gives the same time, and sleeps as long', async () => {
    const { signal } = interruption();
    const clock = new FakeClock();
    const interruptible = interruptibleClock(clock, signal);
    await interruptible.sleep(300);
    expect(clock.sleeps).toEqual([300]);
    expect([interruptible.now(), interruptible.monotonic()]).toEqual([START + 300, 300]);
  });

  it('wakes up on interruption', async () => {
    const { signal, error, interrupt } = interruption();
    const sleeping = interruptibleClock({ ...new FakeClock(), sleep: forEver }, signal).sleep(1e9);
    interrupt();
    await expect(sleeping).rejects.toBe(error);
  });
});
