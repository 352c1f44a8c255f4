/** Random schedules of faults in a main step and its post step, and of their processes' ends. */
import { createMarker, formatMarker } from '../../src/note.ts';
import type { Account, StoredToken } from './mapbox/account.ts';
import { foreignResponse, lateCreation, STRANGERS_NOTE } from './mapbox/creation-faults.ts';
import type { Fault, FaultPlan } from './mapbox/faults.ts';
import { interveningFaults, replicaBehind } from './mapbox/intervening-faults.ts';
import { cutLinks } from './mapbox/link-faults.ts';
import type { ApiResponse } from './mapbox/messages.ts';
import fc from './random.ts';
import type { StepOptions } from './steps.ts';
import { run } from './workflow-run.ts';

/** The faults and ends of a main step and its post step. */
export interface Schedule {
  readonly lifetime: 'job' | '10m' | 'permanent';
  readonly mayRead: boolean;
  /** Tokens on a page of the list. */
  readonly pageSize: number;
  /** Milliseconds that the runner's clock is ahead. */
  readonly skew: number;
  /** The seed of the steps' own randomness. */
  readonly seed: number;
  /** The faults of the first requests of each method, in both steps; `undefined` lets one pass. */
  readonly faults: Readonly<Record<'POST' | 'GET' | 'DELETE', readonly (Fault | undefined)[]>>;
  readonly main: Trouble;
  readonly post: Trouble;
  /** If the main step is abandoned: whether it has ended when the post step starts. */
  readonly endsBefore: boolean;
}

/** What happens to a step while it runs. */
type Trouble = Pick<StepOptions, 'notSent' | 'killAt' | 'interruptAt' | 'leaveAt' | 'diskFull'>;

/** A schedule without faults. */
export const QUIET: Schedule = {
  lifetime: 'job',
  mayRead: true,
  pageSize: 100,
  skew: 0,
  seed: 1,
  faults: { POST: [], GET: [], DELETE: [] },
  main: {},
  post: {},
  endsBefore: true,
};

const markerOf = (changes: { id?: string; attempt?: string }, nonce: string) =>
  formatMarker(createMarker({ kind: 'until-job-ends' }, { ...run, ...changes }, nonce));

/** The note of another step of the same job, with the same inputs. */
export const SIBLINGS_NOTE = `Release (octo-org/maps) ${markerOf({}, 'sibling0')}`;

/** Notes of tokens that were not created by these steps. */
const BYSTANDERS_NOTES = [
  null,
  '',
  STRANGERS_NOTE,
  'Release',
  'Release (octo-org/maps) [until job ends: soon]',
  'Release (octo-org/maps) [until job ends: 123456789/4711.1#',
  SIBLINGS_NOTE,
  `Release (octo-org/maps) ${markerOf({ id: '4712' }, 'another1')}`,
  `Release (octo-org/maps) ${markerOf({ attempt: '2' }, 'another2')}`,
];

/** Adds other steps' and hand-made tokens to the account: old ones, and some created just now. */
export function addBystanders(account: Account, now: number): void {
  for (const [index, note] of BYSTANDERS_NOTES.entries()) {
    const created = new Date(now - (index % 2) * 30 * 86_400_000);
    account.issue({ scopes: ['tilesets:read', 'tilesets:write'], note, created });
  }
}

/** Whether a token is not of the steps under test: it existed before, or a fault let someone else create it. */
export function isBystander({ note }: StoredToken): boolean {
  return BYSTANDERS_NOTES.includes(note);
}

/** Lets the requests of each method meet their faults in turn. */
export function faultPlanOf({ faults }: Schedule): FaultPlan {
  const next = { POST: 0, GET: 0, DELETE: 0 };
  return ({ method }) =>
    method === 'POST' || method === 'GET' || method === 'DELETE' ? faults[method][next[method]++] : undefined;
}

/**
 * How long to wait after a 429 of {@link rateLimits}, in milliseconds: at least as long as it says, and half a second;
 * at most about the interval of Mapbox's limit if it says nothing.
 */
