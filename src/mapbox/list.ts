import type { HttpResponse } from '../http/client.ts';
import type { Account } from './account.ts';
import { type ApiResult, toApiResult, tokensPath } from './result.ts';
import { isObject, isStrings, isTokenId, parseDate, parseJson } from './token.ts';

/** A stored token as the list shows it. The text of public tokens, which the list has, is left out. */
export interface ListedToken {
  readonly id: string;
  readonly usage: string;
  readonly note: string;
  readonly scopes: readonly string[];
  readonly created: Date | undefined;
  /** The account's default public token; also where the answer is not clear about it. */
  readonly isDefault: boolean;
}

/** A page of the list, and the query that asks for the one after it. */
export interface TokenPage {
  readonly tokens: readonly ListedToken[];
  readonly next: Readonly<Record<string, string>> | undefined;
  /** When Mapbox responded, by its own clock. */
  readonly serverDate: Date | undefined;
}

/**
 * How many tokens a page has if nobody says is not documented, and a page of hundreds would be over the most that is
 * read. Mapbox's own devkit takes up to 100.
 */
const FIRST_PAGE = { limit: '100' };

/**
 * Gets one page of the account's tokens; needs `tokens:read`, without which Mapbox says `not found` [Mapbox,
 * Tokens API: list tokens]. `limit` in milliseconds.
 *
 * @param query nothing for the first page, then what the page before gave as `next`.
 */
export async function listTokenPage(
  account: Account,
  query: TokenPage['next'],
  limit: number,
): Promise<ApiResult<TokenPage>> {
  const { send, authorizingToken, username, now } = account;
  const result = await send(
    { method: 'GET', path: tokensPath(username), query: query ?? FIRST_PAGE, token: authorizingToken.secret },
    limit,
  );
  return toApiResult(result, response => parseTokenPage(account, response), now());
}

function parseTokenPage(account: Account, { headers, body }: HttpResponse): TokenPage | undefined {
  const entries = body.kind === 'complete' ? parseJson(body.text.reveal()) : undefined;
  if (!Array.isArray(entries)) return undefined;
  const tokens = entries
    .filter(isObject)
    .flatMap(({ id, usage, note, scopes, created, default: isDefault }) => {
      if (typeof id !== 'string' || !isTokenId(id) || typeof usage !== 'string') return [];
      return [
        {
          id,
          usage,
          note: typeof note === 'string' ? note : '',
          scopes: isStrings(scopes) ? scopes : [],
          created: typeof created === 'string' ? parseDate(created) : undefined,
          isDefault: isDefault !== undefined && isDefault !== false,
        },
      ];
    });
  const link = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(headers['link'] ?? '')?.[1];
  const serverDate = parseDate(headers['date'] ?? '');
  if (link === undefined) return { tokens, next: undefined, serverDate };
  const next = nextQuery(account, link);
  return next === undefined ? undefined : { tokens, next, serverDate };
}

/**
 * Mapbox's `next` links carry no token, so one has to be added. Only the query is taken from them, and the
 * request is made where all requests are made. A link to another origin makes the page unreadable.
 */
function nextQuery({ api }: Account, link: string): TokenPage['next'] {
  const url = URL.parse(link, api.href);
  if (url === null || url.origin !== api.origin) return undefined;
  url.searchParams.delete('access_token');
  return Object.fromEntries(url.searchParams);
}
