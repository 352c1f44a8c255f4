import { describeErrorCode } from '../http/error-codes.ts';
import type { NoResponse } from '../http/response.ts';
import type { LookupError } from './runs.ts';

/** Why GitHub did not tell something, as the end of a sentence. */
export function describeLookupError(cause: LookupError): string {
  switch (cause.kind) {
    case 'rate-limited':
      return 'the rate limit of `github-token` is exceeded';
    case 'rejected':
    case 'server-error':
      return `it responded with ${cause.status}`;
    case 'unreadable':
      return `it responded with ${cause.status}, but not with what was requested`;
    case 'no-response':
      return `no response from ${describePeer(cause)}: ${describeErrorCode(cause.code, cause.peer?.hasProxyCredentials)}`;
  }
}

function describePeer({ peer }: NoResponse): string {
  if (peer === undefined) return 'GitHub';
  return peer.proxy === undefined ? peer.host : `${peer.host} through the proxy ${peer.proxy}`;
}
