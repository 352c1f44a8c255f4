/** The common setup of the rotation's bundle tests: a Mapbox and a GitHub of their own, and a secret with a token. */
import { join } from 'node:path';
import { ACTION } from './bundle.ts';
import { newToken } from './github/client.ts';
import { type GithubServerOptions, type GithubStandIn, startGithub } from './github/server.ts';
import type { StoredToken } from './mapbox/account.ts';
import { type MapboxStandIn, type StandInOptions, startMapbox } from './mapbox/server.ts';
import {
  type ActionRun,
  type ActionRunOptions,
  type PhaseResult,
  type StartedAction,
  startAction,
} from './runner/step.ts';

const DAY = 86_400_000;

export const ROTATE = join(ACTION, 'rotate');
export const REPOSITORY = 'octo-org/maps';
export const SECRET = 'MAPBOX_AUTHORIZING_TOKEN';
export const PLACE = `repos/${REPOSITORY}/actions/secrets/${SECRET}`;

/** The default scopes of the token in the secret. */
export const POWERS = ['tokens:read', 'tokens:write', 'tilesets:read', 'tilesets:write'];

export interface RotateSetting extends AsyncDisposable {
  readonly mapbox: MapboxStandIn;
  readonly github: GithubStandIn;
  /** The secret's token at the start. */
  readonly original: StoredToken;
  /** May write secrets. */
  readonly githubToken: string;
  /** The default inputs of `run`, with the secret's current value. */
  inputs(): Record<string, string>;
  /** Starts the shipped action, a day after the previous event. */
  start(inputs?: Record<string, string>, options?: Partial<ActionRunOptions>): StartedAction;
  /** Runs its main and post steps. */
  run(inputs?: Record<string, string>, options?: Partial<ActionRunOptions>): Promise<ActionRun>;
  /** Runs its main only. */
  runMain(inputs?: Record<string, string>, options?: Partial<ActionRunOptions>): Promise<PhaseResult>;
  /** The secret's text. */
  value(place?: string): string;
  /** Tokens that did not exist at the start. */
  made(): StoredToken[];
}

export async function setUpRotate({
  powers = POWERS,
  mapbox: mapboxOptions = {},
  github: githubOptions = {},
}: {
  readonly powers?: readonly string[];
  readonly mapbox?: StandInOptions;
  readonly github?: GithubServerOptions;
} = {}): Promise<RotateSetting> {
  // Both services' clocks advance by a day for each run, because a rotation waits until the last change is two minutes
  // old. They start in the past, so that the machine's own clock is never behind.
  let offset = -30 * DAY;
  const now = () => Date.now() + offset;
  const pass = (milliseconds: number) => {
    offset += milliseconds;
  };
  const mapbox = await startMapbox({ now, ...mapboxOptions });
  const github = await startGithub({ now, repository: REPOSITORY, ...githubOptions });
  const githubToken = newToken();
  github.addCredential(githubToken, {
    permissions: { secrets: 'write', environments: 'write', organization_secrets: 'write' },
  });
  const original = mapbox.account.issue({ scopes: powers, note: 'Releases' });
  github.secrets.set(PLACE, original.token);
  pass(DAY);
  const before = new Set(mapbox.account.tokens().map(({ id }) => id));
  const value = (place = PLACE) => github.secrets.get(place)?.value ?? '';
  const inputs = () => ({
    token: value(),
    secret: SECRET,
    'github-token': githubToken,
    'api-url': mapbox.url,
    timeout: '20s',
  });
  const start: RotateSetting['start'] = (more = {}, options = {}) => {
    pass(DAY);
    return startAction({
      action: ROTATE,
      ...options,
      inputs: { ...inputs(), ...more },
      github: { repository: REPOSITORY, api_url: github.url, ...options.github },
    });
  };
  return {
    mapbox,
    github,
    original,
    githubToken,
    inputs,
    value,
    start,
    run: (more, options) => start(more, options).done,
    runMain: async (more, options) => (await start(more, { ...options, post: false }).done).main,
    made: () => mapbox.account.tokens().filter(({ id }) => !before.has(id)),
    async [Symbol.asyncDispose]() {
      await mapbox.close();
      await github[Symbol.asyncDispose]();
    },
  };
}
