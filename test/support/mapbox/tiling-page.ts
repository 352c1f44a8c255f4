import { type ApiCall, type ApiResponse, reject } from './messages.ts';
import { limitOf, page } from './pages.ts';

/** One page of a Tiling Service list: 100 items, or up to 500 if the client requests them. */
export function tilingPage<Item>(
  call: ApiCall,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  shown: (item: Item) => unknown,
): ApiResponse {
  const size = limitOf(call, 100, 500);
  if (size === undefined) return reject(422, 'limit must be between 1 and 500');
  const start = call.query.get('start');
  const from = start === null ? 0 : items.findIndex(item => keyOf(item) === start) + 1;
  if (start !== null && from === 0) return reject(422, 'start is invalid');
  return page(call, items, { from, size, keyOf, shown });
}
