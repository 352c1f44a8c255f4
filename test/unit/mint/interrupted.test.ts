/** Minting a stored token while the step is interrupted. */
import { describe, expect, it } from 'vitest';
import { ActionError, errorTitles } from '../../../src/action-error.ts';
import type { CleanupState } from '../../../src/cleanup/state.ts';
import { mintStoredToken } from '../../../src/mint/stored.ts';
import { FakeClock, START } from '../../support/fake-clock.ts';
import {
  accountOn,
  GET,
  json,
  lostResponse,
  POST,
  page,
  type ScriptedResponse,
  scripted,
} from '../../support/http-script.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { idOf, OWNER, tokenText } from '../../support/tokens.ts';
import { run } from '../../support/workflow-run.ts';

const reason = new Error('cancelled');

const GRACE_MS = 5_000;

const unanswered = new Promise<never>(() => {});

/** Mints with scripted responses, which get a way to interrupt the step. */
async function mint(
  responses: (interrupt: () => void) => readonly ScriptedResponse[],
  { atOnce = false, isLost = false, isFull = (_: CleanupState | undefined): boolean => false } = {},
) {
  const controller = new AbortController();
  const interrupt = () => controller.abort(reason);
  if (atOnce) interrupt();
  const client = scripted(...responses(interrupt));
  const clock = new FakeClock();
  // The response arrives within the grace period, which takes no time otherwise.
  const sleep = (milliseconds: number) =>
    milliseconds === GRACE_MS ? unanswered : clock.sleep(milliseconds);
  const states: (CleanupState | undefined)[] = [];
  const warnings: string[] = [];
  const account = accountOn({
    async send(request, timeoutMs) {
      const response = await client.send(request, timeoutMs);
      return isLost ? unanswered : response;
    },
  });
  const request = {
    kind: 'stored',
    scopes: ['tilesets:read'],
    untilJobEnds: true,
    note: 'Release',
    allowedUrls: [],
  } as const;
  const end: unknown = await mintStoredToken(account, request, {
    run,
    purpose: { kind: 'until-job-ends' },
    nonce: 'abcd1234',
    actionPath: '/action',
    options: { ...retryOptions(clock), clock: isLost ? clock : { ...clock, sleep } },
    interrupted: controller.signal,
    saveState(state) {
      if (isFull(state)) throw new ActionError(errorTitles.outputsNotWritten, 'No space.');
      states.push(state);
    },
    warn: text => void warnings.push(text),
  }).catch((error: unknown) => error);
  return { end, states, warnings, asked: client.requestLines, sleeps: clock.sleeps };
}

/** A response, before which the step is interrupted. */
const during = (interrupt: () => void, response: ReturnType<typeof json>) => () => {
  interrupt();
  return response;
};

const made = json(
  201,
  {
    ...{ usage: 'sk', id: idOf(1), scopes: ['tilesets:read'], note: 'changed' },
    ...{ token: tokenText('sk', { u: OWNER, a: idOf(1) }), created: new Date(START).toISOString() },
  },
  { date: new Date(START).toUTCString() },
);

it('an interrupted step sends no request', async () => {
  const { end, asked, states } = await mint(() => [], { atOnce: true });
  expect(end).toBe(reason);
  expect([asked, states]).toEqual([[], []]);
});

describe('a step that is interrupted during the request', () => {
  it('names the note of the possible token if no response arrives within five seconds', async () => {
    const { end, states, sleeps } = await mint(interrupt => [during(interrupt, made)], { isLost: true });
    expect(end).toMatchObject({
      name: 'InterruptedError',
      message: expect.stringMatching(/^A token with the note "Release .*#abcd1234\]" may exist: /),
    });
    expect(sleeps).toEqual([GRACE_MS]);
    expect(states.at(-1)).toMatchObject({ token: undefined, orphans: 1 });
  });

  it('claims no possible token if the request was rejected', async () => {
    for (const response of [json(422, { message: 'Odd' }), json(429, {})]) {
      const { end, states, asked } = await mint(interrupt => [during(interrupt, response)]);
      expect(end).toBe(reason);
      expect(asked).toEqual([POST]);
      expect(states.at(-1)).toMatchObject({ orphans: 0 });
    }
  });

  it('sends no further request after a failure', async () => {
    const { end, asked } = await mint(interrupt => [during(interrupt, json(503, {}))]);
    expect(end).toMatchObject({ name: 'InterruptedError' });
    expect(asked).toEqual([POST]);
  });
});

describe('the search for tokens of lost requests that cannot be identified', () => {
  const steps = (interrupt: () => void) => [lostResponse(), page([]), made, during(interrupt, page([]))];

  it('is abandoned if the step is interrupted, as the new token’s ID is known', async () => {
    const { end, asked, warnings } = await mint(steps);
    expect(end).toMatchObject({ token: { id: idOf(1) } });
    expect(asked).toEqual([POST, GET, POST, GET]);
    expect(warnings).toEqual([expect.stringContaining('stored the note without')]);
  });

  it('stops the step if its result cannot be saved', async () => {
    const { end } = await mint(() => steps(() => {}), {
      isFull: state => state?.token !== undefined && state.orphans === 0,
    });
    expect(end).toMatchObject({ message: 'No space.' });
  });
});
