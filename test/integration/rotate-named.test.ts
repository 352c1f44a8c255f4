/**
 * Schedules of faults found by a model of the rotation, each with the rule it requires: without that rule, a secret
 * ends up dead, or tokens pile up.
 */
import { expect, it } from 'vitest';
import { refusing } from '../support/github/fault-plans.ts';
import { seeded } from '../support/random.ts';
import type { SimulatedEnd, SimulatedFaults } from '../support/rotation-simulation.ts';
import {
  A,
  B,
  DAY,
  errorOf,
  HOUR,
  isDeletion,
  isPut,
  MINUTE,
  type TwoRepositories,
  textOf,
  twoRepositories,
} from '../support/two-repositories.ts';

/** The first put into a place takes effect this many milliseconds late; its response is lost. */
function lateFirstPut(place: string, ms: number): SimulatedFaults {
  let isFirst = true;
  return request => {
    if (!isPut(request) || !request.path.endsWith(place) || !isFirst) return undefined;
    isFirst = false;
    return { kind: 'delayed', ms };
  };
}

/** One or more earlier rotations, the last one a day ago, so that some tokens may be deleted. */
async function rotated(times = 1): Promise<TwoRepositories> {
  const setting = twoRepositories();
  for (let n = 0; n < times; n++) {
    expect((await setting.rotate()).outputs['rotated']).toBe('true');
    setting.simulation.pass(DAY);
  }
  return setting;
}

async function expectRotated({ rotate, expectAlive, idIn, simulation }: TwoRepositories): Promise<void> {
  for (let day = 0; day < 3; day++) {
    expectAlive();
    simulation.pass(DAY);
    const end = await rotate();
    expect(end.outputs['rotated'], textOf(end)).toBe('true');
    expect(idIn(B)).toBe(idIn(A));
  }
  expectAlive();
}

/** Sixty weekly rotations. Returns how many created tokens were alive after each. */
async function weekly(
  { rotate, alive, original, expectAlive, simulation }: TwoRepositories,
  inputs: Readonly<Record<string, string>>,
  faults: () => SimulatedFaults,
): Promise<number[]> {
  const counts: number[] = [];
  for (let week = 0; week < 60; week++) {
    await rotate({ timeout: '20s', ...inputs }, { faults: faults() });
    expectAlive();
    counts.push(alive().filter(id => id !== original.id).length);
    simulation.pass(7 * DAY);
  }
  return counts;
}

/** Decides once for each deletion whether it is refused. */
function refusingDeletions(isRefused: () => boolean): SimulatedFaults {
  const refused = new Map<string, boolean>();
  return ({ to, method, path }) => {
    if (to !== 'mapbox' || method !== 'DELETE') return undefined;
    const decision = refused.get(path) ?? isRefused();
    refused.set(path, decision);
    return decision ? { kind: 'server-error', processed: false } : undefined;
  };
}

