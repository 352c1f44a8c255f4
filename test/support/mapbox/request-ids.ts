/** The IDs by which Mapbox's support finds a request. */

import { randomBytes, randomUUID } from 'node:crypto';

/**
 * Live responses had `x-amz-cf-id`, on success and on errors, and never `x-request-id`, which Mapbox's CLI prefers if
 * present. The former have 56 characters of base64url that end in `==` [Mapbox CLI].
 */
export function requestIds(which: 'cloudfront' | 'both' | 'none' = 'cloudfront'): Record<string, string> {
  if (which === 'none') return {};
  const id = randomBytes(40).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  return { 'X-Amz-Cf-Id': id, ...(which === 'both' && { 'X-Request-Id': randomUUID() }) };
}
