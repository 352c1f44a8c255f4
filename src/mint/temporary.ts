import { spoken } from '../duration.ts';
import { Failure, titles } from '../errors/action-error.ts';
import { failureAfter } from '../errors/api-error.ts';
import type { Access } from '../inputs/connection.ts';
import type { Wanted } from '../inputs/token-request.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { createTemporary } from '../mapbox/create.ts';
import type { Refused } from '../mapbox/result.ts';
import { type Patience, persist } from '../mapbox/retry.ts';
import { removeToken } from '../mapbox/tokens.ts';
import { confirmedId, graced, ownId } from './discard.ts';
import type { Mint } from './stored.ts';
import { judge, type Minted } from './verify.ts';

/**
 * Mints a token that expires by itself. One request when all is well; repeating it is harmless.
 *
 * @throws {Failure} when there is no token to hand on.
 */
export async function mintTemporary(
  { authorizer, username }: Access,
  wanted: Wanted & { kind: 'temporary' },
  { account, patience }: Pick<Mint, 'account' | 'patience'>,
): Promise<Minted> {
  const { clock, report } = patience;
  const ask = (ahead: number) =>
    persist(left => {
      const expires = new Date(clock.now() + ahead + longest(wanted.seconds) * 1000);
      return createTemporary(account, { scopes: wanted.scopes, expires }, left);
    }, patience);

  let end = await ask(0);
  const ahead = end.kind === 'refused' ? correction(end, clock.now()) : undefined;
  if (ahead !== undefined) {
    report(
      `The runner's clock is ${spoken(Math.abs(ahead))} ${ahead < 0 ? 'ahead of' : 'behind'} Mapbox's. Asking again by Mapbox's clock.`,
    );
    end = await ask(ahead);
  }
  if (end.kind !== 'done') throw await failureAfter(end, wanted.scopes, authorizer, account, patience);
  const { value } = end;
  const minted = judge(value, wanted, username, authorizer);
  if (!('fault' in minted)) return minted;
  const stored = [value.claims?.usage, value.usage].some(usage => usage === 'pk' || usage === 'sk');
  const fate = stored
    ? await discardStranger(
        account,
        ownId(value, authorizer),
        confirmedId(value, authorizer, username),
        graced(patience),
      )
    : 'A temporary token expires by itself.';
  throw new Failure(
    titles.badAnswer,
    `Mapbox made a token, but ${minted.fault}. It was not handed on. ${fate}`,
  );
}

/**
 * Deletes a stored token that came where a temporary one was asked for, and says what became of it.
 *
 * @param told its id as the answer says it, and `confirmed` as its own text does.
 */
async function discardStranger(
  account: Account,
  told: string | undefined,
  confirmed: string | undefined,
  patience: Patience,
): Promise<string> {
  const end = confirmed === undefined ? undefined : await removeToken(account, confirmed, patience);
  if (end?.kind === 'gone' && end.found) return 'It was deleted.';
  const which = told === undefined ? 'a token was' : `the token ${told} was`;
  return `It may still be alive: look on the Tokens page, ${TOKENS_PAGE}, whether ${which} made just now.`;
}

/** Mapbox measures the hour from when the request arrives, by its own clock: a full one would often be refused. */
function longest(seconds: number): number {
  return Math.min(seconds, 3600 - 15);
}

/** More than this is no drift: the runner's clock is wrong, and other things will fail over it. */
const LARGEST_SKEW = 3_600_000;

/** Milliseconds to add to the runner's clock, where Mapbox refused the expiry and its `Date` explains why. */
function correction({ why, date }: Refused, now: number): number | undefined {
  if (why !== 'expires in the past' && why !== 'expires too far ahead') return undefined;
  if (date === undefined) return undefined;
  // `Date` is cut to whole seconds, and the next request takes its time.
  const ahead = date.getTime() - now - (why === 'expires too far ahead' ? 1000 : 0);
  return Math.abs(ahead) <= LARGEST_SKEW ? ahead : undefined;
}
