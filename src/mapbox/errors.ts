import { ActionError, codeList, errorTitles } from '../action-error.ts';
import { adviseExhausted, describeExhausted, titleForRetryable } from '../api/describe.ts';
import type { RetriesExhausted } from '../api/result.ts';
import type { RetryOptions } from '../api/retry.ts';
import type { Clock } from '../clock.ts';
import { formatDuration } from '../duration.ts';
import { type Account, TOKENS_PAGE } from './account.ts';
import { listTokenPage, type TokenPage } from './list.ts';
import { isNotFound, type Rejected } from './response.ts';
import { type TokenStatus, validateToken } from './validate.ts';

/** Advice about an authorizing token that is another step's output. */
export const PASS_SECRET = 'Pass the secret in every step: `${{ secrets.MAPBOX_AUTHORIZING_TOKEN }}`.';

/** A hint about an authorizing token that lacks a scope for an unknown reason. */
export const EARLIER_TOKEN_HINT = `It may be the token of an earlier step of this action. ${PASS_SECRET}`;

/**
 * The error for a request that Mapbox rejected or whose retries are exhausted.
 *
 * @param scopes the requested scopes.
 */
export async function apiError(
  result: Rejected | RetriesExhausted,
  scopes: readonly string[],
  account: Account,
  { clock }: RetryOptions,
): Promise<ActionError> {
  if (result.kind === 'rejected') return rejectionError(result, scopes, account, clock);
  const { last } = result;
  return new ActionError(
    titleForRetryable(last, result.service),
    `${describeExhausted(result)} ${adviseExhausted(result)}`,
  );
}

/** Total time limit for requests that only serve the error message. */
const DIAGNOSIS_BUDGET_MS = 10_000;

/** The account to ask about, and the time left for a diagnosis. */
interface Diagnosis {
  readonly account: Account;
  /** Milliseconds left. */
  readonly remaining: () => number;
}

/**
 * Finds out why Mapbox rejected a request, and adds Mapbox's request id. Sends further requests about the authorizing
 * token: the step has failed, so they delay nothing else.
 *
 * @param scopes the requested scopes.
 */
export async function rejectionError(
  rejected: Rejected,
  scopes: readonly string[],
  account: Account,
  clock: Clock,
): Promise<ActionError> {
  const { title, message } = await explainRejection(rejected, scopes, account, clock);
  const { requestId } = rejected;
  return new ActionError(
    title,
    requestId === undefined ? message : `${message} Mapbox's request id: ${requestId}`,
  );
}

async function explainRejection(
  rejected: Rejected,
  scopes: readonly string[],
  account: Account,
  clock: Clock,
): Promise<ActionError> {
  const deadline = clock.monotonic() + DIAGNOSIS_BUDGET_MS;
  const diagnosis = { account, remaining: () => deadline - clock.monotonic() };
  const { authorizingToken, username } = account;
  const { reason, status, isApiError, bodyDescription } = rejected;
  if (reason === 'redirect') {
    return new ActionError(
      errorTitles.unexpectedResponse,
      `Mapbox's address responded with ${status}, a redirect. Redirects are not followed, because the token would go with them. Check \`api-url\` and the proxy.`,
    );
  }
  if (!isApiError) {
    return new ActionError(
      errorTitles.unexpectedResponse,
      `Mapbox's address responded with ${status} and ${bodyDescription}, which is not how Mapbox responds. Something in between, such as a proxy, may have responded instead. Check \`api-url\` and the proxy.`,
    );
  }
  switch (reason) {
    case 'unauthorized':
      return new ActionError(errorTitles.unauthorized, await describeUnauthorized(diagnosis));
    case 'no-such-user':
      return new ActionError(errorTitles.notFound, describeNoSuchUser(username, authorizingToken.username));
    case 'not-found':
      return new ActionError(errorTitles.notFound, await describeNotFound(status, diagnosis));
    case 'scopes':
      return new ActionError(errorTitles.scopesRejected, await describeInvalidScopes(scopes, diagnosis));
    case 'expires-in-past':
    case 'expires-too-late':
      return new ActionError(errorTitles.expiryRejected, describeClockSkew(rejected, clock.now()));
    case 'expires-after-authorizing-token':
      return new ActionError(errorTitles.expiryRejected, describeParentExpiry(authorizingToken.expiresAt));
    case 'forbidden':
      return new ActionError(
        errorTitles.requestRejected,
        'Mapbox responded with 403 Forbidden. Either the authorizing token is restricted to URLs, which does not work from a workflow, or there is a problem with the account. ' +
          `Check both on ${TOKENS_PAGE}.`,
      );
    case 'too-large':
      return new ActionError(
        errorTitles.requestRejected,
        `The request is too large for Mapbox or for a proxy in between (${status}). Shorten \`allowed-urls\`.`,
      );
    case 'other':
      return new ActionError(
        errorTitles.requestRejected,
        `Mapbox rejected the request with ${status}. Check \`allowed-urls\`, \`note\` and \`scopes\`.`,
      );
  }
}

async function describeUnauthorized({ account, remaining }: Diagnosis): Promise<string> {
  const result = await validateToken(account, remaining());
  const renew = `Create a new one on ${TOKENS_PAGE} and put it into the secret.`;
  const status: TokenStatus | undefined = result.kind === 'success' ? result.value : undefined;
  switch (status) {
    case 'TokenRevoked':
      return `The authorizing token was revoked: someone deleted it. ${renew}`;
    case 'TokenExpired':
      return `The authorizing token has expired: it was a temporary one. ${renew}`;
    case 'TokenInvalid':
      return `The authorizing token is invalid: its signature is wrong. Was it truncated or changed when it was copied? ${renew}`;
    case 'TokenMalformed':
      return `The authorizing token is malformed: Mapbox cannot read it. Was it truncated when it was copied? ${renew}`;
    case 'TokenValid':
      return 'Mapbox responded with 401 Unauthorized, but says that the authorizing token is valid. Run the job again; if this persists, contact Mapbox support.';
    case undefined:
      return `Mapbox responded with 401 Unauthorized and did not say why. The authorizing token is malformed, invalid, expired or revoked. ${renew}`;
  }
}

