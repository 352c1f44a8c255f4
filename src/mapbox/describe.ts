import { formatDuration } from '../duration.ts';
import { describeErrorCode } from '../http/error-codes.ts';
import type { Rejected, Retryable } from './result.ts';

/** One sentence on why an attempt came to nothing. */
export function describeResult(result: Retryable | Rejected): string {
  if (result.kind === 'rate-limited') {
    return `Mapbox's rate limit is reached (429); it resets ${result.estimated ? 'within' : 'in'} ${formatDuration(result.retryAfter)}.`;
  }
  if (result.kind === 'not-sent') return `No connection to Mapbox: ${describeErrorCode(result.code)}.`;
  const cause = result.kind === 'rejected' ? result : result.cause;
  switch (cause.kind) {
    case 'no-response':
      return `No answer from Mapbox: ${describeErrorCode(cause.code)}.`;
    case 'server-error':
      return `Mapbox answered ${cause.status} with ${cause.form}.`;
    case 'rejected':
      return `Mapbox answered ${cause.status}${cause.isMapboxError ? '' : ` with ${cause.bodyDescription}`}.`;
    case 'unreadable':
      return `Mapbox answered ${cause.status}, but with ${cause.form}.`;
  }
}
