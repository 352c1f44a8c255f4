/** Cached lists. For a lagging list, see `Account.listBehind`. */

import { isListRequest } from './fault-plans.ts';
import type { FaultPlan } from './faults.ts';
import type { ApiResponse, SeenRequest } from './messages.ts';

export interface CacheOptions {
  /** How long a page of the list is cached; a minute by default. */
  readonly seconds?: number;
  /**
   * Whether `Cache-Control: no-cache` in a request bypasses the cache. By default it does not: CloudFront, in front of
   * Mapbox's API, ignores it, and a tool that relied on the header alone failed. A new query parameter always bypasses
   * it.
   */
  readonly honoursNoCache?: boolean;
}

/**
 * Serves pages of the list from a cache while they are younger than `seconds` by the stand-in's clock. The cache key is
 * the path and the whole query, except `access_token`.
 */
export function cachedList({ seconds = 60, honoursNoCache = false }: CacheOptions = {}): FaultPlan {
  const kept = new Map<string, { readonly response: ApiResponse; readonly at: number }>();
  return (request, _index, { now }) => {
    if (!isListRequest(request)) return undefined;
    const key = cacheKey(request);
    const entry = kept.get(key);
    const age = entry === undefined ? Number.POSITIVE_INFINITY : now() - entry.at;
    const past = honoursNoCache && /no-cache|no-store/.test(request.headers['cache-control'] ?? '');
    if (entry !== undefined && age < seconds * 1000 && !past) {
      const { status, headers, body } = entry.response;
      return {
        kind: 'status',
        status,
        processed: false,
        body,
        // `Date` is the origin's, and so in the past: only the request ID is new.
        headers: {
          ...withoutRequestId(headers),
          Age: String(Math.floor(age / 1000)),
          'X-Cache': 'Hit from cloudfront',
        },
      };
    }
    return {
      kind: 'rewrite',
      rewrite(response) {
        if (response.status === 200) kept.set(key, { response, at: now() });
        return { ...response, headers: { ...response.headers, 'X-Cache': 'Miss from cloudfront' } };
      },
    };
  };
}

function cacheKey({ path, query }: SeenRequest): string {
  const parameters = new URLSearchParams(query);
  parameters.delete('access_token');
  parameters.sort();
  return `${path}?${parameters}`;
}

function withoutRequestId({ 'X-Amz-Cf-Id': _, ...headers }: ApiResponse['headers']): Record<string, string> {
  return headers;
}
