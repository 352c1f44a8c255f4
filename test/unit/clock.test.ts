import { expect, it } from 'vitest';
import { clock } from '../../src/clock.ts';

it('gives the time and monotonic milliseconds', async () => {
  const [now, monotonic] = [clock.now(), clock.monotonic()];
  await clock.sleep(30);
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
  expect(clock.now()).toBeGreaterThanOrEqual(now);
  const elapsed = clock.monotonic() - monotonic;
  expect(elapsed).toBeGreaterThan(25);
  expect(elapsed).toBeLessThan(10_000);
});
