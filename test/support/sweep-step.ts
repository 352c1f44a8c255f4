/** The sweep in this process, with real HTTP only: the runner keeps everything in memory. */

import { ActionError } from '../../src/action-error.ts';
import { createHttpClient, type HttpLimits } from '../../src/http/client.ts';
import { sweepStep } from '../../src/sweep/step.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeRunner, type LogLine } from './fake-runner.ts';
import { type GithubStandIn, startGithub } from './github/server.ts';
import type { StoredToken } from './mapbox/account.ts';
import { type MapboxStandIn, type StandInOptions, startMapbox } from './mapbox/server.ts';
import { NO_PROCESSES } from './processes.ts';
import { SEED, seeded } from './random.ts';

export const REPOSITORY = 'octo-org/maps';
export const REPOSITORY_ID = '123456789';
export const SERVER = 'https://github.com';
/** The sweep's own run. */
export const SWEEPING_RUN = '9000';
const GITHUB_TOKEN = ['ghs', 'a1B2c3D4e5F6g7H8i9J0'.repeat(2)].join('_');

export interface SweepResult {
  readonly conclusion: 'success' | 'failure';
  readonly log: readonly LogLine[];
  readonly masks: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: readonly (readonly string[])[];
  readonly elapsed: number;
}

export interface SweepSetting extends AsyncDisposable {
  readonly mapbox: MapboxStandIn;
  readonly github: GithubStandIn;
  readonly githubToken: string;
  readonly authorizingToken: StoredToken;
  readonly clock: FakeClock;
  /** The step's default inputs. */
  readonly inputs: Record<string, string>;
  /** Creates a token with this note; secret unless `pk`. */
  createToken(note: string, usage?: 'pk' | 'sk', created?: Date): StoredToken;
  /** Creates a token as a job of this repository would have. */
  createJobToken(
    run: string,
    options?: { usage?: 'pk' | 'sk'; attempt?: number; created?: Date },
  ): StoredToken;
  /** Creates a permanent token as a job of this repository would have, this many days and a minute ago. */
  createPermanentToken(note: string, days: number, options?: MarkerOptions): StoredToken;
  exists(token: StoredToken): boolean;
  /** Runs the step in this process. */
  sweep(inputs?: Record<string, string>, context?: Partial<SweepOptions>): Promise<SweepResult>;
}

interface SweepOptions {
  readonly env: Record<string, string | undefined>;
  readonly limits: HttpLimits;
}

let nonces = 0;

interface MarkerOptions {
  readonly attempt?: number;
  readonly repository?: string;
  readonly until?: 'job ends' | 'deleted';
}

/** The marker at the end of a note, spelled out. */
export function markerFor(
  run: string,
  { attempt = 1, repository = REPOSITORY_ID, until = 'job ends' }: MarkerOptions = {},
): string {
  const nonce = (nonces++).toString(36).padStart(8, '0');
  return `[until ${until}: ${repository}/${run}.${attempt}#${nonce}]`;
}

export const DAY = 24 * 3_600_000;

export async function setUpSweep(
  options: StandInOptions & {
    held?: string[];
    /** Milliseconds that the runner's clock is ahead. */
    skew?: number;
  } = {},
): Promise<SweepSetting> {
  const clock = FakeClock.running(options.skew);
  const mapbox = await startMapbox({ now: () => clock.mapboxTime(), ...options });
  const github = await startGithub({ token: GITHUB_TOKEN });
  const authorizingToken = mapbox.account.issue({
    scopes: options.held ?? ['tokens:read', 'tokens:write'],
    note: 'sweep',
  });
  const inputs = {
    'authorizing-token': authorizingToken.token,
    'github-token': GITHUB_TOKEN,
    'api-url': mapbox.url,
  };
  const issue = (note: string, usage: 'pk' | 'sk', created?: Date) =>
    mapbox.account.issue({
      scopes: [usage === 'pk' ? 'styles:read' : 'tilesets:write'],
      note,
      ...(created && { created }),
    });
  return {
    mapbox,
    github,
    githubToken: GITHUB_TOKEN,
    authorizingToken,
    clock,
    inputs,
    createToken: (note, usage = 'sk', created) => issue(note, usage, created),
    createJobToken: (run, { usage = 'sk', attempt = 1, created } = {}) =>
      issue(`Release ${markerFor(run, { attempt })}`, usage, created),
    createPermanentToken: (note, days, marker = {}) =>
      issue(
        `${note} (${REPOSITORY}) ${markerFor('1', { ...marker, until: 'deleted' })}`,
        'pk',
        new Date(clock.mapboxTime() - days * DAY - 60_000),
      ),
    exists: ({ id }) => mapbox.account.find(id) !== undefined,
    sweep: (more = {}, context = {}) => sweepOnce({ ...inputs, ...more }, clock, github.url, context),
    async [Symbol.asyncDispose]() {
      await mapbox.close();
      await github[Symbol.asyncDispose]();
    },
  };
}

async function sweepOnce(
  inputs: Readonly<Record<string, string>>,
  clock: FakeClock,
  githubUrl: string,
  options: Partial<SweepOptions>,
): Promise<SweepResult> {
  const runner = new FakeRunner({ inputs });
  const start = clock.monotonic();
  const conclusion = await sweepStep({
    runner,
    env: {
      GITHUB_SERVER_URL: SERVER,
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_REPOSITORY_ID: REPOSITORY_ID,
      GITHUB_RUN_ID: SWEEPING_RUN,
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_API_URL: githubUrl,
      ...options.env,
    },
    clock,
    randomInt: seeded(SEED),
    processes: NO_PROCESSES,
    createHttpClient: async (url, proxies, limits) =>
      createHttpClient(url, proxies, { ...limits, ...options.limits }),
  }).then(
    () => 'success' as const,
    error => {
      if (!(error instanceof ActionError)) throw error;
      runner.fail(error.title, error.message);
      return 'failure' as const;
    },
  );
  const { log, masks, outputs, summary } = runner;
  return { conclusion, log, masks, outputs, summary, elapsed: clock.monotonic() - start };
}
