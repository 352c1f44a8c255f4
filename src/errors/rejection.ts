import type { Clock } from '../clock.ts';
import { formatDuration } from '../duration.ts';
import { type Account, type AuthorizingToken, TOKENS_PAGE } from '../mapbox/account.ts';
import { listTokenPage, type TokenPage } from '../mapbox/list.ts';
import { isNotFound, type Rejected } from '../mapbox/result.ts';
import { type TokenStatus, validateToken } from '../mapbox/validate.ts';
import { ActionError, errorTitles } from './action-error.ts';

/** Questions that only serve the message get this long together, in milliseconds. */
const DIAGNOSIS_BUDGET_MS = 10_000;

/**
 * Finds out why Mapbox refused, and words it for the person in front of the log. Asks Mapbox once more about the
 * authorizing token, page by page where that takes the list, which costs nothing now.
 *
 * @param scopes those that were asked for.
 */
export async function rejectionError(
  refused: Rejected,
  scopes: readonly string[],
  authorizingToken: AuthorizingToken,
  account: Account,
  clock: Clock,
): Promise<ActionError> {
  const { reason, status, isMapboxError, bodyDescription } = refused;
  const deadline = clock.monotonic() + DIAGNOSIS_BUDGET_MS;
  const left = () => deadline - clock.monotonic();
  if (reason === 'redirect') {
    return new ActionError(
      errorTitles.unexpectedResponse,
      `Mapbox's address answered ${status}, a redirect. Redirects are not followed, because the token would travel along. Check \`api-url\` and the proxy.`,
    );
  }
  if (!isMapboxError) {
    return new ActionError(
      errorTitles.unexpectedResponse,
      `Mapbox's address answered ${status} with ${bodyDescription}, which is not how Mapbox answers: something on the way, such as a proxy, may have spoken in its place. Check \`api-url\` and the proxy.`,
    );
  }
  switch (reason) {
    case 'unauthorized':
      return new ActionError(
        errorTitles.unauthorized,
        describeUnauthorized(await tokenStatus(account, left())),
      );
    case 'no-such-user':
      return new ActionError(
        errorTitles.notFound,
        describeNoSuchUser(account.username, authorizingToken.username),
      );
    case 'not-found':
      return new ActionError(errorTitles.notFound, await describeNotFound(authorizingToken, account, left));
    case 'scopes':
      return new ActionError(
        errorTitles.scopesRejected,
        await describeInvalidScopes(scopes, authorizingToken, account, left),
      );
    case 'expires-in-past':
    case 'expires-too-late':
      return new ActionError(errorTitles.expiryRejected, describeClockSkew(refused, clock.now()));
    case 'expires-after-authorizing-token':
      return new ActionError(
        errorTitles.expiryRejected,
        `The new token would live longer than the authorizing token, a temporary one${
          authorizingToken.expiresAt === undefined
            ? ''
            : ` that expires at ${authorizingToken.expiresAt.toISOString()}`
        }. Choose a shorter \`lifetime\`, or authorize with a secret token (\`sk.\`).`,
      );
    case 'forbidden':
      return new ActionError(
        errorTitles.requestRejected,
        'Mapbox answered 403 Forbidden. Either the authorizing token is restricted to URLs, which does not work from a workflow, or there is trouble with the account. ' +
          `Look at both on ${TOKENS_PAGE}.`,
      );
    case 'other':
      return new ActionError(
        errorTitles.requestRejected,
        `Mapbox rejected the request with ${status}. Check \`allowed-urls\`, \`note\` and \`scopes\`: what Mapbox minds, it does not say in words that this action knows.`,
      );
  }
}

async function tokenStatus(account: Account, limit: number): Promise<TokenStatus | undefined> {
  const result = await validateToken(account, limit);
  return result.kind === 'success' ? result.value : undefined;
}

function describeUnauthorized(validity: TokenStatus | undefined): string {
  const renew = `Create a new one on ${TOKENS_PAGE} and put it into the secret.`;
  switch (validity) {
    case 'TokenRevoked':
      return `The authorizing token was revoked: somebody deleted it. ${renew}`;
    case 'TokenExpired':
      return `The authorizing token has expired: it was a temporary one. ${renew}`;
    case 'TokenInvalid':
      return `The authorizing token is invalid: its signature does not hold. Was it cut off or changed when it was copied? ${renew}`;
    case 'TokenMalformed':
      return `The authorizing token is malformed: Mapbox cannot read it. Was it cut off when it was copied? ${renew}`;
    case 'TokenValid':
      return 'Mapbox answered 401 Unauthorized, yet says that the authorizing token is valid. Run the job again; if it stays so, ask Mapbox.';
    case undefined:
      return `Mapbox answered 401 Unauthorized, and could not be asked why. The authorizing token is malformed, invalid, expired or revoked. ${renew}`;
  }
}

