/**
 * Whatever breaks, whenever: random schedules of faults at any request of main and post, and processes that may be
 * interrupted or killed at any moment. `SCHEDULES` says how many, and `npm run test:soak` runs 1000. The run prints its seed, a failure
 * its smallest schedule.
 */
import { expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import type { Fault } from '../support/mapbox/faults.ts';
import { startMapbox } from '../support/mapbox/server.ts';
import fc from '../support/random.ts';
import { runMain, runPost, type StepResult } from '../support/steps.ts';

const SCHEDULES = Number(process.env['SCHEDULES'] ?? (process.env['MODE'] === 'soak' ? 1000 : 48));
const TIMEOUT = 30_000;

/** The post step's own: as long as it waits for a rate limit. */
const POST_TIMEOUT = 240_000;
/** What a step may take beyond its time-out: the last request's own limit, and putting away what was made. */
const GRACE = 12_000;

const processed = fc.boolean();
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant('reset' as const), processed }),
  fc.record({ kind: fc.constant('close' as const), processed }),
  fc.record({ kind: fc.constant('hang' as const), processed }),
  fc.record({ kind: fc.constant('slow-body' as const), processed }),
  fc.record({ kind: fc.constant('cut' as const), processed: fc.constant(true as const) }),
  fc.record({ kind: fc.constant('html' as const), status: fc.constantFrom(200, 201, 404, 502), processed }),
  fc.record({ kind: fc.constant('huge' as const), processed }),
  fc.record({ kind: fc.constant('garbage' as const), processed }),
  fc.record({ kind: fc.constant('not-http' as const), processed }),
  fc.record({
    kind: fc.constant('status' as const),
    status: fc.constantFrom(400, 401, 403, 404, 408, 422, 500, 502, 503, 504),
    processed: fc.constant(false),
    body: fc.constant({ message: 'Something' }),
  }),
  fc.record({
    kind: fc.constant('status' as const),
    status: fc.constantFrom(500, 503),
    processed: fc.constant(true),
  }),
  fc.record({
    kind: fc.constant('status' as const),
    status: fc.constant(429),
    processed: fc.constant(false),
    headers: fc.constantFrom<Record<string, string>>(
      { 'Retry-After': '3' },
      {},
      { 'X-Rate-Limit-Interval': '5', 'Retry-After': '1' },
    ),
  }),
  fc.record({ kind: fc.constant('delay' as const), ms: fc.constantFrom(5, 400) }),
  fc.record({
    kind: fc.constant('redirect' as const),
    status: fc.constantFrom(301, 302, 307, 308),
    location: fc.constant('https://example.com/'),
    processed: fc.constant(false),
  }),
  fc.constantFrom(
    rewritten(body => ({ ...body, scopes: ['tilesets:read', 'tokens:write'] })),
    rewritten(body => ({ ...body, usage: 'pk' })),
    rewritten(({ id: _, ...body }) => body),
    rewritten(body => ({ ...body, id: '../../other' })),
    rewritten(body => ({ ...body, token: 'no token at all' })),
    rewritten(({ token: _, ...body }) => body),
    rewritten(body => ({ ...body, note: body['token'] })),
  ),
);

function rewritten(change: (body: Record<string, unknown>) => unknown): Fault {
  return {
    kind: 'rewrite',
    rewrite: answer =>
      typeof answer.body === 'object' && answer.body !== null && !Array.isArray(answer.body)
        ? { ...answer, body: change({ ...answer.body }) }
        : answer,
  };
}

/** Why a request never leaves: nothing listens, no such name, a certificate, a proxy. */
const unsent = fc.option(
  fc.constantFrom('ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED', 'PROXY_407'),
  { nil: undefined, freq: 2 },
);

const schedule = fc.record({
  lifetime: fc.constantFrom('job', 'job', 'job', '10m', 'permanent'),
  mayRead: fc.boolean(),
  chance: fc.nat(),
  problems: fc.array(fc.option(fault, { freq: 4 }), { maxLength: 14 }),
  unsent: fc.array(unsent, { maxLength: 6 }),
  unsentInPost: fc.array(unsent, { maxLength: 6 }),
  dieAt: fc.option(fc.nat({ max: 24 }), { nil: undefined, freq: 2 }),
  interruptAt: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.nat({ max: 24 }) },
  ),
  dieInPostAt: fc.option(fc.nat({ max: 12 }), { nil: undefined, freq: 1 }),
  diskFull: fc.nat({ max: 9 }).map(n => n === 0),
  skew: fc.constantFrom(0, 0, 0, 40_000, -700_000),
});

