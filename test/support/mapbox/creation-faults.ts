/** Creations whose outcome differs from their response, and responses that belong to another creation. */

import type { Account, StoredToken } from './account.ts';
import { temporaryAnswer } from './create-token.ts';
import type { Fault, FaultContext } from './faults.ts';
import { type ApiResponse, isObject, isStrings, parseJson, type SeenRequest } from './messages.ts';
import { withClaims } from './token-format.ts';

/** The note of someone else's tokens, which must always survive. */
export const STRANGERS_NOTE = 'Production website, do not delete';
const DAY = 86_400_000;

/** The request is lost, and carried out `ms` milliseconds later. */
export const lateCreation = (ms = 4000): Fault => ({ kind: 'late', ms });
/** The request is delivered twice; the client sees one of the two responses. */
export const doubledCreation = (answered: 'first' | 'second' = 'first'): Fault => ({
  kind: 'twice',
  answered,
});

export interface ForeignResponse {
  /** The scopes of the other creation, relative to this one's. */
  readonly scopes: 'same' | 'other';
  /** What the other creation made: a stored or a temporary token. */
  readonly token?: 'stored' | 'temporary';
  /** How long ago that was, in milliseconds: a moment, or longer for a cached response. */
  readonly age?: number;
  /** The note of the other token; a stranger's by default. */
  readonly note?: string;
  /** Whether this creation took place anyway, as by default. */
  readonly processed?: boolean;
}

/** The response belongs to another creation on the same account. */
export function foreignResponse(options: ForeignResponse): Fault {
  const { token = 'stored', age = 0, note = STRANGERS_NOTE, processed = true } = options;
  return {
    kind: 'rewrite',
    processed,
    rewrite(response, { account, request, now }) {
      const own = requestedScopes(request);
      const scopes = options.scopes === 'same' ? own : [...own.slice(0, 1), 'datasets:write', 'styles:write'];
      if (token === 'temporary') {
        return {
          ...response,
          status: 200,
          body: temporaryAnswer(account.writeTemporary(scopes, now() + 600_000)),
        };
      }
      const body = account.issue({ scopes, note, created: new Date(now() - age) });
      return { ...response, status: 201, body };
    },
  };
}

/** Responses to the creation of a stored token. Those with a stranger's token leave one on the account. */
export const storedCreationFaults = {
  'somebody else’s token with the same scopes': foreignResponse({ scopes: 'same' }),
  'somebody else’s token with other scopes': foreignResponse({ scopes: 'other' }),
  'somebody else’s token, own token not created': foreignResponse({ scopes: 'same', processed: false }),
  'somebody else’s old token': foreignResponse({ scopes: 'same', age: 30 * DAY }),
  'somebody else’s temporary token': foreignResponse({ scopes: 'same', token: 'temporary' }),
  'a token text without an id': changed(body => ({ ...body, token: withoutId(body) })),
  'a token text without an id, and a stranger’s id': changed((body, context) => ({
    ...body,
    token: withoutId(body),
    id: strangersToken(context, body).id,
  })),
  'a stranger’s id': changed((body, context) => ({ ...body, id: strangersToken(context, body).id })),
  'a stranger’s token text': changed((body, context) => ({
    ...body,
    token: strangersToken(context, body).token,
  })),
  'no id': changed(({ id: _, ...body }) => body),
  'a token text of one letter': changed(body => ({ ...body, token: 'e' })),
  'the token of another account': changed(body => ({
    ...body,
    token: withClaims(String(body['token']), claims => ({ ...claims, u: 'hexa' })),
  })),
  'no allowed URLs': changed(({ allowedUrls: _, ...body }) => body),
  'fewer allowed URLs': changed(body => ({ ...body, allowedUrls: allowedUrls(body).slice(1) })),
  'other allowed URLs': changed(body => ({
    ...body,
    allowedUrls: allowedUrls(body).map(() => 'https://elsewhere.example.com'),
  })),
  'more allowed URLs': changed(body => ({
    ...body,
    allowedUrls: [...allowedUrls(body), 'https://elsewhere.example.com'],
  })),
} as const satisfies Readonly<Record<string, Fault>>;

/** Responses to the creation of a temporary token. */
export const temporaryCreationFaults = {
  'another temporary token with the same scopes': foreignResponse({ scopes: 'same', token: 'temporary' }),
  'another temporary token with other scopes': foreignResponse({ scopes: 'other', token: 'temporary' }),
  'somebody else’s stored token': foreignResponse({ scopes: 'same' }),
  'a token that lives for a day': temporaryFor(DAY),
  'a token that has expired': temporaryFor(-60_000),
  'a token that expires at once': temporaryFor(1000),
  'a token whose fields promise a day': changed(body => ({
    ...body,
    expires_in: DAY / 1000,
    expires: new Date(Date.parse(String(body['issued_at'])) + DAY).toISOString(),
  })),
} as const satisfies Readonly<Record<string, Fault>>;

type Body = Readonly<Record<string, unknown>>;

/** A successful response with another body. */
function changed(change: (body: Body, context: FaultContext) => object): Fault {
  return {
    kind: 'rewrite',
    rewrite: (response, context) =>
      response.status < 300 && isObject(response.body)
        ? { ...response, body: change(response.body, context) }
        : response,
  };
}

/** Another temporary token instead of the requested one, with its own lifetime in milliseconds. */
function temporaryFor(lifetime: number): Fault {
  return {
    kind: 'rewrite',
    rewrite: (response: ApiResponse, { account, now, request }): ApiResponse =>
      response.status < 300
        ? {
            ...response,
            body: temporaryAnswer(account.writeTemporary(requestedScopes(request), now() + lifetime)),
          }
        : response,
  };
}

function strangersToken({ account }: { account: Account }, body: Body): StoredToken {
  const { scopes } = body;
  return account.issue({ scopes: isStrings(scopes) ? scopes : [], note: STRANGERS_NOTE });
}

function withoutId(body: Body): string {
  return withClaims(String(body['token']), ({ a: _, ...claims }) => claims);
}

function allowedUrls({ allowedUrls }: Body): readonly string[] {
  return isStrings(allowedUrls) ? allowedUrls : [];
}

function requestedScopes(request: SeenRequest): string[] {
  const body = parseJson(request.body);
  return isObject(body) && isStrings(body['scopes']) ? body['scopes'] : [];
}
