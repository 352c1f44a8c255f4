import type { Clock } from '../clock.ts';
import type { HttpClient, HttpLimits } from '../http/client.ts';
import type { ProxySettings } from '../http/proxy.ts';
import type { Runner } from '../runner/runner.ts';
import type { Processes } from './processes.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Creates a client for the server at `url`; see `http/client.ts`. */
export type CreateHttpClient = (
  url: URL,
  proxies: ProxySettings | undefined,
  limits?: Partial<HttpLimits>,
) => Promise<HttpClient>;

/** The outside world as a step uses it: the runner, environment variables, time, randomness, HTTP and processes. */
export interface Context {
  readonly runner: Runner;
  readonly env: Environment;
  readonly clock: Clock;
  /** An unpredictable integer from 0 up to, but not including, `below`. */
  readonly randomInt: (below: number) => number;
  readonly createHttpClient: CreateHttpClient;
  readonly processes: Processes;
}
