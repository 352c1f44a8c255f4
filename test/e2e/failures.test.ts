/** Failing steps: the messages, and how the workflow continues. */
import { describe, expect, it } from 'vitest';
import { endOf, errorsOf, jobsOf, linesOf, newCaller, setBy } from './caller.ts';

describe('bad input', () => {
  it('fails the job with one error that lists all problems, before any request', async () => {
    await using caller = await newCaller();
    const run = await caller.run('bad-input.yml');
    const job = 'fails';

    expect(run.exitCode).toBe(1);
    expect(jobsOf(run)).toMatchObject({ 'Bad input/fails': 'failure' });
    expect(endOf(run, { job, step: 'mapbox' })).toBe('failure');
    expect(endOf(run, { job, step: 'after' })).toBeUndefined();
    const errors = errorsOf(run, { job });
    expect(errors).toMatchObject([{ title: 'Invalid inputs' }]);
    const [message = ''] = errors.map(({ message }) => message);
    expect(message).toMatch(/`authorizing-token` is empty/);
    expect(message).toMatch(/pull requests from forks/i);
    expect(message).toMatch(/`tileset:write`.*`tilesets:write`/);
    expect(message).toMatch(/`lifetime`.*hour/s);
    expect(message).toMatch(/GITHUB_TOKEN/);
    expect(setBy(run, 'set-output', { job, step: 'mapbox' })).toEqual({});
    // Its post step has nothing to do and prints nothing.
    expect(endOf(run, { job, step: 'mapbox', stage: 'Post' })).toBe('success');
    expect(linesOf(run, { job, step: 'mapbox', stage: 'Post' })).toEqual([]);
  });

  it('does not stop the job with `continue-on-error`, and a later step can check the outcome', async () => {
    await using caller = await newCaller();
    const run = await caller.run('bad-input.yml');
    const job = 'goes-on';

    expect(jobsOf(run)).toMatchObject({ 'Bad input/goes-on': 'success' });
    expect(endOf(run, { job, step: 'mapbox' })).toBe('failure');
    expect(errorsOf(run, { job })).toMatchObject([{ title: 'Invalid scopes' }]);
    expect(endOf(run, { job, step: 'with' })).toBeUndefined();
    expect(linesOf(run, { job, step: 'without' })).toEqual(['conclusion success, outputs {}']);
  });

  it('that only Mapbox can detect is reported with what is missing', async () => {
    await using caller = await newCaller();
    const run = await caller.run('bad-input.yml');
    const job = 'refused';

    expect(jobsOf(run)).toMatchObject({ 'Bad input/refused': 'failure' });
    expect(errorsOf(run, { job })).toEqual([
      { title: 'Mapbox rejected the scopes', message: expect.stringMatching(/`uploads:write`/) },
    ]);
    expect(caller.requests()[0]).toBe('POST 422');
    expect(caller.setting.created()).toEqual([]);
  });
});
