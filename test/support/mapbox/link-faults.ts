/** `Link` headers that RFC 8288 allows but few parsers expect, and links that no client should follow. */

import type { Fault } from './faults.ts';
import type { SeenRequest } from './messages.ts';

/** Links that all lead to the next page, in every notation. */
export const oddLinks = {
  'a comma in a quoted parameter': next(url => `<${url}>; title="tokens, page 2"; rel="next"`),
  'a comma and a bracket in a quoted parameter': next(
    url => `<${url}>; title="a, <b>; rel=prev"; rel="next"`,
  ),
  'a quoted quote before rel': next(url => `<${url}>; title="a \\", b"; rel="next"`),
  'commas in the address': next(url => `<${url}&fields=id,note>; rel="next"`),
  'rel="prev next"': next(url => `<${url}>; rel="prev next"`),
  'rel="next last"': next(url => `<${url}>; rel="next last"`),
  'rel=next without quotes': next(url => `<${url}>;rel=next`),
  'REL="NEXT"': next(url => `<${url}>; REL="NEXT"`),
  'blanks around the equals sign': next(url => `<${url}> ;  rel = "next" `),
  'rel between other parameters': next(url => `<${url}>; type="application/json"; rel="next"; hreflang=en`),
  'rel="next-archive" before the real one': next(
    (url, decoy) => `<${decoy}>; rel="next-archive", <${url}>; rel="next"`,
  ),
  'a title that says rel="next" before the real one': next(
    (url, decoy) => `<${decoy}>; rel="prev"; title="rel=\\"next\\"", <${url}>; rel="next"`,
  ),
  'rel twice, of which the first counts': next(
    (url, decoy) => `<${decoy}>; rel="prev"; rel="next", <${url}>; rel="next"; rel="prev"`,
  ),
  'prev before next': next((url, decoy) => `<${decoy}>; rel="prev", <${url}>; rel="next"`),
  'empty elements': next(url => `, ,<${url}>; rel="next",`),
  'a relative address': next(url => `<${new URL(url).pathname}${new URL(url).search}>; rel="next"`),
  'a query alone': next(url => `<${new URL(url).search}>; rel="next"`),
} as const satisfies Readonly<Record<string, Fault>>;

/** Links that do not lead to a next page. */
export const deceptiveLinks = {
  'rel="next-archive" alone': next((_, decoy) => `<${decoy}>; rel="next-archive"`),
  'rel="prev" alone': next((_, decoy) => `<${decoy}>; rel="prev"`),
  'rev="next"': next((_, decoy) => `<${decoy}>; rev="next"`),
  'a title "; rel=next"': next((_, decoy) => `<${decoy}>; rel="prev"; title="; rel=next"`),
  'another context': next((_, decoy) => `<${decoy}>; rel="next"; anchor="https://example.com/"`),
} as const satisfies Readonly<Record<string, Fault>>;

/**
 * `rel='next'`: by RFC 8288 the quotes are part of the value, so it is not `next`, but some parsers follow it. It leads
 * to the next page.
 */
export const singleQuotedLink: Fault = next(url => `<${url}>; rel='next'`);

/** Links that would lead a client elsewhere, or in circles. */
export const dangerousLinks = {
  'to the same page again': everywhere(own => own),
  'back to the first page': everywhere(withoutStart),
  'to another origin': everywhere(() => 'https://api.example.com/tokens/v2/octo?start=1'),
  'to another port': everywhere(own => own.replace(/:(\d+)\//, ':1/')),
  'to another path': everywhere(() => 'tokens of somebody else'),
} as const satisfies Readonly<Record<string, Fault>>;

/** Headers truncated on their way: their content is unknown. Every page has one. */
export const cutLinks = {
  'at its beginning': header(() => '<cut'),
  'within the address': header(own => `<${own}`),
  'within rel': header(own => `<${own}>; rel="ne`),
} as const satisfies Readonly<Record<string, Fault>>;

/** Rewrites the link of a page that has one; `decoy` is a URL on the same server that responds with 500. */
function next(write: (url: string, decoy: string) => string): Fault {
  return {
    kind: 'rewrite',
    rewrite(response, { request }) {
      const url = /<([^>]+)>; rel="next"/.exec(response.headers['Link'] ?? '')?.[1];
      if (url === undefined) return response;
      const decoy = new URL(ownUrl(request));
      decoy.searchParams.set('start', 'decoy');
      return { ...response, headers: { ...response.headers, Link: write(url, decoy.href) } };
    },
  };
}

/** Writes a next link on every page, the last one too. */
function everywhere(write: (own: string) => string): Fault {
  return header(own => `<${write(own)}>; rel="next"`);
}

/** Sets this header on every page; `own` is the page's URL. */
function header(write: (own: string) => string): Fault {
  return {
    kind: 'rewrite',
    rewrite: (response, { request }) => ({
      ...response,
      headers: { ...response.headers, Link: write(ownUrl(request)) },
    }),
  };
}

function ownUrl({ path, query, headers }: SeenRequest): string {
  const url = new URL(path, `http://${headers.host ?? '127.0.0.1'}`);
  for (const [name, value] of query) if (name !== 'access_token') url.searchParams.append(name, value);
  return url.href;
}

function withoutStart(own: string): string {
  const url = new URL(own);
  url.searchParams.delete('start');
  return url.href;
}
