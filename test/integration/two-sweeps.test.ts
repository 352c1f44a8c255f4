/** Two sweeps of one account at once: a late schedule, or two workflows. */
import { expect, it } from 'vitest';
import { setUpSweep } from '../support/sweep-step.ts';

it.each([30, 300])('two concurrent sweeps of %i tokens each count only their own deletions', async tokens => {
  await using setting = await setUpSweep({ rateLimit: { requests: 100_000, intervalSeconds: 60 } });
  for (let n = 0; n < tokens; n++) setting.createJobToken('1');
  setting.github.attempts.set('1/1', 'completed');
  const swept = await Promise.all([setting.sweep(), setting.sweep()]);

  const requests = setting.mapbox.requests.map(({ method, status }) => `${method} ${status}`);
  const count = (request: string) => requests.filter(one => one === request).length;
  const deleted = swept.map(({ outputs }) => Number(outputs['deleted']));
  expect(swept.map(({ conclusion }) => conclusion)).toEqual(['success', 'success']);
  expect(deleted.reduce((a, b) => a + b)).toBe(tokens);
  expect(count('DELETE 204')).toBe(tokens);
  expect(swept.map(({ outputs }) => outputs['kept'])).toEqual(['0', '0']);
  // They meet once, not at every token.
  expect(count('DELETE 404')).toBeLessThan(15);
  expect(Math.min(...deleted)).toBeGreaterThan(0);
});
