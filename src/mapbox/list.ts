import type { HttpResponse, NoResponse } from '../http/response.ts';
import type { Account } from './account.ts';
import { findLink } from './link.ts';
import { type ApiResult, toApiResult, tokensPath } from './result.ts';
import { isObject, isStrings, isTokenId, parseDate, parseJson } from './token.ts';

/** A stored token as the list shows it. The text of public tokens, which the list has, is left out. */
export interface ListedToken {
  readonly id: string;
  readonly usage: string;
  readonly note: string;
  readonly scopes: readonly string[];
  readonly allowedUrls: readonly string[];
  readonly created: Date | undefined;
  /** The account's default public token; also where the response is not clear about it. */
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
 * How many tokens a page has by default is not documented. Mapbox's own devkit takes up to 100. Never together with
 * `usage`: Mapbox then responds with an empty list.
 */
const FIRST_PAGE = { limit: '100' };

/** A page of 100 tokens with 100 allowed URLs each has some MiB. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Gets one page of the account's tokens; needs `tokens:read`, without which Mapbox responds with 404 [Mapbox, Tokens API:
 * list tokens]. A page that is too large is requested again with half as many tokens.
 *
 * @param query nothing for the first page, then `next` of the page before.
 * @param timeoutMs milliseconds that each request may take.
 */
export async function listTokenPage(
  account: Account,
  query: TokenPage['next'],
  timeoutMs: number,
): Promise<ApiResult<TokenPage>> {
  const { send, authorizingToken, username, now } = account;
  const parameters = query ?? FIRST_PAGE;
  const response = await send(
    {
      method: 'GET',
      path: tokensPath(username),
      // A query that was never sent before is in no cache.
      query: { ...parameters, timestamp: String(now()) },
      token: authorizingToken.secret,
      maxBytes: MAX_PAGE_BYTES,
    },
    timeoutMs,
  );
  const limit = Number(parameters['limit']);
  if (isTooLarge(response) && limit >= 2) {
    return listTokenPage(account, { ...parameters, limit: String(Math.floor(limit / 2)) }, timeoutMs);
  }
  return toApiResult(response, response => parseTokenPage(account, response), now());
}

function isTooLarge(response: HttpResponse | NoResponse): boolean {
  return (
    response.kind === 'response' && response.body.kind === 'incomplete' && response.body.how === 'too-large'
  );
}

function parseTokenPage(account: Account, { headers, body }: HttpResponse): TokenPage | undefined {
  const entries = body.kind === 'complete' ? parseJson(body.text.reveal()) : undefined;
  if (!Array.isArray(entries)) return undefined;
  const tokens = entries
    .filter(isObject)
    .flatMap(({ id, usage, note, scopes, allowedUrls, created, default: isDefault }) => {
      if (typeof id !== 'string' || !isTokenId(id) || typeof usage !== 'string') return [];
      return [
        {
          id,
          usage,
          note: typeof note === 'string' ? note : '',
          scopes: isStrings(scopes) ? scopes : [],
          allowedUrls: isStrings(allowedUrls) ? allowedUrls : [],
          created: typeof created === 'string' ? parseDate(created) : undefined,
          isDefault: isDefault !== undefined && isDefault !== false,
        },
      ];
    });
  const link = findLink(headers['link'] ?? '', 'next');
  const serverDate = parseDate(headers['date'] ?? '');
  if (link === undefined) return { tokens, next: undefined, serverDate };
  const next = nextQuery(account, link);
  return next === undefined ? undefined : { tokens, next, serverDate };
}

/**
 * Only the query is taken from a link, without the token that Mapbox may echo, and the request is sent where all requests
 * are sent. A link to another origin makes the page unreadable.
 */
function nextQuery({ api }: Account, link: string): TokenPage['next'] {
  const url = URL.parse(link, api.href);
  if (url === null || url.origin !== api.origin) return undefined;
  const { access_token: _token, timestamp: _timestamp, ...query } = Object.fromEntries(url.searchParams);
  return query;
}
