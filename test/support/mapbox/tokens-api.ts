/** The seven endpoints of the Tokens API [D] TOKENS 1, each from its request to its answer. */

import { type Account, compare, type Examined, type StoredToken } from './account.ts';
import { limitOf, page } from './pages.ts';
import { type Answer, answer, bodyObject, type Call, isStrings, notFound, refuse } from './wire.ts';

const hour = 3_600_000;

export interface TokensApiOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The most that one page of the list holds. */
  readonly pageSize: number;
  /** Which of the two documented answers the creation of a temporary token has. */
  readonly temporaryAnswer: 'current' | '2018';
}

/** An authorizer that has passed: it is alive, of this account, and may be used from here. */
type Authorizer = Extract<Examined, { code: 'TokenValid' | 'TokenExpired' | 'TokenRevoked' }>;

/** Whether a path is one that the Tokens API serves and its rate limit counts. */
export function isTokensPath(segments: readonly string[]): boolean {
  const [api, version] = segments;
  return (api === 'tokens' && version === 'v2') || (api === 'scopes' && version === 'v1');
}

/** Answers a call below `/tokens/v2` or `/scopes/v1`. */
export function answerTokens(call: Call, account: Account, options: TokensApiOptions): Answer {
  const [api, , username, id, ...more] = call.segments;
  if (more.length > 0) return notFound();
  if (api === 'tokens' && username === undefined)
    return call.method === 'GET' ? validate(call, account) : notFound();
  if (username === undefined) return notFound();

  const authorizer = authorize(call, account, username);
  if ('status' in authorizer) return authorizer;
  const holds = (scope: string): boolean => authorizer.token.scopes.includes(scope);
  const route = `${call.method} ${api}${id === undefined ? '' : '/id'}`;
  switch (route) {
    case 'GET scopes':
      return holds('scopes:list') ? answer(200, account.scopes()) : notFound();
    case 'GET tokens':
      return holds('tokens:read') ? list(call, account, options.pageSize) : notFound();
    case 'POST tokens':
      return holds('tokens:write') ? create(call, account, authorizer, options) : notFound();
    case 'PATCH tokens/id':
      return holds('tokens:write') ? update(call, account, authorizer, id ?? '') : notFound();
    case 'DELETE tokens/id':
      return holds('tokens:write') && account.delete(id ?? '') ? answer(204) : notFound();
    default:
      return notFound();
  }
}

/** Whether a URL-restricted token may be used: only with a `Referer` under one of its URLs [H: DIGEST] 1.8. */
export function mayBeUsedHere(token: { readonly allowedUrls?: string[] | undefined }, call: Call): boolean {
  if (token.allowedUrls === undefined || token.allowedUrls.length === 0) return true;
  const from = URL.parse(call.headers.referer ?? '');
  if (from === null) return false;
  return token.allowedUrls.some(allowed => {
    const url = URL.parse(allowed);
    return url !== null && url.origin === from.origin && from.pathname.startsWith(url.pathname);
  });
}

function authorize(call: Call, account: Account, username: string): Authorizer | Answer {
  const text = call.query.get('access_token');
  if (!text) return refuse(422, 'access token is required');
  const examined = account.examine(text);
  if (!('token' in examined) || examined.code !== 'TokenValid') return refuse(401, 'Unauthorized');
  if (examined.usage !== 'tk' && !mayBeUsedHere(examined.token, call)) return refuse(403, 'Forbidden');
  if (username !== account.username) return refuse(404, 'No such user');
  return examined;
}

/** Always 200: the token in the query is what is examined, and `code` tells [D] TOKENS 1.6. */
function validate(call: Call, account: Account): Answer {
  const text = call.query.get('access_token');
  if (!text) return refuse(422, 'access token is required');
  const examined = account.examine(text);
  if (!('token' in examined)) return answer(200, { code: examined.code });
  const { code, usage } = examined;
  const user = account.username;
  if (examined.usage !== 'tk') {
    return answer(200, { code, token: { usage, user, authorization: examined.token.id } });
  }
  const { exp, iat, scopes, client } = examined.token;
  return answer(200, {
    code,
    token: { usage, user, expires: isoOf(exp), created: isoOf(iat), scopes, client },
  });
}

function list(call: Call, account: Account, pageSize: number): Answer {
  const usage = call.query.get('usage');
  if (usage !== null && usage !== 'pk' && usage !== 'sk') return refuse(422, 'usage must be pk or sk');
  const limit = limitOf(call, pageSize);
  if (limit === undefined) return refuse(422, 'limit is invalid');
  const sortedBy = call.query.get('sortby') === 'modified' ? 'modified' : 'created';
  const wanted = call.query.get('default');

  // The place of a token in the list and not only its id, so that the key holds when the token is gone.
  const place = (token: StoredToken): string => `${token[sortedBy]} ${token.id}`;
  const start = call.query.get('start');
  const after = start === null ? '' : Buffer.from(start, 'base64url').toString('utf8');
  if (start !== null && !/^\d{4}-\d\d-\d\dT[\d:.]+Z c[a-z0-9]{24}$/.test(after)) {
    return refuse(500, 'Internal Server Error');
  }
  const tokens = account
    .tokens()
    .filter(token => usage === null || token.usage === usage)
    .filter(token => (wanted !== 'true' && wanted !== 'false') || token.default === (wanted === 'true'))
    .sort((a, b) => compare(place(a), place(b)))
    .filter(token => compare(place(token), after) > 0);
  return page(
    call,
    tokens,
    Math.min(limit, pageSize),
    token => Buffer.from(place(token)).toString('base64url'),
    listed,
  );
}

