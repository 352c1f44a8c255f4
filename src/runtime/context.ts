import type { Clock } from '../clock.ts';
import { Failure, titles } from '../errors/action-error.ts';
import type { Limits, Wire } from '../http/client.ts';
import { type Proxies, proxySecrets, readProxies } from '../http/proxy.ts';
import type { Access } from '../inputs/main-inputs.ts';
import type { Account } from '../mapbox/account.ts';
import { exchangeOver } from '../mapbox/client.ts';
import type { Patience } from '../mapbox/retry.ts';
import type { Run } from '../note.ts';
import type { Runner } from '../runner/runner.ts';
import { Secret, tokensIn } from '../secret.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Opens the way to a server. */
export type OpenWire = (url: URL, proxies: Proxies | undefined, limits?: Partial<Limits>) => Promise<Wire>;

/** Everything outside that a step works with. */
export interface World {
  readonly runner: Runner;
  readonly env: Environment;
  readonly clock: Clock;
  /** A whole number from 0 up to, not including, `below`; nobody can guess it. */
  readonly random: (below: number) => number;
  readonly open: OpenWire;
}

/** Hides the authorizing token, in whatever shape it was handed over. */
export function maskAuthorizer(runner: Runner): void {
  const input = runner.input('authorizing-token');
  for (const text of [input, input.trim(), ...tokensIn(input)]) runner.mask(new Secret(text));
}

/** The proxies on the way to an API. What of them must not be seen is hidden. */
export function proxiesTo(api: URL, { runner, env }: Pick<World, 'runner' | 'env'>): Proxies | undefined {
  const proxies = proxiesOf(api, env);
  for (const text of proxies === undefined ? [] : proxySecrets(proxies)) runner.mask(new Secret(text));
  return proxies;
}

/** Opens the way to Mapbox, gives the account that can be asked through it, and closes the way behind `use`. */
export async function withAccount<T>(
  world: World,
  { api, authorizer, username }: Pick<Access, 'api' | 'authorizer' | 'username'>,
  use: (account: Account) => Promise<T>,
): Promise<T> {
  const { runner, clock, open } = world;
  const wire = await open(api, proxiesTo(api, world));
  try {
    return await use({
      exchange: exchangeOver(wire, api),
      authorizer: authorizer.secret,
      username,
      api,
      now: clock.now,
      seen: runner.mask,
    });
  } finally {
    await wire.close();
  }
}

function proxiesOf(api: URL, env: Environment): Proxies | undefined {
  try {
    return readProxies(api, env);
  } catch (error) {
    if (error instanceof TypeError)
      throw new Failure(titles.badInput, `The environment variable ${error.message}.`);
    throw error;
  }
}

/** Patience for as many milliseconds, beginning now. */
export function patienceFor({ clock, random, runner }: World, milliseconds: number): Patience {
  const FINE = 2 ** 32;
  return {
    clock,
    fraction: () => random(FINE) / FINE,
    deadline: clock.ticks() + milliseconds,
    report: runner.info,
  };
}

/**
 * The run attempt that the step belongs to, from the runner's default variables.
 *
 * @throws {Failure} where one is missing: without it a token could not be found again.
 */
export function runOf(env: Environment): Run {
  const read = (name: string) => {
    const value = env[name]?.trim();
    if (!value)
      throw new Failure(
        titles.noRunner,
        `${name} is not set. This action has to be run by a GitHub Actions runner.`,
      );
    return value;
  };
  return {
    server: read('GITHUB_SERVER_URL').replace(/\/+$/, ''),
    repository: read('GITHUB_REPOSITORY'),
    id: read('GITHUB_RUN_ID'),
    attempt: read('GITHUB_RUN_ATTEMPT'),
  };
}
