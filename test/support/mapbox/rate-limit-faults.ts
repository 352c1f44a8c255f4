/** Single 429s without useful headers. For a limit that counts and has headers, see the option `rateLimit`. */

import type { Fault } from './faults.ts';
import { limitHeaders, type ResetForm } from './rate-limit.ts';

/** A 429 with the headers of Mapbox's limit; the window ends in `seconds`. */
export function limited(
  seconds: number,
  reset: ResetForm,
  more: Readonly<Record<string, string>> = {},
): Fault {
  return {
    kind: 'status',
    status: 429,
    processed: false,
    body: { message: 'Too Many Requests' },
    headers: now => ({
      ...limitHeaders({ requests: 100, intervalSeconds: 60, reset }, now + seconds * 1000, now),
      ...more,
    }),
  };
}

export const rateLimitFaults = {
  'a reset in milliseconds': limited(30, 'milliseconds'),
  'a reset of this very second': limited(30, 'this second'),
  'a reset as a delta': limited(30, 'delta'),
  'no reset': limited(30, 'absent'),
  'a reset in the past': limited(-3600, 'seconds'),
  'a reset in an hour': limited(3600, 'seconds'),
  'Retry-After: 0': limited(30, 'absent', { 'Retry-After': '0' }),
  'Retry-After: 0 beside a reset': limited(30, 'seconds', { 'Retry-After': '0' }),
  'a negative Retry-After': limited(30, 'absent', { 'Retry-After': '-1' }),
  'a Retry-After in words': limited(30, 'absent', { 'Retry-After': 'soon' }),
  'no header at all': {
    kind: 'status',
    status: 429,
    processed: false,
    body: { message: 'Too Many Requests' },
  },
} as const satisfies Readonly<Record<string, Fault>>;