export function waitFor(fault: Fault | undefined): { least: number; most: number } | undefined {
  if (fault?.kind !== 'status' || fault.status !== 429) return undefined;
  const stated = typeof fault.headers === 'object' ? fault.headers['Retry-After'] : undefined;
  const seconds = stated === undefined ? undefined : Number(stated);
  return { least: Math.max(500, (seconds ?? 0) * 1000), most: Math.max(10_000, (seconds ?? 60) * 1100) };
}

/** Whether a client must take it for Mapbox's own 404. */
function isMapboxNotFound(fault: Fault | undefined): boolean {
  return fault?.kind === 'status' && fault.status === 404 && typeof fault.body === 'object';
}

/** `undefined` except once in `times`. */
function rarely<T>(arbitrary: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: times - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

const processed = fc.boolean();

const rateLimits: fc.Arbitrary<Fault> = fc
  .constantFrom<Record<string, string>>(
    { 'Retry-After': '3' },
    { 'Retry-After': '0' },
    {},
    { 'X-Rate-Limit-Interval': '5', 'Retry-After': '1' },
  )
  .map(headers => ({ kind: 'status', status: 429, processed: false, headers }));

/** Lists that do not show whether there are more pages. */
const cutLists: fc.Arbitrary<Fault> = fc.constantFrom(...Object.values(cutLinks));

/** Faults after which the same request may succeed. */
const passing: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constantFrom('reset' as const, 'close' as const), processed }),
  fc.record({ kind: fc.constantFrom('hang' as const, 'slow-body' as const), processed }),
  fc.record({ kind: fc.constant('cut' as const), processed: fc.constant(true as const) }),
  fc.record({ kind: fc.constantFrom('garbage' as const, 'huge' as const, 'not-http' as const), processed }),
  fc.record({ kind: fc.constant('html' as const), status: fc.constantFrom(200, 201, 502, 504), processed }),
  fc.record({ kind: fc.constant('status' as const), status: fc.constantFrom(500, 503, 408, 425), processed }),
  fc.record({ kind: fc.constant('delay' as const), ms: fc.constantFrom(5, 400) }),
  fc.constantFrom(
    interveningFaults['200 without a body'],
    interveningFaults['200 with an empty object'],
    interveningFaults['202 without a body'],
    interveningFaults['205 without a body'],
  ),
  rateLimits,
);

/** Faults after which a retry is pointless, unless a proxy responded. */
const rejecting: fc.Arbitrary<Fault> = fc.oneof(
  fc
    .constantFrom(400, 401, 403, 404, 422)
    .map((status): Fault => ({ kind: 'status', status, processed: false, body: { message: 'Something' } })),
  fc.constantFrom(
    interveningFaults['301'],
    interveningFaults['307'],
    interveningFaults['403 with HTML'],
    interveningFaults['404 with HTML'],
    interveningFaults['404 without a body'],
    interveningFaults['409 with JSON'],
  ),
);

/**
 * Responses that belong to other creations, or do not tell which. A token that was created this minute without a marker
 * looks like one whose note Mapbox stored changed, so it is not among them.
 */
const foreign: fc.Arbitrary<Fault> = fc.oneof(
  fc
    .record({
      scopes: fc.constantFrom('same' as const, 'other' as const),
      age: fc.constantFrom(0, 86_400_000),
      note: fc.constant(SIBLINGS_NOTE),
      processed,
    })
    .map(foreignResponse),
  fc
    .record({
      scopes: fc.constantFrom('same' as const, 'other' as const),
      age: fc.constant(86_400_000),
      processed,
    })
    .map(foreignResponse),
  fc.constantFrom(
    changed(body => ({ ...body, scopes: ['tilesets:read', 'tokens:write'] })),
    changed(body => ({ ...body, usage: 'pk' })),
    changed(({ id: _, ...body }) => body),
    changed(body => ({ ...body, id: '../../other' })),
    changed(body => ({ ...body, token: 'no token at all' })),
    changed(({ token: _, ...body }) => body),
    changed(body => ({ ...body, note: body['token'] })),
  ),
);

