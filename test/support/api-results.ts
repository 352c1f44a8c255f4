/** Results of attempts at Mapbox, for tests of the code that handles them. */
import type { Indeterminate, NotSent, RateLimited } from '../../src/api/result.ts';
import type { GithubRejection } from '../../src/github/client.ts';
import type { Rejected } from '../../src/mapbox/response.ts';

export const notSent = (code = 'ECONNREFUSED'): NotSent => ({ kind: 'not-sent', code });

export const rateLimited = (retryAfter: number, interval = 60_000): RateLimited => ({
  kind: 'rate-limited',
  status: 429,
  retryAfter,
  interval,
  estimated: false,
});

export const serverError = (status = 503): Indeterminate => ({
  kind: 'indeterminate',
  cause: { kind: 'server-error', status, bodyDescription: 'an empty response' },
});

export const noResponse = (code = 'ECONNRESET'): Indeterminate => ({
  kind: 'indeterminate',
  cause: { kind: 'no-response', code },
});

export const unreadable = (status = 200): Indeterminate => ({
  kind: 'indeterminate',
  cause: { kind: 'unreadable', status, bodyDescription: 'an HTML page' },
});

/** GitHub's own rejection, with its reason if that matters. */
export const refusal = (status: number, reason?: string): GithubRejection => ({
  kind: 'rejected',
  status,
  isApiError: true,
  bodyDescription: 'an error',
  requestId: undefined,
  reason,
  acceptedPermissions: undefined,
  needsSso: false,
});

export function rejected(changes: Partial<Rejected> = {}): Rejected {
  return {
    kind: 'rejected',
    reason: 'other',
    status: 422,
    isApiError: true,
    bodyDescription: 'undocumented JSON',
    serverDate: undefined,
    requestId: undefined,
    ...changes,
  };
}
