import { describeFailure, describePeer } from '../http/error-codes.ts';
import type { LookupError } from './runs.ts';

/** Why GitHub did not tell something, as the end of a sentence. */
export function describeLookupError(result: LookupError): string {
  if (result.kind === 'rate-limited') return 'the rate limit of `github-token` is exceeded';
  const cause = result.kind === 'indeterminate' ? result.cause : result;
  switch (cause.kind) {
    case 'rejected':
    case 'server-error':
      return `it responded with ${cause.status}`;
    case 'unreadable':
      return `it responded with ${cause.status}, but not with what was requested`;
    case 'no-response':
    case 'not-sent':
      return `no response from ${cause.peer === undefined ? 'GitHub' : describePeer(cause.peer)}: ${describeFailure(cause, 'GITHUB_API_URL').problem}`;
  }
}