function describeNoSuchUser(username: string, owner: string): string {
  return username === owner
    ? `Mapbox knows no account \`${username}\`, although the authorizing token names it. Was the account renamed or closed?`
    : `Mapbox knows no account \`${username}\`. The authorizing token belongs to \`${owner}\`: leave \`username\` out, or correct it.`;
}

async function describeNotFound(
  authorizingToken: AuthorizingToken,
  account: Account,
  left: () => number,
): Promise<string> {
  if (account.username !== authorizingToken.username) {
    return `Mapbox answered 404 Not Found. \`username\` says \`${account.username}\`, but the authorizing token belongs to \`${authorizingToken.username}\`: leave \`username\` out, or correct it.`;
  }
  const { held } = await heldScopes(authorizingToken, account, left);
  const onResult =
    held === undefined
      ? 'That is how Mapbox says that the authorizing token lacks `tokens:write`'
      : held.includes('tokens:write')
        ? 'The authorizing token does have `tokens:write`, so the account itself may be in trouble; usually this means that the token lacks it'
        : 'The authorizing token lacks `tokens:write`';
  return (
    `Mapbox answered 404 Not Found. ${onResult}. The scopes of a token cannot be changed on the Tokens page: create one with \`tokens:write\` ` +
    `and every scope it is to hand out (and \`tokens:read\` for clean-up) on ${TOKENS_PAGE} and put it into the secret. If that is not it, check \`username\`.`
  );
}

async function describeInvalidScopes(
  scopes: readonly string[],
  authorizingToken: AuthorizingToken,
  account: Account,
  left: () => number,
): Promise<string> {
  const { held, listRefused } = await heldScopes(authorizingToken, account, left);
  const missing = held === undefined ? [] : scopes.filter(scope => !held.includes(scope));
  const remedy = `A token can hand out only what it holds. Create one that holds them all on ${TOKENS_PAGE} and put it into the secret.`;
  if (missing.length > 0) return `The authorizing token lacks ${codeList(missing)}. ${remedy}`;
  if (held !== undefined) {
    return `Mapbox finds the scopes invalid (422), although the authorizing token holds ${codeList(scopes)}. The account may not have one of them any more.`;
  }
  return (
    `Mapbox finds the scopes invalid (422): the authorizing token lacks at least one of ${codeList(scopes)}, or the account does not have it. ${remedy}` +
    (listRefused ? ' With `tokens:read` as well, this message names the missing ones.' : '')
  );
}

function codeList(scopes: readonly string[]): string {
  return scopes.map(scope => `\`${scope}\``).join(', ');
}

/** More pages than there is time for. */
const MAX_PAGES = 100;

interface HeldScopes {
  /** The scopes of the authorizing token, where it was found on the list in time. */
  readonly held: readonly string[] | undefined;
  /** Mapbox said that the authorizing token may not list, for want of `tokens:read`. */
  readonly listRefused: boolean;
}

/** The list of the account's tokens tells what an `sk` holds; its own text does not. */
async function heldScopes(
  { id }: AuthorizingToken,
  account: Account,
  left: () => number,
): Promise<HeldScopes> {
  let query: TokenPage['next'];
  for (let pages = 0; id !== undefined && pages < MAX_PAGES && left() > 0; pages++) {
    const page = await listTokenPage(account, query, left());
    if (page.kind !== 'success') return { held: undefined, listRefused: isNotFound(page) };
    const own = page.value.tokens.find(token => token.id === id);
    if (own !== undefined) return { held: own.scopes, listRefused: false };
    query = page.value.next;
    if (query === undefined) break;
  }
  return { held: undefined, listRefused: false };
}

function describeClockSkew({ reason, serverDate }: Rejected, now: number): string {
  const complaint = `Mapbox says that the token would expire ${reason === 'expires-in-past' ? 'in the past' : 'more than one hour ahead'}`;
  if (serverDate === undefined)
    return `${complaint}. Check the runner's clock, or choose a shorter \`lifetime\`.`;
  const skew = now - serverDate.getTime();
  const differ =
    Math.abs(skew) < 2000
      ? 'although the clocks agree'
      : `the runner's clock is ${formatDuration(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} Mapbox's`;
  return `${complaint}: ${differ} (runner ${new Date(now).toISOString()}, Mapbox ${serverDate.toISOString()}). Set the runner's clock, or choose a shorter \`lifetime\`, or \`lifetime: job\`, which needs no clock.`;
}
