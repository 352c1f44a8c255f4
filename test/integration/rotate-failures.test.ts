/** Rotations with any request lost, rejected or limited, and with the process killed at any point. */
import { describe, expect, it } from 'vitest';
import { SEED } from '../support/random.ts';
import { configs, DAY, RotatedSecrets, type RotationPlan } from '../support/rotated-secrets.ts';
import type {
  SimulatedEnd,
  SimulatedFault,
  SimulatedFaults,
  SimulatedRequest,
} from '../support/rotation-simulation.ts';

const AUTHORIZING = 0;
const WEB = 2;

/** `npm run test:soak` examines every request, and also of four places, which take four times the time. */
const isSoak = process.env['MODE'] === 'soak';
const examined = isSoak ? [AUTHORIZING, WEB] : [AUTHORIZING];
const STEP = isSoak ? 1 : 3;
const OFFSET = SEED % STEP;

/** The indexes of requests or moments to examine: other ones with each seed. */
function* indexes(count: number): Iterable<number> {
  for (let at = OFFSET; at < count; at += STEP) yield at;
}

const faults: readonly SimulatedFault[] = [
  { kind: 'not-sent' },
  { kind: 'lost', processed: false },
  { kind: 'lost', processed: true },
  { kind: 'late', after: 1 },
  { kind: 'truncated' },
  { kind: 'server-error', processed: false },
  { kind: 'server-error', processed: true },
  { kind: 'proxy', status: 404, processed: true },
  { kind: 'refused', status: 401 },
  { kind: 'refused', status: 403 },
  { kind: 'refused', status: 404 },
  { kind: 'refused', status: 422 },
  { kind: 'rate-limited' },
];

/** Mapbox's own report that a token is gone is believed. */
const isCredible = ({ to, method, path }: SimulatedRequest, fault: SimulatedFault) =>
  fault.kind !== 'refused' || (to === 'mapbox' ? method !== 'DELETE' : !path.includes('/runs/'));

const once =
  (at: number, fault: SimulatedFault): SimulatedFaults =>
  (request, index) =>
    index === at && isCredible(request, fault) ? fault : undefined;

const from =
  (at: number, fault: SimulatedFault): SimulatedFaults =>
  (request, index) =>
    index >= at && isCredible(request, fault) ? fault : undefined;

/** After two rotations, a third has something to delete. */
async function setUp(config: number): Promise<RotatedSecrets> {
  const secrets = new RotatedSecrets({});
  for (let n = 0; n < 2; n++) {
    await secrets.rotate({ config });
    secrets.simulation.pass(8 * DAY);
  }
  return secrets;
}

/** The requests of an undisturbed rotation. */
async function undisturbed(config: number): Promise<SimulatedEnd> {
  const secrets = await setUp(config);
  const end = await secrets.rotate({ config });
  expect(end.end).toBe('success');
  expect(end.outputs['deleted']).not.toBe('');
  return end;
}

async function check(config: number, plan: Partial<RotationPlan>): Promise<void> {
  const secrets = await setUp(config);
  await secrets.rotate({ config, ...plan });
  secrets.simulation.pass(8 * DAY);
  await secrets.expectNothingForgotten(config);
}

describe.each(examined.map(config => ({ config, name: configs[config]?.name ?? '' })))(
  'rotating $name',
  ({ config }) => {
    it.each(faults)('survives any one request being $kind $status $processed', async fault => {
      const { requests } = await undisturbed(config);
      for (const at of indexes(requests.length)) await check(config, { faults: once(at, fault) });
    });

    it.each(faults)('survives all requests from any one on being $kind $status $processed', async fault => {
      const { requests } = await undisturbed(config);
      for (const at of indexes(requests.length)) {
        await check(config, {
          faults: from(at, fault),
          postFaults: at % 2 === 0 ? from(0, fault) : undefined,
        });
      }
    });

    it.each([
      ['with a post step', true],
      ['without one', false],
    ])('survives the process dying at any moment, %s', async (_, hasPost) => {
      const { dealings } = await undisturbed(config);
      for (const dieAt of indexes(dealings)) await check(config, { dieAt, hasPost });
    });

    it.each([
      ['with a post step', true],
      ['with a shutdown of the machine', false],
    ])('survives an interruption at any request, %s', async (_, hasPost) => {
      const { requests } = await undisturbed(config);
      for (const interruptAt of indexes(requests.length)) await check(config, { interruptAt, hasPost });
    });

    it('survives the machine dying at any moment of a leaked token’s rotation', async () => {
      const { dealings } = await undisturbed(config);
      for (const dieAt of indexes(dealings + 3))
        await check(config, { dieAt, hasPost: dieAt % 2 === 0, revokePrevious: 'now' });
    });
  },
);

/** Applies the n-th of these faults to the n-th put. */
function puts(...list: readonly (SimulatedFault | undefined)[]): SimulatedFaults {
  let count = 0;
  return ({ method }) => (method === 'PUT' ? list[count++] : undefined);
}

const idsOf = ({ simulation }: RotatedSecrets) => simulation.account.tokens().map(({ id }) => id);
const errorOf = ({ said }: SimulatedEnd) => said.find(({ kind }) => kind === 'error')?.text ?? '';

