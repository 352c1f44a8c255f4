import { describe, expect, it } from 'vitest';
import { errorTitles } from '../../../src/action-error.ts';
import { parseState } from '../../../src/cleanup/state.ts';
import type { HttpRequest } from '../../../src/http/client.ts';
import type { HttpResponse, NoResponse } from '../../../src/http/response.ts';
import { mainStep } from '../../../src/mint/step.ts';
import type { Context } from '../../../src/runtime/context.ts';
import { FakeClock, START } from '../../support/fake-clock.ts';
import { FakeRunner, type FakeRunnerOptions } from '../../support/fake-runner.ts';
import { deleted, json, lostResponse, page } from '../../support/http-script.ts';
import { NO_PROCESSES } from '../../support/processes.ts';
import { authorizingTokenText, idOf, OWNER, tokenText } from '../../support/tokens.ts';
import { RUN_ENV } from '../../support/workflow-run.ts';

const ID = idOf(1);
const minted = tokenText('sk', { u: OWNER, a: ID });
const INPUTS = { 'authorizing-token': authorizingTokenText, scopes: 'tilesets:read' };

/** A Mapbox that creates the requested token, and deletes it. */
function respond({ method, body }: HttpRequest): HttpResponse {
  if (method === 'DELETE') return deleted();
  const { scopes, note } = JSON.parse(body ?? '');
  const times = { created: new Date(START).toISOString() };
  return json(
    201,
    { token: minted, id: ID, usage: 'sk', scopes, note, ...times },
    { date: new Date(START).toUTCString() },
  );
}

function setUp(
  options: FakeRunnerOptions = {},
  onRequest: (request: HttpRequest) => HttpResponse | NoResponse | undefined = () => undefined,
) {
  const runner = new FakeRunner({ inputs: INPUTS, ...options });
  const requests: string[] = [];
  const controller = new AbortController();
  const context: Context = {
    runner,
    env: { ...RUN_ENV, GITHUB_ACTION_PATH: '/action' },
    clock: new FakeClock(),
    randomInt: () => 0,
    processes: NO_PROCESSES,
    createHttpClient: async () => ({
      async send(request) {
        requests.push(request.method);
        return onRequest(request) ?? respond(request);
      },
      close: async () => {},
    }),
  };
  return { run: () => mainStep(context, controller.signal), runner, requests, controller, context };
}

describe('a successful run', () => {
  it('sends one request, writes the outputs and logs one line', async () => {
    const { run, runner, requests } = setUp();
    await run();
    expect(requests).toEqual(['POST']);
    expect(runner.outputs).toMatchObject({
      token: minted,
      'token-id': ID,
      usage: 'sk',
      scopes: 'tilesets:read',
    });
    expect(runner.log).toHaveLength(1);
    expect(parseState(runner.savedState)?.cleanup).toMatchObject({
      token: { id: ID, keep: false },
      orphans: 0,
    });
  });

  it('masks the authorizing token first, and the new one before the line about it', async () => {
    const { run, runner } = setUp();
    await run();
    expect(runner.masks[0]).toBe(authorizingTokenText);
    expect(runner.masks).toContain(minted);
  });

  it('sets the variables of `export-env`, and adds the summary if requested', async () => {
    const { run, runner } = setUp({
      inputs: { ...INPUTS, 'export-env': 'MAPBOX_ACCESS_TOKEN', summary: 'true' },
    });
    await run();
    expect(runner.variables).toEqual({ MAPBOX_ACCESS_TOKEN: minted });
    expect(runner.summary.flat()).toContain('Mapbox token');
    expect(runner.summary.flat().join('\n')).not.toContain(minted);
  });

  it('with a permanent token leaves nothing to the post step', async () => {
    const { run, runner } = setUp({ inputs: { ...INPUTS, lifetime: 'permanent' } });
    await run();
    expect(runner.savedState).toBe('');
    expect(runner.outputs['note']).toContain('[until deleted: ');
  });
});

