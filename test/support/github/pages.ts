/** Paged lists as GitHub sends them: `per_page`, `page`, and links with IDs instead of the request's names. */
import { parseTarget } from './message.ts';

/** The rows of the requested page, and its headers; `address` is the list's URL in the links. */
export function pageOf<Row>(
  target: string,
  all: readonly Row[],
  address: string,
): { readonly rows: readonly Row[]; readonly headers: Readonly<Record<string, string>> } {
  const { query } = parseTarget(target);
  const size = Math.min(100, Math.max(1, Number(query.get('per_page') ?? 30)));
  const page = Math.max(1, Number(query.get('page') ?? 1));
  const last = Math.max(1, Math.ceil(all.length / size));
  const link = (to: number, rel: string) => {
    const params = new URLSearchParams(query);
    params.set('page', String(to));
    return `<${address}?${params}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ];
  return {
    rows: all.slice((page - 1) * size, page * size),
    headers: links.length > 0 ? { link: links.join(', ') } : {},
  };
}
