/** The options of a stand-in, with their assumed defaults. */

import type { FaultPlan } from './faults.ts';
import { NOTE_LIMIT, type NoteLimit, type StoreNote } from './notes.ts';
import type { RateLimitOptions } from './rate-limit.ts';

/** The Tokens API's behavior where sources differ or are silent. `assumptions.ts` has every default. */
export interface TokensApiOptions {
  /** The stand-in's clock in milliseconds since 1970, also for the `Date` header; the machine's by default. */
  readonly now: () => number;
  /** The most tokens on a page of the list; 100 by default. A page of 96 was seen live [Mapbox CLI]. */
  readonly pageSize: number;
  /** The documented form of a temporary token's response; `current` by default. */
  readonly temporaryAnswer: 'current' | '2018';
  /**
   * The effect of a note on a temporary token. Mapbox's OpenAPI description forbids it, so it is `refused` by default;
   * the live API is reported to ignore it [mapbox/mcp-devkit-server].
   */
  readonly temporaryNote: 'refused' | 'ignored';
  /** The longest note; the documented 128 characters by default, and a 422 for more. */
  readonly noteLimit: NoteLimit;
  /** The stored form of a note; unchanged by default. `noteChanges` has others. */
  readonly storeNote: StoreNote;
  /** Whether the list's links have the client's own token, as by default [Mapbox CLI]. */
  readonly linkToken: boolean;
  /** Whether list rows have the required fields only; all fields by default. */
  readonly sparseRows: boolean;
  /** The status if the authorizing token lacks `tokens:read` or `tokens:write`; the documented 404 by default. */
  readonly missingScope: 404 | 403;
}

export interface StandInOptions extends Partial<TokensApiOptions> {
  /** The account's name; `octo` by default. */
  username?: string;
  /** Of the Tokens API, per account; 100 in 60 seconds by default [Mapbox, Tokens API]. */
  rateLimit?: RateLimitOptions;
  /** The request IDs of a response; `x-amz-cf-id` only by default, as seen live [Mapbox CLI]. */
  requestIds?: 'cloudfront' | 'both' | 'none';
  /** Serves HTTPS with this key and certificate (PEM). */
  tls?: { key: string; cert: string };
  fault?: FaultPlan;
  /** A free one by default. */
  port?: number;
}

/** The Tokens API's options, with defaults. */
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
