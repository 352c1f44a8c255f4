/** URL restrictions: which entries Mapbox takes, and where a restricted token may be used. */

import type { IncomingHttpHeaders } from 'node:http';
import { isStrings } from './messages.ts';

/** The documented limit of one token. */
const MAX_ALLOWED_URLS = 100;

/** No white space, no control characters, and something before the first `/`. */
const address = /^[^\s\p{Cc}/][^\s\p{Cc}]*$/u;
/** Scheme (may be absent), host, port (may be absent or `*`) and path. */
const parts = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\[[^\]]+\]|[^/:]+)(?::(\d{1,5}|\*))?(\/.*)?$/iu;

/**
 * Whether these may be the `allowedUrls` of a token. The limit is documented; which entries are refused is not. Users
 * write hosts without a scheme, other schemes and a wildcard port, so all of these are taken.
 */
export function areAllowedUrls(value: unknown): value is string[] {
  return isStrings(value) && value.length <= MAX_ALLOWED_URLS && value.every(url => address.test(url));
}

/** Whether a token may be used by this request: a restricted one only with a `Referer` under one of its URLs. */
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
