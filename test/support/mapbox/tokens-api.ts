/** The endpoints of the Tokens API: permissions, validation and the list. Creation is in `create-token.ts`. */

import { type Account, compare, type IssuedToken, type StoredToken } from './account.ts';
import { mayBeUsedHere } from './allowed-urls.ts';
import { createToken, updateToken } from './create-token.ts';
import { type ApiCall, type ApiResponse, notFound, reject, respond } from './messages.ts';
import type { TokensApiOptions } from './options.ts';
import { limitOf, page } from './pages.ts';

/** Whether a path belongs to the Tokens API and counts against its rate limit. */
export function isTokensPath(segments: readonly string[]): boolean {
  const [api, version] = segments;
  return (api === 'tokens' && version === 'v2') || (api === 'scopes' && version === 'v1');
}

/** Handles a request below `/tokens/v2` or `/scopes/v1`. */
export function answerTokens(call: ApiCall, account: Account, options: TokensApiOptions): ApiResponse {
  const [api, , username, id, ...more] = call.segments;
  if (more.length > 0) return notFound();
  if (api === 'tokens' && username === undefined)
    return call.method === 'GET' ? validate(call, account) : notFound();
  if (username === undefined) return notFound();

  const authorizer = authorize(call, account, username);
  if ('status' in authorizer) return authorizer;
  const route = `${call.method} ${api}${id === undefined ? '' : '/id'}`;
  const scope = neededScopes[route];
  if (scope === undefined) return notFound();
  if (!authorizer.token.scopes.includes(scope)) {
    // Mapbox's CLI got a 403 for the list of scopes, for which 404 is documented [Mapbox CLI].
    const forbidden = api === 'scopes' || options.missingScope === 403;
    return forbidden ? reject(403, `This API requires a token with ${scope} scope.`) : notFound();
  }
  // A token's text instead of its ID is a separate error [Mapbox's OpenAPI description: BadRequest].
  if (id?.includes('.')) return reject(400, 'Bad Request');
  switch (route) {
    case 'GET scopes':
      return respond(200, account.scopes());
    case 'GET tokens':
      return list(call, account, options);
    case 'POST tokens':
      return createToken(call, account, authorizer, options);
    case 'PATCH tokens/id':
      return updateToken(call, account, authorizer, id ?? '', options);
    default:
      return account.delete(id ?? '') ? respond(204) : notFound();
  }
}

const neededScopes: Readonly<Record<string, string>> = {
  'GET scopes': 'scopes:list',
  'GET tokens': 'tokens:read',
  'POST tokens': 'tokens:write',
  'PATCH tokens/id': 'tokens:write',
  'DELETE tokens/id': 'tokens:write',
};

/** The authorizing token if it is alive, of this account, and may be used from here. */
function authorize(call: ApiCall, account: Account, username: string): IssuedToken | ApiResponse {
  const text = call.query.get('access_token');
  if (!text) return reject(422, 'access token is required');
  const examined = account.examine(text);
  if (examined.code !== 'TokenValid') return reject(401, 'Unauthorized');
  if (examined.usage !== 'tk' && !mayBeUsedHere(examined.token, call.headers))
    return reject(403, 'Forbidden');
  if (username !== account.username) return reject(404, 'No such user');
  return examined;
}

/**
 * Always 200: the token in the query is validated, and `code` is the result. `token` is present if the text could be
 * parsed, `authorization` for stored tokens only [Mapbox's OpenAPI description].
 */
function validate(call: ApiCall, account: Account): ApiResponse {
  const text = call.query.get('access_token');
  if (!text) return reject(422, 'access token is required');
  const examined = account.examine(text);
  const { code } = examined;
  if (code === 'TokenMalformed') return respond(200, { code });
  const { usage, payload } =
    'read' in examined
      ? examined.read
      : examined.usage === 'tk'
        ? { usage: examined.usage, payload: examined.token }
        : { usage: examined.usage, payload: { u: account.username, a: examined.token.id } };
  const user = payload.u;
  if ('a' in payload) return respond(200, { code, token: { usage, user, authorization: payload.a } });
  const { exp, iat, scopes, client } = payload;
  return respond(200, {
    code,
    token: { usage, user, expires: isoDate(exp), created: isoDate(iat), scopes, client },
  });
}

function list(call: ApiCall, account: Account, options: TokensApiOptions): ApiResponse {
  const { pageSize, linkToken, sparseRows } = options;
  const usage = call.query.get('usage');
  if (usage !== null && usage !== 'pk' && usage !== 'sk') return reject(422, 'usage must be pk or sk');
  const limit = limitOf(call, pageSize);
  if (limit === undefined) return reject(422, 'limit is invalid');
  // The combination gives an empty list, whatever the account has [Mapbox CLI, seen live].
  if (usage !== null && call.query.has('limit')) return respond(200, []);
  const sortedBy = call.query.get('sortby') === 'modified' ? 'modified' : 'created';
  const onlyDefault = call.query.get('default');

  // The token's position in the list as well as its ID, so that the key survives its deletion.
  const place = (token: StoredToken): string => `${token[sortedBy]} ${token.id}`;
  const start = call.query.get('start');
  const after = start === null ? '' : Buffer.from(start, 'base64url').toString('utf8');
  if (start !== null && !/^\d{4}-\d\d-\d\dT[\d:.]+Z c[a-z0-9]{24}$/.test(after)) {
    return reject(500, 'Internal Server Error');
  }
  const tokens = account
    .listed()
    .filter(token => usage === null || token.usage === usage)
    .filter(
      token => (onlyDefault !== 'true' && onlyDefault !== 'false') || String(token.default) === onlyDefault,
    )
    .sort((a, b) => compare(place(a), place(b)));
  return page(call, tokens, {
    from: tokens.filter(token => compare(place(token), after) <= 0).length,
    size: Math.min(limit, pageSize),
    keyOf: token => Buffer.from(place(token)).toString('base64url'),
    shown: token => (sparseRows ? sparseRow(token) : listRow(token)),
    echoToken: linkToken,
    linkBack: true,
  });
}

/**
 * A token in a list. The text of an `sk` is not shown again. Live rows have an undocumented eleventh field [Mapbox
 * CLI]; its name is unknown, so this one is invented.
 */
function listRow(token: StoredToken): object {
  const { token: text, ...rest } = token;
  return { ...rest, unnamed: 0, ...(token.usage === 'pk' && { token: text }) };
}

/** Only the fields that Mapbox's OpenAPI description requires. */
function sparseRow({ id, usage, client, scopes }: StoredToken): object {
  return { id, usage, client, scopes };
}

/** Seconds since 1970 as the API writes dates. */
function isoDate(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
