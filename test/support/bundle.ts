/** The common setup of bundle tests: an account on a Mapbox of its own, and the action run against it. */
import { dirname } from 'node:path';
import type { StoredToken } from './mapbox/account.ts';
import { type MapboxStandIn, type StandInOptions, startMapbox } from './mapbox/server.ts';
import { type ActionRun, type ActionRunOptions, type PhaseResult, runAction } from './runner/step.ts';
import { HELD } from './tokens.ts';

/** The project's folder: the action as it ships. */
export const ACTION = dirname(dirname(import.meta.dirname));

export interface Setting extends AsyncDisposable {
  readonly mapbox: MapboxStandIn;
  readonly authorizingToken: StoredToken;
  /** Runs main and post of the shipped action against this Mapbox. */
  run(inputs?: Record<string, string>, options?: Partial<ActionRunOptions>): Promise<ActionRun>;
  /** Runs main only, as on a machine that is gone after it. */
  runMain(inputs?: Record<string, string>, options?: Partial<ActionRunOptions>): Promise<PhaseResult>;
  /** The default inputs of `run`. */
  readonly inputs: Record<string, string>;
  /** Tokens that were not on the account at the start. */
  created(): StoredToken[];
}

export async function setUp(options: StandInOptions & { held?: string[] } = {}): Promise<Setting> {
  const mapbox = await startMapbox(options);
  const authorizingToken = mapbox.account.issue({ scopes: options.held ?? HELD, note: 'ci' });
  const before = new Set(mapbox.account.tokens().map(({ id }) => id));
  const inputs = {
    'authorizing-token': authorizingToken.token,
    scopes: 'tilesets:read tilesets:write',
    'api-url': mapbox.url,
  };
  const run: Setting['run'] = (more = {}, runOptions = {}) =>
    runAction({ action: ACTION, ...runOptions, inputs: { ...inputs, ...more } });
  return {
    mapbox,
    authorizingToken,
    inputs,
    run,
    runMain: async (more, runOptions) => (await run(more, { ...runOptions, post: false })).main,
    created: () => mapbox.account.tokens().filter(({ id }) => !before.has(id)),
    [Symbol.asyncDispose]: () => mapbox.close(),
  };
}

/** All output of a phase's process that could contain a secret. */
export function tracesOf(phase: PhaseResult): Record<string, string> {
  return { stdout: phase.stdout, stderr: phase.stderr, summary: phase.summary, ...phase.files };
}

/** Counts a text's occurrences in another. */
export function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** Arguments for Node that run code before the program. */
export function preload(code: string): string[] {
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}
