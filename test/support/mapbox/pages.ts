/** Lists in pages, as Mapbox gives them: `Link: <url>; rel="next"` until there is no more [D: OLDDOCS] 1.1. */

import { type Answer, answer, type Call } from './wire.ts';

/** The parameters that the `next` URL repeats. Never `access_token`: Mapbox's samples leave it to the client. */
const repeated = ['limit', 'sortby', 'usage', 'default', 'stage', 'type', 'visibility', 'orderby'];

/**
 * One page of `items`, which begin where the page does. `keyOf` gives the `start` that stands for an item, `shown`
 * what the client sees of it.
 */
export function page<Item>(
  call: Call,
  items: readonly Item[],
  size: number,
  keyOf: (item: Item) => string,
  shown: (item: Item) => unknown,
): Answer {
  const now = items.slice(0, size);
  const last = now.at(-1);
  if (last === undefined || now.length === items.length) return answer(200, now.map(shown));
  const next = new URL(call.path, call.origin);
  for (const name of repeated) {
    const value = call.query.get(name);
    if (value !== null) next.searchParams.set(name, value);
  }
  next.searchParams.set('start', keyOf(last));
  return answer(200, now.map(shown), { Link: `<${next.href}>; rel="next"` });
}

/** A positive integer up to `most` from the query; `fallback` when it is not there, `undefined` when it is wrong. */
export function limitOf(call: Call, fallback: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const text = call.query.get('limit');
  if (text === null) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : undefined;
}
