import { describe, expect, it } from 'vitest';
import { createGithubClient } from '../../../src/github/client.ts';
import { getRunStates, isTokenRejected } from '../../../src/github/run-states.ts';
import type { RunAttempt } from '../../../src/github/runs.ts';
import type { HttpResponse, NoResponse } from '../../../src/http/response.ts';
import { Secret } from '../../../src/secret.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { html, json } from '../../support/http-script.ts';
import { rejected } from '../../support/scripted-github.ts';

const notFound = rejected(404);

const success = (id: unknown, status: string) => json(200, { id, run_attempt: 1, status });

const OWN = { id: '9000', attempt: '1' };

/** Asks about the runs 1 to `count`, at a GitHub that answers with `respond` after `cost` milliseconds. */
async function states(
  count: number,
  respond: (id: unknown) => HttpResponse | NoResponse,
  { cost = 0, milliseconds = 1000 } = {},
) {
  const clock = new FakeClock();
  const asked: unknown[] = [];
  const timeouts: number[] = [];
  let underWay = 0;
  let busiest = 0;
  const http = {
    async send({ path }: { readonly path: string }, timeoutMs: number) {
      const id = Number(/runs\/(\d+)\//.exec(path)?.[1]);
      asked.push(id);
      timeouts.push(timeoutMs);
      busiest = Math.max(busiest, ++underWay);
      await Promise.resolve();
      underWay--;
      clock.advance(cost);
      return respond(id);
    },
    async close() {},
  };
  const github = createGithubClient(http, new URL('https://api.github.com'), new Secret('ghs_x'));
  const runs: RunAttempt[] = Array.from({ length: count }, (_, n) => ({ id: String(n + 1), attempt: '1' }));
  const found = await getRunStates({ github, repository: 'o/r', runs, ownRun: OWN }, clock, milliseconds);
  return { found, asked, timeouts, busiest };
}

it('asks about each run once, at most five at a time', async () => {
  const { found, asked, busiest } = await states(20, id => success(id, 'in_progress'));
  expect(asked).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  expect([...found.keys()]).toEqual(asked.map(id => `${id}.1`));
  expect(busiest).toBe(5);
});

describe('a run that GitHub does not find', () => {
  it('was deleted where the run that asks is readable', async () => {
    const { found, asked } = await states(3, id =>
      id === 2 ? success(id, 'completed') : id === 9000 ? success(id, 'in_progress') : notFound,
    );
    expect(Object.fromEntries(found)).toEqual({
      '1.1': { kind: 'deleted' },
      '2.1': { kind: 'completed' },
      '3.1': { kind: 'deleted' },
    });
    expect(asked).toEqual([1, 2, 3, 9000]);
  });

  it.each([
    ['not found either', notFound],
    ['forbidden', rejected(403)],
    ['another run', success(1, 'in_progress')],
    ['a server error', html(502)],
    ['no response', { kind: 'no-response', sent: true, code: 'TIMEOUT' } as const],
  ])('is unknown where the run that asks is %s', async (_, own) => {
    const { found } = await states(2, id => (id === 9000 ? own : notFound));
    expect([...found.values()]).toMatchObject(
      Array(2).fill({ kind: 'unknown', cause: { kind: 'rejected', status: 404 } }),
    );
  });

  it('is unknown where something before GitHub said so', async () => {
    const { found, asked } = await states(1, id => (id === 9000 ? success(id, 'in_progress') : html(404)));
    expect(found.get('1.1')?.kind).toBe('unknown');
    expect(asked).toEqual([1]);
  });

  it('is unknown where there is no time to ask about the run that asks', async () => {
    const { found, asked } = await states(1, () => notFound, { cost: 1000 });
    expect(found.get('1.1')?.kind).toBe('unknown');
    expect(asked).toEqual([1]);
  });

  it('does not make GitHub asked about the run that asks where all others are found', async () => {
    const { asked } = await states(1, id => success(id, 'completed'));
    expect(asked).toEqual([1]);
  });
});

describe('asks no further', () => {
  it.each([
    ['the token is rejected', rejected(401)],
    ['its rate limit is reached', rejected(429)],
  ])('once %s, not even about the run that asks', async (_, final) => {
    const { found, asked } = await states(40, id => (id === 1 ? notFound : final));
    expect(asked.length).toBeLessThanOrEqual(6);
    expect(asked).not.toContain(9000);
    expect(found.size).toBe(asked.length);
  });

  it('when time is up, and gives each request what is left', async () => {
    const { found, asked, timeouts } = await states(20, id => success(id, 'completed'), { cost: 150 });
    expect(asked.length).toBeLessThan(15);
    expect(found.size).toBe(asked.length);
    expect(timeouts.slice(0, 5)).toEqual(Array(5).fill(1000));
    expect(Math.min(...timeouts)).toBeGreaterThan(0);
    expect(timeouts.at(-1)).toBeLessThan(1000);
  });

  it('but goes on after any other response', async () => {
    const { asked } = await states(20, () => rejected(403));
    expect(asked).toHaveLength(20);
  });
});

it.each<[HttpResponse, boolean]>([
  [rejected(401), true],
  [html(401), false],
  [rejected(403), false],
  [success(1, 'completed'), false],
])('takes only GitHub’s own 401 for a rejection of the token', async (response, isRejected) => {
  const { found } = await states(1, () => response);
  expect([...found.values()].map(isTokenRejected)).toEqual([isRejected]);
});
