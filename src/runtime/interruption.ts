import type { Clock } from '../clock.ts';

/** Thrown when an interrupted step stops. The message, if any, describes what the step leaves behind. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/**
 * A clock for work that can be interrupted at any pause: `sleep` rejects with the signal's reason once it is aborted.
 */
export function interruptibleClock(clock: Clock, interrupted: AbortSignal): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: milliseconds => orInterrupted(clock.sleep(milliseconds), interrupted),
  };
}

/**
 * Waits for `pending`, which should not be abandoned halfway, until the step is interrupted.
 *
 * @param grace resolves when the time that `pending` gets after an interruption is over.
 * @throws the signal's reason if `pending` has not settled by then.
 */
export async function orInterrupted<T>(
  pending: Promise<T>,
  interrupted: AbortSignal,
  grace: () => Promise<void> = async () => {},
): Promise<T> {
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const giveUp = () => void grace().then(() => reject(interrupted.reason));
  if (interrupted.aborted) giveUp();
  else interrupted.addEventListener('abort', giveUp);
  try {
    return await Promise.race([pending, givenUp]);
  } finally {
    interrupted.removeEventListener('abort', giveUp);
  }
}
