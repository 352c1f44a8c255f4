/**
 * Random schedules of failing rotations: runs, stale runs and re-runs of three workflows, faults at any request,
 * processes killed at any moment with and without a post step, and users who change secrets by hand. `SCHEDULES` sets
 * their number; `npm run test:soak` runs 1,000. The run prints its seed, and a failure prints its smallest schedule.
 */
import { expect, it } from 'vitest';
import fc from '../support/random.ts';
import { configs, DAY, RotatedSecrets } from '../support/rotated-secrets.ts';
import type { SimulatedEnd, SimulatedFault } from '../support/rotation-simulation.ts';
import { type Lasting, TroubledRotations, type TroubledRun } from '../support/troubled-rotations.ts';
import { HOUR, MINUTE } from '../support/two-repositories.ts';

const SCHEDULES = Number(process.env['SCHEDULES'] ?? (process.env['MODE'] === 'soak' ? 1000 : 15));
/** True in one of `of` cases. */
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
  fc.record({ kind: fc.constant('delayed' as const), ms: fc.integer({ min: 1, max: 29 * MINUTE }) }),
  fc.record({ kind: fc.constant('empty' as const), status: fc.constantFrom(200, 202, 205, 409), processed }),
  fc.record({ kind: fc.constant('proxy' as const), status: fc.constantFrom(200, 403, 404, 502), processed }),
  fc.record({ kind: fc.constant('refused' as const), status: fc.constantFrom(401, 403, 404, 422) }),
  fc.constant({ kind: 'rate-limited' } as const),
);

/** Faults of requests by index, or of all from an index on. */
const faults = fc.record({
  list: fc.array(sometimes(4, fault), { maxLength: 24 }),
  from: sometimes(3, fc.nat({ max: 14 })),
  forEver: fault,
  only: fc.constantFrom('all', 'github', 'mapbox', 'put', 'put'),
});

const rotation = fc.record({
  kind: fc.constant('rotate' as const),
  config: fc.nat({ max: configs.length - 1 }),
  /** The index of a run that was created earlier and has not started; else a new run. */
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
  /** A user creates a token by hand and puts it into every place, or into one. */
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
  Math.max(60_000, SCHEDULES * 3_000),
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
  Math.max(60_000, SCHEDULES * 3_000),
);

const days = fc.constantFrom(2, 5, 1000);
const where = fc.constantFrom('maps' as const, 'site' as const);

const lasting: fc.Arbitrary<Lasting> = fc.oneof(
  fc.record({ kind: fc.constant('archived' as const), where: fc.constant('site' as const), days }),
  fc.record({
    kind: fc.constant('puts' as const),
    where,
    fault: fc.constantFrom<SimulatedFault>(
      { kind: 'refused', status: 403 },
      { kind: 'server-error', processed: false },
      { kind: 'server-error', processed: true },
      { kind: 'empty', status: 200, processed: false },
      { kind: 'empty', status: 409, processed: false },
      { kind: 'proxy', status: 200, processed: false },
    ),
    days,
  }),
  fc.record({
    kind: fc.constant('write-limit' as const),
    puts: fc.constantFrom(1, 2),
    hours: fc.constantFrom(1, 20),
    days,
  }),
  fc.record({ kind: fc.constant('deletions' as const), share: fc.constantFrom(50, 100), days }),
  fc.record({ kind: fc.constant('restricted' as const), days }),
);

const runAmongTroubles = fc.record({
  faults: sometimes(2, faults),
  dieAt: sometimes(4, fc.nat({ max: 60 })),
  interruptAt: sometimes(8, fc.nat({ max: 20 })),
  isLinux: fc.boolean(),
  post: fc.oneof(
    { weight: 4, arbitrary: fc.constant('after' as const) },
    fc.constant('lost' as const),
    fc.record({ at: fc.nat({ max: 20 }), heard: fc.boolean() }),
  ),
  absence: sometimes(
    3,
    fc.record({
      at: fc.nat({ max: 20 }),
      paused: fc.boolean(),
      ms: fc.constantFrom(MINUTE, 20 * MINUTE, 40 * MINUTE, 2 * HOUR, 3 * DAY),
      others: fc.nat({ max: 3 }),
    }),
  ),
  latePut: sometimes(4, fc.record({ ms: fc.integer({ min: MINUTE, max: 29 * MINUTE }), dies: fc.boolean() })),
  ahead: fc.constantFrom<NonNullable<TroubledRun['ahead']>>(
    ...[{}, {}, {}, { runner: -365 * DAY }, { runner: 2 * HOUR }, { mapbox: 10 * MINUTE }],
  ),
  leaked: fc.nat({ max: 7 }).map(n => n === 0),
});

const trouble = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('run' as const), plan: runAmongTroubles }) },
  /** Rotations in which only permanent faults occur. */
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('runs' as const), count: fc.nat({ max: 8 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('begin' as const), lasting }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('put-back' as const), where, index: fc.nat({ max: 5 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('by-hand' as const),
      places: fc.constantFrom(['maps'] as const, ['site'] as const, ['maps', 'site'] as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rename' as const), where }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('elsewhere' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(MINUTE, 4 * MINUTE, 20 * MINUTE, HOUR, DAY, 7 * DAY),
    }),
  },
);

const troubles = fc.record({
  events: fc.array(trouble, { minLength: 2, maxLength: 12 }),
  inputs: fc.record({
    'revoke-previous': fc.constantFrom('next-rotation' as const, '2d' as const),
    'max-age': fc.constantFrom('' as const, '' as const, '30h' as const),
  }),
  skews: fc.constantFrom({}, {}, { github: 25_000 }, { mapbox: 25_000 }, { mapbox: -25_000, runner: 90_000 }),
});

it(
  `hold living tokens in every secret, and few of them, under ${SCHEDULES} random schedules of what lasts`,
  async () => {
    const ends: Record<string, number> = {};
    let most = 0;
    await fc.assert(
      fc.asyncProperty(troubles, async ({ events, inputs, skews }) => {
        const rotations = new TroubledRotations(inputs, skews);
        const run = async (plan: TroubledRun = {}) => {
          const end = nameOf(await rotations.run(plan));
          ends[end] = (ends[end] ?? 0) + 1;
        };
        for (const event of events) {
          switch (event.kind) {
            case 'run':
              await run({ ...event.plan, faults: toFaults(event.plan.faults) });
              break;
            case 'runs':
              for (let n = 0; n < event.count; n++) {
                await run();
                rotations.pass(31 * HOUR);
              }
              break;
            case 'begin':
              rotations.begin(event.lasting);
              break;
            case 'put-back':
              rotations.putBack(event.where, event.index);
              break;
            case 'by-hand':
              rotations.saveByHand(event.places);
              break;
            case 'rename':
              rotations.rename(event.where);
              break;
            case 'elsewhere':
              await rotations.rotateElsewhere();
              break;
            case 'wait':
              rotations.pass(event.ms);
          }
        }
        await rotations.settle();
        most = Math.max(most, rotations.most);
      }),
      { numRuns: SCHEDULES },
    );
    console.info(`${SCHEDULES} schedules of what lasts held, at most ${most} alive: ${JSON.stringify(ends)}`);
  },
  Math.max(60_000, SCHEDULES * 3_000),
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

/** Mapbox's report that a token is gone or invalid, and GitHub's that a run is gone, are believed. */
function isCredible(fault: SimulatedFault | undefined, to: string, method: string, path: string): boolean {
  if (fault?.kind !== 'refused') return true;
  if (to === 'mapbox') return method !== 'DELETE';
  return !path.includes('/runs/');
}
