import { expect, it } from 'vitest';
import fc from '../support/random.ts';
import { expectedDeletions, NOT_OVER, note, OVER } from '../support/sweep-notes.ts';
import { DAY, setUpSweep } from '../support/sweep-step.ts';

it('the sweep of an account with random notes deletes exactly the right tokens', async () => {
  let deleted = 0;
  const token = fc.record({ note, usage: fc.constantFrom('pk', 'sk'), days: fc.constantFrom(1, 5, 20, 60) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(token, { minLength: 1, maxLength: 25 }),
      fc.constantFrom(undefined, 1, 2),
      async (params, keep) => {
        await using setting = await setUpSweep({ pageSize: 7 });
        const { account } = setting.mapbox;
        for (const over of OVER) setting.github.attempts.set(over, 'completed');
        for (const going of NOT_OVER) setting.github.attempts.set(going, 'in_progress');
        const now = setting.clock.mapboxTime();
        // No two have the same age, so that one of them is the newer.
        for (const [n, { note, usage, days }] of params.entries())
          setting.createToken(note, usage, new Date(now - days * DAY - 60_000 - n));
        const tokens = account.tokens();
        const swept = await setting.sweep(keep === undefined ? {} : { 'keep-permanent': String(keep) });

        expect(swept.conclusion).toBe('success');
        const gone = tokens.filter(token => !setting.exists(token)).map(token => token.id);
        const expected = expectedDeletions(
          tokens.map(({ id, note, usage, created, default: isDefault }) => ({
            id,
            note: note ?? '',
            usage,
            age: now - Date.parse(created),
            isDefault: isDefault === true,
          })),
          setting.authorizingToken.id,
          keep === undefined ? undefined : { keep, minAge: 7 * DAY },
        );
        expect(gone.sort()).toEqual(expected.sort());
        const deletions = setting.mapbox.requests.flatMap(({ method, path }) =>
          method === 'GET' ? [] : [`${method} ${path.split('/').at(-1)}`],
        );
        expect(deletions.sort()).toEqual(expected.map(id => `DELETE ${id}`));
        deleted += gone.length;
      },
    ),
    { numRuns: 100 },
  );
  expect(deleted).toBeGreaterThan(0);
});