function describeNoSuchUser(username: string, owner: string): string {
  return username === owner
    ? `Mapbox has no account \`${username}\`, although the authorizing token names it. Was the account renamed or closed?`
    : `Mapbox has no account \`${username}\`. The authorizing token belongs to \`${owner}\`: remove \`username\`, or correct it.`;
}

/** `404 Not Found`, or another status alone. Mapbox responds to a missing scope with 404, or with 403. */
export function describeStatus(status: number): string {
  return status === 404 ? '404 Not Found' : String(status);
}

async function describeNotFound(status: number, diagnosis: Diagnosis): Promise<string> {
  const { authorizingToken, username } = diagnosis.account;
  const statusText = describeStatus(status);
  if (username !== authorizingToken.username) {
    return `Mapbox responded with ${statusText}. \`username\` is \`${username}\`, but the authorizing token belongs to \`${authorizingToken.username}\`: remove \`username\`, or correct it.`;
  }
  const { held } = await heldScopes(diagnosis);
  const cause =
    held === undefined
      ? 'This usually means that the authorizing token lacks `tokens:write`'
      : held.includes('tokens:write')
        ? 'This usually means that the authorizing token lacks `tokens:write`, but it has that scope, so there may be a problem with the account'
        : 'The authorizing token lacks `tokens:write`';
  // A `tk` without the scope was rejected before any request.
  const isEarlier = authorizingToken.usage === 'sk' && !held?.includes('tokens:write');
  return (
    `Mapbox responded with ${statusText}. ${cause}. ${isEarlier ? `${EARLIER_TOKEN_HINT} ` : ''}The scopes of a token cannot be changed on the Tokens page: create one with \`tokens:write\` ` +
    `and every scope that it should grant (and \`tokens:read\` for clean-up) on ${TOKENS_PAGE} and put it into the secret. Only an administrator of the account can create one there; \`mapbox auth login\` never grants it. Otherwise, check \`username\`.`
  );
}

async function describeInvalidScopes(scopes: readonly string[], diagnosis: Diagnosis): Promise<string> {
  const { held, listRejected } = await heldScopes(diagnosis);
  const missing = held === undefined ? [] : scopes.filter(scope => !held.includes(scope));
  const remedy = `A token can grant only scopes it has. Create one that has them all on ${TOKENS_PAGE} and put it into the secret.`;
  if (missing.length > 0) return `The authorizing token lacks ${codeList(missing)}. ${remedy}`;
  if (held !== undefined) {
    return `Mapbox says that the scopes are invalid (422), although the authorizing token has ${codeList(scopes)}. The account may have lost one of them.`;
  }
  return (
    `Mapbox says that the scopes are invalid (422): the authorizing token lacks at least one of ${codeList(scopes)}, or the account does not have it. ${remedy}` +
    (listRejected ? ' If it also has `tokens:read`, this message names the missing ones.' : '')
  );
}

function describeClockSkew({ reason, serverDate }: Rejected, now: number): string {
  const complaint = `Mapbox says that the token would expire ${reason === 'expires-in-past' ? 'in the past' : 'more than one hour from now'}`;
  if (serverDate === undefined)
    return `${complaint}. Check the runner's clock, or choose a shorter \`lifetime\`.`;
  const skew = now - serverDate.getTime();
  const difference =
    Math.abs(skew) < 2000
      ? ', although the clocks agree'
      : `: the runner's clock is ${formatDuration(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} Mapbox's`;
  return `${complaint}${difference} (runner ${new Date(now).toISOString()}, Mapbox ${serverDate.toISOString()}). Set the runner's clock, or choose a shorter \`lifetime\`, or \`lifetime: job\`, which needs no clock.`;
}

function describeParentExpiry(expiresAt: Date | undefined): string {
  const which = expiresAt === undefined ? '' : ` that expires at ${expiresAt.toISOString()}`;
  return `The new token would outlive the authorizing token, a temporary one${which}. Choose a shorter \`lifetime\`, or use a secret token (\`sk.\`) to authorize.`;
}

/** More pages than the time allows. */
const MAX_PAGES = 100;

interface HeldScopes {
  /** The scopes of the authorizing token, if it was found in the list in time. */
  readonly held: readonly string[] | undefined;
  /** The authorizing token lacks `tokens:read`. */
  readonly listRejected: boolean;
}

/**
 * Reads the authorizing token's scopes from the list of the account's tokens: the text of an `sk` does not have them.
 */
async function heldScopes({ account, remaining }: Diagnosis): Promise<HeldScopes> {
  const { id } = account.authorizingToken;
  let query: TokenPage['next'];
  for (let pages = 0; id !== undefined && pages < MAX_PAGES && remaining() > 0; pages++) {
    const page = await listTokenPage(account, query, remaining());
    if (page.kind !== 'success') return { held: undefined, listRejected: isNotFound(page) };
    const own = page.value.tokens.find(token => token.id === id);
    if (own !== undefined) return { held: own.scopes, listRejected: false };
    query = page.value.next;
    if (query === undefined) break;
  }
  return { held: undefined, listRejected: false };
}
