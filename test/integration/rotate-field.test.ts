/** Rotations over days, in process: reports from users of similar tools, and findings of a model of the rotation. */
import { describe, expect, it } from 'vitest';
import { refusing, writeLimit } from '../support/github/fault-plans.ts';
import { REPOSITORY, type SimulatedEnd, type SimulatedFaults } from '../support/rotation-simulation.ts';
import {
  A,
  B,
  DAY,
  errorOf,
  HOUR,
  isPut,
  MINUTE,
  NAME,
  POWERS,
  SITE,
  twoRepositories as setUp,
  type TwoRepositories,
  textOf,
} from '../support/two-repositories.ts';

const noDeletions: SimulatedFaults = ({ method }) =>
  method === 'DELETE' ? { kind: 'server-error', processed: false } : undefined;

describe('two repositories, one of which is archived', () => {
  it('cost one token in all, and none once it is unarchived', async () => {
    const { simulation, github, original, rotate, alive, idIn, expectAlive } = setUp();
    const site = github.directory.repository(SITE);
    if (site) site.archived = true;
    simulation.pass(30 * DAY);
    const inputs = { 'max-age': '30d' };
    for (let day = 0; day < 10; day++) {
      const end = await rotate(inputs);
      expect(end.end).toBe('failure');
      expect(errorOf(end)).toMatch(
        /^Secrets have different tokens: .*\n- The (?:new|current) token, \w+: the secret `\w+` of octo-org\/maps\n- Still an older token: the secret `\w+` of octo-org\/old-site\n/,
      );
      expect(errorOf(end)).toContain(
        '"Repository was archived so is read-only". octo-org/old-site is archived and therefore read-only',
      );
      expect(alive()).toHaveLength(2);
      expectAlive();
      simulation.pass(DAY);
    }
    if (site) site.archived = false;
    const caughtUp = await rotate(inputs);
    expect(caughtUp.outputs).toMatchObject({ rotated: 'false', deleted: '' });
    expect(textOf(caughtUp)).toContain(
      `of octo-org/old-site had an older token and received the current one`,
    );
    expect(idIn(B)).toBe(idIn(A));
    expect(alive()).toHaveLength(2);
    for (let month = 0; month < 3; month++) {
      simulation.pass(31 * DAY);
      expect((await rotate(inputs)).outputs['rotated']).toBe('true');
    }
    expect(alive()).toContain(original.id);
    expect(alive()).toHaveLength(3);
  });

  it('do not keep a leaked token alive: a final error names places with a possibly dead token', async () => {
    const { github, original, rotate, alive, idIn, simulation, value } = setUp();
    const site = github.directory.repository(SITE);
    if (site) site.archived = true;
    const end = await rotate({ 'revoke-previous': 'now' });
    expect(alive()).toEqual([idIn(A)]);
    expect(alive()).not.toContain(original.id);
    expect(simulation.isAlive(value(B))).toBe(false);
    expect(errorOf(end)).toMatch(/of octo-org\/old-site may hold a dead token: .*archived/);
    expect(end.outputs).toEqual({});
  });

  it('may keep a leaked token that could not be deleted, and the error says so', async () => {
    const { github, original, rotate, alive } = setUp();
    const site = github.directory.repository(SITE);
    if (site) site.archived = true;
    const end = await rotate({ 'revoke-previous': 'now', timeout: '20s' }, { faults: noDeletions });
    expect(alive()).toContain(original.id);
    expect(errorOf(end)).toContain(
      `may hold a dead token, or the leaked token ${original.id}, which could not be deleted`,
    );
  });

  it('are not said to hold a token that one of them may never have received', async () => {
    const { github, original, rotate, simulation, idIn } = setUp();
    const site = github.directory.repository(SITE);
    if (site) site.archived = true;
    await rotate();
    if (site) site.archived = false;
    simulation.pass(DAY);
    const end = await rotate(
      { 'revoke-previous': 'now', timeout: '20s' },
      { faults: request => (isPut(request) ? { kind: 'server-error', processed: false } : undefined) },
    );
    expect(idIn(B)).toBe(original.id);
    expect(errorOf(end)).toMatch(
      new RegExp(
        `or the old one, ${idIn(A)}: .* of octo-org/maps\n- Still an older token: .* of octo-org/old-site\n`,
      ),
    );
  });
});

