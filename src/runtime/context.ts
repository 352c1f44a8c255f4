import type { Clock } from '../clock.ts';
import type { HttpClient, HttpLimits } from '../http/client.ts';
import type { ProxySettings } from '../http/proxy.ts';
import type { Runner } from '../runner/runner.ts';
import type { Processes } from './processes.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Creates a client for a server. */
export type CreateHttpClient = (
  url: URL,
  proxies: ProxySettings | undefined,
  limits?: Partial<HttpLimits>,
) => Promise<HttpClient>;

/** Everything outside the code that a step uses. */
export interface Context {
  readonly runner: Runner;
  readonly env: Environment;
  readonly clock: Clock;
  /** An unpredictable integer from 0 up to, but not including, `below`. */
  readonly randomInt: (below: number) => number;
  readonly createHttpClient: CreateHttpClient;
  readonly processes: Processes;
}
