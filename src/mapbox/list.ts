import type { HttpResponse, NoResponse } from '../http/response.ts';
import type { Account } from './account.ts';
import { findLink } from './link.ts';
import { type ApiResult, toApiResult, tokensPath } from './response.ts';
import { isObject, isStrings, isTokenId, parseDate, parseJson } from './token.ts';

/** A stored token in the account's list. The list also has the text of public tokens, which is left out here. */
export interface ListedToken {
  readonly id: string;
  readonly usage: string;
  readonly note: string;
  readonly scopes: readonly string[];
  readonly allowedUrls: readonly string[];
  readonly created: Date | undefined;
  /** Whether it is the account's default public token. Also true if the response is unclear about it. */
  readonly isDefault: boolean;
  /**
   * Fields that may restrict the token and that this action does not understand. A token with such a field must not be
   * copied: the copy would be less restricted.
   */
  readonly notUnderstood: readonly string[];
}

/** A page of the list, and the query for the next page. */
export interface TokenPage {
  readonly tokens: readonly ListedToken[];
  readonly next: Readonly<Record<string, string>> | undefined;
  /**
   * Whether every entry and the link to the next page could be read. If not, a token that is not in the list may still
   * exist.
   */
  readonly complete: boolean;
  /** When Mapbox responded, by its own clock. */
  readonly serverDate: Date | undefined;
}

/**
 * The default page size is not documented; Mapbox's own devkit allows up to 100. Don't combine it with `usage`: Mapbox
 * then responds with an empty list.
 */
const FIRST_PAGE = { limit: '100' };

/** A page of 100 tokens with 100 allowed URLs each takes a few MiB. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Gets one page of the account's tokens; needs `tokens:read`, without which Mapbox responds with 404 [Mapbox, Tokens
 * API: list tokens]. A page that is too large is requested again with half as many tokens.
 *
 * @param query `undefined` for the first page, then `next` of the previous page.
 * @param timeoutMs total time limit in milliseconds.
 */
export async function listTokenPage(
  account: Account,
  query: TokenPage['next'],
  timeoutMs: number,
): Promise<ApiResult<TokenPage>> {
  const { send, authorizingToken, username, now } = account;
  const path = tokensPath(username);
  const start = now();
  let parameters = query ?? FIRST_PAGE;
  for (;;) {
    const response = await send(
      {
        method: 'GET',
        path,
        // A unique query bypasses caches.
        query: { ...parameters, timestamp: String(now()) },
        token: authorizingToken.secret,
        maxBytes: MAX_PAGE_BYTES,
        kind: query === undefined ? undefined : 'further-page',
      },
      timeoutMs - Math.max(0, now() - start),
    );
    const smaller = isTooLarge(response) ? halve(parameters) : undefined;
    if (smaller === undefined) return toApiResult(response, page => parseTokenPage(account, page), now());
    parameters = smaller;
  }
}

/** The same page with half as many tokens; `undefined` if it has only one. */
function halve(parameters: Readonly<Record<string, string>>): typeof parameters | undefined {
  const limit = Number(parameters['limit'] ?? FIRST_PAGE.limit);
  return limit >= 2 ? { ...parameters, limit: String(Math.floor(limit / 2)) } : undefined;
}

function isTooLarge(response: HttpResponse | NoResponse): boolean {
  return (
    response.kind === 'response' && response.body.kind === 'incomplete' && response.body.how === 'too-large'
  );
}

function parseTokenPage(account: Account, { headers, body }: HttpResponse): TokenPage | undefined {
  const entries = body.kind === 'complete' ? parseJson(body.text.reveal()) : undefined;
  if (!Array.isArray(entries)) return undefined;
  const tokens = entries.map(parseEntry).filter(token => token !== undefined);
  const { target, complete } = findLink(headers['link'] ?? '', 'next');
  const next = target === undefined ? undefined : nextQuery(account, target);
  if (target !== undefined && next === undefined) return undefined;
  return {
    tokens,
    next,
    complete: complete && tokens.length === entries.length,
    serverDate: parseDate(headers['date'] ?? ''),
  };
}

function parseEntry(entry: unknown): ListedToken | undefined {
  if (!isObject(entry)) return undefined;
  const { id, usage, note, scopes, allowedUrls, created, default: isDefault } = entry;
  // An id of another form cannot be used in a request.
  if (typeof id !== 'string' || !isTokenId(id) || typeof usage !== 'string') return undefined;
  return {
    id,
    usage,
    note: typeof note === 'string' ? note : '',
    scopes: isStrings(scopes) ? scopes : [],
    allowedUrls: isStrings(allowedUrls) ? allowedUrls : [],
    created: typeof created === 'string' ? parseDate(created) : undefined,
    isDefault: isDefault !== undefined && isDefault !== false,
    notUnderstood: restrictions(entry),
  };
}

/**
 * Mapbox's SDK has `allowedApplications`, and `allowedApis` was proposed there; `resources` is a field of the API's
 * responses [mapbox-sdk-js, services/tokens.js]. Empty fields restrict nothing.
 */
function restrictions(entry: Readonly<Record<string, unknown>>): string[] {
  const others = Object.keys(entry).filter(name => /^allowed/i.test(name) || name === 'resources');
  return [
    ...(isStrings(entry['scopes']) ? [] : ['scopes']),
    ...others.filter(name => !isEmpty(entry[name]) && !(name === 'allowedUrls' && isStrings(entry[name]))),
  ];
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/**
 * Takes only the query from a link, without the token that Mapbox may echo. The request goes to the same address as all
 * others. A link to another origin makes the page unreadable.
 */
function nextQuery({ api }: Account, link: string): TokenPage['next'] {
  const url = URL.parse(link, api.href);
  if (url === null || url.origin !== api.origin) return undefined;
  const { access_token: _token, timestamp: _timestamp, ...query } = Object.fromEntries(url.searchParams);
  return query;
}
