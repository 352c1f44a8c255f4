import type { Secret } from '../secret.ts';
import type { SendRequest } from './client.ts';

/** A Mapbox account, accessed with one authorizing token. */
export interface Account {
  readonly send: SendRequest;
  readonly authorizingToken: AuthorizingToken;
  readonly username: string;
  /** The API's base, against which links in its responses are resolved. */
  readonly api: URL;
  /** Milliseconds since 1970 by the runner's clock. */
  readonly now: () => number;
  /** Masks tokens found in a creation response before the response is parsed. */
  readonly mask: (token: Secret) => void;
}

/** The page on which people see, create and delete tokens. */
export const TOKENS_PAGE = 'https://console.mapbox.com/account/access-tokens/';

/** The token that authorizes all requests to Mapbox. */
export interface AuthorizingToken {
  readonly secret: Secret;
  readonly usage: 'sk' | 'tk';
  /** The account that the token's text names as the owner. */
  readonly username: string;
  readonly id: string | undefined;
  readonly expiresAt: Date | undefined;
  /** Known only for a `tk`: the text of an `sk` does not list its scopes. */
  readonly scopes: readonly string[] | undefined;
}