it('a limit of one put per run adds few tokens: the next run updates the other place', async () => {
  const { simulation, github, rotate, alive, idIn, expectAlive } = setUp();
  const rotated: (string | undefined)[] = [];
  for (let day = 0; day < 12; day++) {
    github.fault = writeLimit(1, 12 * HOUR, 'creation-403');
    rotated.push((await rotate({ timeout: '2m' })).outputs['rotated']);
    expectAlive();
    simulation.pass(DAY);
  }
  expect(rotated.filter(one => one === 'true')).toEqual([]);
  expect(rotated.filter(one => one === 'false')).not.toEqual([]);
  expect(idIn(B)).toBeDefined();
  expect(alive().length).toBeLessThanOrEqual(6);
});

describe('the two-minute pause', () => {
  it('follows the last change, and does not count against `timeout`', async () => {
    const { simulation, github, value, rotate } = setUp({ places: [A] });
    github.secrets.set(A, value());
    simulation.pass(30_000);
    const start = simulation.time;
    const end = await rotate({ timeout: '20s' });
    expect(end.outputs['rotated']).toBe('true');
    expect(textOf(end)).toContain('Waiting 90 s');
    expect(simulation.time - start).toBeGreaterThan(90_000);
  });
  it('is given up after three waits, without changes', async () => {
    const { github, simulation, value, rotate, alive } = setUp({ places: [A] });
    const before = alive();
    github.secrets.set(A, value());
    simulation.pass(MINUTE);
    const end = await rotate(
      {},
      {
        before: ({ to, path }) => {
          if (to === 'github' && path.endsWith(NAME)) github.secrets.set(A, value());
        },
      },
    );
    expect(errorOf(end)).toMatch(/^Secret not updated: The token or its secret keeps changing/);
    expect(end.said.filter(({ text }) => text.includes('Waiting'))).toHaveLength(3);
    expect(alive()).toEqual(before);
  });
  it('is skipped in a dry run', async () => {
    const { github, value, rotate } = setUp({ places: [A] });
    github.secrets.set(A, value());
    const end = await rotate({ 'dry-run': 'true' });
    expect([end.end, textOf(end).includes('Waiting')]).toEqual(['success', false]);
  });
});

it('a list that cannot be read completely changes nothing', async () => {
  const { rotate, alive, account } = setUp();
  account.issue({ scopes: ['styles:read'], note: 'x' });
  const end = await rotate(
    {},
    {
      faults: ({ to, path }) =>
        to === 'mapbox' && path === '/tokens/v2/octo' ? { kind: 'truncated' } : undefined,
    },
  );
  expect(end.end).toBe('failure');
  expect(alive()).toHaveLength(2);
});

describe('a run that resumes', () => {
  it('after losing its network during a put puts nothing more: no secret is dead (row 39)', async () => {
    const { simulation, rotate, expectAlive, idIn } = setUp({ places: [A] });
    let second: Promise<SimulatedEnd> | undefined;
    const first = await rotate(
      { timeout: '24h' },
      {
        before: request => {
          if (!isPut(request) || second !== undefined) return;
          simulation.pass(3 * HOUR);
          second = rotate();
        },
      },
    );
    const other = await second;
    expect(other?.outputs['rotated']).toBe('true');
    expect(errorOf(first)).toMatch(/More than half an hour has passed/);
    expectAlive();
    expect(idIn(A)).toBe(other?.outputs['token-id']);
  });
});