function changed(change: (body: Readonly<Record<string, unknown>>) => unknown): Fault {
  return {
    kind: 'rewrite',
    rewrite: (response: ApiResponse) =>
      typeof response.body === 'object' && response.body !== null && !Array.isArray(response.body)
        ? { ...response, body: change({ ...response.body }) }
        : response,
  };
}

/** Deletions that were not carried out, whatever the response says. */
const notDeleted: fc.Arbitrary<Fault> = fc.constantFrom<Fault>(
  replicaBehind,
  interveningFaults['404 of a gateway'],
  interveningFaults['404 with HTML'],
  interveningFaults['404 without a body'],
  interveningFaults['200 without a body'],
  interveningFaults['202 without a body'],
);

/** The first external action of a main step once its state is saved. What it leaves before that is for the sweep. */
export const FIRST_SAVED = 1;

/** Most main steps get their token in the end; the others cover each kind of failure. */
const troubleOfMain = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      POST: fc.array(fc.oneof({ weight: 4, arbitrary: passing }, fc.constant(lateCreation(3000))), {
        maxLength: 2,
      }),
      notSent: fc.array(fc.constantFrom(undefined, 'ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT'), {
        maxLength: 3,
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      POST: fc
        .tuple(fc.array(passing, { maxLength: 1 }), fc.oneof(foreign, foreign, rejecting))
        .map(([before, last]) => [...before, last]),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      POST: fc.array(passing, { maxLength: 2 }),
      notSent: fc.array(fc.constantFrom(undefined, 'ENOTFOUND', 'CERT_HAS_EXPIRED', 'PROXY_407'), {
        maxLength: 2,
      }),
      killAt: rarely(fc.nat({ max: 20 }), 3),
      interruptAt: rarely(fc.nat({ max: 20 }), 3),
      diskFull: fc.nat({ max: 4 }).map(n => n === 0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      POST: fc.array(passing, { maxLength: 2 }),
      leaveAt: fc.integer({ min: FIRST_SAVED, max: 16 }),
    }),
  },
);

export const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    lifetime: fc.constantFrom(
      'job' as const,
      'job' as const,
      'job' as const,
      '10m' as const,
      'permanent' as const,
    ),
    mayRead: fc.nat({ max: 3 }).map(n => n > 0),
    pageSize: fc.constantFrom(100, 100, 4),
    endsBefore: fc.boolean(),
    skew: fc.constantFrom(0, 0, 0, 40_000, -700_000),
    seed: fc.nat(),
    main: troubleOfMain,
    GET: fc.array(rarely(fc.oneof({ weight: 3, arbitrary: passing }, rejecting, cutLists), 2), {
      maxLength: 4,
    }),
    DELETE: fc.array(rarely(fc.oneof({ weight: 2, arbitrary: notDeleted }, passing, rejecting), 2), {
      maxLength: 4,
    }),
    post: fc.record({
      notSent: fc.array(
        fc.constantFrom(undefined, undefined, 'ECONNREFUSED', 'ENOTFOUND', 'CERT_HAS_EXPIRED'),
        {
          maxLength: 4,
        },
      ),
      killAt: rarely(fc.nat({ max: 12 }), 12),
    }),
  })
  .map(({ main: { POST, ...main }, GET, DELETE, ...rest }) => ({
    ...rest,
    main,
    faults: honest({ POST, GET, DELETE }, rest.mayRead),
  }));

/**
 * Without undetectable lies: Mapbox's own 404 to a second deletion is also believed if the list cannot be read and the
 * authorizing token, which created the token, is still valid.
 */
function honest(faults: Schedule['faults'], mayRead: boolean): Schedule['faults'] {
  const { GET, DELETE } = faults;
  const first = DELETE.findIndex(isMapboxNotFound);
  if (DELETE.filter(isMapboxNotFound).length < 2) return faults;
  const without = (list: readonly (Fault | undefined)[], kept?: number) =>
    list.map((fault, index) => (isMapboxNotFound(fault) && index !== kept ? undefined : fault));
  return mayRead ? { ...faults, GET: without(GET) } : { ...faults, DELETE: without(DELETE, first) };
}