describe('no request is sent', () => {
  it('if an input is invalid', async () => {
    const { run, requests } = setUp({ inputs: { ...INPUTS, scopes: '' } });
    await expect(run()).rejects.toMatchObject({ title: 'Invalid scopes' });
    expect(requests).toEqual([]);
  });

  it('if the outputs could not be written', async () => {
    const { run, requests } = setUp({ missingFile: 'GITHUB_OUTPUT is not set' });
    await expect(run()).rejects.toMatchObject({
      title: 'Not running on GitHub Actions',
      message: expect.stringContaining('GITHUB_OUTPUT is not set. No token was created.'),
    });
    expect(requests).toEqual([]);
  });
});

describe('if the outputs turn out not to be writable', () => {
  it('the token is deleted, nothing is left to the post step, and the error reports both', async () => {
    const { run, runner, requests } = setUp({ diskFull: true });
    await expect(run()).rejects.toMatchObject({
      title: 'Could not write outputs',
      message: expect.stringMatching(/is the disk full\? The token was deleted\.$/),
    });
    expect(requests).toEqual(['POST', 'DELETE']);
    expect(runner.savedState).toBe('');
    expect(runner.lines('debug')).toEqual([expect.stringContaining('ENOSPC')]);
  });

  it('so is a permanent token', async () => {
    const { run, runner, requests } = setUp({
      diskFull: true,
      inputs: { ...INPUTS, lifetime: 'permanent' },
    });
    await expect(run()).rejects.toMatchObject({ title: 'Could not write outputs' });
    expect(requests).toEqual(['POST', 'DELETE']);
    expect(runner.savedState).toBe('');
  });

  it('only tokens of lost requests are left to the post step', async () => {
    const { run, runner, requests } = setUp({ diskFull: true }, ({ method }) =>
      requests.length === 1 ? lostResponse() : method === 'GET' ? page([]) : undefined,
    );
    await expect(run()).rejects.toMatchObject({ title: 'Could not write outputs' });
    expect(requests).toEqual(['POST', 'GET', 'POST', 'DELETE']);
    expect(parseState(runner.savedState)?.cleanup).toMatchObject({ token: undefined, orphans: 1 });
  });
});

describe('interrupted during the request', () => {
  it('the step deletes the token and writes nothing', async () => {
    const { run, runner, requests, controller } = setUp({}, ({ method }) => {
      if (method === 'POST') controller.abort(new Error('cancelled'));
    });
    await expect(run()).rejects.toMatchObject({
      name: 'InterruptedError',
      message: expect.stringContaining('discarded'),
    });
    expect(requests).toEqual(['POST', 'DELETE']);
    expect([runner.outputs, runner.savedState]).toEqual([{}, '']);
  });
});

describe('interrupted between the response and the outputs', () => {
  /** Mapbox stores the note changed, which causes a warning: then the signal comes. */
  function interruptAtWarning(deletion: HttpResponse) {
    const { runner, requests, controller, context } = setUp();
    Object.assign(runner, { warning: () => controller.abort(new Error('cancelled')) });
    const createHttpClient: Context['createHttpClient'] = async () => ({
      async send(request) {
        requests.push(request.method);
        if (request.method === 'DELETE') return deletion;
        const created = respond(request);
        if (created.body.kind !== 'complete') return created;
        const body = JSON.parse(created.body.text.reveal());
        return json(201, { ...body, note: 'changed' }, created.headers);
      },
      close: async () => {},
    });
    return { run: () => mainStep({ ...context, createHttpClient }, controller.signal), runner, requests };
  }

  it('the step deletes the token, and leaves nothing to the post step', async () => {
    const { run, runner, requests } = interruptAtWarning(deleted());
    await expect(run()).rejects.toMatchObject({
      name: 'InterruptedError',
      message: 'The token was deleted.',
    });
    expect(requests).toEqual(['POST', 'DELETE']);
    expect([runner.outputs, runner.savedState]).toEqual([{}, '']);
  });

  it('the step leaves the token to the post step if it cannot delete it', async () => {
    const { run, runner } = interruptAtWarning(json(403, { message: 'Forbidden' }));
    await expect(run()).rejects.toMatchObject({
      message: expect.stringContaining(`The token ${ID} was not used`),
    });
    expect(runner.outputs).toEqual({});
    expect(parseState(runner.savedState)?.cleanup).toMatchObject({ token: { id: ID, keep: false } });
  });
});