describe('`revoke-previous: 2d`', () => {
  it('deletes each token two days after its replacement, even in runs that do not rotate', async () => {
    const { simulation, rotate, alive, idIn } = setUp();
    const inputs = { 'revoke-previous': '2d', 'max-age': '6d', 'revoke-original': 'true' };
    const counts: number[] = [];
    const deleted: string[] = [];
    for (let day = 0; day < 21; day++) {
      const end = await rotate(inputs);
      expect(end.end, textOf(end)).toBe('success');
      counts.push(alive().length);
      deleted.push(...(end.outputs['deleted'] ?? '').split(' ').filter(Boolean));
      expect(idIn(B)).toBe(idIn(A));
      simulation.pass(DAY);
    }
    expect(Math.max(...counts)).toBe(2);
    expect(counts.at(-1)).toBeLessThanOrEqual(2);
    expect(deleted).toHaveLength(3);
  });

  it('deletes nothing in such a run if a place rejects the current token', async () => {
    const { simulation, github, rotate, alive } = setUp();
    const inputs = { 'revoke-previous': '2d', 'max-age': '6d', 'revoke-original': 'true' };
    simulation.pass(7 * DAY);
    await rotate(inputs);
    simulation.pass(3 * DAY);
    const before = alive();
    github.fault = refusing(B, { kind: 'refused', reason: 'suspended' });
    const end = await rotate(inputs);
    expect(errorOf(end)).toMatch(
      /"This installation has been suspended".*The GitHub App installation is suspended/,
    );
    expect(alive()).toEqual(before);
  });
});

describe('refused deletions', () => {
  it.each([60, 24])('that never succeed stop rotations before tokens pile up (%i runs)', async runs => {
    const { simulation, rotate, alive, expectAlive } = setUp();
    let end: SimulatedEnd | undefined;
    for (let day = 0; day < runs; day++) {
      end = await rotate(
        { timeout: '30s' },
        {
          faults: ({ to, method }) =>
            to === 'mapbox' && method === 'DELETE' ? { kind: 'server-error', processed: false } : undefined,
        },
      );
      expectAlive();
      simulation.pass(DAY);
    }
    expect(alive().length).toBeLessThanOrEqual(6);
    expect(end && errorOf(end)).toMatch(/Tokens of earlier rotations could not be deleted.*\n- \w+ .*503/);
  });
});

