import { ActionError, errorTitles } from '../errors/action-error.ts';
import { type ProxySettings, parseProxySettings, proxySecrets } from '../http/proxy.ts';
import type { ConnectionInputs } from '../inputs/connection.ts';
import type { Account } from '../mapbox/account.ts';
import { createApiClient } from '../mapbox/client.ts';
import type { RetryOptions } from '../mapbox/retry.ts';
import { Secret } from '../secret.ts';
import type { Context, Environment } from './context.ts';

/** The proxies on the way to an API. What of them must not be seen is hidden. */
export function proxiesFor(
  api: URL,
  { runner, env }: Pick<Context, 'runner' | 'env'>,
): ProxySettings | undefined {
  const proxies = proxySettings(api, env);
  for (const text of proxies === undefined ? [] : proxySecrets(proxies)) runner.mask(new Secret(text), 1);
  return proxies;
}

/** Opens the way to Mapbox, gives the account that can be asked through it, and closes the way behind `use`. */
export async function withAccount<T>(
  context: Context,
  { api, authorizingToken, username }: Pick<ConnectionInputs, 'api' | 'authorizingToken' | 'username'>,
  use: (account: Account) => Promise<T>,
): Promise<T> {
  const { runner, clock, createHttpClient } = context;
  const client = await createHttpClient(api, proxiesFor(api, context));
  try {
    return await use({
      send: createApiClient(client, api),
      authorizingToken,
      username,
      api,
      now: clock.now,
      mask: runner.mask,
    });
  } finally {
    await client.close();
  }
}

function proxySettings(api: URL, env: Environment): ProxySettings | undefined {
  try {
    return parseProxySettings(api, env);
  } catch (error) {
    if (error instanceof TypeError)
      throw new ActionError(errorTitles.invalidInput, `The environment variable ${error.message}.`);
    throw error;
  }
}

/** Patience for as many milliseconds, beginning now. */
export function retryOptions({ clock, randomInt, runner }: Context, milliseconds: number): RetryOptions {
  const FINE = 2 ** 32;
  return {
    clock,
    random: () => randomInt(FINE) / FINE,
    deadline: clock.monotonic() + milliseconds,
    log: runner.info,
  };
}
