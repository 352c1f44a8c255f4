/**
 * Whatever breaks, whenever, in rotations: random schedules of runs, stale runs and re-runs of three workflows, faults at
 * any request, processes that are killed at any moment with and without a post step, and people who change secrets by
 * hand. `SCHEDULES` says how many, and `npm run test:soak` runs 1000. The run prints its seed, a failure its smallest
 * schedule.
 */
import { expect, it } from 'vitest';
import fc from '../support/random.ts';
import { configs, DAY, RotatedSecrets } from '../support/rotated-secrets.ts';
import type { SimulatedEnd, SimulatedFault } from '../support/rotation-simulation.ts';

const SCHEDULES = Number(process.env['SCHEDULES'] ?? (process.env['MODE'] === 'soak' ? 1000 : 60));
/** In one of `of` cases. */
function sometimes<T>(of: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: of - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

const processed = fc.boolean();

const fault: fc.Arbitrary<SimulatedFault> = fc.oneof(
  fc.constant({ kind: 'not-sent' } as const),
  fc.record({ kind: fc.constant('lost' as const), processed }),
  fc.record({ kind: fc.constant('late' as const), after: fc.nat({ max: 6 }) }),
  fc.constant({ kind: 'truncated' } as const),
  fc.record({ kind: fc.constant('server-error' as const), processed }),
  fc.record({ kind: fc.constant('proxy' as const), status: fc.constantFrom(200, 403, 404, 502), processed }),
  fc.record({ kind: fc.constant('refused' as const), status: fc.constantFrom(401, 403, 404, 422) }),
  fc.constant({ kind: 'rate-limited' } as const),
);

/** Faults of requests by index, or all from one on. */
const faults = fc.record({
  list: fc.array(sometimes(4, fault), { maxLength: 24 }),
  from: sometimes(3, fc.nat({ max: 14 })),
  forEver: fault,
  only: fc.constantFrom('all', 'github', 'mapbox', 'put', 'put'),
});

const rotation = fc.record({
  kind: fc.constant('rotate' as const),
  config: fc.nat({ max: configs.length - 1 }),
  /** Index into the runs that were created before and have not begun; else a new run. */
  stale: sometimes(3, fc.nat({ max: 3 })),
  revokePrevious: fc.constantFrom('next-rotation', 'next-rotation', 'next-rotation', 'now', 'never'),
  revokeOriginal: fc.nat({ max: 5 }).map(n => n === 0),
  maxAge: fc.constantFrom('', '', '', '5d'),
  faults: sometimes(2, faults),
  dieAt: sometimes(3, fc.nat({ max: 60 })),
  interruptAt: sometimes(6, fc.nat({ max: 20 })),
  hasPost: fc.boolean(),
  postDieAt: sometimes(5, fc.nat({ max: 12 })),
  postFaults: sometimes(4, faults),
  diskFull: fc.nat({ max: 9 }).map(n => n === 0),
  chance: fc.nat(),
});

const event = fc.oneof(
  { weight: 8, arbitrary: rotation },
  /** A run is created, and waits. */
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('queue' as const),
      config: fc.nat({ max: configs.length - 1 }),
    }),
  },
  /** A person creates a token by hand and puts it into every place, or into one. */
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('by-hand' as const),
      config: fc.nat({ max: configs.length - 1 }),
      everywhere: fc.boolean(),
      old: fc.nat({ max: 2 }).map(n => n === 0),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(1_000, 60_000, 600_000, DAY, 8 * DAY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('new-key' as const), config: fc.nat({ max: 2 }) }) },
);

const schedule = fc.record({
  events: fc.array(event, { minLength: 1, maxLength: 9 }),
  skews: fc.constantFrom(
    {},
    { github: 30_000 },
    { github: -30_000 },
    { mapbox: 30_000 },
    { mapbox: -30_000, runner: 400_000 },
    { mapbox: 15_000, github: -15_000 },
  ),
});