describe('the post step’s state', () => {
  it('records a possible token before the request is sent', async () => {
    const states: unknown[] = [];
    const { run, runner } = setUp({}, () => void states.push(parseState(runner.savedState)?.cleanup));
    await run();
    expect(states).toEqual([
      expect.objectContaining({ token: undefined, orphans: 1, actionPath: '/action' }),
    ]);
  });

  it('prevents every request if it cannot be saved', async () => {
    const { run, runner, requests } = setUp();
    Object.assign(runner, {
      saveState() {
        throw new Error('ENOSPC');
      },
    });
    await expect(run()).rejects.toMatchObject({
      title: 'Could not write outputs',
      message: expect.stringContaining('state file could not be written'),
    });
    expect(requests).toEqual([]);
    expect(runner.lines('debug')[0]).toContain('ENOSPC');
  });
});

describe('in addition to the token', () => {
  it('the log has one warning for each odd scope', async () => {
    const { run, runner } = setUp({ inputs: { ...INPUTS, scopes: 'tilesets:read tokens:write' } });
    await run();
    expect(runner.lines('warning')).toEqual([expect.stringContaining('tokens:write')]);
  });

  it('the environment file is checked only if variables are exported', async () => {
    const asked: boolean[] = [];
    for (const inputs of [INPUTS, { ...INPUTS, 'export-env': 'MAPBOX_ACCESS_TOKEN' }]) {
      const { run, runner } = setUp({ inputs });
      Object.assign(runner, { findFileProblem: (variables: boolean) => void asked.push(variables) });
      await run();
    }
    expect(asked).toEqual([false, false, true]);
  });

  it('an environment file that cannot be written prevents every request', async () => {
    const { run, runner, requests } = setUp({ inputs: { ...INPUTS, 'export-env': 'MAPBOX_ACCESS_TOKEN' } });
    const problem = {
      title: errorTitles.outputsNotWritten,
      problem: 'GITHUB_ENV is full.',
      advice: 'Empty it.',
    };
    Object.assign(runner, { findFileProblem: (variables: boolean) => (variables ? problem : undefined) });
    await expect(run()).rejects.toThrow('GITHUB_ENV is full. No token was created.');
    expect(requests).toEqual([]);
  });

  it('the summary with the run is written only if requested', async () => {
    const { run, runner } = setUp({ inputs: { ...INPUTS, summary: 'true' } });
    await run();
    expect(runner.summary).toContainEqual(['Run', 'https://github.com/octo-org/maps/actions/runs/4711']);
    const plain = setUp();
    await plain.run();
    expect(plain.runner.summary).toEqual([]);
  });

  it('a summary that cannot be written is a warning: the token exists', async () => {
    const { run, runner } = setUp({ inputs: { ...INPUTS, summary: 'true' } });
    Object.assign(runner, { writeSummary: () => Promise.reject(new Error('EACCES')) });
    await run();
    expect(runner.outputs).toMatchObject({ token: minted });
    expect(runner.lines('warning')).toEqual([
      'The outputs were written, but the summary page could not be written.',
    ]);
  });
});

it('a temporary token has no note, no run in its line, and leaves the state alone', async () => {
  const text = tokenText('tk', {
    u: OWNER,
    iat: START / 1000,
    exp: START / 1000 + 1200,
    scopes: ['tilesets:read'],
  });
  const { runner, context } = setUp({ inputs: { ...INPUTS, lifetime: '20m', summary: 'true' } });
  const temporary: Context = {
    ...context,
    processes: NO_PROCESSES,
    createHttpClient: async () => ({
      async send() {
        expect(runner.savedState).toBe('');
        return json(200, { token: text }, { date: new Date(START).toUTCString() });
      },
      close: async () => {},
    }),
  };
  await mainStep(temporary, new AbortController().signal);
  expect(runner.outputs).toMatchObject({ usage: 'tk', note: '', 'token-id': '', token: text });
  expect(runner.lines('info')).toEqual([expect.not.stringContaining('Run:')]);
  expect(runner.summary.map(([name]) => name)).not.toContain('Run');
  expect(runner.savedState).toBe('');
});
