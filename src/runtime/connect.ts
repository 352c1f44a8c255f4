import { Failure, titles } from '../errors/action-error.ts';
import { type Proxies, proxySecrets, readProxies } from '../http/proxy.ts';
import type { Access } from '../inputs/connection.ts';
import type { Account } from '../mapbox/account.ts';
import { exchangeOver } from '../mapbox/client.ts';
import type { Patience } from '../mapbox/retry.ts';
import { Secret } from '../secret.ts';
import type { Environment, World } from './context.ts';

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
