import type { Secret } from '../secret.ts';
import type { SendRequest } from './client.ts';

/** An account at Mapbox, seen with the powers of one authorizing token. */
export interface Account {
  readonly send: SendRequest;
  readonly authorizingToken: AuthorizingToken;
  readonly username: string;
  /** Where the API is, for links that the API answers with. */
  readonly api: URL;
  /** Milliseconds since 1970 by the runner's clock. */
  readonly now: () => number;
  /** Told every token text in the answer to a creation before anybody looks at the answer. */
  readonly mask: (token: Secret) => void;
}

/** Where a person sees, creates and deletes tokens. */
export const TOKENS_PAGE = 'https://console.mapbox.com/account/access-tokens/';

/** The token that may make tokens. */
export interface AuthorizingToken {
  readonly secret: Secret;
  readonly usage: 'sk' | 'tk';
  /** The account it says it belongs to. */
  readonly username: string;
  readonly id: string | undefined;
  readonly expiresAt: Date | undefined;
  /** Known for a `tk` only: the text of an `sk` does not say. */
  readonly scopes: readonly string[] | undefined;
}
