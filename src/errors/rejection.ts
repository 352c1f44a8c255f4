import type { Clock } from '../clock.ts';
import { spoken } from '../duration.ts';
import { type Account, type Authorizer, TOKENS_PAGE } from '../mapbox/account.ts';
import { listPage, type Page } from '../mapbox/list.ts';
import { isMissing, type Refused } from '../mapbox/result.ts';
import { type Validity, validateAuthorizer } from '../mapbox/validate.ts';
import { Failure, titles } from './action-error.ts';

/** Questions that only serve the message get this long together, in milliseconds. */
const ANSWERS_WITHIN = 10_000;

/**
 * Finds out why Mapbox refused, and words it for the person in front of the log. Asks Mapbox once more about the
 * authorizing token, page by page where that takes the list, which costs nothing now.
 *
 * @param scopes those that were asked for.
 */
export async function diagnose(
  refused: Refused,
  scopes: readonly string[],
  authorizer: Authorizer,
  account: Account,
  clock: Clock,
): Promise<Failure> {
  const { why, status, documented, form } = refused;
  const deadline = clock.ticks() + ANSWERS_WITHIN;
  const left = () => deadline - clock.ticks();
  if (why === 'redirect') {
    return new Failure(
      titles.strangeAnswer,
      `Mapbox's address answered ${status}, a redirect. Redirects are not followed, because the token would travel along. Check \`api-url\` and the proxy.`,
    );
  }
  if (!documented) {
    return new Failure(
      titles.strangeAnswer,
      `Mapbox's address answered ${status} with ${form}, which is not how Mapbox answers: something on the way, such as a proxy, may have spoken in its place. Check \`api-url\` and the proxy.`,
    );
  }
  switch (why) {
    case 'unauthorized':
      return new Failure(titles.unauthorized, unauthorized(await validityOf(account, left())));
    case 'no such user':
      return new Failure(titles.notFound, noSuchUser(account.username, authorizer.username));
    case 'not found':
      return new Failure(titles.notFound, await notFound(authorizer, account, left));
    case 'scopes':
      return new Failure(titles.scopesRefused, await scopesRefused(scopes, authorizer, account, left));
    case 'expires in the past':
    case 'expires too far ahead':
      return new Failure(titles.expiryRefused, clocksDiffer(refused, clock.now()));
    case 'expires after the authorizing token':
      return new Failure(
        titles.expiryRefused,
        `The new token would live longer than the authorizing token, a temporary one${
          authorizer.expiresAt === undefined ? '' : ` that expires at ${authorizer.expiresAt.toISOString()}`
        }. Choose a shorter \`lifetime\`, or authorize with a secret token (\`sk.\`).`,
      );
    case 'forbidden':
      return new Failure(
        titles.requestRefused,
        'Mapbox answered 403 Forbidden. Either the authorizing token is restricted to URLs, which does not work from a workflow, or there is trouble with the account. ' +
          `Look at both on ${TOKENS_PAGE}.`,
      );
    case 'other':
      return new Failure(
        titles.requestRefused,
        `Mapbox refuses the request with ${status}. Check \`allowed-urls\`, \`note\` and \`scopes\`: what Mapbox minds, it does not say in words that this action knows.`,
      );
  }
}

async function validityOf(account: Account, limit: number): Promise<Validity | undefined> {
  const outcome = await validateAuthorizer(account, limit);
  return outcome.kind === 'done' ? outcome.value : undefined;
}

function unauthorized(validity: Validity | undefined): string {
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

function noSuchUser(username: string, owner: string): string {
  return username === owner
    ? `Mapbox knows no account \`${username}\`, although the authorizing token names it. Was the account renamed or closed?`
    : `Mapbox knows no account \`${username}\`. The authorizing token belongs to \`${owner}\`: leave \`username\` out, or correct it.`;
}

async function notFound(authorizer: Authorizer, account: Account, left: () => number): Promise<string> {
  if (account.username !== authorizer.username) {
    return `Mapbox answered 404 Not Found. \`username\` says \`${account.username}\`, but the authorizing token belongs to \`${authorizer.username}\`: leave \`username\` out, or correct it.`;
  }
  const { held } = await scopesOf(authorizer, account, left);
  const told =
    held === undefined
      ? 'That is how Mapbox says that the authorizing token lacks `tokens:write`'
      : held.includes('tokens:write')
        ? 'The authorizing token does have `tokens:write`, so the account itself may be in trouble; usually this means that the token lacks it'
        : 'The authorizing token lacks `tokens:write`';
  return (
    `Mapbox answered 404 Not Found. ${told}. The scopes of a token cannot be changed on the Tokens page: create one with \`tokens:write\` ` +
    `and every scope it is to hand out (and \`tokens:read\` for clean-up) on ${TOKENS_PAGE} and put it into the secret. If that is not it, check \`username\`.`
  );
}

async function scopesRefused(
  scopes: readonly string[],
  authorizer: Authorizer,
  account: Account,
  left: () => number,
): Promise<string> {
  const { held, listRefused } = await scopesOf(authorizer, account, left);
  const missing = held === undefined ? [] : scopes.filter(scope => !held.includes(scope));
  const remedy = `A token can hand out only what it holds. Create one that holds them all on ${TOKENS_PAGE} and put it into the secret.`;
  if (missing.length > 0) return `The authorizing token lacks ${quoted(missing)}. ${remedy}`;
  if (held !== undefined) {
    return `Mapbox finds the scopes invalid (422), although the authorizing token holds ${quoted(scopes)}. The account may not have one of them any more.`;
  }
  return (
    `Mapbox finds the scopes invalid (422): the authorizing token lacks at least one of ${quoted(scopes)}, or the account does not have it. ${remedy}` +
    (listRefused ? ' With `tokens:read` as well, this message names the missing ones.' : '')
  );
}

function quoted(scopes: readonly string[]): string {
  return scopes.map(scope => `\`${scope}\``).join(', ');
}

/** More pages than there is time for. */
const MOST_PAGES = 100;

interface Grant {
  /** The scopes of the authorizing token, where it was found on the list in time. */
  readonly held: readonly string[] | undefined;
  /** Mapbox said that the authorizing token may not list, for want of `tokens:read`. */
  readonly listRefused: boolean;
}

/** The list of the account's tokens tells what an `sk` holds; its own text does not. */
async function scopesOf({ id }: Authorizer, account: Account, left: () => number): Promise<Grant> {
  let query: Page['next'];
  for (let pages = 0; id !== undefined && pages < MOST_PAGES && left() > 0; pages++) {
    const page = await listPage(account, query, left());
    if (page.kind !== 'done') return { held: undefined, listRefused: isMissing(page) };
    const own = page.value.tokens.find(token => token.id === id);
    if (own !== undefined) return { held: own.scopes, listRefused: false };
    query = page.value.next;
    if (query === undefined) break;
  }
  return { held: undefined, listRefused: false };
}

function clocksDiffer({ why, date }: Refused, now: number): string {
  const complaint = `Mapbox says that the token would expire ${why === 'expires in the past' ? 'in the past' : 'more than one hour ahead'}`;
  if (date === undefined) return `${complaint}. Check the runner's clock, or choose a shorter \`lifetime\`.`;
  const skew = now - date.getTime();
  const differ =
    Math.abs(skew) < 2000
      ? 'although the clocks agree'
      : `the runner's clock is ${spoken(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} Mapbox's`;
  return `${complaint}: ${differ} (runner ${new Date(now).toISOString()}, Mapbox ${date.toISOString()}). Set the runner's clock, or choose a shorter \`lifetime\`, or \`lifetime: job\`, which needs no clock.`;
}