describe('a put', () => {
  it('that GitHub rejected costs only the replacement', async () => {
    const secrets = await setUp(AUTHORIZING);
    const before = idsOf(secrets);
    const end = await secrets.rotate({ config: AUTHORIZING, faults: puts({ kind: 'refused', status: 403 }) });
    expect(errorOf(end)).toMatch(/^Secret not updated: .*with 403: "Something".*was deleted/);
    expect(idsOf(secrets)).toEqual(before);
  });

  it('that was lost and then rejected deletes nothing, as the lost one may still arrive', async () => {
    const secrets = await setUp(AUTHORIZING);
    const before = idsOf(secrets);
    const faults = puts({ kind: 'late', after: 4 }, { kind: 'refused', status: 401 });
    const end = await secrets.rotate({ config: AUTHORIZING, faults });
    expect(idsOf(secrets)).toHaveLength(before.length + 1);
    expect(errorOf(end)).toMatch(
      /^Secret not updated: [\s\S]*Either the new token, \w+, or the old one, \w+: the secret/,
    );
  });

  it.each([
    ['that is lost but arrived is not repeated: the secret shows that it changed', true, 1],
    ['that did not arrive is repeated', false, 2],
  ])('%s', async (_, processed, requests) => {
    const secrets = await setUp(AUTHORIZING);
    const end = await secrets.rotate({ config: AUTHORIZING, faults: puts({ kind: 'lost', processed }) });
    expect(end.end).toBe('success');
    expect(end.requests.filter(({ method }) => method === 'PUT')).toHaveLength(requests);
  });

  it('for a key that GitHub replaced is repeated with the new one', async () => {
    const secrets = await setUp(AUTHORIZING);
    const end = await secrets.rotate({
      config: AUTHORIZING,
      faults: ({ method }, index) => {
        if (method === 'PUT' && !rotated) secrets.rotateKey(AUTHORIZING);
        rotated ||= method === 'PUT' && index > 0;
        return undefined;
      },
    });
    expect(end.end).toBe('success');
    expect(end.requests.filter(({ method }) => method === 'PUT')).toHaveLength(2);
  });
  let rotated = false;

  it('that is rejected at the primary place is not tried elsewhere', async () => {
    const secrets = await setUp(WEB);
    const end = await secrets.rotate({ config: WEB, faults: puts({ kind: 'refused', status: 404 }) });
    expect(end.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });
});

describe('several places, only some of which got the token', () => {
  async function partly() {
    const secrets = await setUp(WEB);
    const before = idsOf(secrets);
    const faults = puts(undefined, { kind: 'refused', status: 403 });
    const end = await secrets.rotate({ config: WEB, faults });
    return { secrets, before, end };
  }

  it('are named in one error, and nothing is deleted', async () => {
    const { secrets, before, end } = await partly();
    expect(errorOf(end)).toMatch(
      /^Secrets have different tokens: [\s\S]*The new token, \w+: the secret `web_token` of octo-org\/maps and [\s\S]*Still an older token: the secret/,
    );
    expect(idsOf(secrets)).toEqual(expect.arrayContaining(before));
  });

  it('get the current token from the next run, whatever its age, which creates and deletes nothing', async () => {
    const { secrets } = await partly();
    const before = idsOf(secrets);
    secrets.simulation.pass(DAY);
    const end = await secrets.rotate({ config: WEB, maxAge: '30d' });
    expect(end.outputs).toMatchObject({ rotated: 'false', deleted: '' });
    expect(end.said.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/of octo-org\/site had an older token and received the current one/),
    );
    expect(idsOf(secrets)).toEqual(before);
  });

  it('have their earlier tokens deleted by the run after that', async () => {
    const { secrets, before } = await partly();
    secrets.simulation.pass(DAY);
    await secrets.rotate({ config: WEB });
    secrets.simulation.pass(DAY);
    const end = await secrets.rotate({ config: WEB });
    expect(end.outputs['rotated']).toBe('true');
    expect(before).toEqual(expect.arrayContaining(end.outputs['deleted']?.split(' ').slice(0, 1) ?? []));
  });
});

it('the next rotation deletes an orphan of one that was cut off', async () => {
  const secrets = await setUp(AUTHORIZING);
  const before = idsOf(secrets);
  await secrets.rotate({ config: AUTHORIZING, hasPost: false, dieAt: 24 });
  const orphans = idsOf(secrets).filter(id => !before.includes(id));
  expect(orphans).toHaveLength(1);
  secrets.simulation.pass(DAY);
  const end = await secrets.rotate({ config: AUTHORIZING });
  expect(end.outputs['deleted']?.split(' ')).toEqual(expect.arrayContaining(orphans));
});

it('a run that waited during a rotation of its secret creates and deletes nothing', async () => {
  const secrets = new RotatedSecrets({});
  secrets.queue(AUTHORIZING);
  await secrets.rotate({ config: AUTHORIZING });
  secrets.simulation.pass(DAY);
  const before = idsOf(secrets);
  const end = await secrets.rotate({ config: AUTHORIZING, stale: 0 });
  expect(errorOf(end)).toMatch(/^Secret has another token: /);
  expect(idsOf(secrets)).toEqual(before);
});

it('a run that waited during two rotations recognizes its token as the original', async () => {
  const secrets = new RotatedSecrets({});
  secrets.queue(AUTHORIZING);
  for (let n = 0; n < 3; n++) {
    await secrets.rotate({ config: AUTHORIZING });
    secrets.simulation.pass(DAY);
  }
  const before = idsOf(secrets);
  const end = await secrets.rotate({ config: AUTHORIZING, stale: 0 });
  expect(errorOf(end)).toMatch(/^Secret has another token: /);
  expect(idsOf(secrets)).toEqual(before);
});