it(
  `holds every promise under ${SCHEDULES} random schedules of faults`,
  async () => {
    let mains = 0;
    const ends: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(schedule, async plan => {
        const clock = FakeClock.running(plan.skew);
        await using mapbox = await startMapbox({
          now: () => clock.mapboxTime(),
          fault: ({ method }, index) => believed(method, plan.problems[index] ?? undefined),
        });
        const held = [
          'tokens:write',
          'tilesets:read',
          'tilesets:write',
          ...(plan.mayRead ? ['tokens:read'] : []),
        ];
        const authorizingToken = mapbox.account.issue({ scopes: held, note: 'ci' });
        // Somebody's production key, with a note that comes close.
        const bystander = mapbox.account.issue({
          scopes: ['tilesets:read'],
          note: 'Release [until job ends: soon]',
        });
        const before = new Set(mapbox.account.tokens().map(({ id }) => id));
        const inputs = {
          'authorizing-token': authorizingToken.token,
          scopes: 'tilesets:read tilesets:write',
          lifetime: plan.lifetime,
          timeout: `${TIMEOUT / 1000}s`,
          'api-url': mapbox.url,
          'export-env': 'MAPBOX_ACCESS_TOKEN',
          summary: 'true',
        };
        const { chance, unsent, dieAt, diskFull } = plan;
        const first = await runMain({
          inputs,
          clock,
          seed: chance,
          notSent: unsent,
          killAt: dieAt,
          interruptAt: plan.interruptAt,
          diskFull,
        });
        const minted = mapbox.account.everIssued().filter(({ id }) => !before.has(id));
        const second = await runPost({
          inputs,
          clock,
          seed: chance,
          state: first.state,
          notSent: plan.unsentInPost,
          killAt: plan.dieInPostAt,
        });
        mains++;
        ends[first.conclusion] = (ends[first.conclusion] ?? 0) + 1;

        expect(first.elapsed).toBeLessThan(TIMEOUT + GRACE);
        expect(second.elapsed).toBeLessThan(POST_TIMEOUT + GRACE);
        for (const step of [first, second]) {
          expectNoSecret(step, [authorizingToken.token, ...minted.map(({ token }) => token)]);
          expect(step.log.filter(({ kind }) => kind === 'error').length).toBeLessThanOrEqual(1);
          expect(step.log.filter(({ text }) => text.includes('Internal error'))).toEqual([]);
        }
        expect(mapbox.account.find(bystander.id)).toBeDefined();
        expect(mapbox.account.find(authorizingToken.id)).toBeDefined();
        expect(second.conclusion).not.toBe('failure');
        if (first.conclusion === 'failure') expect([first.outputs, first.variables]).toEqual([{}, {}]);
        if (first.conclusion === 'success') {
          expect(first.masks).toContain(first.outputs['token']);
          expect(first.variables).toEqual({ MAPBOX_ACCESS_TOKEN: first.outputs['token'] });
        }
        const warnings = [...first.log, ...second.log].filter(
          ({ kind }) => kind === 'warning' || kind === 'error',
        );
        // A machine that dies in the post step leaves what it leaves: that is the sweep's.
        const silent = second.conclusion === 'killed';
        const left = silent ? [] : mapbox.account.tokens().filter(({ id }) => !before.has(id));
        for (const token of left) {
          const kept = plan.lifetime === 'permanent' && first.outputs['token-id'] === token.id;
          const named = warnings.some(
            ({ text }) => text.includes(token.id) || (token.note !== null && text.includes(token.note)),
          );
          expect(kept || named, `a token was left behind in silence: ${token.note}`).toBe(true);
        }
      }),
      {
        numRuns: SCHEDULES,
      },
    );
    console.info(`${mains} schedules held; main ended: ${JSON.stringify(ends)}`);
  },
  Math.max(60_000, SCHEDULES * 4_000),
);

/** Mapbox's own 404 to a DELETE means that the token is gone, and is believed: a lie in that form is no fault we can see. */
function believed(method: string, fault: Fault | undefined): Fault | undefined {
  return method === 'DELETE' && fault?.kind === 'status' && fault.status === 404 ? undefined : fault;
}

/** Nothing that was said, summed up or kept has a token in it. */
function expectNoSecret(step: StepResult, secrets: string[]): void {
  const traces = [...step.log.map(({ text }) => text), ...step.summary.flat(), step.state];
  for (const secret of secrets) for (const trace of traces) expect(trace).not.toContain(secret);
}
