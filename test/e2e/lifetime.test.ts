/** The main promise in an independent runner: a token of each kind is minted, used, and ends as it should. */
import { describe, expect, it } from 'vitest';
import { endOf, entriesOf, errorsOf, jobsOf, linesOf, newCaller, setBy } from './caller.ts';

const MARK = /\[until job ends: 123456789\/4711\.1#[a-z0-9]{8}\]$/;
const mint = { step: 'mapbox' };

describe('a token for the job', () => {
  it('is minted, works in a plain curl request of a later step, and is deleted by the post step', async () => {
    await using caller = await newCaller();
    const run = await caller.run('lifetimes.yml', { env: { LIFETIME: 'job' } });

    expect(run.exitCode).toBe(0);
    const outputs = setBy(run, 'set-output', mint);
    expect(outputs).toMatchObject({
      token: expect.stringMatching(/^sk\./),
      scopes: 'tilesets:write tilesets:list',
      note: expect.stringMatching(MARK),
    });
    expect(linesOf(run, { step: 'use' })).toEqual([
      '[]',
      `{"code":"TokenValid","token":{"usage":"sk","user":"octo","authorization":"${outputs['token-id']}"}}`,
    ]);
    expect(linesOf(run, { ...mint, stage: 'Post' })).toEqual([`Deleted the token ${outputs['token-id']}.`]);
    expect(caller.requests()).toEqual(['POST 201', 'DELETE 204']);
    expect(caller.setting.created()).toEqual([]);
    expect(run.shown).not.toContain(outputs['token']);
    expect(run.shown).not.toContain(caller.setting.authorizingToken.token);
  });

  it('is alive until a later step fails, and is then deleted', async () => {
    await using caller = await newCaller();
    const run = await caller.run('later-step-fails.yml');

    expect(run.exitCode).toBe(1);
    expect(jobsOf(run)).toEqual({ 'Release/tiles': 'failure' });
    expect(endOf(run, { step: 'fail' })).toBe('failure');
    expect(endOf(run, { step: 'after' })).toBeUndefined();
    expect(linesOf(run, { step: 'look' })).toEqual([expect.stringContaining('TokenValid')]);
    expect(endOf(run, { ...mint, stage: 'Post' })).toBe('success');
    expect(caller.requests()).toEqual(['POST 201', 'DELETE 204']);
    expect(caller.setting.created()).toEqual([]);
  });

  it('is deleted before an earlier step’s', async () => {
    await using caller = await newCaller();
    const run = await caller.run('two-mints.yml');

    expect(run.exitCode).toBe(0);
    const upload = setBy(run, 'set-output', { step: 'upload' });
    const style = setBy(run, 'set-output', { step: 'style' });
    expect(upload).toMatchObject({
      usage: 'sk',
      note: expect.stringMatching(/^Upload of the parks \(octo-org\/maps\) \[until/),
    });
    expect(style).toMatchObject({ usage: 'pk', scopes: 'styles:read fonts:read' });
    expect(linesOf(run, { step: 'use' }).map(line => JSON.parse(line))).toMatchObject([
      { code: 'TokenValid', token: { authorization: upload['token-id'] } },
      { code: 'TokenValid', token: { authorization: style['token-id'] } },
    ]);
    expect(caller.setting.mapbox.requests.filter(({ method }) => method === 'DELETE')).toMatchObject([
      { path: `/tokens/v2/octo/${style['token-id']}`, status: 204 },
      { path: `/tokens/v2/octo/${upload['token-id']}`, status: 204 },
    ]);
    expect(caller.setting.created()).toEqual([]);
  });

  it('is separate for each of a matrix’s eight jobs', async () => {
    await using caller = await newCaller();
    const run = await caller.run('matrix.yml');

    expect(run.exitCode).toBe(0);
    expect(Object.values(jobsOf(run))).toEqual(Array.from({ length: 8 }, () => 'success'));
    const made = caller.setting.mapbox.account.everIssued().filter(({ note }) => MARK.test(note ?? ''));
    const notes = made.map(({ note }) => note?.replace(/ \(octo-org.*/, ''));
    expect(notes.sort()).toEqual(
      ['names', 'parks', 'roads', 'water'].flatMap(layer => [
        `${layer} of the north`,
        `${layer} of the south`,
      ]),
    );
    expect(new Set(made.map(({ note }) => note?.slice(-9))).size).toBe(8);
    expect(linesOf(run, { step: 'use' })).toEqual(Array.from({ length: 8 }, () => '[]'));
    expect(caller.requests().sort()).toEqual([
      ...Array.from({ length: 8 }, () => 'DELETE 204'),
      ...Array.from({ length: 8 }, () => 'POST 201'),
    ]);
    expect(caller.setting.created()).toEqual([]);
  });

  // GitHub's runner drops a job output with a masked value. act passes it on, but the token is dead in the second job.
  it('is useless to another job, which mints its own', async () => {
    await using caller = await newCaller();
    const run = await caller.run('two-jobs.yml');

    expect(run.exitCode).toBe(0);
    expect(linesOf(run, { step: 'try' })).toEqual([
      'of octo',
      '{"message":"Not Authorized - Invalid Token"}',
    ]);
    expect(linesOf(run, { job: 'verify', step: 'use' })).toEqual(['[]']);
    expect(caller.requests()).toEqual(['POST 201', 'DELETE 204', 'POST 201', 'DELETE 204']);
    const tokens = ['upload', 'verify'].map(job => setBy(run, 'set-output', { ...mint, job })['token']);
    expect(new Set(tokens).size).toBe(2);
    expect(caller.setting.created()).toEqual([]);
  });
});

it('a temporary token is minted, used, and left to expire, without a request of the post step', async () => {
  await using caller = await newCaller();
  const run = await caller.run('lifetimes.yml', { env: { LIFETIME: '20m' } });

  expect(run.exitCode).toBe(0);
  const outputs = setBy(run, 'set-output', mint);
  expect(outputs).toMatchObject({ usage: 'tk', 'token-id': '', note: '' });
  expect(linesOf(run, { step: 'use' })).toEqual(['[]', expect.stringContaining('TokenValid')]);
  expect(entriesOf(run, { ...mint, stage: 'Post' }).filter(({ written }) => written)).toEqual([]);
  expect(endOf(run, { ...mint, stage: 'Post' })).toBe('success');
  expect(caller.requests()).toEqual(['POST 200']);
  expect(caller.setting.mapbox.account.isAlive(outputs['token'] ?? '')).toBe(true);
  expect(run.shown).not.toContain(outputs['token']);
});

it('a permanent token is minted, used, and kept, without a request of the post step', async () => {
  await using caller = await newCaller();
  const run = await caller.run('lifetimes.yml', { env: { LIFETIME: 'permanent' } });

  expect(run.exitCode).toBe(0);
  const outputs = setBy(run, 'set-output', mint);
  expect(outputs).toMatchObject({
    usage: 'sk',
    note: expect.stringMatching(
      /^Release \(octo-org\/maps\) \[until deleted: 123456789\/4711\.1#[a-z0-9]{8}\]$/,
    ),
  });
  expect(linesOf(run, { step: 'use' })).toEqual(['[]', expect.stringContaining('TokenValid')]);
  expect(linesOf(run, { ...mint, stage: 'Post' })).toEqual([]);
  expect(caller.requests()).toEqual(['POST 201']);
  expect(caller.setting.created()).toMatchObject([{ id: outputs['token-id'] }]);
});

it('the action’s own repository can use it by its path, and the sweep keeps tokens in use', async () => {
  await using caller = await newCaller();
  const run = await caller.run('own-repository.yml');

  expect(run.exitCode).toBe(0);
  expect(errorsOf(run, {})).toEqual([]);
  expect(setBy(run, 'set-output', { step: 'sweep' })).toEqual({ deleted: '0', kept: '1' });
  expect(caller.requests()).toEqual(['POST 201', 'GET 200', 'DELETE 204']);
  expect(caller.setting.created()).toEqual([]);
});