function create(call: Call, account: Account, authorizer: Authorizer, options: TokensApiOptions): Answer {
  const body = bodyObject(call);
  if (body === undefined) return refuse(400, 'Bad Request');
  if (body['expires'] !== undefined) return createTemporary(body, account, authorizer, options);
  const fields = readFields(body);
  if ('status' in fields) return fields;
  const { scopes, note, allowedUrls } = fields;
  if (scopes === undefined || !mayGive(account, authorizer, scopes)) return refuse(422, 'scopes are invalid');
  const token = account.issue({
    scopes,
    ...(note != null && { note }),
    ...(allowedUrls?.length && { allowedUrls }),
  });
  return answer(201, token);
}

function createTemporary(
  body: Readonly<Record<string, unknown>>,
  account: Account,
  authorizer: Authorizer,
  options: TokensApiOptions,
): Answer {
  const expires = readExpires(body['expires']);
  const now = options.now();
  if (expires === undefined) return refuse(422, 'expires is invalid');
  if (expires <= now) return refuse(422, 'expires is in the past');
  if (expires > now + hour) return refuse(422, 'expires is more than one hour in the future');
  if (authorizer.usage === 'tk' && expires > authorizer.token.exp * 1000) {
    return refuse(422, 'expires may not be greater than the expiration of the authorizing token');
  }
  const { scopes } = body;
  if (!isStrings(scopes) || !mayGive(account, authorizer, scopes)) return refuse(422, 'scopes are invalid');
  if (body['allowedUrls'] !== undefined) return refuse(422, 'allowedUrls are invalid');
  const { token, payload } = account.writeTemporary(scopes, expires);
  if (options.temporaryAnswer === '2018') return answer(200, { token });
  return answer(200, {
    token,
    issued_at: isoOf(payload.iat),
    expires: isoOf(payload.exp),
    expires_in: payload.exp - payload.iat,
  });
}

function update(call: Call, account: Account, authorizer: Authorizer, id: string): Answer {
  const token = account.find(id);
  if (token === undefined) return notFound();
  const body = bodyObject(call);
  if (body === undefined) return refuse(400, 'Bad Request');
  const fields = readFields(body);
  if ('status' in fields) return fields;
  const { scopes } = fields;
  if (scopes !== undefined) {
    // Once without scopes, always without [D] TOKENS 1.2; a pk stays public [D] TOKENS 1.4.
    const bare = token.scopes.length === 0 && scopes.length > 0;
    const turnsSecret = token.usage === 'pk' && !account.arePublic(scopes);
    if (bare || turnsSecret || !mayGive(account, authorizer, scopes))
      return refuse(422, 'scopes are invalid');
  }
  account.update(token, fields);
  return answer(200, listed(token));
}

interface Fields {
  scopes?: string[];
  note?: string | null;
  allowedUrls?: string[] | null;
}

/** The fields of a stored token as a body gives them, or the answer that refuses them. */
function readFields(body: Readonly<Record<string, unknown>>): Fields | Answer {
  const { scopes, note, allowedUrls, resources } = body;
  const fields: Fields = {};
  if (scopes !== undefined) {
    if (!isStrings(scopes)) return refuse(422, 'scopes are invalid');
    fields.scopes = scopes;
  }
  if (note !== undefined) {
    if (note !== null && (typeof note !== 'string' || note.length > 256))
      return refuse(422, 'note is invalid');
    fields.note = note;
  }
  if (allowedUrls !== undefined) {
    const good =
      isStrings(allowedUrls) && allowedUrls.length <= 100 && allowedUrls.every(url => URL.canParse(url));
    if (allowedUrls !== null && !good) return refuse(422, 'allowedUrls are invalid');
    fields.allowedUrls = good ? allowedUrls : null;
  }
  if (resources !== undefined && resources !== null && (!isStrings(resources) || resources.length === 0)) {
    return refuse(422, 'resources are invalid');
  }
  return fields;
}

/** A token gives only what it has itself [D] TOKENS 0.4, and only what the account may use. */
function mayGive(account: Account, authorizer: Authorizer, scopes: readonly string[]): boolean {
  return account.offers(scopes) && scopes.every(scope => authorizer.token.scopes.includes(scope));
}

/** `expires` in milliseconds since 1970. Without a zone it is UTC, as the old Python SDK meant it [C: SDKPY-OLD]. */
function readExpires(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/.exec(value);
  if (form === null) return undefined;
  const time = Date.parse(form[1] === undefined ? `${value}Z` : value);
  return Number.isNaN(time) ? undefined : time;
}

/** A token in a list: the text of an `sk` is not shown again [D] TOKENS 1.1. */
function listed(token: StoredToken): unknown {
  const { token: text, ...rest } = token;
  return token.usage === 'sk' ? rest : { ...rest, token: text };
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
