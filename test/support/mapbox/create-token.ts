/** Creating and updating tokens: which bodies are accepted, and the errors for the others. */

import type { Account, IssuedToken, StoredToken } from './account.ts';
import { areAllowedUrls } from './allowed-urls.ts';
import {
  type ApiCall,
  type ApiResponse,
  bodyObject,
  isStrings,
  notFound,
  reject,
  respond,
} from './messages.ts';
import { isNoteTooLong } from './notes.ts';
import type { TokensApiOptions } from './options.ts';

const HOUR = 3_600_000;
/** All fields that Mapbox's OpenAPI description allows; others are errors. */
const STORED_FIELDS = ['scopes', 'note', 'allowedUrls'];
const TEMPORARY_FIELDS = ['scopes', 'expires'];

type Body = Readonly<Record<string, unknown>>;

/** `POST /tokens/v2/{username}`: a temporary token if it has `expires`, else a stored one. */
export function createToken(
  call: ApiCall,
  account: Account,
  authorizer: IssuedToken,
  options: TokensApiOptions,
): ApiResponse {
  const body = bodyObject(call);
  if (body === undefined) return reject(400, 'Bad Request');
  if (body['expires'] !== undefined) return createTemporaryToken(body, account, authorizer, options);
  const unknown = rejectUnknown(body, STORED_FIELDS);
  if (unknown !== undefined) return unknown;
  const fields = readFields(body, options);
  if ('status' in fields) return fields;
  const { scopes, note, allowedUrls } = fields;
  if (scopes === undefined || !mayGrant(account, authorizer, scopes))
    return reject(422, 'scopes are invalid');
  const token = account.issue({
    scopes,
    ...(note != null && { note: options.storeNote(note) }),
    ...(allowedUrls?.length && { allowedUrls }),
  });
  // Not documented here, but live rows of the list have an additional field.
  return respond(201, { ...token, unnamed: 0 });
}

function createTemporaryToken(
  body: Body,
  account: Account,
  authorizer: IssuedToken,
  options: TokensApiOptions,
): ApiResponse {
  const allowed = options.temporaryNote === 'ignored' ? [...TEMPORARY_FIELDS, 'note'] : TEMPORARY_FIELDS;
  const unknown = rejectUnknown(body, allowed);
  if (unknown !== undefined) return unknown;
  const expires = readExpires(body['expires']);
  const now = options.now();
  if (expires === undefined) return reject(422, 'expires is invalid');
  if (expires <= now) return reject(422, 'expires is in the past');
  if (expires > now + HOUR) return reject(422, 'expires is more than one hour in the future');
  if (authorizer.usage === 'tk' && expires > authorizer.token.exp * 1000) {
    return reject(422, 'expires may not be greater than the expiration of the authorizing token');
  }
  const { scopes } = body;
  if (!isStrings(scopes) || !mayGrant(account, authorizer, scopes)) return reject(422, 'scopes are invalid');
  const temporary = account.writeTemporary(scopes, expires);
  return respond(
    200,
    options.temporaryAnswer === '2018' ? { token: temporary.token } : temporaryAnswer(temporary),
  );
}

/** The four fields of the response to a temporary token's creation, all of them required. */
export function temporaryAnswer({ token, payload }: ReturnType<Account['writeTemporary']>): object {
  return {
    token,
    issued_at: new Date(payload.iat * 1000).toISOString(),
    expires: new Date(payload.exp * 1000).toISOString(),
    expires_in: payload.exp - payload.iat,
  };
}

/** `PATCH /tokens/v2/{username}/{id}`. Unknown fields are ignored: Mapbox's description does not forbid them here. */
export function updateToken(
  call: ApiCall,
  account: Account,
  authorizer: IssuedToken,
  id: string,
  options: TokensApiOptions,
): ApiResponse {
  const token = account.find(id);
  if (token === undefined) return notFound();
  const body = bodyObject(call);
  if (body === undefined) return reject(400, 'Bad Request');
  const fields = readFields(body, options);
  if ('status' in fields) return fields;
  const { scopes, note } = fields;
  if (scopes !== undefined) {
    // A token without scopes can never get any, and a pk stays public [Mapbox, Tokens API].
    const bare = token.scopes.length === 0 && scopes.length > 0;
    const turnsSecret = token.usage === 'pk' && !account.arePublic(scopes);
    if (bare || turnsSecret || !mayGrant(account, authorizer, scopes)) {
      return reject(422, 'scopes are invalid');
    }
  }
  account.update(token, { ...fields, ...(note != null && { note: options.storeNote(note) }) });
  return respond(200, withoutSecret(token));
}

/** The text of an `sk` is never shown again, not even in updates [Mapbox's OpenAPI description]. */
function withoutSecret(token: StoredToken): object {
  const { token: text, ...rest } = token;
  return token.usage === 'sk' ? rest : { ...rest, token: text };
}

function rejectUnknown(body: Body, allowed: readonly string[]): ApiResponse | undefined {
  // The API once had this field, and still has its error message [Mapbox, Tokens API].
  if ('resources' in body) return reject(422, 'resources are invalid');
  const unknown = Object.keys(body).find(name => !allowed.includes(name));
  return unknown === undefined ? undefined : reject(422, `${unknown} is not allowed`);
}

interface Fields {
  scopes?: string[];
  note?: string | null;
  allowedUrls?: string[] | null;
}

/** The fields of a stored token in a body, or the response that rejects them. */
function readFields(body: Body, { noteLimit }: TokensApiOptions): Fields | ApiResponse {
  const { scopes, note, allowedUrls } = body;
  const fields: Fields = {};
  if (scopes !== undefined) {
    if (!isStrings(scopes)) return reject(422, 'scopes are invalid');
    fields.scopes = scopes;
  }
  if (note !== undefined) {
    if (note !== null && (typeof note !== 'string' || isNoteTooLong(note, noteLimit))) {
      return reject(422, 'note is invalid');
    }
    fields.note = note;
  }
  if (allowedUrls !== undefined) {
    if (allowedUrls !== null && !areAllowedUrls(allowedUrls)) return reject(422, 'allowedUrls are invalid');
    fields.allowedUrls = allowedUrls;
  }
  return fields;
}

/** A token grants only its own scopes, and only those the account may use [Mapbox, Tokens API]. */
function mayGrant(account: Account, authorizer: IssuedToken, scopes: readonly string[]): boolean {
  return account.offers(scopes) && scopes.every(scope => authorizer.token.scopes.includes(scope));
}

/** `expires` in milliseconds since 1970. Without a time zone it is UTC, as in Mapbox's old Python SDK. */
function readExpires(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/.exec(value);
  if (form === null) return undefined;
  const time = Date.parse(form[1] === undefined ? `${value}Z` : value);
  return Number.isNaN(time) ? undefined : time;
}
