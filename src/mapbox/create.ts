import type { HttpAnswer } from '../http/client.ts';
import { Secret, tokensIn } from '../secret.ts';
import type { Account } from './account.ts';
import { accountPath, type Outcome, outcomeOf } from './result.ts';
import { type Claims, dateOf, isStrings, parseObject, readToken } from './token.ts';

/** What Mapbox answered to a creation: read, not yet believed. */
export interface Created {
  readonly secret: Secret;
  /** What the token's own text says; `undefined` where the text is no token. */
  readonly claims: Claims | undefined;
  /** From here on: what the answer says beside the text. A temporary token has `expires` only. */
  readonly id: string | undefined;
  readonly usage: string | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly note: string;
  readonly allowedUrls: readonly string[];
  readonly expires: Date | undefined;
}

/** What a stored token is made of. */
export interface StoredWish {
  readonly scopes: readonly string[];
  readonly note: string;
  readonly allowedUrls: readonly string[];
}

/** What a temporary token is made of. */
export interface TemporaryWish {
  readonly scopes: readonly string[];
  readonly expires: Date;
}

/**
 * Makes a public or secret token; which of the two, its scopes decide [Mapbox, Tokens API: create a token].
 * Not idempotent: every request that arrives makes one more token. `limit` in milliseconds.
 */
export function createStored(account: Account, wish: StoredWish, limit: number): Promise<Outcome<Created>> {
  const { scopes, note, allowedUrls } = wish;
  return create(account, { scopes, note, ...(allowedUrls.length > 0 ? { allowedUrls } : {}) }, limit);
}

/** Makes a temporary token [Mapbox, Tokens API: create a temporary token]. Mapbox keeps no record of it. */
export function createTemporary(
  account: Account,
  wish: TemporaryWish,
  limit: number,
): Promise<Outcome<Created>> {
  return create(account, { scopes: wish.scopes, expires: wish.expires.toISOString() }, limit);
}

async function create(account: Account, body: object, limit: number): Promise<Outcome<Created>> {
  const { exchange, authorizer, username, now, seen } = account;
  const end = await exchange({ method: 'POST', path: accountPath(username), token: authorizer, body }, limit);
  if (end.kind === 'answer') for (const text of tokensIn(end.body.text.reveal())) seen(new Secret(text));
  return outcomeOf(end, answer => readCreated(answer, seen), now());
}

function readCreated({ body }: HttpAnswer, seen: Account['seen']): Created | undefined {
  const answer = body.kind === 'whole' ? parseObject(body.text.reveal()) : undefined;
  if (answer === undefined) return undefined;
  const { token, id, usage, scopes, note, allowedUrls, expires } = answer;
  if (typeof token !== 'string' || token === '') return undefined;
  const secret = new Secret(token);
  seen(secret);
  return {
    secret,
    claims: readToken(token),
    id: typeof id === 'string' ? id : undefined,
    usage: typeof usage === 'string' ? usage : undefined,
    scopes: isStrings(scopes) ? scopes : undefined,
    note: typeof note === 'string' ? note : '',
    allowedUrls: isStrings(allowedUrls) ? allowedUrls : [],
    expires: typeof expires === 'string' ? dateOf(expires) : undefined,
  };
}
