/** URL restrictions: which entries Mapbox accepts, and where a restricted token may be used. */

import type { IncomingHttpHeaders } from 'node:http';
import { isStrings } from './messages.ts';

/** The documented limit of one token. */
const MAX_ALLOWED_URLS = 100;

/** No white space, no control characters, and something before the first `/`. */
const address = /^[^\s\p{Cc}/][^\s\p{Cc}]*$/u;
/** Scheme (optional), host, port (optional or `*`) and path. */
const parts = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\[[^\]]+\]|[^/:]+)(?::(\d{1,5}|\*))?(\/.*)?$/iu;

/**
 * Whether these may be a token's `allowedUrls`. The limit is documented; invalid entries are not. Users write hosts
 * without a scheme, other schemes and a wildcard port, so all of these are accepted.
 */
export function areAllowedUrls(value: unknown): value is string[] {
  return isStrings(value) && value.length <= MAX_ALLOWED_URLS && value.every(url => address.test(url));
}

/** Whether this request may use a token: a restricted one requires a `Referer` under one of its URLs. */
export function mayBeUsedHere(
  token: { readonly allowedUrls?: readonly string[] | undefined },
  headers: IncomingHttpHeaders,
): boolean {
  if (token.allowedUrls === undefined || token.allowedUrls.length === 0) return true;
  const referer = URL.parse(headers.referer ?? '');
  if (referer === null) return false;
  return token.allowedUrls.some(allowed => {
    const [, scheme, host = '', port = '', path = '/'] = parts.exec(allowed) ?? [];
    return (
      (scheme === undefined || `${scheme}:` === referer.protocol) &&
      host.toLowerCase() === referer.hostname &&
      (port === '*' || port === referer.port) &&
      referer.pathname.startsWith(path)
    );
  });
}
