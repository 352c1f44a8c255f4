/** A world for the sweep in which HTTP is real, and the runner writes into memory. */

import { ActionError } from '../../src/errors/action-error.ts';
import { type ConnectGithub, connectGithub } from '../../src/github/runs.ts';
import { createHttpClient, type HttpLimits } from '../../src/http/client.ts';
import type { Runner } from '../../src/runner/runner.ts';
import { sweepStep } from '../../src/sweep/step.ts';
import { type GithubStandIn, startGithub } from './github/server.ts';
import type { StoredToken } from './mapbox/account.ts';
import { type MapboxStandIn, type StandInOptions, startMapbox } from './mapbox/server.ts';
import { SEED, seeded } from './random.ts';
import { VirtualClock } from './steps.ts';

export const REPOSITORY = 'octo-org/maps';
export const REPOSITORY_ID = '123456789';
export const SERVER = 'https://github.com';
/** The run that sweeps. */
export const HERE = '9000';
const GITHUB_TOKEN = ['ghs', 'a1B2c3D4e5F6g7H8i9J0'.repeat(2)].join('_');

export interface Swept {
  readonly end: 'success' | 'failure';
  readonly said: readonly { readonly kind: string; readonly text: string }[];
  readonly masks: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: readonly (readonly string[])[];
  readonly took: number;
}

export interface SweepSetting extends AsyncDisposable {
  readonly mapbox: MapboxStandIn;
  readonly github: GithubStandIn;
  readonly githubToken: string;
  readonly authorizingToken: StoredToken;
  readonly clock: VirtualClock;
  /** What the step is called with unless a test says otherwise. */
  readonly inputs: Record<string, string>;
  /** Makes a token with this note; secret unless `pk`. */
  token(note: string, usage?: 'pk' | 'sk'): StoredToken;
  /** Makes a token as a job of this repository would have. */
  left(run: string, options?: { usage?: 'pk' | 'sk'; attempt?: number; created?: Date }): StoredToken;
  alive(token: StoredToken): boolean;
  /** Runs the step in this process. */
  sweep(inputs?: Record<string, string>, context?: Partial<SweepOptions>): Promise<Swept>;
}

interface SweepOptions {
  readonly env: Record<string, string | undefined>;
  readonly connectGithub: ConnectGithub;
  readonly limits: HttpLimits;
}

let nonces = 0;

/** The mark of a job's note, written out here as the contract has it. */
export function markOf(run: string, { attempt = 1, repository = REPOSITORY_ID } = {}): string {
  const nonce = (nonces++).toString(36).padStart(8, '0');
  return `[until job ends: ${repository}/${run}.${attempt}#${nonce}]`;
}

export async function setUpSweep(
  options: StandInOptions & { held?: string[]; delay?: number } = {},
): Promise<SweepSetting> {
  const clock = new VirtualClock();
  const mapbox = await startMapbox({ now: () => clock.truth(), ...options });
  const github = await startGithub({ token: GITHUB_TOKEN, delay: options.delay ?? 0 });
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
    token: (note, usage = 'sk') => issue(note, usage),
    left: (run, { usage = 'sk', attempt = 1, created } = {}) =>
      issue(`Release ${markOf(run, { attempt })}`, usage, created),
    alive: ({ id }) => mapbox.account.find(id) !== undefined,
    sweep: (more = {}, context = {}) => sweepOnce({ ...inputs, ...more }, clock, github.url, context),
    async [Symbol.asyncDispose]() {
      await mapbox.close();
      await github[Symbol.asyncDispose]();
    },
  };
}

async function sweepOnce(
  inputs: Readonly<Record<string, string>>,
  clock: VirtualClock,
  githubUrl: string,
  options: Partial<SweepOptions>,
): Promise<Swept> {
  const said: { kind: string; text: string }[] = [];
  const masks: string[] = [];
  const summary: (readonly string[])[] = [];
  let outputs: Record<string, string> = {};
  const say = (kind: string) => (text: string) => void said.push({ kind, text });
  const runner: Runner = {
    getInput: name => inputs[name] ?? '',
    mask: secret => void masks.push(secret.reveal()),
    info: say('info'),
    debug: say('debug'),
    warning: say('warning'),
    fail: (title, text) => say('error')(`${title}: ${text}`),
    saveState() {},
    getState: () => '',
    findMissingFile: () => undefined,
    writeResults(given) {
      outputs = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
    },
    async writeSummary(heading, rows, columns = []) {
      summary.push([heading], columns, ...rows);
    },
  };
  const start = clock.monotonic();
  const end = await sweepStep({
    runner,
    env: {
      GITHUB_SERVER_URL: SERVER,
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_REPOSITORY_ID: REPOSITORY_ID,
      GITHUB_RUN_ID: HERE,
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_API_URL: githubUrl,
      ...options.env,
    },
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: milliseconds => clock.sleep(milliseconds),
    },
    randomInt: seeded(SEED),
    createHttpClient: async (url, proxies, limits) =>
      createHttpClient(url, proxies, { ...limits, ...options.limits }),
    connectGithub: options.connectGithub ?? connectGithub,
  }).then(
    () => 'success' as const,
    error => {
      if (!(error instanceof ActionError)) throw error;
      runner.fail(error.title, error.message);
      return 'failure' as const;
    },
  );
  return { end, said, masks, outputs, summary, took: clock.monotonic() - start };
}