describe('a run cut off between creation and puts', () => {
  /** The post step does not run either: the machine is gone. */
  async function cutOff(setting: TwoRepositories, inputs = {}): Promise<string> {
    const before = setting.alive();
    await setting.rotate(inputs, { dieAfter: ({ method }) => method === 'POST' });
    const [orphan] = setting.alive().filter(id => !before.includes(id));
    return orphan ?? '';
  }

  it('leaves one token, which the next run deletes before it creates another', async () => {
    const setting = setUp();
    const orphan = await cutOff(setting);
    expect(orphan).not.toBe('');
    setting.simulation.pass(DAY);
    const end = await setting.rotate();
    expect(end.outputs).toMatchObject({ rotated: 'true', deleted: orphan });
    expect(textOf(end)).toContain(
      `Deleted the token ${orphan}, which an interrupted run created and put nowhere.`,
    );
  });

  it.each([
    [0, 1],
    [-365 * DAY, 2],
  ])('leaves at most two tokens, even if the runner’s clock differs by %i ms', async (runner, most) => {
    const setting = setUp({ skews: { runner } });
    for (let day = 0; day < 6; day++) {
      await cutOff(setting);
      setting.simulation.pass(DAY);
      expect(setting.alive().length).toBeLessThanOrEqual(1 + most);
    }
    const end = await setting.rotate();
    if (runner === 0) expect(end.outputs['rotated']).toBe('true');
    else expect(errorOf(end)).toMatch(/^Secret not updated: .*\n- \w+ .*too young by this machine's clock/);
  });

  it('stops the next run if that token cannot be deleted, before another is created', async () => {
    const setting = setUp();
    const orphan = await cutOff(setting);
    setting.simulation.pass(DAY);
    const before = setting.alive();
    const end = await setting.rotate({ timeout: '20s' }, { faults: noDeletions });
    expect(errorOf(end)).toMatch(/Tokens of interrupted runs could not be deleted/);
    expect(errorOf(end)).toContain(orphan);
    expect(setting.alive()).toEqual(before);
  });

  it('keeps a primary place that is behind as it is until that token is deleted', async () => {
    const setting = setUp();
    const { account, github, simulation, rotate, alive, idIn, original } = setting;
    const saved = account.issue({ scopes: POWERS, note: 'Saved by hand' });
    github.secrets.set(B, saved.token);
    simulation.pass(DAY);
    const orphan = await cutOff(setting, { token: saved.token, 'revoke-previous': 'now' });
    simulation.pass(DAY);
    const before = alive();
    const end = await rotate({ token: saved.token, timeout: '20s' }, { faults: noDeletions });
    expect(errorOf(end)).toMatch(new RegExp(`^Secrets have different tokens: .*${orphan}.* 503`, 's'));
    expect(end.requests.filter(isPut)).toEqual([]);
    expect([idIn(A), alive()]).toEqual([original.id, before]);

    const next = await rotate({ token: saved.token });
    expect(next.outputs).toMatchObject({ rotated: 'false', deleted: orphan });
    expect(idIn(A)).toBe(saved.id);
  });
});

describe('a leaked token', () => {
  it('that is the account’s default token still works: a warning says what to do', async () => {
    const { simulation, account, github, rotate, idIn } = setUp({ places: [A] });
    const leaked = account.tokens().find(token => token.default);
    const powerful = account.issue({ scopes: [...POWERS, ...(leaked?.scopes ?? [])], note: 'Rotation' });
    github.secrets.set(A, leaked?.token ?? '');
    simulation.pass(DAY);
    const end = await rotate({ 'authorizing-token': powerful.token, 'revoke-previous': 'now' });
    expect(end.end, textOf(end)).toBe('success');
    expect(idIn(A)).toBe(end.outputs['token-id']);
    expect(end.said.find(({ kind }) => kind === 'warning')?.text).toMatch(
      new RegExp(`${leaked?.id} .* has leaked and still works: .*\\*Refresh\\*`),
    );
  });

  it('whose rotation is interrupted during deletions: the last line says which token the secret has', async () => {
    const inputs = { 'revoke-previous': 'now' };
    const { requests } = await setUp({ places: [A] }).rotate(inputs);
    const { rotate, idIn } = setUp({ places: [A] });
    const end = await rotate(inputs, {
      interruptAt: requests.findIndex(({ method }) => method === 'DELETE'),
    });
    expect(end.end).toBe('interrupted');
    expect(end.said.at(-1)?.text).toMatch(new RegExp(`^The secret has the new token ${idIn(A)}\\.`));
  });
});

it('a rotated public token gets a line about builds that contain it', async () => {
  const { simulation, account, github, original, rotate } = setUp({ places: [A] });
  const scopes = ['styles:read'];
  const powerful = account.issue({ scopes: [...POWERS, ...scopes], note: 'Rotation' });
  github.secrets.set(A, account.issue({ scopes, note: 'Web map' }).token);
  simulation.pass(DAY);
  const end = await rotate({ 'authorizing-token': powerful.token });
  expect(end.outputs['rotated']).toBe('true');
  expect(textOf(end)).toMatch(/built with the token \w+ stop working when it is deleted .*`VITE_…`/);
  expect(textOf(end)).not.toContain(original.token);
});

it('Terraform restoring the old value stops the next run with an error that names it', async () => {
  const { simulation, github, original, rotate, alive } = setUp({ places: [A] });
  await rotate();
  simulation.pass(HOUR);
  github.secrets.set(A, original.token);
  simulation.pass(DAY);
  const before = alive();
  const end = await rotate();
  expect(errorOf(end)).toMatch(/^Secret has another token: [\s\S]*Terraform[\s\S]*`ignore_changes`/);
  expect(alive()).toEqual(before);
});

it('tokens of a renamed repository are still found and deleted', async () => {
  const { simulation, github, rotate, alive } = setUp({ places: [A] });
  await rotate();
  simulation.pass(DAY);
  github.directory.renameRepository(REPOSITORY, 'octo-org/atlas');
  const atlas = `repos/octo-org/atlas/actions/secrets/${NAME}`;
  const env = { GITHUB_REPOSITORY: 'octo-org/atlas' };
  for (let day = 0; day < 3; day++) {
    const token = github.secrets.get(atlas)?.value ?? '';
    const end = await rotate({ token, repositories: 'octo-org/atlas' }, { env });
    expect(end.outputs['rotated'], textOf(end)).toBe('true');
    simulation.pass(DAY);
  }
  expect(alive()).toHaveLength(3);
});
