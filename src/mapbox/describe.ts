import { formatDuration } from '../duration.ts';
import { describeErrorCode, describePeer } from '../http/error-codes.ts';
import type { Peer } from '../http/response.ts';
import type { Rejected, Retryable } from './result.ts';

/** One sentence on why an attempt failed: what, at which host, through which proxy, with Mapbox's id of the request. */
export function describeResult(result: Retryable | Rejected): string {
  if (result.kind === 'rate-limited') {
    return `Mapbox's rate limit is exceeded (429); it resets ${result.estimated ? 'within' : 'in'} ${formatDuration(result.retryAfter)}${describeRequestId(result)}.`;
  }
  if (result.kind === 'not-sent') {
    return `Could not connect to ${describeServer(result.peer)}: ${describeErrorCode(result.code, result.peer?.proxy)}.`;
  }
  const cause = result.kind === 'rejected' ? result : result.cause;
  switch (cause.kind) {
    case 'no-response':
      return `No response from ${describeServer(cause.peer)}: ${describeErrorCode(cause.code, cause.peer?.proxy)}.`;
    case 'server-error':
      return `Mapbox answered ${cause.status} with ${cause.bodyDescription}${describeRequestId(cause)}.`;
    case 'rejected':
      return `Mapbox answered ${cause.status}${cause.isMapboxError ? '' : ` with ${cause.bodyDescription}`}${describeRequestId(cause)}.`;
    case 'unreadable':
      return `Mapbox answered ${cause.status}, but with ${cause.bodyDescription}${describeRequestId(cause)}.`;
  }
}

/** ` (request id …)`, or nothing. */
export function describeRequestId({ requestId }: { readonly requestId?: string | undefined }): string {
  return requestId === undefined ? '' : ` (request id ${requestId})`;
}

function describeServer(peer: Peer | undefined): string {
  return peer === undefined ? 'Mapbox' : describePeer(peer);
}
