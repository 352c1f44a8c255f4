/** How a stand-in can be set up, and what is assumed where nothing is said. */

import type { FaultPlan } from './faults.ts';
import { NOTE_LIMIT, type NoteLimit, type StoreNote } from './notes.ts';
import type { RateLimitOptions } from './rate-limit.ts';

/** How the Tokens API behaves where sources differ or are silent. Every default stands in `assumptions.ts`. */
export interface TokensApiOptions {
  /** The stand-in's clock in milliseconds since 1970, also for the `Date` header; the machine's by default. */
  readonly now: () => number;
  /** The most tokens on a page of the list; 100 by default. A page of 96 was seen live [Mapbox CLI]. */
  readonly pageSize: number;
  /** Which documented response a temporary token comes in; `current` by default. */
  readonly temporaryAnswer: 'current' | '2018';
  /**
   * What a note on a temporary token does. Mapbox's OpenAPI description forbids it, so it is `refused` by default; the
   * live API is reported to ignore it [mapbox/mcp-devkit-server].
   */
  readonly temporaryNote: 'refused' | 'ignored';
  /** The longest note; the documented 128 characters by default, and a 422 for more. */
  readonly noteLimit: NoteLimit;
  /** What is stored of a note; all of it by default. `noteChanges` has others. */
  readonly storeNote: StoreNote;
  /** Whether the links of the list carry the client's own token; they do by default [Mapbox CLI]. */
  readonly linkToken: boolean;
  /** Whether list rows have only the fields that Mapbox's description requires; all of them by default. */
  readonly sparseRows: boolean;
  /** The status where the authorizing token lacks `tokens:read` or `tokens:write`; the documented 404 by default. */
  readonly missingScope: 404 | 403;
}

export interface StandInOptions extends Partial<TokensApiOptions> {
  /** The account's name; `octo` by default. */
  username?: string;
  /** Of the Tokens API, over the account; 100 in 60 seconds by default [Mapbox, Tokens API]. */
  rateLimit?: RateLimitOptions;
  /** Which request ids a response has; `x-amz-cf-id` alone by default, as seen live [Mapbox CLI]. */
  requestIds?: 'cloudfront' | 'both' | 'none';
  /** Serves HTTPS with this key and certificate (PEM). */
  tls?: { key: string; cert: string };
  fault?: FaultPlan;
  /** A free one by default. */
  port?: number;
}

/** The options of the Tokens API, with the defaults filled in. */
export function tokensApiOptions(options: StandInOptions): TokensApiOptions {
  return {
    now: options.now ?? Date.now,
    pageSize: options.pageSize ?? 100,
    temporaryAnswer: options.temporaryAnswer ?? 'current',
    temporaryNote: options.temporaryNote ?? 'refused',
    noteLimit: options.noteLimit ?? NOTE_LIMIT,
    storeNote: options.storeNote ?? (note => note),
    linkToken: options.linkToken ?? true,
    sparseRows: options.sparseRows ?? false,
    missingScope: options.missingScope ?? 404,
  };
}
