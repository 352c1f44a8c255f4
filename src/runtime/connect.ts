import { ActionError, errorTitles } from '../action-error.ts';
import { RequestBudget } from '../api/request-budget.ts';
import type { RetryOptions } from '../api/retry.ts';
import { type ProxySettings, ProxyVariableError, parseProxySettings } from '../http/proxy.ts';
import type { ConnectionInputs } from '../inputs/connection.ts';
import type { Account } from '../mapbox/account.ts';
import { createApiClient } from '../mapbox/client.ts';
import { Secret } from '../secret.ts';
import type { Context, Environment } from './context.ts';

/**
 * The proxy for an API, if any. Masks its credentials.
 *
 * @throws {ActionError} if the environment variable that names the proxy cannot be used.
 */
export function proxyFor(
  api: URL,
  { runner, env }: Pick<Context, 'runner' | 'env'>,
): ProxySettings | undefined {
  const proxy = proxySettings(api, env);
  for (const text of proxy?.secrets ?? []) runner.mask(new Secret(text), 1);
  return proxy;
}

/** Connects to Mapbox while `use` runs. All requests share `budget`. */
export async function withAccount<T>(
  context: Context,
  { api, authorizingToken, username }: Pick<ConnectionInputs, 'api' | 'authorizingToken' | 'username'>,
  budget: RequestBudget,
  use: (account: Account) => Promise<T>,
): Promise<T> {
  const { runner, clock, createHttpClient } = context;
  const client = await createHttpClient(api, proxyFor(api, context));
  try {
    return await use({
      send: createApiClient(client, api, budget, clock),
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
    if (error instanceof ProxyVariableError)
      throw new ActionError(errorTitles.invalidInput, `The environment variable ${error.message}.`);
    throw error;
  }
}

/**
 * Options to retry for `budget` milliseconds from now. A step creates them only once, so that all of its requests share
 * one budget.
 *
 * @param failureBudget a shorter limit in milliseconds for failures other than a rate limit.
 */
export function retryOptions(
  { clock, randomInt, runner }: Context,
  budget: number,
  failureBudget = Number.POSITIVE_INFINITY,
): RetryOptions {
  const FINE = 2 ** 32;
  const start = clock.monotonic();
  return {
    service: 'Mapbox',
    clock,
    random: () => randomInt(FINE) / FINE,
    deadline: start + budget,
    failureDeadline: start + failureBudget,
    budget: new RequestBudget(),
    log: runner.info,
  };
}
