/** The action in a composite action and in a reusable workflow. */
import { expect, it } from 'vitest';
import { entriesOf, linesOf, newCaller, setBy } from './caller.ts';

it('a composite action passes its token to the job, masked, and it is deleted when the job ends', async () => {
  await using caller = await newCaller();
  const run = await caller.run('through-composite.yml');

  expect(run.exitCode).toBe(0);
  const { token = '', 'token-id': id = '', note } = setBy(run, 'set-output', { step: 'mapbox' });
  expect(note).toMatch(/^A team's own action \(octo-org\/maps\) \[until job ends: /);
  expect(setBy(run, 'set-output', { step: 'publish' })).toEqual({ token });
  expect(linesOf(run, { step: 'inside' })).toEqual(['[]']);
  expect(linesOf(run, { step: 'use' })).toEqual([
    'exported ***',
    'given ***',
    expect.stringContaining('TokenValid'),
  ]);
  expect(run.shown).not.toContain(token);
  // The post step runs at the end of the job, not of the composite action.
  const inputs = entriesOf(run, {}).map(({ shown }) => shown);
  expect(inputs.indexOf(`Deleted the token ${id}.`)).toBeGreaterThan(inputs.indexOf('given ***'));
  expect(caller.requests()).toEqual(['POST 201', 'DELETE 204']);
  expect(caller.setting.created()).toEqual([]);
});

it('a reusable workflow mints with the secret that its caller passes', async () => {
  await using caller = await newCaller();
  const run = await caller.run('through-reusable.yml');

  expect(run.exitCode).toBe(0);
  const { token = '', note } = setBy(run, 'set-output', { step: 'mapbox' });
  // GitHub tells a called workflow its caller's name; act tells it its own.
  expect(note).toMatch(/^Publish \(octo-org\/maps\) \[until job ends: /);
  expect(linesOf(run, { step: 'use' })).toEqual(['given ***', '[]']);
  expect(linesOf(run, { step: 'report' })).toEqual(['published by octo']);
  expect(run.shown).not.toContain(token);
  expect(run.shown).not.toContain(caller.setting.authorizingToken.token);
  expect(caller.requests()).toEqual(['POST 201', 'DELETE 204']);
  expect(caller.setting.created()).toEqual([]);
});