const schedules: Readonly<Record<string, () => Promise<void>>> = {
  'S1, a put of the current token into an outdated place, 20 minutes late: a successor must be an hour old':
    async () => {
      const setting = twoRepositories();
      const { simulation, github, rotate, idIn, expectAlive } = setting;
      github.fault = refusing(B, { kind: 'refused', reason: 'suspended' });
      await rotate();
      github.fault = undefined;
      simulation.pass(DAY);
      const current = idIn(A);
      await rotate({}, { faults: lateFirstPut(B, 20 * MINUTE) });
      expect(idIn(B)).toBe(current);
      for (let rotations = 0; rotations < 2; rotations++) {
        simulation.pass(4 * MINUTE);
        expect((await rotate()).outputs['rotated']).toBe('true');
        expectAlive();
      }
      simulation.pass(20 * MINUTE);
      expect(idIn(B)).toBe(current);
      await expectRotated(setting);
    },

  'S2, a late put of a killed run, while another sleeps before its deletions: ages count from the list':
    async () => {
      const setting = await rotated(2);
      const { simulation, rotate, idIn } = setting;
      const killed = await rotate({}, { faults: lateFirstPut(A, 20 * MINUTE), dieAfter: isPut });
      expect(killed.end).toBe('dead');
      simulation.pass(6 * MINUTE);
      let hasSlept = false;
      const other = await rotate(
        {},
        {
          before: request => {
            if (!isDeletion(request) || hasSlept) return;
            hasSlept = true;
            simulation.pass(2 * HOUR);
          },
        },
      );
      expect(other.outputs['rotated']).toBe('true');
      expect(idIn(A)).not.toBe(idIn(B));
      await expectRotated(setting);
    },

  'S3, a run that sleeps two days before its deletions, while a user restores the previous token: a deadline':
    async () => {
      const setting = await rotated();
      const { simulation, github, value, account, idIn, rotate, expectAlive } = setting;
      const previous = value();
      const replaced = idIn(A) ?? '';
      await rotate();
      simulation.pass(DAY);
      let hasSlept = false;
      const end = await rotate(
        {},
        {
          before: request => {
            if (!isDeletion(request) || hasSlept) return;
            hasSlept = true;
            simulation.pass(2 * DAY);
            github.secrets.set(B, previous);
          },
        },
      );
      expect(hasSlept).toBe(true);
      expectAlive();
      expect(end.outputs).toMatchObject({ rotated: 'true', deleted: '' });
      expect(textOf(end)).toMatch(/could not be deleted[\s\S]*- \w+ .*: Too late: /);
      expect(textOf(end)).not.toContain('TOO_LATE');
      expect(account.find(replaced)).toBeDefined();
      await expectRotated(setting);
    },

  'S4, a put 15 minutes late and no `created` from Mapbox: tokens are as old as the newest `updated_at`':
    async () => {
      const setting = await rotated();
      const { simulation, rotate, idIn, expectAlive } = setting;
      simulation.row = ({ created: _, ...row }) => row;
      const first = await rotate({}, { faults: lateFirstPut(B, 15 * MINUTE) });
      expect(first.outputs['rotated']).toBe('true');
      for (let rotations = 0; rotations < 2; rotations++) {
        simulation.pass(4 * MINUTE);
        expect((await rotate()).outputs['rotated']).toBe('true');
        expectAlive();
      }
      simulation.pass(15 * MINUTE);
      expect(idIn(B)).toBe(first.outputs['token-id']);
      await expectRotated(setting);
    },

  'S5, Mapbox’s clock ten minutes ahead, while a user restores the token: clocks are compared': async () => {
    const setting = await rotated();
    const { simulation, github, value, alive, rotate } = setting;
    const before = alive();
    const current = value();
    simulation.skews.mapbox = 10 * MINUTE;
    simulation.skews.runner = 2 * MINUTE;
    const end = await rotate();
    expect(errorOf(end)).toMatch(
      /more than a minute apart: Mapbox's says 2026-10-07T04:27.*GitHub's 2026-10-07T04:17.*machine's 2026-10-07T04:19/,
    );
    expect(alive()).toEqual(before);
    simulation.skews.mapbox = 0;
    simulation.pass(5 * MINUTE);
    github.secrets.set(A, current);
    simulation.pass(2 * HOUR);
    github.fault = refusing(B, { kind: 'refused', reason: 'suspended' });
    await rotate();
    github.fault = undefined;
    setting.expectAlive();
    simulation.pass(DAY);
    await rotate();
    await expectRotated(setting);
  },

  'S6, a user restores an old token while a run sleeps, and a put there fails: places are read again':
    async () => {
      const setting = await rotated();
      const { simulation, github, value, rotate, idIn, expectAlive } = setting;
      const previous = value();
      const replaced = idIn(A);
      await rotate();
      simulation.pass(DAY);
      let puts = 0;
      const end = await rotate(
        { timeout: '20s' },
        {
          before: request => {
            if (!isPut(request) || puts++ > 0) return;
            simulation.pass(10 * MINUTE);
            github.secrets.set(B, previous);
          },
          faults: request =>
            isPut(request) && request.path.endsWith(B)
              ? { kind: 'server-error', processed: false }
              : undefined,
        },
      );
      expect(errorOf(end)).toMatch(/old-site was changed during this run/);
      expect(idIn(B)).toBe(replaced);
      expectAlive();
      simulation.pass(DAY);
      await rotate();
      await expectRotated(setting);
    },

  'S7, a virtual machine paused for two hours before a put: GitHub’s `Date` is checked when a place is read again':
    async () => {
      const setting = await rotated();
      const { alive, rotate, idIn, expectAlive } = setting;
      const before = alive();
      const current = idIn(A);
      let hasPaused = false;
      const end = await rotate(
        {},
        {
          before: async ({ method, to }, _, machine) => {
            const orphan = alive().find(id => !before.includes(id));
            if (hasPaused || orphan === undefined || to !== 'github' || method !== 'GET') return;
            hasPaused = true;
            machine.pause(2 * HOUR);
            // Deletes the orphan, and stops there.
            await rotate(
              {},
              {
                faults: ({ method }) =>
                  method === 'POST' ? { kind: 'server-error', processed: false } : undefined,
              },
            );
            expect(alive()).not.toContain(orphan);
          },
        },
      );
      expect(hasPaused).toBe(true);
      expect(errorOf(end)).toMatch(/More than half an hour has passed/);
      expect([idIn(A), idIn(B)]).toEqual([current, current]);
      expectAlive();
      await expectRotated(setting);
    },

  'S8, creations whose first request takes effect late, with `2d`: a duration applies to orphans, too':
    async () => {
      const counts = await weekly(twoRepositories(), { 'revoke-previous': '2d', timeout: '5m' }, () => {
        let posts = 0;
        return ({ method }) => (method === 'POST' && posts++ === 0 ? { kind: 'late', after: 99 } : undefined);
      });
      expect(Math.max(...counts)).toBeLessThanOrEqual(4);
    },

  'S8, every second deletion refused, with `2d`': async () => {
    let deletions = 0;
    const counts = await weekly(twoRepositories(), { 'revoke-previous': '2d' }, () =>
      refusingDeletions(() => deletions++ % 2 === 1),
    );
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
  },

  'S9, a primary place that always fails, and another that is saved again each week: the orphan’s own place counts':
    async () => {
      const { simulation, github, value, rotate, alive, expectAlive } = twoRepositories();
      github.fault = refusing(A, { kind: 'status', status: 503, processed: false });
      const before = alive().length;
      for (let week = 0; week < 20; week++) {
        const end = await rotate({ timeout: '20s' });
        expect(errorOf(end)).toMatch(
          /^Secret not updated: .*\n- Either the new token, \w+, or the old one, \w+: /,
        );
        expectAlive();
        expect(alive().length).toBeLessThanOrEqual(before + 1);
        simulation.pass(3 * DAY);
        github.secrets.set(B, value());
        simulation.pass(4 * DAY);
      }
    },

  'S10, half of all deletions refused: orphans count as overdue': async () => {
    const chance = seeded(5);
    const counts = await weekly(twoRepositories(), {}, () => refusingDeletions(() => chance(2) === 0));
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
  },

  'S11, a machine’s clock a year behind: an error, not permanent success': async () => {
    const { simulation, rotate, alive, expectAlive } = twoRepositories({ skews: { runner: -365 * DAY } });
    const ends: SimulatedEnd[] = [];
    for (let day = 0; day < 9; day++) {
      ends.push(await rotate());
      simulation.pass(DAY);
      expectAlive();
    }
    expect(alive().length).toBeLessThanOrEqual(5);
    const last = ends.at(-1);
    expect(last?.end).toBe('failure');
    expect(last && errorOf(last)).toMatch(/too young by this machine's clock, which says 2025-/);
  },
};

it.each(Object.entries(schedules))('%s', (_, schedule) => schedule());
