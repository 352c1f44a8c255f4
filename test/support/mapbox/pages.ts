/** Paged lists as Mapbox sends them: `Link: <url>; rel="next"` until the last page [Mapbox, Tokens API]. */

import { type ApiCall, type ApiResponse, respond } from './messages.ts';

/** The parameters that the links repeat. */
const repeated = ['limit', 'sortby', 'usage', 'default', 'stage', 'type', 'visibility', 'orderby'];

export interface PageOptions<Item> {
  /** The index of the page's first item, and the maximum number of items. */
  readonly from: number;
  readonly size: number;
  /** An item's `start`, which requests the page after it. */
  readonly keyOf: (item: Item) => string;
  /** The client's view of an item. */
  readonly shown: (item: Item) => unknown;
  /** Whether the links have the client's own `access_token`. */
  readonly echoToken?: boolean;
  /** Whether pages after the first have a link back, including the last. */
  readonly linkBack?: boolean;
}

/** One page of `items`. */
export function page<Item>(call: ApiCall, items: readonly Item[], options: PageOptions<Item>): ApiResponse {
  const { from, size, keyOf, shown, linkBack = false } = options;
  const rows = items.slice(from, from + size);
  const linkTo = (index: number, rel: string): string => {
    const before = items[index - 1];
    const url = pageUrl(call, before && keyOf(before), options.echoToken ?? false);
    return `<${url}>; rel="${rel}"`;
  };
  const links = [
    ...(rows.length > 0 && from + size < items.length ? [linkTo(from + size, 'next')] : []),
    ...(linkBack && from > 0 ? [linkTo(Math.max(0, from - size), 'prev')] : []),
  ];
  return respond(200, rows.map(shown), links.length === 0 ? {} : { Link: links.join(', ') });
}

/** The URL of the page after `start`, or of the first one. */
function pageUrl(call: ApiCall, start: string | undefined, echoToken: boolean): string {
  const url = new URL(call.path, call.origin);
  for (const name of echoToken ? [...repeated, 'access_token'] : repeated) {
    const value = call.query.get(name);
    if (value !== null) url.searchParams.set(name, value);
  }
  if (start !== undefined) url.searchParams.set('start', start);
  return url.href;
}

/** A positive integer up to `most` from the query; `fallback` if it is missing, `undefined` if it is invalid. */
export function limitOf(call: ApiCall, fallback: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const text = call.query.get('limit');
  if (text === null) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : undefined;
}