it(
  `hold in every secret a living token under ${SCHEDULES} random schedules`,
  async () => {
    const ends: Record<string, number> = {};
    let rotations = 0;
    await fc.assert(
      fc.asyncProperty(schedule, async ({ events, skews }) => {
        const secrets = new RotatedSecrets(skews);
        for (const event of events) {
          switch (event.kind) {
            case 'wait':
              secrets.simulation.pass(event.ms);
              break;
            case 'queue':
              secrets.queue(event.config);
              break;
            case 'by-hand':
              secrets.changeByHand(event.config, event.everywhere, event.old);
              break;
            case 'new-key':
              secrets.rotateKey(event.config);
              break;
            case 'rotate': {
              const { faults, postFaults, ...plan } = event;
              const ended = await secrets.rotate({
                ...plan,
                faults: toFaults(faults),
                postFaults: toFaults(postFaults),
              });
              const end = nameOf(ended);
              ends[end] = (ends[end] ?? 0) + 1;
              rotations++;
            }
          }
        }
        await secrets.expectNothingForgotten();
        expect(secrets.simulation.github.takeProblems()).toEqual([]);
      }),
      { numRuns: SCHEDULES },
    );
    console.info(`${SCHEDULES} schedules, ${rotations} rotations held: ${JSON.stringify(ends)}`);
  },
  Math.max(60_000, SCHEDULES * 1_000),
);

const atOnce = fc.record({
  before: fc.nat({ max: 2 }),
  config: fc.nat({ max: configs.length - 1 }),
  plans: fc.array(fc.record({ faults: sometimes(2, faults), pause: fc.nat({ max: 40 }) }), {
    minLength: 2,
    maxLength: 3,
  }),
  skews: fc.constantFrom({}, { github: 30_000 }, { mapbox: 30_000 }),
});

it(
  `hold in every secret a living token when rotations run at once, under ${SCHEDULES} random schedules`,
  async () => {
    const ends: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(atOnce, async ({ before, config, plans, skews }) => {
        const secrets = new RotatedSecrets(skews);
        for (let n = 0; n < before; n++) {
          await secrets.rotate({ config });
          secrets.simulation.pass(8 * DAY);
        }
        const all = await secrets.rotateAtOnce(
          plans.map(({ faults, pause }) => ({ config, faults: toFaults(faults), pause })),
        );
        for (const end of all) ends[nameOf(end)] = (ends[nameOf(end)] ?? 0) + 1;
        secrets.simulation.pass(DAY);
        await secrets.expectNothingForgotten();
      }),
      { numRuns: SCHEDULES },
    );
    console.info(`${SCHEDULES} schedules of rotations at once held: ${JSON.stringify(ends)}`);
  },
  Math.max(60_000, SCHEDULES * 1_000),
);

function nameOf({ end, outputs, said }: SimulatedEnd): string {
  if (end === 'success') return `rotated ${outputs['rotated']}`;
  return said.find(({ kind }) => kind === 'error')?.text.split(':')[0] ?? end;
}

type Faults = typeof faults extends fc.Arbitrary<infer T> ? T : never;

function toFaults(plan: Faults | undefined) {
  if (plan === undefined) return undefined;
  const { list, from, forEver, only } = plan;
  let puts = 0;
  return ({ to, method, path }: { to: string; method: string; path: string }, count: number) => {
    if (only === 'put' ? method !== 'PUT' : only !== 'all' && to !== only) return undefined;
    const index = only === 'put' ? puts++ : count;
    const fault = (from !== undefined && index >= from ? forEver : list[index]) ?? undefined;
    return isCredible(fault, to, method, path) ? fault : undefined;
  };
}

/** Mapbox's own word that a token is gone or invalid, and GitHub's that a run is, are believed. */
function isCredible(fault: SimulatedFault | undefined, to: string, method: string, path: string): boolean {
  if (fault?.kind !== 'refused') return true;
  if (to === 'mapbox') return method !== 'DELETE';
  return !path.includes('/runs/');
}
