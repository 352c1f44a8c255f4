import type { Clock } from '../clock.ts';
import type { Limits, Wire } from '../http/client.ts';
import type { Proxies } from '../http/proxy.ts';
import type { Runner } from '../runner/runner.ts';

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
